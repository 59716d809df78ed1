//! `harness run -- COMMAND`: measures commands, without a project.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};
use harness::collect::{self, Bar, Budget};
use harness::command::{Definition, Line};
use harness::terminal::{Status, exact, failure, notice, show};
use harness_probe::Instrument;
use harness_record::metric::Metric;
use harness_record::{Check, Record, Row, metric};
use harness_report::export::Results;
use harness_report::render::Format;
use harness_report::tables::commands::{Startup, table};

use super::{CommandOptions, ID};
use crate::cli::exports::Exports;
use crate::cli::{command_line, writable};

/// Default time for the rounds of all commands, in seconds.
const BUDGET: u64 = 3;
/// A command that takes longer is counted only if instructions are requested: valgrind takes about fifty times as long.
const LONG: f64 = 0.5;

/// The phase of the empty program or shell.
const EMPTY_PROGRAM: &str = "(an empty program: true)";
const EMPTY_SHELL: &str = "(an empty shell: sh -c '')";

/// The instruments that can measure commands.
const MEASURED: [Instrument; 3] = [
    Instrument::Clock,
    Instrument::Callgrind,
    Instrument::Process,
];

/// Other choices of a measurement.
pub(crate) struct Choice {
    /// The instruments, those that cannot measure commands included.
    pub(crate) instruments: Vec<Instrument>,
    /// True if the command line names the instruments.
    pub(crate) named: bool,
    /// Time limit of one run.
    pub(crate) time_limit: Duration,
    /// File for the record.
    pub(crate) out: Option<PathBuf>,
    /// Output format.
    pub(crate) format: Format,
    /// Files in other formats.
    pub(crate) exports: Exports,
}

/// Measures the commands in a folder, and prints their figures.
pub(crate) fn run(options: &CommandOptions, choice: &Choice, folder: &Path) -> Result<Status> {
    let definitions = options.definitions(false)?;
    if !choice.instruments.iter().any(|one| MEASURED.contains(one)) {
        bail!(
            "commands are measured by time, process and instructions only: name one of these with --metric"
        );
    }
    if let Some(out) = &choice.out {
        writable(out)?;
    }
    let (startup, empty) = startup(options.shell);
    let with_empty = [definitions.as_slice(), &[empty]].concat();
    let budget = Budget {
        rounds: Duration::from_secs(options.budget.unwrap_or(BUDGET)),
        time_limit: choice.time_limit,
    };
    let measure = |definitions: &[Definition], instruments: &[Instrument]| {
        let bar = Bar::new();
        collect::measure_commands(
            definitions,
            folder,
            instruments,
            budget,
            command_line(),
            &bar,
        )
    };
    // Every command runs once before times are measured, so that one that fails is reported at once.
    let mut record = measure(&with_empty, &[Instrument::Process])?;
    let has_run = |row: &Row| row.phase != startup.phase && row.failures.is_empty();
    if !record.rows.iter().any(has_run) {
        choice.exports.write(&of_commands(&record, &startup))?;
        return Ok(outcome(&record, folder));
    }
    if choice.instruments.contains(&Instrument::Clock) {
        add(&mut record, measure(&with_empty, &[Instrument::Clock])?);
    }
    if choice.instruments.contains(&Instrument::Callgrind) {
        let wanted = counted(&definitions, &record, choice.named);
        if !wanted.is_empty() {
            add(&mut record, measure(&wanted, &[Instrument::Callgrind])?);
        }
    }
    if let Some(out) = &choice.out {
        record.write(out)?;
        notice(&format!("wrote record {}", out.display()));
    }
    choice.exports.write(&of_commands(&record, &startup))?;
    if !choice.exports.print() {
        show(
            &[table(&record, &startup, exact(choice.format))],
            choice.format,
        )?;
    }
    Ok(outcome(&record, folder))
}

/// The results of the commands, without the one that does nothing.
fn of_commands(record: &Record, startup: &Startup) -> Results {
    let mut named = record.clone();
    named.rows.retain(|row| row.phase != startup.phase);
    Results::of_record("run", &named, &[])
}

/// The command that does nothing, which shows the cost of starting one.
fn startup(shell: bool) -> (Startup, Definition) {
    let (phase, words) = match shell {
        true => (EMPTY_SHELL, &["sh", "-c", ""][..]),
        false => (EMPTY_PROGRAM, &["true"][..]),
    };
    let words = words.iter().map(|&word| word.to_owned()).collect();
    let definition = Definition {
        id: ID.to_owned(),
        phase: Some(phase.to_owned()),
        run: Line::Words(words),
        ..Definition::default()
    };
    let startup = Startup {
        phase: phase.to_owned(),
        is_shell: shell,
    };
    (startup, definition)
}

/// The commands whose instructions are counted: those that took a time, and no long one unless `named`.
fn counted(definitions: &[Definition], record: &Record, named: bool) -> Vec<Definition> {
    let time = |row: &Row| {
        let figure = metric::by_name("time").and_then(|time: &Metric| time.figure(row));
        figure.map(|figure| figure.value)
    };
    let has_failed = record.rows.iter().any(|row| !row.failures.is_empty());
    let long = record
        .rows
        .iter()
        .find(|row| time(row).is_some_and(|time| time > LONG));
    match long {
        _ if has_failed => Vec::new(),
        Some(row) if !named => {
            notice(&format!(
                "instructions are not counted, because `{}` takes {:.1} s and about fifty times as long under valgrind; --metric time,process,instructions counts them",
                row.phase,
                time(row).unwrap_or_default()
            ));
            Vec::new()
        }
        _ => definitions
            .iter()
            .cloned()
            .map(|definition| Definition {
                instructions: true,
                ..definition
            })
            .collect(),
    }
}

/// Adds the readings of another record to the rows of the same phases.
fn add(record: &mut Record, other: Record) {
    for more in other.rows {
        if let Some(row) = record.rows.iter_mut().find(|row| row.phase == more.phase) {
            row.readings.extend(more.readings);
            row.failures.extend(more.failures);
        } else {
            record.rows.push(more);
        }
    }
}

/// Prints each failure once. Fine only if there is none.
fn outcome(record: &Record, folder: &Path) -> Status {
    let failures = record.rows.iter().flat_map(|row| {
        let failures = row.failures.iter().map(|failure| failure.message.clone());
        let wrong = match &row.check {
            Check::Failed(wrong) => Some(wrong.clone()),
            Check::NotRun(why) if row.failures.is_empty() => Some(why.clone()),
            _ => None,
        };
        failures.chain(wrong)
    });
    let failures: BTreeSet<String> = failures.collect();
    for message in &failures {
        failure(message);
    }
    let is_status = failures
        .iter()
        .any(|message| message.contains("exit status"));
    if is_status {
        notice("--ignore-failure accepts every exit status");
    }
    if failures
        .iter()
        .any(|message| message.contains("no such program"))
    {
        notice(&format!(
            "commands run in {} and without a shell; --shell runs them by sh -c",
            folder.display()
        ));
    }
    match failures.is_empty() {
        true => Status::Fine,
        false => Status::Unjudged,
    }
}
