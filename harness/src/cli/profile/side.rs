//! A side of a profile: the programs of the checkout or of a revision, in a phase.

use std::rc::Rc;

use anyhow::{Context, Result, bail};
use harness::collect::{Request, Target};
use harness::project::Project;
use harness::vcs::Repository;
use harness_probe::protocol::Description;
use harness_record::profile::{Profile as Seen, View};
use harness_record::suggestion::suggestion;
use harness_record::{Commit, Environment};

use crate::cli::ready::{Builder, Built, Ready};

/// Name of the current sources.
const CHECKOUT: &str = "checkout";

/// A side that is ready to be profiled.
pub(super) struct Side {
    /// The name that the user gave it.
    pub(super) name: String,
    /// The phase, if that name is one.
    phase: Option<String>,
    ready: Rc<Ready>,
}

/// The workload of the checkout with this id, or the first one without an id. Builds the probe only.
pub(super) fn workload(
    id: Option<&str>,
    project: &Project,
    request: &Request,
) -> Result<Description> {
    let here = greeted(CHECKOUT, Built::here(project, &[], request)?, request)?;
    match id {
        None => here
            .greeting
            .workloads
            .first()
            .cloned()
            .context("the probe has no workload"),
        Some(id) => here.workload(id).cloned(),
    }
}

impl Side {
    /// The two sides that `--diff` names, or one side without names. `phases` are those of the workload.
    pub(super) fn of(
        names: &[String],
        phases: &[String],
        project: &Project,
        request: &Request,
    ) -> Result<Vec<Self>> {
        let instruments = &request.plan.instruments;
        // An unknown name is an error before anything is built.
        let commits = names
            .iter()
            .map(|name| commit(name, phases, project))
            .collect::<Result<Vec<_>>>()?;
        let builder = match commits.iter().any(Option::is_some) {
            true if request.model.is_some() => {
                bail!(
                    "--model goes with the programs of the checkout only; leave it out where a revision is named"
                )
            }
            true => Some(Builder::new(
                project,
                &Repository::open(project)?,
                request.quiet,
            )),
            false => None,
        };
        let here = match &builder {
            Some(builder) => builder.tree(instruments)?,
            None => Built::here(project, instruments, request)?,
        };
        let here = greeted(CHECKOUT, here, request)?;
        if names.is_empty() {
            return Ok(vec![Self {
                name: CHECKOUT.to_owned(),
                phase: None,
                ready: here,
            }]);
        }
        let mut sides: Vec<Self> = Vec::new();
        for (name, commit) in names.iter().zip(commits) {
            let ready = match (&builder, commit) {
                (Some(builder), Some(commit)) => {
                    greeted(name, builder.revision(&commit, instruments)?, request)?
                }
                _ => Rc::clone(&here),
            };
            let phase = phases.contains(name).then(|| name.clone());
            sides.push(Self {
                name: name.clone(),
                phase,
                ready,
            });
        }
        Ok(sides)
    }

    /// Profiles the workload in the phase that names the side, or else in `phase`, or else in its last phase.
    pub(super) fn profile(
        &self,
        id: &str,
        phase: Option<&str>,
        view: View,
        request: &Request,
    ) -> Result<Seen> {
        let workload = self.ready.workload(id)?;
        let phase = self
            .phase
            .as_deref()
            .or(phase)
            .or(workload.phases.last().map(String::as_str));
        let phase = phase.context("the workload has no phase")?;
        if !workload.phases.iter().any(|one| one == phase) {
            let hint = suggestion(phase, workload.phases.iter().map(String::as_str));
            bail!("{id} has no phase `{phase}`; {hint}");
        }
        Ok(self.ready.measured().profile(
            &self.ready.greeting,
            Target { workload, phase },
            view,
            request,
        )?)
    }

    /// The machine and the revision.
    pub(super) fn environment(&self) -> Environment {
        self.ready.environment()
    }
}

fn greeted(name: &str, built: Built, request: &Request) -> Result<Rc<Ready>> {
    let ready = built
        .greet(request.time_limit)
        .with_context(|| format!("the probe of {name} does not answer"))?;
    Ok(Rc::new(ready))
}

/// Resolves a name to a commit; none for the checkout and its phases. If a phase has the same name as a branch, the
/// phase is meant.
fn commit(name: &String, phases: &[String], project: &Project) -> Result<Option<Commit>> {
    if name == CHECKOUT || phases.contains(name) {
        return Ok(None);
    }
    let resolved = Repository::open(project).and_then(|repository| repository.resolve(name));
    let commit = resolved.with_context(|| {
        let hint = suggestion(name, phases.iter().map(String::as_str));
        format!("`{name}` is no phase of the workload ({hint}), so it was taken for a revision")
    })?;
    Ok(Some(commit))
}
