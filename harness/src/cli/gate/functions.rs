//! Functions behind a regression of instructions: a table beside the verdict, and a flame graph.

use std::path::Path;

use anyhow::Result;
use harness::collect::{Request, Target};
use harness::terminal::{notice, problem};
use harness_judge::gate::GateVerdict;
use harness_probe::Instrument;
use harness_record::metric::Metric;
use harness_record::profile::{Profile, View};
use harness_report::render::Table;
use harness_report::tables::profile_difference::difference_table;

use crate::cli::call;
use crate::cli::profile::picture;
use crate::cli::ready::Ready;

/// Number of workloads to profile, those whose instructions grew most: each takes two runs of callgrind.
const WORKLOADS: usize = 4;
/// Number of functions shown to a person.
const FUNCTIONS: usize = 10;

/// Returns a table of the changed functions for each workload whose instructions regressed, and writes its differential
/// flame graph beside the session's file. A profile that fails is reported as a notice and changes no verdict.
pub(super) fn changed(
    sides: [&Ready; 2],
    verdict: &GateVerdict,
    request: &Request,
    session: &Path,
    exact: bool,
) -> Vec<Table> {
    let grown = grown(verdict);
    if grown.len() > WORKLOADS {
        notice(&format!(
            "{} workloads have more instructions; the functions are shown for the {WORKLOADS} that grew most; \
             `{}` shows those of another one",
            grown.len(),
            call("profile WORKLOAD --by instructions --diff BASE checkout")
        ));
    }
    let mut tables = Vec::new();
    for (workload, phase) in grown.into_iter().take(WORKLOADS) {
        match side_by_side(sides, (workload, phase), request, session, exact) {
            Ok(table) => tables.push(table),
            Err(error) => {
                problem(&format!(
                    "the functions of {workload} in phase {phase} cannot be shown: {error:#}"
                ));
            }
        }
    }
    tables
}

/// The workloads and phases whose instructions regressed, the largest share first.
fn grown(verdict: &GateVerdict) -> Vec<(&str, &str)> {
    let rows = verdict.counts.iter().flat_map(|counts| &counts.rows);
    let regressed = rows
        .filter(|row| row.judgement.is_beyond_limit())
        .map(|row| &row.comparison);
    let is_counted = |metric: &'static Metric| metric.instrument() == Instrument::Callgrind;
    let mut grown: Vec<_> = regressed
        .filter(|one| one.metric.is_some_and(is_counted))
        .collect();
    grown.sort_by(|a, b| {
        let [a, b] = [a, b].map(|one| one.ratio.map_or(f64::INFINITY, |ratio| ratio.value));
        b.total_cmp(&a)
    });
    grown
        .into_iter()
        .map(|one| (one.workload.as_str(), one.head_phase.as_str()))
        .collect()
}

fn side_by_side(
    sides: [&Ready; 2],
    (workload, phase): (&str, &str),
    request: &Request,
    session: &Path,
    exact: bool,
) -> Result<Table> {
    let profile = |side: &Ready| -> Result<Profile> {
        let target = Target {
            workload: side.workload(workload)?,
            phase,
        };
        Ok(side
            .measured()
            .profile(&side.greeting, target, View::Instructions, request)?)
    };
    let (base, head) = (profile(sides[0])?, profile(sides[1])?);
    let place = head.place();
    let title = format!("Functions of {place}: base -> head");
    let mut table = difference_table(
        title,
        View::Instructions,
        base.seen(),
        head.seen(),
        FUNCTIONS,
        exact,
    );
    // A path such as `records/gates/TIME.medium-prefill.optimized.svg`.
    let name = session.file_stem().unwrap_or_default().to_string_lossy();
    let path = session.with_file_name(format!("{name}.{}", picture::name(&[workload, phase])));
    let title = format!("{place} by instructions: base -> head");
    let drawn = picture::draw_difference(path, &title, ["the base", "head"], [&base, &head])?;
    table
        .notes
        .extend(drawn.map(|path| format!("flame graph: {}", path.display())));
    Ok(table)
}
