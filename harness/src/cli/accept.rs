//! `harness accept`: records that regressions of the last gate are accepted, with the reason.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use harness::project::Project;
use harness::terminal::{Status, notice, show};
use harness_judge::gate::GateVerdict;
use harness_probe::Instrument;
use harness_record::acceptance::{Acceptance, Acceptances, Loss};
use harness_record::choice::Choice;
use harness_record::metric::Metric;
use harness_record::session::Session;
use harness_record::{FileError, FileProblem, Record, number};
use harness_report::render::{Cell, Column, Format, Table};
use jiff::civil::Date;

use super::gate::{self, StoredRules};
use super::options::judged_metrics;
use super::{compared, explain};
use crate::cli::{call, lock_baselines};

/// Accepts regressions that a gate found: adds a line for each to `baselines/accepted.csv`, for the reviewer
///
/// A line names a figure, its old level and its new level. The gate then excuses that figure up to the new level, with
/// its usual tolerance; it does not excuse a further loss. In a gate against a revision, a line that only the head has
/// is pending: it counts only with `harness gate --honour-new-acceptances`, after a reviewer has approved it.
#[derive(Args)]
pub(crate) struct Accept {
    /// Workload, or a glob such as 'parse/*'; each figure gets its own line
    workload: String,
    /// Metrics to accept, separated by commas: time, instructions, heap, or names such as peak-bytes
    #[arg(long, value_name = "NAME", value_delimiter = ',', required = true)]
    metric: Vec<String>,
    /// Reason, for the reviewer and later readers of the file
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
    /// Last day on which the acceptance counts, such as 2026-12-31 [default: no end]
    #[arg(long, value_name = "DATE", value_parser = day)]
    expires: Option<Date>,
    /// Accept only in this phase; may be given several times
    #[arg(long, value_name = "NAME")]
    phase: Vec<String>,
    /// File of the gate that found the regression [default: the newest]
    #[arg(long, value_name = "FILE")]
    run: Option<PathBuf>,
    /// Output format of the new lines
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The regressions that a gate found, and the workloads and phases that it measured.
struct Found {
    losses: Vec<Loss>,
    measured: Vec<(String, String)>,
    /// The instruments that the gate judged.
    instruments: Vec<Instrument>,
    /// Reason for not judging time, if the machine was too noisy.
    noise: Option<String>,
}

impl Accept {
    pub(crate) fn run(self, project: &Project) -> Result<Status> {
        let folder = project.baselines();
        let _lock = lock_baselines(project)?;
        let mut acceptances = Acceptances::read(&folder)?;
        let wanted = self.metric.iter().map(|name| {
            let metrics = judged_metrics(name, "there is nothing to accept")?;
            Ok((name, metrics))
        });
        let wanted: Vec<(&String, Vec<&Metric>)> = wanted.collect::<Result<_>>()?;
        let today = gate::today();
        if let Some(past) = self.expires.filter(|day| *day < today) {
            bail!(
                "{past} is in the past; an acceptance counts to the end of the day it expires on"
            );
        }
        let path = match self.run {
            Some(path) if path != Path::new("newest") || path.exists() => path,
            _ => newest(project)?,
        };
        let found = Found::read(&path, project)?;
        let choice = Choice::new(std::slice::from_ref(&self.workload), &self.phase)?;
        let measured = &found.measured;
        choice.check(
            measured.iter().map(|(id, _)| id.as_str()),
            measured.iter().map(|(_, phase)| phase.as_str()),
        )?;
        let is_meant = |loss: &&Loss| {
            choice.workload(&loss.workload)
                && choice.phase(&loss.phase)
                && wanted
                    .iter()
                    .any(|(_, metrics)| metrics.contains(&loss.metric))
        };
        let lost: Vec<&Loss> = found.losses.iter().filter(is_meant).collect();
        // A metric that has nothing to accept is never dropped in silence.
        for (name, metrics) in &wanted {
            if !metrics
                .iter()
                .any(|metric| found.instruments.contains(&metric.instrument()))
            {
                bail!(
                    "nothing was accepted: the gate in {} did not measure {name}; accept the other metrics alone, or run \
                     a gate that measures it",
                    path.display()
                );
            }
            if !lost.iter().any(|loss| metrics.contains(&loss.metric)) {
                bail!("{}", found.nothing(&self.workload, name, &path));
            }
        }
        let mut table = new_table(&self.reason, self.expires);
        for loss in lost {
            table.rows.push(row(loss));
            let (loss, reason) = (loss.clone(), self.reason.clone());
            acceptances.add(Acceptance {
                loss,
                accepted: today,
                expires: self.expires,
                reason,
            });
        }
        let written = acceptances.write(&folder)?;
        show(&[table], self.format)?;
        notice(&format!(
            "wrote {}; commit it together with the change, for the reviewer to see",
            written.display()
        ));
        Ok(Status::Fine)
    }
}

impl Found {
    fn read(path: &Path, project: &Project) -> Result<Self> {
        let session = match Session::read(path) {
            Ok(session) => session,
            // The gate against the stored baseline keeps a record: the counts of its head.
            Err(
                error @ FileError {
                    problem: FileProblem::Format(_) | FileProblem::Schema(_),
                    ..
                },
            ) => {
                return match (Record::read(path), &error.problem) {
                    (Ok(head), _) => Self::against_baseline(&head, project),
                    // Sessions and records have separate schema versions.
                    (
                        Err(FileError {
                            problem: FileProblem::Schema(_),
                            ..
                        }),
                        FileProblem::Schema(_),
                    ) => Err(error.into()),
                    (Err(error), _) => Err(error.into()),
                };
            }
            Err(error) => return Err(error.into()),
        };
        let verdict = GateVerdict::verdict_of(&session)?;
        let losses = verdict.losses(&session);
        let mut instruments: Vec<_> = session
            .counted
            .iter()
            .flat_map(|one| read(&one.head))
            .collect();
        instruments.extend((!session.measured.is_empty()).then_some(Instrument::Clock));
        Ok(Self {
            losses,
            instruments,
            measured: session.accepted.known,
            noise: verdict.noise(),
        })
    }

