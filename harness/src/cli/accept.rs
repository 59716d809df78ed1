//! `harness accept`: writes down which regressions of the last gate are accepted, and why.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use harness::project::Project;
use harness_judge::compare::{RecordView, compare, metrics};
use harness_judge::counts::judge;
use harness_judge::gate::GateVerdict;
use harness_record::acceptance::{Acceptance, Acceptances, Loss, judged};
use harness_record::choice::Choice;
use harness_record::distinct::distinct;
use harness_record::limits::Limits;
use harness_record::session::{Session, SessionError};
use harness_record::{Record, RecordError, number};
use harness_report::render::{Cell, Column, Format, Table};
use jiff::civil::Date;

use super::{compared, gate};
use harness::terminal::{Status, notice, show};

/// Accepts regressions that a gate has found, each as a line in `baselines/accepted.csv` for the reviewer to see
///
/// A line says which figure went from which level to which. The gate excuses that figure up to the accepted level, with
/// the tolerance it has anyway; a further loss is not excused. Of a change that is judged against a revision, a new line is pending:
/// it counts under `harness gate --honour-new-acceptances`, once a reviewer has approved.
#[derive(Args)]
pub(crate) struct Accept {
    /// The workload, or a glob such as 'kernel/*': each figure gets a line of its own
    workload: String,
    /// What is accepted: time, instructions, heap, or names such as peak-bytes, separated by commas
    #[arg(long, value_name = "NAME", value_delimiter = ',', required = true)]
    metric: Vec<String>,
    /// Why, for the reviewer and whoever reads the file next
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
    /// The last day it counts on, such as 2026-12-31 [default: for good]
    #[arg(long, value_name = "DATE", value_parser = day)]
    expires: Option<Date>,
    /// Only in this phase; may be given several times
    #[arg(long, value_name = "NAME")]
    phase: Vec<String>,
    /// The gate that found it: what `harness gate` kept [default: the newest]
    #[arg(long, value_name = "FILE")]
    run: Option<PathBuf>,
    /// How the new lines are printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What a gate measured, and what of it regressed.
struct Found {
    losses: Vec<Loss>,
    workloads: Vec<String>,
    phases: Vec<String>,
    /// Why time was not judged, if the machine was too noisy for it.
    noise: Option<String>,
}

impl Accept {
    pub(crate) fn run(self, project: &Project) -> Result<Status> {
        let folder = project.baselines();
        let mut acceptances = Acceptances::read(&folder)?;
        let wanted = metrics(&self.metric)?;
        if let Some(name) = self.metric.iter().find(|name| {
            let one = metrics(std::slice::from_ref(*name)).unwrap_or_default();
            !one.iter().any(|metric| judged().any(|judged| judged == *metric))
        }) {
            let known: Vec<&str> = judged().map(|metric| metric.name()).collect();
            bail!("`{name}` is never judged, so there is nothing to accept; what is: {}", known.join(", "));
        }
        let today = gate::today();
        if let Some(past) = self.expires.filter(|day| *day < today) {
            bail!("{past} is over; an acceptance counts to the end of the day it expires on");
        }
        let path = match self.run {
            Some(path) => path,
            None => newest(project)?,
        };
        let found = Found::read(&path, project)?;
        let choice = Choice::new(std::slice::from_ref(&self.workload), &self.phase)?;
        choice.check(found.workloads.iter().map(String::as_str), found.phases.iter().map(String::as_str))?;
        let is_meant = |loss: &&Loss| {
            choice.workload(&loss.workload) && choice.phase(&loss.phase) && wanted.contains(&loss.metric)
        };
        let lost: Vec<Loss> = found.losses.iter().filter(is_meant).cloned().collect();
        if lost.is_empty() {
            bail!("{}", found.nothing(&self.workload, &self.metric, &path));
        }
        let mut table = new_table(&self.reason, self.expires);
        for loss in lost {
            table.rows.push(row(&loss));
            acceptances.add(Acceptance { loss, accepted: today, expires: self.expires, reason: self.reason.clone() });
        }
        let written = acceptances.write(&folder)?;
        show(&[table], self.format)?;
        notice(&format!("wrote {}; commit it together with the change, for the reviewer to see", written.display()));
        Ok(Status::Fine)
    }
}

impl Found {
    fn read(path: &Path, project: &Project) -> Result<Self> {
        let names = |rows: Vec<(String, String)>| {
            let (workloads, phases): (Vec<String>, Vec<String>) = rows.into_iter().unzip();
            (distinct(workloads), distinct(phases))
        };
        let session = match Session::read(path) {
            Ok(session) => session,
            // What the gate against the stored baseline keeps are the counts of its head.
            Err(error @ (SessionError::Format { .. } | SessionError::Schema { .. })) => {
                let head = match (Record::read(path), error) {
                    (Ok(head), _) => head,
                    // Versions of the two are counted apart.
                    (Err(RecordError::Schema { .. }), error @ SessionError::Schema { .. }) => return Err(error.into()),
                    (Err(error), _) => return Err(error.into()),
                };
                let base = compared::store(project).matching(&head)?.record;
                let limits = Limits::read(&project.baselines().join("limits.toml"))?;
                let verdict = judge(compare(RecordView::baseline(&base), RecordView::record(&head)), &limits);
                let ledger = gate::stored_ledger(project)?;
                let losses = verdict.accept(&ledger, &head).losses(&head);
                let rows = head.rows.iter().map(|row| (row.workload.clone(), row.phase.clone())).collect();
                let (workloads, phases) = names(rows);
                return Ok(Self { losses, workloads, phases, noise: None });
            }
            Err(error) => return Err(error.into()),
        };
        let gate_verdict = GateVerdict::verdict_of(&session)?;
        let losses = gate_verdict.losses(&session);
        let (workloads, phases) = names(session.accepted.known);
        Ok(Self { losses, workloads, phases, noise: gate_verdict.noise() })
    }

