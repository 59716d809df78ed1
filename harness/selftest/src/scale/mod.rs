//! Scale: commands that read records must stay within limits of time and memory, with many records of many workloads.

mod checkout;

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::command::usage::run as run_measured;
use harness_report::render::{Cell, Table, Tone};

use self::checkout::Checkout;
use crate::faults::there;

/// Size of the checkout.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Number of records, and of states of the baselines.
    pub records: usize,
    /// Number of workloads in each record.
    pub workloads: usize,
    /// Number of phases of each workload, from 1 to 4.
    pub phases: usize,
    /// Number of rounds of each phase.
    pub rounds: usize,
}

/// Limits of all commands.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Factor on the seconds of each command.
    pub slack: f64,
    /// Peak of the resident memory.
    pub memory_bytes: u64,
}

/// A command and its limit in seconds. `NEWEST` and `FIRST` stand for records.
type Trial = (&'static [&'static str], f64);

const TRIALS: [Trial; 6] = [
    (&["list"], 1.0),
    (&["compare", "FIRST", "NEWEST"], 2.0),
    (&["gate", "--record", "NEWEST"], 3.0),
    (&["report"], 20.0),
    (&["history"], 10.0),
    (&["history", "--metric", "time"], 10.0),
];

/// The measurement of one command.
#[derive(Debug, Clone)]
pub struct Measured {
    /// The command, with `NEWEST` and `FIRST` for the records.
    pub command: String,
    /// Wall time.
    pub time: Duration,
    /// Time on all cores.
    pub cpu: Duration,
    /// Peak of the resident memory.
    pub memory_bytes: u64,
    /// Largest allowed wall time in seconds.
    pub limit: f64,
    /// Reason why it is not within its limits; none if it is.
    pub exceeded: Option<String>,
}

/// Makes a checkout in a temporary folder, and runs each command in it with the program `harness`.
///
/// # Errors
/// If the checkout cannot be made, a program cannot be started, or a command fails.
pub fn run(
    harness: &Path,
    size: &Size,
    limits: &Limits,
    notice: &mut dyn FnMut(&str),
) -> Result<Vec<Measured>> {
    there(harness)?;
    let checkout = Checkout::new(size, notice)?;
    let trials = TRIALS.iter();
    trials
        .map(|trial| measure(harness, &checkout, trial, limits))
        .collect()
}

fn measure(
    harness: &Path,
    checkout: &Checkout,
    (words, seconds): &Trial,
    limits: &Limits,
) -> Result<Measured> {
    let text = words.join(" ");
    let (first, newest) = (checkout.records.first(), checkout.records.last());
    let complaints = checkout.root().join("complaints");
    let mut command = Command::new(harness);
    for word in *words {
        match (*word, first, newest) {
            ("FIRST", Some(record), _) | ("NEWEST", _, Some(record)) => command.arg(record),
            (word, ..) => command.arg(word),
        };
    }
    command
        .current_dir(checkout.root())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(&complaints).context("cannot make a file")?);
    let (status, time, usage) =
        run_measured(&mut command).with_context(|| format!("cannot run `harness {text}`"))?;
    ensure!(
        matches!(status.code(), Some(0 | 1)),
        "`harness {text}` ended with {status}: {}",
        std::fs::read_to_string(&complaints)
            .unwrap_or_default()
            .trim()
    );
    let limit = seconds * limits.slack;
    let late = (time.as_secs_f64() > limit).then_some("time");
    let large = (usage.peak_rss_bytes > limits.memory_bytes).then_some("memory");
    let exceeded: Vec<&str> = late.into_iter().chain(large).collect();
    Ok(Measured {
        command: text,
        time,
        cpu: Duration::from_nanos(usage.user_nanoseconds + usage.system_nanoseconds),
        memory_bytes: usage.peak_rss_bytes,
        limit,
        exceeded: (!exceeded.is_empty()).then(|| exceeded.join(" and ")),
    })
}

/// A row for each command: its figures, its limits, and whether it is within them.
pub fn table(measured: &[Measured], size: &Size, limits: &Limits) -> Table {
    let seconds = |seconds: f64| Cell::number(seconds, format!("{seconds:.2}"));
    let megabytes = |bytes: u64| {
        let megabytes = bytes as f64 / 1e6;
        Cell::number(megabytes, format!("{megabytes:.0}"))
    };
    let title = format!(
        "Scale: {} records of {} workloads",
        size.records, size.workloads
    );
    Table::of(title, measured)
        .left("command", "command", |one| &one.command)
        .right("seconds", "seconds", |one| seconds(one.time.as_secs_f64()))
        .right("cpu_seconds", "CPU seconds", |one| {
            seconds(one.cpu.as_secs_f64())
        })
        .right("limit_seconds", "limit", |one| seconds(one.limit))
        .right("memory_megabytes", "peak MB", |one| {
            megabytes(one.memory_bytes)
        })
        .right("limit_megabytes", "limit MB", |_| {
            megabytes(limits.memory_bytes)
        })
        .left("within", "within", |one| match &one.exceeded {
            None => Cell::text("yes").toned(Tone::Good),
            Some(what) => Cell::text(format!("no: {what}")).toned(Tone::Bad),
        })
        .table
}
