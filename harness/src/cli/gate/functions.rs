//! Which functions a workload's new instructions are in: told and drawn beside the verdict.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use harness::collect::{Request, Target};
use harness_judge::counts::CountVerdict;
use harness_judge::gate::GateVerdict;
use harness_probe::Instrument;
use harness_record::atomic_file;
use harness_record::profile::{Profile, View};
use harness_report::render::{FlameGraph, Table};
use harness_report::tables::profile_difference::difference_table;

use super::base::Ready;
use crate::cli::file_name;
use harness::terminal::notice;

/// Of so many workloads, those whose instructions grew by the largest share: each takes two runs of callgrind.
const WORKLOADS: usize = 4;
/// So many functions are shown to a person.
const FUNCTIONS: usize = 10;

/// A workload in a phase, and the instructions of the head over those of the base.
type Grown<'a> = (&'a str, &'a str, f64);

/// For each workload whose instructions regressed, the functions that changed; its differential flame graph is written
/// beside the session's file. What cannot be looked into is told, and changes no verdict.
pub(super) fn changed(
    base: &Ready<'_>,
    head: &Ready<'_>,
    gate_verdict: &GateVerdict,
    request: &Request,
    session: &Path,
    exact: bool,
) -> Vec<Table> {
    let grown = grown(gate_verdict);
    if grown.len() > WORKLOADS {
        notice(&format!(
            "of {} workloads with more instructions, the functions are shown of the {WORKLOADS} that grew most; \
             `cargo harness profile WORKLOAD --by instructions --diff BASE checkout` shows those of any",
            grown.len()
        ));
    }
    let mut tables = Vec::new();
    for (workload, phase, _) in grown.into_iter().take(WORKLOADS) {
        match side_by_side(base, head, workload, phase, request, session, exact) {
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
    base: &Ready<'_>,
    head: &Ready<'_>,
    workload: &str,
    phase: &str,
    request: &Request,
    session: &Path,
    exact: bool,
) -> Result<Table> {
    let profile = |side: &Ready<'_>| -> Result<Profile> {
        let workload = side.greeting.workloads.iter().find(|one| one.id == workload);
        let target = Target { workload: workload.context("one side does not have it")?, phase };
        Ok(side.measured.profile(&side.greeting, target, View::Instructions, request)?)
    };
    let (base, head) = (profile(base)?, profile(head)?);
    let path = picture(session, workload, phase);
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
    if let Some(svg) = graph.svg()? {
        atomic_file::write(&path, svg.as_bytes()).with_context(|| format!("cannot draw {}", path.display()))?;
        table.notes.push(format!("flame graph: {}", path.display()));
    }
    Ok(table)
}

/// `records/gates/TIME.medium-prefill.optimized.svg`.
fn picture(session: &Path, workload: &str, phase: &str) -> PathBuf {
    let name = session.file_stem().unwrap_or_default().to_string_lossy();
    session.with_file_name(format!("{name}.{}.{}.svg", file_name(workload), file_name(phase)))
}
