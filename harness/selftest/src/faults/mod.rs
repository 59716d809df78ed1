//! Faults: the harness is killed, interrupted and starved at random moments, and must lose nothing.
//!
//! After each fault, every file must be as before or whole, the same command must work, and nothing may be left: neither a
//! process after five seconds nor a temporary file.

pub(crate) mod files;
mod journals;
mod trial;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use harness_abtest::Random;
use harness_report::render::{Cell, Column, Table};

use crate::small_project::SmallProject;
use trial::Subject;
pub use trial::{Fault, Outcome};

/// The commands, each with its arguments, and true for one that ends only by a signal.
const COMMANDS: [(&[&str], bool); 31] = [
    (&["run", "--quick"], false),
    (&["run", "--resume", "--quick"], false),
    (&["gate"], false),
    (&["gate", "--base", "HEAD~1", "--counts-only"], false),
    (
        &["gate", "--base", "HEAD~1", "--times-only", "--budget", "1s"],
        false,
    ),
    (&["baseline", "save", "--yes"], false),
    (
        &[
            "accept",
            "kernel/gelu",
            "--metric",
            "instructions",
            "--run",
            "bin/gate.json",
            "--reason",
            "text",
        ],
        false,
    ),
    (&["compare", "baseline", "newest"], false),
    (&["report"], false),
    (&["history"], false),
    (
        &[
            "history",
            "--measure",
            "HEAD~1..HEAD",
            "--metric",
            "instructions",
        ],
        false,
    ),
    (
        &[
            "bisect",
            "HEAD~1",
            "HEAD",
            "--workload",
            "kernel/gelu",
            "--metric",
            "instructions",
        ],
        false,
    ),
    (&["watch", "--metric", "instructions"], true),
    (&["profile", "kernel/gelu"], false),
    (&["profile", "kernel/gelu", "--by", "instructions"], false),
    (&["profile", "kernel/gelu", "--by", "allocations"], false),
    (&["triage"], false),
    (&["list"], false),
    (&["explain"], false),
    (&["baseline", "list"], false),
    (
        &["run", "--metric", "time", "--budget", "1", "--", "true"],
        false,
    ),
    (&["doctor", "--budget", "2s"], false),
    (&["init"], false),
    (&["config"], false),
    (&["import", "bin/go.txt"], false),
    (&["run", "--quick", "--shard", "1/2"], false),
    (&["merge", "bin/shard-1.json", "bin/shard-2.json"], false),
    (&["doctor", "--tune", "--", "sleep", "0.1"], false),
    (&["completions", "bash"], false),
    (&["man", "bin/pages"], false),
    (&["gate", "--record", "bin/shard-1.json"], false),
];

/// What the trials found: for each command and fault, the numbers of those tried and lost, and each loss in a sentence.
#[derive(Debug, Default)]
pub struct Found {
    counts: BTreeMap<(String, &'static str), (usize, usize)>,
    /// What was lost.
    pub losses: Vec<String>,
    /// True if the full disk was a small file system, false if it was a limit on the size of files.
    pub is_mounted: bool,
    /// Number of faults that this user cannot cause: a read-only folder, for root without the right to mount.
    pub impossible: usize,
}

/// Runs trials with the program `harness`: the commands in turn, faults and moments drawn by `seed`. `each` gets a sentence
/// about each loss at once.
///
/// # Errors
/// If the project cannot be made, or a command does not work before any fault.
pub fn run(harness: &Path, times: usize, seed: u64, each: &mut dyn FnMut(&str)) -> Result<Found> {
    there(harness)?;
    let mut random = Random::new(seed);
    let mut project = SmallProject::on_small_disk(harness)?;
    let is_mounted = project.disk().is_some();
    let mut subjects = Vec::new();
    for (arguments, endless) in COMMANDS {
        subjects.push(Subject::undisturbed(arguments, endless, &project)?);
    }
    let mut found = Found {
        is_mounted,
        ..Found::default()
    };
    for number in 0..times {
        let subject = &subjects[number % subjects.len()];
        // Half of the trials are kills, because nothing can be done against them.
        let faults = Fault::ALL;
        let fault = match random.coin() {
            true => Fault::Kill,
            false => faults[random.below(faults.len())],
        };
        let outcome = subject
            .tried(fault, random.bits(), &project)
            .with_context(|| format!("trial {number}"))?;
        if matches!(outcome, Outcome::Impossible) {
            found.impossible += 1;
            continue;
        }
        let key = (subject.name(), fault.name());
        let (tried, lost) = found.counts.entry(key).or_default();
        *tried += 1;
        if let Outcome::Lost(what) = outcome {
            *lost += 1;
            let loss = format!(
                "trial {number}, `harness {}`, {}: {what}",
                subject.arguments(),
                fault.name()
            );
            each(&loss);
            found.losses.push(loss);
            // One damage must not be counted again.
            project = SmallProject::on_small_disk(harness)?;
        }
    }
    Ok(found)
}

impl Found {
    /// The numbers, one row for each command.
    pub fn table(&self) -> Table {
        let faults = Fault::ALL;
        let mut columns = vec![Column::left("command", "command")];
        columns.extend(
            faults
                .iter()
                .map(|fault| Column::right(fault.key(), fault.name())),
        );
        columns.extend([
            Column::right("tried", "tried"),
            Column::right("lost", "lost"),
        ]);
        let mut table = Table::new("Faults: trials by command", columns);
        let commands: std::collections::BTreeSet<&String> =
            self.counts.keys().map(|(command, _)| command).collect();
        let mut sums = vec![0; faults.len() + 2];
        for command in commands {
            let of = |fault: &Fault| {
                self.counts
                    .get(&(command.clone(), fault.name()))
                    .copied()
                    .unwrap_or_default()
            };
            let mut numbers: Vec<usize> = faults.iter().map(|fault| of(fault).0).collect();
            numbers.push(numbers.iter().sum());
            numbers.push(faults.iter().map(|fault| of(fault).1).sum());
            for (sum, number) in sums.iter_mut().zip(&numbers) {
                *sum += number;
            }
            table.rows.push(row(command, &numbers));
        }
        table.rows.push(row("all", &sums));
        table
    }
}

fn row(name: &str, numbers: &[usize]) -> Vec<Cell> {
    let cells = numbers
        .iter()
        .map(|&number| Cell::number(number as f64, number.to_string()));
    std::iter::once(Cell::text(name)).chain(cells).collect()
}

/// Refuses a program that is not there.
pub(crate) fn there(harness: &Path) -> Result<()> {
    if !harness.is_file() {
        bail!(
            "{} does not exist; build it with `cargo build --package harness`",
            harness.display()
        );
    }
    Ok(())
}