    fn against_baseline(head: &Record, project: &Project) -> Result<Self> {
        let base = compared::store(project).matching(head)?.record;
        let losses = StoredRules::read(project)?.judge(&base, head).losses(head);
        Ok(Self {
            losses,
            // The stored baseline has counts only.
            instruments: read(head).filter(|one| one.is_counted()).collect(),
            measured: gate::places([head]),
            noise: None,
        })
    }

    /// Error message if nothing can be accepted; lists the regressions that the gate did find.
    fn nothing(&self, workload: &str, metric: &str, path: &Path) -> String {
        let found: Vec<String> = self.losses.iter().map(ToString::to_string).collect();
        let found = if found.is_empty() {
            " no regression".to_owned()
        } else {
            format!(": {}", found.join("; "))
        };
        let noise = self
            .noise
            .as_ref()
            .map_or(String::new(), |noise| format!("; {noise}"));
        format!(
            "nothing was accepted: {workload} did not regress in {metric} according to {}; that gate found{found}{noise}",
            path.display()
        )
    }
}

/// The instruments whose readings a record has.
fn read(record: &Record) -> impl Iterator<Item = Instrument> {
    let readings = record.rows.iter().flat_map(|row| &row.readings);
    readings.map(|reading| reading.data.instrument())
}

/// File of the last gate, against a revision or against the stored baseline.
fn newest(project: &Project) -> Result<PathBuf> {
    let stored = project.records().join(gate::COUNTS);
    let kept = explain::sessions(project).into_iter().chain(Some(stored));
    let written = |path: &PathBuf| fs::metadata(path).and_then(|there| there.modified()).ok();
    let newest = kept.filter(|path| path.is_file()).max_by_key(written);
    newest.with_context(|| {
        format!(
            "there is no gate result in {}; run `{}` first, then accept its regressions",
            project.records().display(),
            call("gate")
        )
    })
}

fn new_table(reason: &str, expires: Option<Date>) -> Table {
    let mut columns = ["workload", "phase", "metric"]
        .map(|name| Column::left(name, name))
        .to_vec();
    columns.extend(
        [("from", "from"), ("to", "to"), ("ratio", "change")]
            .map(|(key, name)| Column::right(key, name)),
    );
    let until = expires.map_or_else(|| "without an end".to_owned(), |day| format!("until {day}"));
    let notes = vec![format!("Accepted {until}, because {reason}")];
    Table {
        notes,
        ..Table::new("accepted", columns)
    }
}

fn row(loss: &Loss) -> Vec<Cell> {
    let level = |level: f64| Cell::number(level, number::exact(level));
    let ratio = loss.to / loss.from;
    vec![
        Cell::text(&loss.workload),
        Cell::text(&loss.phase),
        Cell::text(loss.metric.name()),
        level(loss.from),
        // Only the first digits of a ratio of times are significant.
        if loss.key.is_some() {
            level(loss.to)
        } else {
            Cell::number(loss.to, format!("{:.4}", loss.to))
        },
        if loss.from == 0.0 {
            Cell::missing()
        } else {
            Cell::number(ratio, number::percent(ratio))
        },
    ]
}

fn reason(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("a reviewer needs a reason".to_owned()),
        plain if plain.contains(char::is_control) => Err("write a single line".to_owned()),
        plain => Ok(plain.to_owned()),
    }
}

fn day(text: &str) -> Result<Date, String> {
    text.parse()
        .map_err(|_| "write a date such as 2026-12-31".to_owned())
}
