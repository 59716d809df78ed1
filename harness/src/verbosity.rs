//! The amount of messages on standard error: `--quiet` and `--verbose`.
//!
//! A process is started in many places, and by several threads, so the level is one value of the whole program.

use std::fmt;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use crate::terminal::print_on_stderr;

/// The amount of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verbosity {
    /// Results and errors.
    Quiet,
    /// Also notices and the progress.
    #[default]
    Normal,
    /// Also each program that is started, and its duration.
    Verbose,
}

static LEVEL: AtomicU8 = AtomicU8::new(Verbosity::Normal as u8);

impl Verbosity {
    /// Makes this the level of the program.
    pub fn set(self) {
        LEVEL.store(self as u8, Ordering::Relaxed);
    }

    /// Returns the level of the program.
    pub fn now() -> Self {
        let level = LEVEL.load(Ordering::Relaxed);
        let all = [Self::Quiet, Self::Normal, Self::Verbose];
        all.into_iter()
            .find(|one| *one as u8 == level)
            .unwrap_or_default()
    }
}

/// A program that was started with `--verbose`, so that its end is printed, too.
#[derive(Debug)]
pub(crate) struct Announced {
    process: u32,
    began: Instant,
}

impl Announced {
    /// Prints the command of a process that was just started. None without `--verbose`.
    pub(crate) fn new(process: u32, command: &Command) -> Option<Self> {
        (Verbosity::now() == Verbosity::Verbose).then(|| {
            print(process, &format_args!("started: {}", words(command)));
            Self {
                process,
                began: Instant::now(),
            }
        })
    }

    /// Prints the duration and the exit status.
    pub(crate) fn ended(&self, status: ExitStatus) {
        let after = seconds(self.began.elapsed());
        print(self.process, &format_args!("ended after {after}: {status}"));
    }
}

fn print(process: u32, message: &dyn fmt::Display) {
    let dimmed = anstyle::Style::new().dimmed();
    let plain = message.to_string().replace(char::is_control, " ");
    print_on_stderr(&format!("{dimmed}[{process}]{dimmed:#} {plain}\n"));
}

/// The program and its arguments, as a shell reads them.
fn words(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let quoted = words.map(|word| {
        let word = word.to_string_lossy();
        // A word with a zero byte has no quoted form, and cannot be started either.
        shlex::try_quote(&word).map_or_else(|_| word.to_string(), |quoted| quoted.into_owned())
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// A duration with as many digits as matter to a person.
fn seconds(time: Duration) -> String {
    match time.as_secs_f64() {
        long @ 10.0.. => format!("{long:.0} s"),
        some @ 0.1.. => format!("{some:.1} s"),
        short => format!("{:.0} ms", short * 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_printed_as_a_shell_reads_it() {
        let mut command = Command::new("cargo");
        command.args(["build", "--config", "a = 'b c'"]);
        assert_eq!(words(&command), r#"cargo build --config "a = 'b c'""#);
    }

    #[test]
    fn durations_have_two_digits() {
        let of = |seconds_: f64| seconds(Duration::from_secs_f64(seconds_));
        assert_eq!([12.34, 1.26, 0.0126].map(of), ["12 s", "1.3 s", "13 ms"]);
    }
}
