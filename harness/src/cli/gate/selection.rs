//! The selection of a gate, checked before the base is built.

use anyhow::{Context, Result};
use harness::collect::{PlanError, Request};
use harness::project::{Config, Project};
use harness_probe::Instrument;

use super::Against;
use crate::cli::ready::Builder;

/// Builds the head and returns an error if a filter or a phase of the request matches none of its workloads, so that a
/// misspelled one is reported before the base is built. What is built here is taken from the cache later.
///
/// With --allow-removed, a filter may match a workload that only the base has.
pub(super) fn check(
    project: &Project,
    builder: Builder<'_>,
    request: &Request,
    counting: &[Instrument],
    against: &Against,
) -> Result<()> {
    let plan = &request.plan;
    if against.allow_removed || plan.filters.is_empty() && plan.phases.is_empty() {
        return Ok(());
    }
    // The base decides which variables the probe gets, and is not known yet.
    let none = Project {
        root: project.root.clone(),
        config: Config {
            environment: Vec::new(),
            ..project.config.clone()
        },
    };
    let head = builder.with_environment_of(&none).tree(counting)?;
    let head = head
        .greet(request.time_limit)
        .context("the head side's probe does not answer");
    // A probe that needs a variable answers later.
    match head.map(|head| plan.select(&head.greeting.workloads)) {
        Ok(Err(PlanError::Choice(error))) => Err(PlanError::Choice(error).into()),
        _ => Ok(()),
    }
}