    /// Why there is nothing to accept, with what there is.
    fn nothing(&self, workload: &str, metrics: &[String], path: &Path) -> String {
        let told: Vec<String> = self.losses.iter().map(ToString::to_string).collect();
        let rest = match told.as_slice() {
            [] => "nothing did".to_owned(),
            _ => format!("what did: {}", told.join("; ")),
        };
        let noise = self.noise.as_ref().map_or(String::new(), |noise| format!("; {noise}"));
        format!("{workload} did not regress in {} by {}; {rest}{noise}", metrics.join(", "), path.display())
    }
}

/// What the last gate kept, of either kind.
fn newest(project: &Project) -> Result<PathBuf> {
    let stored = project.records().join(gate::COUNTS);
    let kept = super::explain::sessions(project).into_iter().chain(Some(stored));
    let written = |path: &PathBuf| fs::metadata(path).and_then(|there| there.modified()).ok();
    let newest = kept.filter(|path| path.is_file()).max_by_key(written);
    newest.with_context(|| {
        format!(
            "no gate has kept anything in {}; run `cargo harness gate` first, then accept what it found",
            project.records().display()
        )
    })
}

fn new_table(reason: &str, expires: Option<Date>) -> Table {
    let columns = vec![
        Column::left("workload", "workload"),
        Column::left("phase", "phase"),
        Column::left("metric", "metric"),
        Column::right("from", "from"),
        Column::right("to", "to"),
        Column::right("ratio", "change"),
    ];
    let mut table = Table::new("accepted", columns);
    let until = expires.map_or_else(|| "for good".to_owned(), |day| format!("until {day}"));
    table.notes.push(format!("Accepted {until}, because {reason}"));
    table
}

fn row(loss: &Loss) -> Vec<Cell> {
    let level = |level: f64| Cell::number(level, number::exact(level));
    let ratio = loss.to / loss.from;
    vec![
        Cell::text(&loss.workload),
        Cell::text(&loss.phase),
        Cell::text(loss.metric.name()),
        level(loss.from),
        // A ratio of times has more digits than sense.
        if loss.key.is_some() { level(loss.to) } else { Cell::number(loss.to, format!("{:.4}", loss.to)) },
        if loss.from == 0.0 { Cell::missing() } else { Cell::number(ratio, number::percent(ratio)) },
    ]
}

fn reason(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("a reviewer has to learn why".to_owned()),
        plain if plain.contains(char::is_control) => Err("write one line".to_owned()),
        plain => Ok(plain.to_owned()),
    }
}

fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "write a date such as 2026-12-31".to_owned())
}
