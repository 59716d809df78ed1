//! `harness explain`: replays the verdict of a gate from its file.

use std::path::{Path, PathBuf};

use crate::cli::call;
use crate::cli::exports::Exports;
use anyhow::{Context, Result, bail};
use clap::Args;
use harness::project::Project;
use harness::terminal::{Status, exact, show};
use harness_abtest::WorkloadPairs;
use harness_judge::gate::{GateVerdict, Measured, Replay};
use harness_record::distinct::distinct;
use harness_record::json_files::json_files;
use harness_record::session::Session;
use harness_record::suggestion::suggestion;
use harness_report::export::Results;
use harness_report::gate::GateReport;
use harness_report::render::{Format, Table};
use harness_report::tables::{counts, replay, slices};

/// Shows how a gate against a revision reached its verdict, from the slices in its file alone
///
/// Without WORKLOAD: one line for each workload, with its pairs as bars, and the pair at which it was suspected,
/// confirmed or settled. With WORKLOAD: one line for each pair, with the times of both sides, the blocks that were left
/// out, the estimate so far, and the level at which each question was answered.
#[derive(Args)]
pub(crate) struct Explain {
    /// File of the gate, or `newest`
    #[arg(value_name = "RUN", default_value = "newest")]
    run: PathBuf,
    /// Workload to show pair by pair
    #[arg(value_name = "WORKLOAD")]
    workload: Option<String>,
    /// Show only this phase of the workload
    #[arg(long, value_name = "NAME")]
    phase: Option<String>,
    /// Show the slices of this pair instead
    #[arg(long, value_name = "NUMBER", requires = "workload", value_parser = clap::value_parser!(u32).range(1..))]
    pair: Option<u32>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    exports: Exports,
}

/// Files of the gates against a revision, oldest first.
pub(super) fn sessions(project: &Project) -> Vec<PathBuf> {
    json_files(&project.records().join("gates"))
}

impl Explain {
    pub(crate) fn run(self, project: &Project) -> Result<Status> {
        self.exports.check()?;
        let path = if self.run == Path::new("newest") {
            sessions(project).pop()
        } else {
            Some(self.run.clone())
        };
        let path = path.with_context(|| {
            let folder = project.records().join("gates");
            format!(
                "there is no gate result in {}; `{}` writes one",
                folder.display(),
                call("gate --base REV")
            )
        })?;
        let session = Session::read(&path)?;
        let verdict = GateVerdict::of(&session)?;
        self.export(project, &session, &verdict)?;
        if self.exports.print() {
            return Ok(Status::Fine);
        }
        let mut tables = match &self.workload {
            None => {
                let replays = Replay::all(&session);
                let table = if exact(self.format) {
                    replay::steps(&replays, true)
                } else {
                    replay::overview(&replays, &verdict)
                };
                let mut table = Table {
                    title: verdict.summary(),
                    ..table
                };
                table.notes.extend(verdict.rules());
                vec![table]
            }
            Some(workload) => {
                check(&session, workload, self.phase.as_deref())?;
                let tables = match self.pair {
                    // The only table: in csv and json, all tables must have the same columns.
                    Some(number) => self.slices(&session, number)?,
                    None => self.pairs(&session, &verdict),
                };
                if tables.iter().all(|table| table.rows.is_empty()) {
                    let missing = missing(&session, workload);
                    bail!(
                        "{} has neither pairs nor counts of {workload}: {missing}",
                        path.display()
                    );
                }
                tables
            }
        };
        if let Some(last) = tables.last_mut() {
            last.notes.push(origin(&session, &path));
        }
        show(&tables, self.format)?;
        Ok(Status::Fine)
    }

    /// Writes the verdict in other formats, as the gate itself would have.
    fn export(&self, project: &Project, session: &Session, verdict: &GateVerdict) -> Result<()> {
        if self.exports.is_empty() {
            return Ok(());
        }
        let report = GateReport {
            verdict,
            session: Some(session),
            command: session.command.clone(),
            functions: Vec::new(),
            all: true,
        };
        let results = Results::of_gate(&report, session.created.clone(), &session.environment);
        self.exports.write_of(project, results)
    }

