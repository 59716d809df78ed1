//! Functions behind regressions: a table beside the verdict, and a page of flame graphs.

use std::path::Path;

use anyhow::{Result, anyhow};
use harness::collect::{Request, Target};
use harness::terminal::{notice, problem};
use harness_judge::gate::GateVerdict;
use harness_probe::Instrument;
use harness_record::atomic_file;
use harness_record::metric::Metric;
use harness_record::number;
use harness_record::profile::{Profile, View};
use harness_report::export::Graph;
use harness_report::render::{Framed, Table, flame_page};
use harness_report::tables::profile_difference::difference_table;

use crate::cli::call;
use crate::cli::profile::picture;
use crate::cli::ready::Ready;

/// Number of workloads to profile, those that grew most by instructions, then those that became slower most: each takes
/// two runs of callgrind, or a few seconds.
const WORKLOADS: usize = 4;
/// Number of functions shown to a person.
const FUNCTIONS: usize = 10;

/// Extension of the page with all flame graphs, in place of that of the session.
const PAGE: &str = "flame-graphs.html";

/// Tables of functions, and the flame graphs that were drawn.
#[derive(Default)]
pub(super) struct Functions {
    /// A table for each profiled workload.
    pub(super) tables: Vec<Table>,
    /// The flame graphs, in their order on the page.
    pub(super) graphs: Vec<Graph>,
}

/// A regression that is to be profiled, in the views that may show its cause, the best first.
struct Suspect<'a> {
    workload: &'a str,
    phase: &'a str,
    views: &'static [View],
}

/// Profiles each regressed workload on both sides: a table of its changed functions, and a differential flame graph beside
/// the session's file, alone and on one page. A profile that fails is reported as a notice and changes no verdict.
pub(super) fn changed(
    sides: [&Ready; 2],
    verdict: &GateVerdict,
    request: &Request,
    session: &Path,
    exact: bool,
) -> Functions {
    let suspects = suspects(verdict);
    if suspects.len() > WORKLOADS {
        notice(&format!(
            "{} workloads regressed; the functions are shown for the {WORKLOADS} that grew most; `{}` shows those of \
             another one",
            suspects.len(),
            call("profile WORKLOAD --by instructions --diff BASE checkout")
        ));
    }
    let mut functions = Functions::default();
    let mut framed = Vec::new();
    for suspect in suspects.into_iter().take(WORKLOADS) {
        match side_by_side(sides, &suspect, request, session, exact) {
            Ok(seen) => {
                functions.tables.push(seen.table);
                if let Some((file, view, title, svg)) = seen.drawn {
                    let anchor = format!("g{}", framed.len() + 1);
                    functions.graphs.push(Graph {
                        workload: suspect.workload.to_owned(),
                        phase: suspect.phase.to_owned(),
                        view: view.name().to_owned(),
                        file,
                        anchor: anchor.clone(),
                    });
                    framed.push(Framed { anchor, title, svg });
                }
            }
            Err(error) => {
                let Suspect {
                    workload, phase, ..
                } = suspect;
                problem(&format!(
                    "the functions of {workload} in phase {phase} cannot be shown: {error:#}"
                ));
            }
        }
    }
    if let Err(error) = write_page(session, &framed) {
        notice(&format!(
            "the page of flame graphs cannot be written: {error:#}"
        ));
    }
    functions
}

/// Writes all graphs on one page, unless there is none.
fn write_page(session: &Path, framed: &[Framed]) -> Result<()> {
    if framed.is_empty() {
        return Ok(());
    }
    let path = session.with_extension(PAGE);
    let page = flame_page("Differential flame graphs: base -> head", framed);
    atomic_file::write(&path, page.as_bytes())?;
    notice(&format!("drew the flame graphs of {}", path.display()));
    Ok(())
}

/// The regressed workloads: by instructions, the largest share first, then by time alone.
fn suspects(verdict: &GateVerdict) -> Vec<Suspect<'_>> {
    let grown = grown(verdict);
    let mut slower: Vec<_> = verdict.red_times().collect();
    slower.sort_by(|a, b| {
        let [a, b] = [a, b].map(|one| one.found.map_or(0.0, |found| found.change));
        b.total_cmp(&a)
    });
    let slower = slower
        .into_iter()
        .map(|one| (one.workload.as_str(), one.phase.as_str()))
        .filter(|one| !grown.contains(one));
    let by_instructions = grown.iter().map(|&(workload, phase)| Suspect {
        workload,
        phase,
        views: &[View::Instructions],
    });
    // Equal instructions cannot show why the time grew; the operations can, if the workload names any. A gate that counts
    // nothing does not start callgrind for it.
    let views: &[View] = match verdict.counts {
        Some(_) => &[View::Time, View::Instructions],
        None => &[View::Time],
    };
    let by_time = slower.map(|(workload, phase)| Suspect {
        workload,
        phase,
        views,
    });
    by_instructions.chain(by_time).collect()
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

/// The functions of one workload.
struct Seen {
    table: Table,
    /// Name of the file, view, title and flame graph.
    drawn: Option<(String, View, String, String)>,
}

fn side_by_side(
    sides: [&Ready; 2],
    suspect: &Suspect<'_>,
    request: &Request,
    session: &Path,
    exact: bool,
) -> Result<Seen> {
    let profile = |side: &Ready, view| -> Result<Profile> {
        let target = Target {
            workload: side.workload(suspect.workload)?,
            phase: suspect.phase,
        };
        Ok(side
            .measured()
            .profile(&side.greeting, target, view, request)?)
    };
    let mut ended = Err(anyhow!("there is no view"));
    for &view in suspect.views {
        ended = profile(sides[0], view)
            .and_then(|base| Ok((view, base, profile(sides[1], view)?)))
            .and_then(|both| match has_parts(&both.2) {
                true => Ok(both),
                false => Err(anyhow!("the workload names no operations")),
            });
        if ended.is_ok() {
            break;
        }
    }
    let (view, base, head) = ended?;
    let place = head.place();
    let parts = match view {
        View::Time => "Operations",
        View::Instructions | View::Allocations => "Functions",
    };
    let title = format!("{parts} of {place}: base -> head");
    let mut table = difference_table(title, view, base.seen(), head.seen(), FUNCTIONS, exact);
    // A path such as `records/gates/TIME.medium-prefill.optimized.svg`.
    let name = session.file_stem().unwrap_or_default().to_string_lossy();
    let parts = [suspect.workload, suspect.phase];
    let path = session.with_file_name(format!("{name}.{}", picture::name(&parts)));
    // The colours show the largest differences, however small they are.
    let ratio = head.seen().per_run() / base.seen().per_run();
    let title = format!(
        "{place} by {}: base -> head, {}",
        view.name(),
        number::percent(ratio)
    );
    let drawn = picture::draw_difference(path, &title, ["the base", "head"], [&base, &head])?;
    let Some(path) = drawn else {
        return Ok(Seen { table, drawn: None });
    };
    table.notes.push(format!("flame graph: {}", path.display()));
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let svg = std::fs::read_to_string(&path)?;
    let drawn = Some((file.into_owned(), view, title, svg));
    Ok(Seen { table, drawn })
}

/// Returns true if a profile shows more than that everything is in one part.
fn has_parts(profile: &Profile) -> bool {
    profile.tree.folded(profile.seen().scale()).lines().count() > 1
}
