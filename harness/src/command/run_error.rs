//! The errors of a process that is run as a workload.

use std::io;
use std::process::Command;

use thiserror::Error;

/// A command that cannot be measured.
#[derive(Debug, Error)]
pub enum RunError {
    /// There is no such program.
    #[error("cannot start `{0}`: there is no such program{1}")]
    Missing(String, &'static str),
    /// The program cannot be started.
    #[error("cannot start `{0}`: {1}")]
    Start(String, io::Error),
    /// The input cannot be opened.
    #[error("cannot read the input {0}: {1}")]
    Input(String, io::Error),
    /// It did not end in time; the command and the limit in seconds.
    #[error("`{0}` did not end within {1} s and was stopped; --time-limit allows more")]
    Hung(String, u64),
    /// It ended with another exit status.
    #[error("`{text}` ended with exit status {status}, expected {expected}{complaint}")]
    Status {
        /// The command.
        text: String,
        /// Its exit status.
        status: i32,
        /// The right one.
        expected: i32,
        /// The last line of its standard error, with an introduction.
        complaint: String,
    },
    /// A signal ended it.
    #[error("`{text}` was ended by {signal}{complaint}")]
    Signal {
        /// The command.
        text: String,
        /// The signal.
        signal: String,
        /// The last line of its standard error, with an introduction.
        complaint: String,
    },
    /// The system refuses to watch it.
    #[error("cannot wait for `{0}`: {1}; commands need Linux 5.3 or newer")]
    Wait(String, io::Error),
}

/// The error of a process that cannot be started.
pub(super) fn unstarted(command: &Command, text: &str, error: io::Error) -> RunError {
    match error.kind() {
        io::ErrorKind::NotFound => {
            let program = command.get_program().to_string_lossy();
            let place = if program.contains('/') {
                ""
            } else {
                " in PATH"
            };
            RunError::Missing(program.into_owned(), place)
        }
        _ => RunError::Start(text.to_owned(), error),
    }
}

/// The name of a signal that ends processes.
pub(super) fn signal(number: i32) -> String {
    let name = match number {
        libc::SIGHUP => "SIGHUP",
        libc::SIGINT => "SIGINT",
        libc::SIGILL => "SIGILL",
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGKILL => "SIGKILL",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGPIPE => "SIGPIPE",
        libc::SIGTERM => "SIGTERM",
        _ => return format!("signal {number}"),
    };
    format!("signal {number} ({name})")
}