    /// True for the workload and the phases to show.
    fn is_selected(&self, workload: &str, phase: &str) -> bool {
        self.workload.as_deref() == Some(workload)
            && self.phase.as_deref().is_none_or(|one| one == phase)
    }

    /// Tables of the pairs and of the counts of the workload.
    fn pairs(&self, session: &Session, verdict: &GateVerdict) -> Vec<Table> {
        let exact = exact(self.format);
        let mut replays = Replay::all(session);
        replays.retain(|replay| self.is_selected(&replay.workload, &replay.phase));
        let mut tables: Vec<Table> = match exact {
            true => vec![replay::steps(&replays, true)],
            false => replays
                .chunks(1)
                .map(|one| replay::steps(one, false))
                .collect(),
        };
        for (table, replay) in tables.iter_mut().zip(&replays) {
            let figures = verdict.figures().into_iter();
            table
                .notes
                .extend(figures.filter_map(|figure| match figure.measured {
                    Measured::Time(time)
                        if time.workload == replay.workload && time.phase == replay.phase =>
                    {
                        Some(format!("{}: {}", figure.standing.name(), time.sentence()))
                    }
                    _ => None,
                }));
        }
        if let Some(mut counted) = verdict.counts.clone() {
            counted.rows.retain(|row| {
                self.is_selected(&row.comparison.workload, &row.comparison.head_phase)
            });
            tables.extend((!counted.rows.is_empty()).then(|| counts::table(&counted, exact)));
        }
        tables
    }

    /// Tables of the slices of one pair, one for each phase.
    fn slices(&self, session: &Session, number: u32) -> Result<Vec<Table>> {
        let measured = session.measured.iter();
        let selected = measured
            .filter(|measured| self.is_selected(&measured.timed.workload, &measured.timed.phase));
        let table = |measured: &WorkloadPairs| {
            let place = format!(
                "{} in phase {}",
                measured.timed.workload, measured.timed.phase
            );
            let Some(pair) = measured.pairs.get(number as usize - 1) else {
                bail!(
                    "{place} has no pair {number}; it has {} pairs",
                    measured.pairs.len()
                );
            };
            Ok(Table {
                title: format!("{place}, pair {number}"),
                ..slices::slices(pair)
            })
        };
        selected.map(table).collect()
    }
}

/// Returns an error for a workload or a phase that the gate does not have.
fn check(session: &Session, workload: &str, phase: Option<&str>) -> Result<()> {
    let timed = session.measured.iter().map(|measured| {
        (
            measured.timed.workload.as_str(),
            measured.timed.phase.as_str(),
        )
    });
    let rows = session
        .counted
        .iter()
        .flat_map(|counted| counted.base.rows.iter().chain(&counted.head.rows));
    let counted = rows.map(|row| (row.workload.as_str(), row.phase.as_str()));
    let known = session
        .accepted
        .known
        .iter()
        .map(|(id, phase)| (id.as_str(), phase.as_str()));
    let all: Vec<(&str, &str)> = timed.chain(counted).chain(known).collect();
    let ids = distinct(all.iter().map(|(id, _)| *id));
    if !ids.contains(&workload) {
        bail!(
            "this gate has no workload `{workload}`; {}",
            suggestion(workload, ids)
        );
    }
    let phases = distinct(
        all.iter()
            .filter(|(id, _)| *id == workload)
            .map(|(_, phase)| *phase),
    );
    match phase.filter(|phase| !phases.contains(phase)) {
        Some(phase) => bail!(
            "{workload} has no phase `{phase}`; {}",
            suggestion(phase, phases)
        ),
        None => Ok(()),
    }
}

/// Reason for not measuring a workload that exists.
fn missing(session: &Session, workload: &str) -> String {
    let sentence = session
        .unmatched
        .iter()
        .find(|sentence| sentence.split(' ').next() == Some(workload));
    sentence
        .cloned()
        .unwrap_or_else(|| "it was not selected".to_owned())
}

fn origin(session: &Session, path: &Path) -> String {
    let short = |id: &str| id.get(..10).unwrap_or(id).to_owned();
    let dirty = if session.head.dirty {
        " with changes"
    } else {
        ""
    };
    format!(
        "From {}: {}{dirty} against {}, measured at {} by `{}`.",
        path.display(),
        short(&session.head.commit),
        short(&session.base.commit),
        session.created,
        session.command
    )
}
