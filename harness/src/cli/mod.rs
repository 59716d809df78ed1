//! The command line: one file per subcommand, wiring only.

use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use clap::{Parser, Subcommand};

/// How an error is introduced on a terminal.
pub(crate) const ALARM: Style = AnsiColor::Red.on_default().bold();

/// Measures a transformer engine in time, instructions and heap, and says what changed.
#[derive(Parser)]
#[command(
    version,
    after_help = "Exit status: 0 fine, 1 a regression was found, 2 could not judge (bad input, missing tool or baseline, failed probe)."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {}

/// How a command ended, told by its exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything is fine.
    Fine,
    /// A regression was found.
    Regressed,
    /// There was not enough to judge by.
    Unjudged,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        ExitCode::from(match outcome {
            Outcome::Fine => 0,
            Outcome::Regressed => 1,
            Outcome::Unjudged => 2,
        })
    }
}

impl Arguments {
    /// Runs the command that was asked for.
    pub(crate) fn run(self) -> Result<Outcome> {
        match self.command {}
    }
}
