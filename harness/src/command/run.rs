//! Runs one process, times it, drains its output, and ends it at a deadline.
//!
//! One thread does everything: it sleeps until the process prints or ends. The output goes through a pipe, so that a
//! program cannot detect that nobody reads it.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, kill_process_group, pidfd_open};

use crate::command::pipes::{Output, Pipes};
use crate::command::run_error::{RunError, signal, unstarted};
use crate::command::usage::{self, Usage};
use crate::process::Listed;

/// A process that ended by itself.
#[derive(Debug)]
pub(super) struct Ended {
    /// Time from the start of the process to its end.
    pub(super) nanoseconds: u64,
    /// The part in which it waited for a core; 0 if the system does not report it.
    pub(super) waited: u64,
    /// The resources that it used.
    pub(super) usage: Usage,
    /// Its exit status.
    pub(super) status: ExitStatus,
    /// Its output, if that is kept.
    pub(super) output: Option<Output>,
    /// The last line on its standard error; may be empty.
    pub(super) complaint: String,
}

/// How a process is run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// The moment at which it is stopped.
    pub(super) deadline: Instant,
    /// The time limit that is named if it is stopped.
    pub(super) limit: Duration,
    /// True if the output is kept, not discarded.
    pub(super) keeps_output: bool,
    /// True if its memory is read. The process then does not share memory with the harness before it starts its
    /// program; it takes longer to start.
    pub(super) reads_memory: bool,
}

/// Runs a process to its end.
pub(super) fn run(command: &mut Command, text: &str, manner: Manner) -> Result<Ended, RunError> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    if manner.reads_memory {
        usage::start_by_fork(command);
    }
    let start = Instant::now();
    let (mut child, _listed) =
        Listed::spawn(command).map_err(|error| unstarted(command, text, error))?;
    let id = Pid::from_child(&child);
    let unwatched = |error: Errno| RunError::Wait(text.to_owned(), error.into());
    let end = pidfd_open(id, PidfdFlags::empty()).map_err(unwatched);
    let streams = [
        child.stdout.take().map(OwnedFd::from),
        child.stderr.take().map(OwnedFd::from),
    ];
    let mut pipes = Pipes::new(streams, manner.keeps_output);
    let watched = end.and_then(|end| pipes.drain_until(&end, manner.deadline).map_err(unwatched));
    let nanoseconds = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    if !matches!(watched, Ok(true)) {
        // An error is ignored: the process has ended meanwhile.
        let _ = kill_process(id, Signal::KILL);
    }
    // Ends what it left in its group, if it has one of its own. The id is not reused before it is waited for.
    let _ = kill_process_group(id, Signal::KILL);
    let waited = waited(id).min(nanoseconds);
    let (status, usage) =
        usage::wait(id).map_err(|error| RunError::Wait(text.to_owned(), error))?;
    if !watched? {
        return Err(RunError::Hung(text.to_owned(), manner.limit.as_secs()));
    }
    pipes.drain();
    Ok(Ended {
        nanoseconds,
        waited,
        usage,
        status: ExitStatus::from_raw(status),
        complaint: pipes.complaint(),
        output: manner.keeps_output.then_some(pipes.output),
    })
}

impl Ended {
    /// Returns an error unless the process ended with the expected status; any status if none is expected.
    pub(super) fn check(&self, text: &str, expected: Option<i32>) -> Result<(), RunError> {
        let complaint = match self.complaint.as_str() {
            "" => String::new(),
            line => format!("; it printed: {line}"),
        };
        let text = text.to_owned();
        match (self.status.code(), expected) {
            (None, _) => Err(RunError::Signal {
                text,
                signal: signal(self.status.signal().unwrap_or_default()),
                complaint,
            }),
            (Some(status), Some(expected)) if status != expected => Err(RunError::Status {
                text,
                status,
                expected,
                complaint,
            }),
            _ => Ok(()),
        }
    }
}

