//! `harness explain`: replays the verdict of a gate from what it kept.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use harness::distinct::distinct;
use harness::gate::{GateVerdict, Replay, Session, overview, slices, steps};
use harness::json_files::json_files;
use harness::nearest::suggestion;
use harness::project::Project;
use harness::render::{Format, Table};
use harness::verdict::table::table;

use super::{Status, exact, show};

/// Shows how a gate against a revision came to its verdict, from the slices it kept and nothing else
///
/// Without a workload, one line for each: its pairs as bars, and when it was suspected, confirmed or settled. With one, every pair:
/// the times of both sides, blocks that were left out, the estimate so far, and the level at which each question was answered.
#[derive(Args)]
pub(crate) struct Explain {
    /// What the gate kept, or `newest`
    #[arg(value_name = "RUN", default_value = "newest")]
    run: PathBuf,
    /// The workload whose pairs are shown
    #[arg(value_name = "WORKLOAD")]
    workload: Option<String>,
    /// Only this phase of it
    #[arg(long, value_name = "NAME")]
    phase: Option<String>,
    /// Show the slices of this pair of it instead
    #[arg(long, value_name = "NUMBER", requires = "workload", value_parser = clap::value_parser!(u32).range(1..))]
    pair: Option<u32>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What the gates against a revision kept, oldest first.
pub(super) fn sessions(project: &Project) -> Vec<PathBuf> {
    let mut files = json_files(&project.records().join("gates"));
    // By the stem: a second gate of the same second has a number behind its time.
    files.sort_by_key(|path| path.file_stem().map(ToOwned::to_owned));
    files
}

impl Explain {
    pub(crate) fn run(self, project: &Project) -> Result<Status> {
        let path = match self.run == Path::new("newest") {
            false => self.run.clone(),
            true => sessions(project).pop().with_context(|| {
                let folder = project.records().join("gates");
                format!("no gate has kept anything in {}; `cargo harness gate --base REV` does", folder.display())
            })?,
        };
        let session = Session::read(&path)?;
        let gate_verdict = GateVerdict::of(&session)?;
        let mut replays = Replay::all(&session);
        let exact = exact(self.format);
        let mut tables = Vec::new();
        match &self.workload {
            None => {
                let mut table = if exact { steps(&replays, true) } else { overview(&replays, &gate_verdict) };
                table.title = gate_verdict.summary();
                tables.push(table);
            }
            Some(workload) => {
                check(&session, workload, self.phase.as_deref())?;
                let is_asked =
                    |id: &str, phase: &str| id == workload && self.phase.as_deref().is_none_or(|one| one == phase);
                replays.retain(|replay| is_asked(&replay.workload, &replay.phase));
                if exact {
                    tables.push(steps(&replays, true));
                } else {
                    tables.extend(replays.iter().map(|replay| steps(std::slice::from_ref(replay), false)));
                }
                for (table, replay) in tables.iter_mut().zip(&replays) {
                    let times = gate_verdict.times.iter();
                    let times = times.filter(|time| time.workload == replay.workload && time.phase == replay.phase);
                    table.notes.extend(times.map(|time| format!("{}: {}", time.outcome.name(), time.sentence())));
                }
                tables.extend(counts(&gate_verdict, &is_asked, exact));
                if let Some(number) = self.pair {
                    // Nothing else: in the formats of programs, one table is one shape.
                    tables = pairs(&session, number, &is_asked)?;
                }
                if tables.iter().all(|table| table.rows.is_empty()) {
                    bail!(
                        "{} has neither pairs nor counts of {workload}: {}",
                        path.display(),
                        missing(&session, workload)
                    );
                }
            }
        }
        if let Some(last) = tables.last_mut() {
            last.notes.push(origin(&session, &path));
        }
        show(&tables, self.format)?;
        Ok(Status::Fine)
    }
}

/// The slices of one pair of what was asked for.
fn pairs(session: &Session, number: u32, is_asked: &dyn Fn(&str, &str) -> bool) -> Result<Vec<Table>> {
    let mut tables = Vec::new();
    for measured in session.measured.iter().filter(|measured| is_asked(&measured.timed.workload, &measured.timed.phase))
    {
        let place = format!("{} in phase {}", measured.timed.workload, measured.timed.phase);
        let Some(pair) = measured.pairs.get(number as usize - 1) else {
            bail!("{place} has no pair {number}; it was measured in {}", measured.pairs.len());
        };
        tables.push(Table { title: format!("{place}, pair {number}"), ..slices(pair) });
    }
    Ok(tables)
}

/// The counts of what was asked for, with their verdict.
fn counts(gate_verdict: &GateVerdict, is_asked: &dyn Fn(&str, &str) -> bool, exact: bool) -> Option<Table> {
    let mut counts = gate_verdict.counts.clone()?;
    counts.rows.retain(|row| is_asked(&row.comparison.workload, &row.comparison.head_phase));
    (!counts.rows.is_empty()).then(|| table(&counts, exact))
}

/// Refuses a workload or a phase that the gate knew nothing of.
fn check(session: &Session, workload: &str, phase: Option<&str>) -> Result<()> {
    let timed =
        session.measured.iter().map(|measured| (measured.timed.workload.as_str(), measured.timed.phase.as_str()));
    let rows = session.counted.iter().flat_map(|counted| counted.base.rows.iter().chain(&counted.head.rows));
    let counted = rows.map(|row| (row.workload.as_str(), row.phase.as_str()));
    let known = session.accepted.known.iter().map(|(id, phase)| (id.as_str(), phase.as_str()));
    let all: Vec<(&str, &str)> = timed.chain(counted).chain(known).collect();
    let ids = distinct(all.iter().map(|(id, _)| *id));
    if !ids.contains(&workload) {
        bail!("this gate knows no workload `{workload}`; {}", suggestion(workload, ids));
    }
    let phases = distinct(all.iter().filter(|(id, _)| *id == workload).map(|(_, phase)| *phase));
    match phase.filter(|phase| !phases.contains(phase)) {
        Some(phase) => bail!("{workload} has no phase `{phase}`; {}", suggestion(phase, phases)),
        None => Ok(()),
    }
}

/// Why nothing was measured of a workload that there is.
fn missing(session: &Session, workload: &str) -> String {
    let told = session.unmatched.iter().find(|told| told.split(' ').next() == Some(workload));
    told.cloned().unwrap_or_else(|| "it was not selected".to_owned())
}

fn origin(session: &Session, path: &Path) -> String {
    let short = |id: &str| id.get(..10).unwrap_or(id).to_owned();
    let dirty = if session.head.dirty { " with changes" } else { "" };
    format!(
        "From {}: {}{dirty} against {}, measured at {} by `{}`.",
        path.display(),
        short(&session.head.commit),
        short(&session.base.commit),
        session.created,
        session.command
    )
}
