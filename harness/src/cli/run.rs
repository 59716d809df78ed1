//! `harness run`: measures, prints the figures, writes the record, and draws the report.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use harness::collect::{self, Bar, InterruptedRuns};
use harness::history;
use harness::project::Project;
use harness::terminal::{Status, columns, exact, notice, problem, show};
use harness_judge::trends::Trends;
use harness_record::{Check, Record, Row};
use harness_report::export::Results;
use harness_report::render::{Audience, Format, Table};

use super::commands::{self, CommandOptions};
use super::exports::Exports;
use super::options::{Metrics, Selection, ShardOptions, model};
use super::writable;

/// Measures, prints the figures, and writes a record and the report
///
/// With a command after `--`, measures that command in place of the workloads of a project: its time with an interval,
/// user and system time, peak memory and instructions. This needs no project and writes no report, and a record only
/// with --out. Several commands are separated by `--` and alternate: `harness run -- 'grep a b' -- rg a b`.
#[derive(Args)]
pub(crate) struct Run {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    metrics: Metrics,
    #[command(flatten)]
    sharding: ShardOptions,
    /// File for the record [default: records/TIME.json; with --shard: records/shards/TIME.K-of-N.json]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Measure the checkpoint in this folder, as Hugging Face saves it (config.json, model.safetensors); without
    /// --filter, nothing else is measured
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Continue the newest interrupted run of this project with the same options: keep its readings, measure the rest
    #[arg(long)]
    resume: bool,
    /// Write the record only, no report; a shard never writes one
    #[arg(long)]
    no_report: bool,
    /// Output format of the figures
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    exports: Exports,
    #[command(flatten)]
    commands: CommandOptions,
}

/// Glob of the workloads that a probe offers for a checkpoint.
const MODEL_WORKLOADS: &str = "checkpoint/*";

impl Run {
    pub(crate) fn run(self, folder: &Path) -> Result<Status> {
        let exports = self.exports.clone();
        exports.check()?;
        let ended = match self.commands.is_given() {
            true => self.measure_commands(folder),
            false => Project::find(folder)
                .map_err(Into::into)
                .and_then(|project| self.measure_project(&project)),
        };
        exports.or_not_judged("run", ended)
    }

    /// Measures the commands of the command line, which need no project.
    fn measure_commands(self, folder: &Path) -> Result<Status> {
        self.selection.refuse_for_commands()?;
        if self.sharding.shard.is_some() {
            bail!("--shard applies to the workloads of a project, not to commands");
        }
        if self.model.is_some() {
            bail!("--model applies to the workloads of a project, not to commands");
        }
        if self.resume {
            bail!("--resume applies to the workloads of a project, not to commands");
        }
        let choice = commands::Choice {
            instruments: self.metrics.without_project()?,
            named: self.metrics.is_given(),
            time_limit: self.selection.time_limit(),
            out: self.out,
            format: self.format,
            exports: self.exports,
        };
        commands::run(&self.commands, &choice, folder)
    }

    fn measure_project(self, project: &Project) -> Result<Status> {
        self.commands.refuse()?;
        let mut request = self
            .selection
            .request(project, self.metrics.instruments(project)?);
        request.model = model(self.model.as_ref())?;
        if request.model.is_some() && request.plan.filters.is_empty() {
            request.plan.filters.push(MODEL_WORKLOADS.to_owned());
        }
        request.division = self.sharding.division(project)?;
        let no_report = self.no_report || request.division.is_some();
        let file = |created: &str| match self.sharding.shard {
            Some(shard) => ShardOptions::file(shard, project, created),
            None => super::named_by_time(&project.records(), created),
        };
        writable(self.out.as_deref().unwrap_or(&file("record")))?;
        if !no_report {
            writable(&project.reports().join("index.html"))?;
        }

        let interrupted = self.interrupted(project)?;
        // Read before minutes are spent on measuring, so that an invalid roadmap is reported at once.
        let roadmap = super::report::read_roadmap(project)?;

        let (record, journal) = collect::measure(project, &request, interrupted, &Bar::new())?;
        // Written before anything else can fail: the record holds minutes of measuring. For the same reason, the table
        // is printed even if the record cannot be written.
        let written = record.store(self.out.as_deref(), &file(&record.created));
        if let Ok(path) = &written {
            notice(&format!("wrote record {}", path.display()));
            journal.remove();
        }
        if !self.exports.print() {
            show(&tables(project, &record, self.format), self.format)?;
        }
        let results = Results::of_record("run", &record, &project.config.anchors);
        self.exports.write_of(project, results)?;
        let path = written?;
        if !no_report {
            let Some(report_data) =
                super::report::gathered(project, Some((&path, &record)), roadmap)?
            else {
                bail!("the record {} cannot be read back", path.display());
            };
            report_data.notes.iter().for_each(|note| notice(note));
            let report = harness_report::write(&report_data, &project.reports(), false)?;
            notice(&format!("wrote report {}", report.index.display()));
        }
        Ok(outcome(&record))
    }

