//! Everything a program of this workspace prints on a terminal, and the exit status it ends with.

pub mod colour;

use std::io::{IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{ExitCode, ExitStatus};

use anstyle::{AnsiColor, Style};
use anyhow::{Context, Result};
use harness_judge::counts::SuiteVerdict;
use harness_report::render::{Format, Table, wrapped_to};

use crate::collect::MeasureError;
use crate::process;
use crate::verbosity::Verbosity;

/// Style of the word before an error.
pub const ALARM: Style = AnsiColor::Red.on_default().bold();

/// Style of the word before an open point.
pub const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// Style of the word before a notice.
pub const NOTICE: Style = AnsiColor::Cyan.on_default();

/// Time that an interrupted command has to finish the file that it writes.
const LAST_WRITE: std::time::Duration = std::time::Duration::from_secs(2);

/// Outcome of a command, with its exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Everything is fine.
    Fine = 0,
    /// A regression was found.
    Regressed = 1,
    /// No judgement was possible.
    Unjudged = 2,
}

impl Status {
    /// The status of two judgements together: a regression that was found weighs more than one that could not be judged.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Regressed, _) | (_, Self::Regressed) => Self::Regressed,
            (Self::Unjudged, _) | (_, Self::Unjudged) => Self::Unjudged,
            (Self::Fine, Self::Fine) => Self::Fine,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

impl From<SuiteVerdict> for Status {
    fn from(verdict: SuiteVerdict) -> Self {
        match verdict {
            SuiteVerdict::Passed => Self::Fine,
            SuiteVerdict::Regressed => Self::Regressed,
            SuiteVerdict::Unjudged => Self::Unjudged,
        }
    }
}

/// The status of a program that uses the same exit codes; any other code is no judgement.
impl From<ExitStatus> for Status {
    fn from(status: ExitStatus) -> Self {
        match status.code() {
            Some(0) => Self::Fine,
            Some(1) => Self::Regressed,
            _ => Self::Unjudged,
        }
    }
}

/// Runs a program's command to its exit status: an interruption ends what runs, an error is printed with its causes.
pub fn run(command: impl FnOnce() -> Result<Status>) -> ExitCode {
    // Where programs run, ending them ends the measurement, which reports so and removes its temporary folders.
    let interrupted = || {
        if !process::stop_all() {
            harness_record::atomic_file::stop_writing(LAST_WRITE);
            problem("interrupted; each file is either unchanged or complete");
            std::process::exit(2);
        }
    };
    if let Err(error) = ctrlc::set_handler(interrupted) {
        problem(&format!(
            "cannot handle Ctrl-C, so it will leave running programs behind: {error}"
        ));
    }
    // A defect is no verdict: without this, its exit status would be 101.
    let outcome = catch_unwind(AssertUnwindSafe(command));
    let status = outcome.unwrap_or_else(|_| {
        failure(
            "the harness has a defect, described above; please report it with this command line",
        );
        Ok(Status::Unjudged)
    });
    let status = status.unwrap_or_else(|error| {
        let is_kept = |error: &MeasureError| matches!(error, MeasureError::Kept(..));
        failure(&match error.downcast_ref::<MeasureError>() {
            Some(kept) if is_kept(kept) => kept.to_string(),
            _ if process::stopped() => {
                "interrupted; the readings taken so far are discarded".to_owned()
            }
            _ => sentence(&error),
        });
        Status::Unjudged
    });
    status.into()
}

/// One paragraph for each sentence, after a coloured label.
pub fn labelled(style: Style, label: &str, sentences: &[String]) -> String {
    let label = format!("{label}:");
    let coloured = format!("{style}{label}{style:#}");
    sentences
        .iter()
        .map(|sentence| paragraph(&format!("{label} {sentence}")).replacen(&label, &coloured, 1))
        .collect()
}

/// A sentence with a line break at its end, wrapped at the width of a terminal.
pub fn paragraph(sentence: &str) -> String {
    match columns() {
        Some(columns) => wrapped_to(sentence, Style::new(), columns),
        None => format!("{sentence}\n"),
    }
}

/// Prints tables on standard output, with colour only on a terminal, and within its width.
pub fn show(tables: &[Table], format: Format) -> Result<()> {
    print(&rendered(tables, format))
}

/// The tables as text, within the width of a terminal.
pub fn rendered(tables: &[Table], format: Format) -> String {
    match columns() {
        Some(columns) => format.render_within(tables, columns),
        None => format.render(tables),
    }
}

/// Fewest columns that tables are fitted to: in less, words would be broken beyond reading.
const NARROWEST: usize = 40;

/// The width of the terminal: `COLUMNS`, if it is set, or that of standard output. None where a program reads the output,
/// which is easier with one line for each row.
pub fn columns() -> Option<usize> {
    let set = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    // Some pseudo-terminals know their columns and no rows.
    let known = || {
        let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
        Some(usize::from(size.ws_col)).filter(|&columns| columns > 0)
    };
    set.or_else(known)
        .map(|columns: usize| columns.max(NARROWEST))
}

/// Prints text on standard output, with colour only on a terminal.
pub fn print(text: &str) -> Result<()> {
    let mut output = anstream::stdout().lock();
    match output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
    {
        // The reader has closed the pipe, as in `harness run | head`.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot print the results"),
    }
}

/// Returns true if a format is for programs, which get all rows with exact values.
pub fn exact(format: Format) -> bool {
    format.is_exact()
}

/// Prints a message that is no result, on standard error, unless `--quiet` is given.
pub fn notice(message: &str) {
    if Verbosity::now() != Verbosity::Quiet {
        problem(message);
    }
}

/// Prints a message on something that is missing or went wrong, on standard error. The command continues.
pub fn problem(message: &str) {
    message_on_stderr(NOTICE, "harness", message);
}

/// Prints a message that needs attention, on standard error.
pub fn alarm(message: &str) {
    message_on_stderr(ALARM, "harness", message);
}

/// Prints an error, on standard error.
pub fn failure(message: &str) {
    message_on_stderr(ALARM, "error", message);
}

/// A message may quote names and output of measured programs, so it reaches the terminal without control characters.
fn message_on_stderr(style: Style, label: &str, message: &str) {
    let plain = message.replace(|c: char| c.is_control() && c != '\n', " ");
    print_on_stderr(&format!("{style}{label}:{style:#} {plain}\n"));
}

/// Prints on standard error. The message is lost if that is closed or full: nothing is left to report it on, and the exit
/// status must not change.
pub fn print_on_stderr(text: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = stderr
        .write_all(text.as_bytes())
        .and_then(|()| stderr.flush());
}

/// Returns true if tools that the harness starts must not print their progress on standard error.
pub fn quiet() -> bool {
    match Verbosity::now() {
        Verbosity::Quiet => true,
        Verbosity::Normal => !std::io::stderr().is_terminal(),
        Verbosity::Verbose => false,
    }
}

/// Joins an error and its causes into one sentence. Many messages contain their cause already; it is not repeated.
pub fn sentence(error: &anyhow::Error) -> String {
    error
        .chain()
        .fold(String::new(), |text, cause| match cause.to_string() {
            cause if text.is_empty() => cause,
            cause if text.contains(&cause) => text,
            cause => format!("{text}: {cause}"),
        })
}
