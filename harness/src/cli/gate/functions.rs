//! Functions behind a regression of instructions: a table beside the verdict, and a flame graph.

use std::path::{Path, PathBuf};

use anyhow::Result;
use harness::collect::{Request, Target};
use harness::terminal::notice;
use harness_judge::counts::CountVerdict;
use harness_judge::gate::GateVerdict;
use harness_probe::Instrument;
use harness_record::profile::{Profile, View};
use harness_report::render::{FlameGraph, Table};
use harness_report::tables::profile_difference::difference_table;

use crate::cli::file_name;
use crate::cli::profile::picture;
use crate::cli::ready::Ready;

/// Number of workloads to profile, those whose instructions grew most: each takes two runs of callgrind.
const WORKLOADS: usize = 4;
/// Number of functions shown to a person.
const FUNCTIONS: usize = 10;

/// A workload, its phase, and its ratio of instructions, head over base.
type Grown<'a> = (&'a str, &'a str, f64);

/// Returns a table of the changed functions for each workload whose instructions regressed, and writes its differential
/// flame graph beside the session's file. A profile that fails is reported as a notice and changes no verdict.
pub(super) fn changed(
    sides: [&Ready; 2],
    gate_verdict: &GateVerdict,
    request: &Request,
    session: &Path,
    exact: bool,
) -> Vec<Table> {
    let grown = grown(gate_verdict);
    if grown.len() > WORKLOADS {
        notice(&format!(
            "{} workloads have more instructions; the functions are shown for the {WORKLOADS} that grew most; \
             `cargo harness profile WORKLOAD --by instructions --diff BASE checkout` shows those of another one",
            grown.len()
        ));
    }
    let mut tables = Vec::new();
    for (workload, phase, _) in grown.into_iter().take(WORKLOADS) {
        match side_by_side(sides, workload, phase, request, session, exact) {
            Ok(table) => tables.push(table),
            Err(error) => {
                notice(&format!("the functions of {workload} in phase {phase} cannot be shown: {error:#}"));
            }
        }
    }
    tables
}

/// The workloads whose instructions regressed, the largest share first.
fn grown(gate_verdict: &GateVerdict) -> Vec<Grown<'_>> {
    let mut grown: Vec<Grown<'_>> = Vec::new();
    for row in gate_verdict.counts.iter().flat_map(|counts| &counts.rows) {
        let one = &row.comparison;
        let counted = one.metric.is_some_and(|metric| metric.instrument() == Instrument::Callgrind);
        if counted && matches!(row.judgement, CountVerdict::Regressed(_)) {
            let ratio = one.ratio.map_or(f64::INFINITY, |ratio| ratio.value);
            grown.push((&one.workload, &one.head_phase, ratio));
        }
    }
    grown.sort_by(|a, b| b.2.total_cmp(&a.2));
    grown
}

fn side_by_side(
    [base, head]: [&Ready; 2],
    workload: &str,
    phase: &str,
    request: &Request,
    session: &Path,
    exact: bool,
) -> Result<Table> {
    let profile = |side: &Ready| -> Result<Profile> {
        let target = Target { workload: side.workload(workload)?, phase };
        Ok(side.measured().profile(&side.greeting, target, View::Instructions, request)?)
    };
    let (base, head) = (profile(base)?, profile(head)?);
    let path = picture_path(session, workload, phase);
    let (before, after) = (base.tree.folded(1.0), head.tree.folded(1.0));
    let title = format!("{} by instructions: base -> head", head.place());
    let graph = FlameGraph {
        title: &title,
        subtitle: "width: head; red: more than in the base, blue: less",
        unit: View::Instructions.raw_unit(),
        folded: &after,
        base: Some(&before),
    };
    let mut table = difference_table(
        format!("Functions of {}: base -> head", head.place()),
        View::Instructions,
        base.seen(),
        head.seen(),
        FUNCTIONS,
        exact,
    );
    table.notes.extend(picture::write(path, graph)?.map(|path| format!("flame graph: {}", path.display())));
    Ok(table)
}

/// Path such as `records/gates/TIME.medium-prefill.optimized.svg`.
fn picture_path(session: &Path, workload: &str, phase: &str) -> PathBuf {
    let name = session.file_stem().unwrap_or_default().to_string_lossy();
    session.with_file_name(format!("{name}.{}.{}.svg", file_name(workload), file_name(phase)))
}
