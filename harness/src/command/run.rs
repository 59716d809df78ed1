//! Runs one process, times it, drains its output, and ends it at a deadline.
//!
//! One thread does everything: it sleeps until the process prints or ends. The output goes through a pipe, so that a
//! program cannot detect that nobody reads it.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio};
use rustix::pipe::{SpliceFlags, splice};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, kill_process_group, pidfd_open};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::command::usage::{self, Usage};
use crate::process::Listed;

/// Bytes of the output that are kept, from its start, and of standard error, from its end.
const KEPT: usize = 64 << 10;
/// Bytes that one call moves out of a pipe.
const PART: usize = 1 << 20;

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

/// What a process printed on its standard output.
#[derive(Debug, Clone, Default)]
pub(super) struct Output {
    hash: Sha256,
    /// The first bytes.
    pub(super) start: Vec<u8>,
    /// Number of all bytes.
    pub(super) length: u64,
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

impl Output {
    fn push(&mut self, part: &[u8]) {
        self.hash.update(part);
        self.length += part.len() as u64;
        let room = KEPT.saturating_sub(self.start.len());
        self.start.extend_from_slice(&part[..part.len().min(room)]);
    }

    /// The SHA-256 of the output in hex.
    pub(super) fn sha256(&self) -> String {
        let digest = self.hash.clone().finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The pipes of a process: standard output and standard error, until each has ended.
struct Pipes {
    streams: [Option<OwnedFd>; 2],
    keeps_output: bool,
    output: Output,
    errors: Vec<u8>,
    /// Takes output that is discarded.
    nowhere: Option<File>,
}

impl Pipes {
    fn new(streams: [Option<OwnedFd>; 2], keeps_output: bool) -> Self {
        // A stream that cannot be made not to block is not read: a writer that fills its pipe then meets the deadline.
        let streams =
            streams.map(|stream| stream.filter(|stream| ioctl_fionbio(stream, true).is_ok()));
        Self {
            streams,
            keeps_output,
            output: Output::default(),
            errors: Vec::new(),
            nowhere: File::options().write(true).open("/dev/null").ok(),
        }
    }

    /// Drains the pipes until the process ends. Returns false if the deadline comes first.
    fn drain_until(&mut self, end: &OwnedFd, deadline: Instant) -> Result<bool, Errno> {
        loop {
            let open: Vec<usize> = (0..2)
                .filter(|&place| self.streams[place].is_some())
                .collect();
            let (has_ended, ready) = {
                let mut watched = vec![PollFd::new(end, PollFlags::IN)];
                let streams = open
                    .iter()
                    .filter_map(|&place| self.streams[place].as_ref());
                watched.extend(streams.map(|stream| PollFd::new(stream, PollFlags::IN)));
                let left = deadline.saturating_duration_since(Instant::now());
                let timeout = Timespec::try_from(left).unwrap_or(Timespec {
                    tv_sec: i32::MAX.into(),
                    tv_nsec: 0,
                });
                match poll(&mut watched, Some(&timeout)) {
                    Ok(0) => return Ok(false),
                    Ok(_) => {}
                    Err(Errno::INTR) => continue,
                    Err(error) => return Err(error),
                }
                let is_ready = |watched: &PollFd<'_>| !watched.revents().is_empty();
                let ready: Vec<bool> = watched[1..].iter().map(is_ready).collect();
                (is_ready(&watched[0]), ready)
            };
            if has_ended {
                return Ok(true);
            }
            for (&place, _) in open.iter().zip(ready).filter(|(_, ready)| *ready) {
                self.take(place);
            }
            // A process that prints without end is always ready.
            if Instant::now() >= deadline {
                return Ok(false);
            }
        }
    }

    /// Takes what is left in the pipes. A descendant of the process may hold them open; it is not waited for.
    fn drain(&mut self) {
        for place in 0..2 {
            // A pipe holds far less, so that a descendant that prints without end is left alone.
            for _ in 0..64 {
                if !self.take(place) {
                    break;
                }
            }
        }
    }

    /// Takes one part of a stream. Returns false if it has none.
    fn take(&mut self, place: usize) -> bool {
        let Some(stream) = self.streams[place].take() else {
            return false;
        };
        let taken = match &self.nowhere {
            Some(nowhere) if place == 0 && !self.keeps_output => {
                match splice(&stream, None, nowhere, None, PART, SpliceFlags::NONBLOCK) {
                    Err(Errno::INVAL) => {
                        self.nowhere = None;
                        Err(Errno::INTR)
                    }
                    taken => taken,
                }
            }
            _ => self.keep(place, &stream),
        };
        let is_open = match taken {
            Ok(count) => count > 0,
            Err(error) => [Errno::AGAIN, Errno::INTR].contains(&error),
        };
        self.streams[place] = Some(stream).filter(|_| is_open);
        is_open && taken != Err(Errno::AGAIN)
    }

    fn keep(&mut self, place: usize, stream: &OwnedFd) -> Result<usize, Errno> {
        let mut part = [0; KEPT];
        let count = rustix::io::read(stream.as_fd(), &mut part)?;
        let part = &part[..count];
        match place {
            0 if self.keeps_output => self.output.push(part),
            0 => {}
            _ => {
                self.errors.extend_from_slice(part);
                let surplus = self.errors.len().saturating_sub(KEPT);
                self.errors.drain(..surplus);
            }
        }
        Ok(count)
    }

    /// The last line of standard error that is not empty.
    fn complaint(&self) -> String {
        let text = String::from_utf8_lossy(&self.errors);
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines
            .next_back()
            .unwrap_or_default()
            .chars()
            .take(300)
            .collect()
    }
}

fn unstarted(command: &Command, text: &str, error: io::Error) -> RunError {
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

/// The name of a signal that ends processes.
fn signal(number: i32) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

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
