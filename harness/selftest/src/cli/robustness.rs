//! `harness selftest faults`, `load` and `fuzz`: nothing is lost, and no input causes a panic.

use std::env::consts::EXE_SUFFIX;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use harness::terminal::{Status, alarm, notice, show};
use harness_report::render::{Cell, Column, Format, Table};
use harness_selftest::fuzz::{READERS, Reader};
use harness_selftest::{faults, fuzz, load};

/// Kills, interrupts and starves the harness at random moments of every subcommand
///
/// The commands run in a small project in a temporary folder. After each fault, every file must be as before or whole, the
/// same command must work, and neither a process nor a temporary file may be left. Exits with 1 if something was lost.
#[derive(Args)]
pub(super) struct Faults {
    /// Number of faults
    #[arg(long, value_name = "NUMBER", default_value_t = 500)]
    times: usize,
    #[command(flatten)]
    conditions: Conditions,
}

/// Runs several harnesses at once on one checkout
///
/// Each must work as alone, wait with a sentence, or refuse with one. Exits with 1 if something was lost.
#[derive(Args)]
pub(super) struct Load {
    /// Number of rounds
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    rounds: usize,
    /// Number of processes in a round
    #[arg(long, value_name = "NUMBER", default_value_t = 8)]
    processes: usize,
    #[command(flatten)]
    conditions: Conditions,
}

/// Reads damaged files of every kind
///
/// The files are those of the corpus, changed at random. A reader must accept or refuse each without a panic and within two
/// seconds of processor time. Exits with 1 if one does not.
#[derive(Args)]
pub(super) struct Fuzz {
    /// Number of files for each reader
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000)]
    cases: usize,
    /// Only this reader; may be given several times
    #[arg(long, value_name = "NAME")]
    reader: Vec<String>,
    /// Seed of everything that is drawn
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Folder for files that cause a loss
    #[arg(long, value_name = "DIR", default_value = "target/harness-fuzz")]
    keep: PathBuf,
    /// Output format of the table
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Conditions of every such test.
#[derive(Args)]
struct Conditions {
    /// Seed of everything that is drawn
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    program: Program,
}

/// The program to test, and the format of the result.
#[derive(Args)]
pub(super) struct Program {
    /// The program to test [default: harness, beside this program]
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Output format of the table
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

impl Program {
    /// The path of the program.
    pub(super) fn path(&self) -> Result<PathBuf> {
        if let Some(program) = &self.program {
            return std::path::absolute(program).context("cannot find the program");
        }
        let own = std::env::current_exe().context("cannot find the folder of this program")?;
        Ok(own.with_file_name(format!("harness{EXE_SUFFIX}")))
    }
}

impl Faults {
    pub(super) fn run(self) -> Result<Status> {
        let Conditions { seed, program } = self.conditions;
        let format = program.format;
        let found = faults::run(&program.path()?, self.times, seed, &mut alarm)?;
        show(&[found.table()], format)?;
        notice(match found.is_mounted {
            true => "the full disk was a small file system in memory",
            false => {
                "the full disk was a limit on the size of files, because this user cannot mount a file system"
            }
        });
        if found.impossible > 0 {
            notice(&format!(
                "{} faults were left out, because this user cannot make a folder read-only",
                found.impossible
            ));
        }
        Ok(status(&found.losses))
    }
}

impl Load {
    pub(super) fn run(self) -> Result<Status> {
        let Conditions { seed, program } = self.conditions;
        let format = program.format;
        let found = load::run(
            &program.path()?,
            self.rounds,
            self.processes,
            seed,
            &mut alarm,
        )?;
        let numbers = [
            ("rounds", self.rounds),
            ("processes", self.processes),
            ("commands", found.commands),
            ("waited", found.waited),
            ("refused", found.refused),
            ("lost", found.losses.len()),
        ];
        let columns = numbers.map(|(name, _)| Column::right(name, name));
        let mut table = Table::new("Load: commands at once on one checkout", columns.to_vec());
        table.rows.push(
            numbers
                .iter()
                .map(|&(_, number)| Cell::number(number as f64, number.to_string()))
                .collect(),
        );
        show(&[table], format)?;
        Ok(status(&found.losses))
    }
}

impl Fuzz {
    pub(super) fn run(self) -> Result<Status> {
        let chosen = |reader: &&Reader| {
            self.reader.is_empty() || self.reader.iter().any(|name| name == reader.name)
        };
        let columns = [
            Column::left("reader", "reader"),
            Column::right("cases", "cases"),
            Column::right("accepted", "accepted"),
            Column::right("seconds", "seconds"),
            Column::right("lost", "lost"),
        ];
        let mut table = Table::new("Damaged files", columns.to_vec());
        let mut losses = Vec::new();
        for reader in READERS.iter().filter(chosen) {
            let found = fuzz::run(reader, self.cases, self.seed, &self.keep)?;
            found.losses.iter().for_each(|loss| alarm(loss));
            let count = |number: usize| Cell::number(number as f64, number.to_string());
            table.rows.push(vec![
                Cell::text(found.name),
                count(found.cases),
                count(found.accepted),
                Cell::number(found.seconds, format!("{:.1}", found.seconds)),
                count(found.losses.len()),
            ]);
            losses.extend(found.losses);
        }
        show(&[table], self.format)?;
        Ok(status(&losses))
    }
}

fn status(losses: &[String]) -> Status {
    match losses.is_empty() {
        true => {
            notice("nothing was lost");
            Status::Fine
        }
        false => Status::Regressed,
    }
}