/// Nanoseconds that a process has waited for a core: the second number of Linux's `schedstat`, which is kept until
/// somebody has waited for the process. 0 on systems without that file.
fn waited(id: Pid) -> u64 {
    let mut text = String::new();
    let file = File::open(format!("/proc/{}/schedstat", id.as_raw_nonzero()));
    // An error leaves the text empty.
    let _ = file.and_then(|mut file| file.read_to_string(&mut text));
    text.split_ascii_whitespace()
        .nth(1)
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::pipes::KEPT;

    fn manner(limit: Duration) -> Manner {
        Manner {
            deadline: Instant::now() + limit,
            limit,
            keeps_output: true,
            reads_memory: false,
        }
    }

    fn shell_within(script: &str, limit: Duration) -> Result<Ended, RunError> {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::null());
        run(&mut command, script, manner(limit))
    }

    fn shell(script: &str) -> Ended {
        shell_within(script, Duration::from_secs(60)).expect("it ends")
    }

    #[test]
    fn time_output_and_status_are_read() {
        let ended = shell("echo out; echo first >&2; echo last >&2; sleep 0.01; exit 3");
        assert!(ended.nanoseconds >= 10_000_000, "{ended:?}");
        let output = ended.output.as_ref().expect("kept");
        assert_eq!((output.start.as_slice(), output.length), (&b"out\n"[..], 4));
        let error = ended.check("x", Some(0)).expect_err("status 3").to_string();
        assert_eq!(
            error,
            "`x` ended with exit status 3, expected 0; it printed: last"
        );
        assert!(ended.check("x", Some(3)).is_ok() && ended.check("x", None).is_ok());
    }

    #[test]
    fn a_signal_is_named_even_if_any_status_is_right() {
        let error = shell("kill -SEGV $$").check("x", None).expect_err("killed");
        assert_eq!(error.to_string(), "`x` was ended by signal 11 (SIGSEGV)");
    }

    #[test]
    fn a_program_that_prints_a_lot_is_drained() {
        let ended = shell(
            "head -c 5000000 /dev/zero; head -c 5000000 /dev/zero >&2; echo >&2; echo end >&2",
        );
        let output = ended.output.as_ref().expect("kept");
        assert_eq!((output.length, output.start.len()), (5_000_000, KEPT));
        assert_eq!(ended.complaint, "end");
    }

    #[test]
    fn output_that_is_not_kept_is_discarded() {
        let mut command = Command::new("sh");
        command.args(["-c", "head -c 5000000 /dev/zero"]);
        let manner = Manner {
            keeps_output: false,
            ..manner(Duration::from_secs(60))
        };
        let ended = run(&mut command, "head", manner).expect("it ends");
        assert!(ended.status.success() && ended.output.is_none());
    }

    #[test]
    fn a_program_that_hangs_or_prints_for_ever_is_stopped() {
        for script in ["exec sleep 100", "exec yes"] {
            let error = shell_within(script, Duration::from_secs(1)).expect_err("it hangs");
            let expected = format!(
                "`{script}` did not end within 1 s and was stopped; --time-limit allows more"
            );
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn a_descendant_that_keeps_the_pipes_open_is_not_waited_for() {
        let began = Instant::now();
        let ended = shell("sleep 5 & echo done");
        assert_eq!(ended.output.expect("kept").start, b"done\n");
        assert!(began.elapsed() < Duration::from_secs(4));
    }

    #[test]
    fn a_missing_program_is_named_with_the_place_where_it_was_searched() {
        let of = |program: &str| {
            let ended = run(
                &mut Command::new(program),
                program,
                manner(Duration::from_secs(1)),
            );
            ended.expect_err("missing").to_string()
        };
        assert_eq!(
            of("no-such-program"),
            "cannot start `no-such-program`: there is no such program in PATH"
        );
        assert_eq!(
            of("/nowhere/it"),
            "cannot start `/nowhere/it`: there is no such program"
        );
    }

    #[test]
    fn the_memory_of_a_command_is_its_own() {
        let manner = Manner {
            reads_memory: true,
            ..manner(Duration::from_secs(60))
        };
        let usage = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            run(&mut command, script, manner).expect("it ends").usage
        };
        let big = usage("x=$(head -c 90000000 /dev/zero | tr '\\0' a); echo ${#x}");
        assert!(big.peak_rss_bytes > 90_000_000, "{big:?}");
        assert!(big.user_nanoseconds + big.system_nanoseconds > 0, "{big:?}");
    }
}
