//! `harness merge`: joins the shards of a run or of a gate, and judges the whole.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use harness::project::Project;
use harness::terminal::{Status, exact, notice, show};
use harness_judge::gate::GateVerdict;
use harness_record::merge::{self, Kind, Merged, Named};
use harness_record::session::Session;
use harness_record::shard::{Origin, Sharding};
use harness_record::{FileError, Record};
use harness_report::export::Results;
use harness_report::gate::GateReport;
use harness_report::render::{Cell, Column, Format, Table};

use super::exports::Exports;
use super::gate::{print_report, repeating_whole};
use super::{named_by_time, run, writable};

/// Most left-out workloads that a notice names.
const NAMED: usize = 5;

/// Joins the shards that `run --shard K/N` or `gate --shard K/N` wrote on several machines
///
/// Records become one record, as if one machine had measured all workloads; `gate --record` compares it with the baseline.
/// Shards of a gate with --base become one gate, whose verdict is printed. The error rate is that of one gate over all
/// workloads, because each shard was tested at the level of the whole.
///
/// All shards must have the same revision, toolchain, suite, split and settings. A missing shard is an error. A workload
/// that a shard should have measured and did not counts as failed; one that --filter left out is named as skipped.
///
/// Exit status: that of `run` or of `gate --base`.
#[derive(Args)]
pub(crate) struct Merge {
    /// Files of all shards, in any order
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// File for the whole [default: records/TIME.json, or records/gates/TIME.json]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Show all figures of a gate, not only the largest moves (json, csv and markdown always do)
    #[arg(long)]
    all: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    exports: Exports,
}

impl Merge {
    pub(crate) fn run(self, project: &Project) -> Result<Status> {
        self.exports.check()?;
        if let Some(out) = &self.out {
            writable(out)?;
        }
        let mut texts = Vec::new();
        for path in &self.files {
            let text = fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let Some(kind) = Kind::of(&text) else {
                bail!(
                    "{} is neither a record nor a gate, so nothing was merged",
                    path.display()
                );
            };
            texts.push((path.as_path(), kind, text));
        }
        let first = |wanted| texts.iter().find(|(_, kind, _)| *kind == wanted);
        match (first(Kind::Record), first(Kind::Session)) {
            (_, None) => self.records(read(&texts, Record::parse)?, project),
            (None, Some(_)) => self.sessions(read(&texts, Session::parse)?, project),
            (Some((record, ..)), Some((session, ..))) => bail!(
                "{} is a shard of a run, {} one of a gate with --base; nothing was merged",
                record.display(),
                session.display()
            ),
        }
    }

    fn records(&self, shards: Vec<Named<Record>>, project: &Project) -> Result<Status> {
        let merged = merge::records(shards)?;
        let record = &merged.whole;
        let default = named_by_time(&project.records(), &record.created);
        let path = record.store(self.out.as_deref(), &default)?;
        let results = Results::of_record("merge", record, &project.config.anchors);
        self.exports.write_of(project, results)?;
        if !self.exports.print() {
            show(
                &[shards_table(record.sharding.as_ref(), exact(self.format))],
                self.format,
            )?;
        }
        notices(&merged);
        notice(&format!("wrote record {}", path.display()));
        Ok(run::outcome(record))
    }

    fn sessions(&self, shards: Vec<Named<Session>>, project: &Project) -> Result<Status> {
        let merged = merge::sessions(shards)?;
        let session = &merged.whole;
        let gates = project.records().join("gates");
        let default = named_by_time(&gates, &session.created);
        let path = session.store(self.out.as_deref(), &default)?;
        let verdict = GateVerdict::of(session)?;
        let report = GateReport {
            verdict: &verdict,
            session: Some(session),
            command: repeating_whole(session),
            functions: Vec::new(),
            all: self.all,
        };
        let results = Results::of_gate(&report, session.created.clone(), &session.environment);
        self.exports.write_of(project, results)?;
        print_report(&report, self.format, &self.exports)?;
        notices(&merged);
        notice(&format!("wrote {}", path.display()));
        Ok(verdict.conclusion().into())
    }
}

fn read<T>(
    texts: &[(&Path, Kind, String)],
    parse: impl Fn(&str, &Path) -> Result<T, FileError>,
) -> Result<Vec<Named<T>>, FileError> {
    texts
        .iter()
        .map(|(path, _, text)| Ok(Named::new(path, parse(text, path)?)))
        .collect()
}

/// Announces workloads that were left out, and those that were dropped.
fn notices<T>(merged: &Merged<T>) {
    if !merged.skipped.is_empty() {
        let names: Vec<&str> = merged
            .skipped
            .iter()
            .take(NAMED)
            .map(String::as_str)
            .collect();
        let more = match merged.skipped.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        notice(&format!(
            "skipped, because the selection left them out: {}{more}",
            names.join(", ")
        ));
    }
    merged.dropped.iter().for_each(|sentence| notice(sentence));
}

/// The shards and their machines.
fn shards_table(sharding: Option<&Sharding>, exact: bool) -> Table {
    let origins = sharding.map(Sharding::origins).unwrap_or_default();
    let columns = vec![
        Column::left("shard", "shard"),
        Column::right("workloads", "workloads"),
        Column::left("measured", "measured"),
        Column::left("machine", "machine"),
    ];
    let mut table = Table::new(format!("{} shards", origins.len()), columns);
    let row = |origin: &Origin| {
        let workloads = origin.workloads.len();
        vec![
            Cell::text(origin.shard.to_string()),
            Cell::number(workloads as f64, workloads.to_string()),
            Cell::text(&origin.created),
            Cell::text(origin.environment.machine()),
        ]
    };
    table.rows.extend(origins.iter().map(row));
    let first = origins.first().map(|origin| &origin.environment);
    let is_other =
        |origin: &Origin| first.is_some_and(|first| !first.same_machine(&origin.environment));
    if !exact && origins.iter().any(is_other) {
        table.notes.push(
            "Times compare within one workload only: the workloads were measured on several machines.".to_owned(),
        );
    }
    table
}