    /// The interrupted runs, one of which this one continues; none without --resume, with a notice on the newest one.
    fn interrupted(&self, project: &Project) -> Result<Option<InterruptedRuns>> {
        let runs = InterruptedRuns::find(&project.records());
        if self.resume {
            return Ok(Some(runs.some()?));
        }
        if let Some((run, kept)) = runs.newest() {
            notice(&format!(
                "the run of {} was interrupted, and {kept} of its {} readings are kept until this run has its first one: `{}` measures the rest instead",
                run.created,
                run.readings,
                collect::resuming(&run.command)
            ));
        }
        Ok(None)
    }
}

/// The tables of a record, with trends over earlier runs if the terminal is wide enough.
fn tables(project: &Project, record: &Record, format: Format) -> Vec<Table> {
    let anchors = &project.config.anchors;
    let tables = |trends: Option<&Trends>| {
        harness_report::run_tables(record, anchors, exact(format), trends)
    };
    let Some(width) = columns().filter(|_| format.audience() == Audience::Terminal) else {
        return tables(None);
    };
    let earlier = history::recent(&project.records(), record, harness_report::BARS - 1);
    let wide = tables(Some(&Trends::of(
        &earlier,
        record,
        anchors.first().map(String::as_str),
    )));
    if widest(&wide) <= width {
        wide
    } else {
        tables(None)
    }
}

/// Width of the widest row, in columns. Titles and notes do not count, because they may wrap.
fn widest(tables: &[Table]) -> usize {
    let bare = |table: &Table| Table {
        title: String::new(),
        notes: Vec::new(),
        ..table.clone()
    };
    let text = Format::TABLE.render(&tables.iter().map(bare).collect::<Vec<_>>());
    anstream::adapter::strip_str(&text)
        .to_string()
        .lines()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or(0)
}

/// Prints a message for each wrong answer and each missing reading. Fine only if there is none.
pub(super) fn outcome(record: &Record) -> Status {
    let is_bad = |row: &&Row| !row.check.is_fine() || !row.failures.is_empty();
    let mut outcome = Status::Fine;
    for row in record.rows.iter().filter(is_bad) {
        outcome = Status::Unjudged;
        let name = format!("{} in phase {}", row.workload, row.phase);
        match &row.check {
            Check::Passed | Check::Unchecked => {}
            Check::Failed(wrong) => problem(&format!("{name} gave a wrong answer: {wrong}")),
            Check::NotRun(why) => problem(&format!("{name} was not checked: {why}")),
        }
        for failure in &row.failures {
            problem(&format!(
                "{name} has no number from {}: {}",
                failure.instrument.name(),
                failure.message
            ));
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use harness_report::render::{Cell, Column};

    use super::*;

    #[test]
    fn only_the_rows_decide_how_wide_a_table_is() {
        let mut table = Table::new(
            "a title that is longer than its table",
            vec![Column::left("a", "one")],
        );
        assert_eq!(widest(&[]), 0);
        table.rows.push(vec![
            Cell::text("▁▂▃▄▅").toned(harness_report::render::Tone::Good),
        ]);
        table
            .notes
            .push("and a note that is longer still".to_owned());
        assert_eq!(widest(&[table.clone(), table]), 5);
    }
}
