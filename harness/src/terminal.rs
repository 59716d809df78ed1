//! Everything a program of this workspace prints on a terminal, and the exit status it ends with.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use anyhow::{Context, Result};
use harness_report::render::{Format, Table};

use crate::process;

/// How an error is introduced on a terminal.
pub const ALARM: Style = AnsiColor::Red.on_default().bold();

/// How something that stayed open is introduced on a terminal.
pub const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// How a line that is no result is introduced on a terminal.
pub const NOTICE: Style = AnsiColor::Cyan.on_default();

/// How a command ended, told by its exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Everything is fine.
    Fine,
    /// A regression was found.
    Regressed,
    /// There was not enough to judge by.
    Unjudged,
}

impl From<Status> for ExitCode {
    fn from(outcome: Status) -> Self {
        ExitCode::from(match outcome {
            Status::Fine => 0,
            Status::Regressed => 1,
            Status::Unjudged => 2,
        })
    }
}

/// Runs a program's command to its exit status: an interruption ends what runs, an error is printed with its causes.
pub fn run(command: impl FnOnce() -> Result<Status>) -> ExitCode {
    // Where programs run, ending them ends the measurement, which reports so and removes its temporary folders.
    let interrupted = || {
        if !process::stop_all() {
            notice("interrupted; files are as they were, or whole");
            std::process::exit(2);
        }
    };
    if let Err(error) = ctrlc::set_handler(interrupted) {
        notice(&format!("Ctrl-C will leave running programs behind: {error}"));
    }
    match command() {
        Ok(status) => status.into(),
        Err(_) if process::stopped() => {
            anstream::eprintln!("{ALARM}error:{ALARM:#} interrupted; what was read so far is not kept");
            Status::Unjudged.into()
        }
        Err(error) => {
            anstream::eprintln!("{ALARM}error:{ALARM:#} {}", sentence(&error));
            Status::Unjudged.into()
        }
    }
}

/// Prints results on standard output; colour only where that is a terminal.
pub fn show(tables: &[Table], format: Format) -> Result<()> {
    print(&format.render(tables))
}

/// Prints text on standard output; colour only where that is a terminal.
pub fn print(text: &str) -> Result<()> {
    let mut output = anstream::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        // Whoever reads has seen enough, as in `harness run | head`.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot print the results"),
    }
}

/// Whether a format is for programs: then everything is written, with exact values.
pub fn exact(format: Format) -> bool {
    matches!(format, Format::Json | Format::Csv)
}

/// Tells something that is no result, on standard error.
pub fn notice(message: &str) {
    anstream::eprintln!("{NOTICE}harness:{NOTICE:#} {message}");
}

/// Whether progress of tools that we start is to be kept off standard error.
pub fn quiet() -> bool {
    !std::io::stderr().is_terminal()
}

/// The error and its causes as one sentence. Many errors tell their cause themselves; it is not told twice.
fn sentence(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |told, cause| match cause.to_string() {
        cause if told.is_empty() => cause,
        cause if told.contains(&cause) => told,
        cause => format!("{told}: {cause}"),
    })
}
