//! Client of a probe: starts the process, sends requests, waits for replies up to a time limit, and reports every
//! failure as one sentence.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use harness_probe::protocol::{Description, OLDEST, Reading, Reply, Request, VERSION};
use harness_probe::{Instrument, Options};
use harness_record::Check;
use rustix::process::Pid;
use thiserror::Error;

use crate::descriptions;
use crate::file_error::{FileError, at};
use crate::process::Child;
use crate::valgrind;

/// Time limit for a probe to exit after its input was closed, and for the rest of its output to arrive.
const FAREWELL: Duration = Duration::from_millis(500);

/// Maximum length of a reply in bytes: ten times that of a greeting with ten thousand workloads.
const LONGEST_REPLY: usize = 64 << 20;
/// Maximum length of a line of standard error that is kept, in bytes.
const LONGEST_COMPLAINT: usize = 4 << 10;
/// Maximum number of lines of valgrind that are kept.
const MOST_COMPLAINTS: usize = 16;

/// The reason to refuse a reading of a probe that is to be timed.
pub(crate) const REPORTS_NO_TIMES: &str =
    "the probe that is to be timed reports no times; harness.toml names the wrong program";
/// The reason to refuse a time of zero.
pub(crate) const CLOCK_STANDS_STILL: &str =
    "the probe's clock stands still, so its times are invalid";

/// Name of the end of input in messages.
const END: &str = "end of input";
/// Exit status of a probe without a failure.
const FINE: &str = "exit status 0";

/// A running probe.
#[derive(Debug)]
pub struct Probe {
    child: Child,
    requests: Option<ChildStdin>,
    replies: Receiver<String>,
    complaints: Receiver<String>,
    limit: Duration,
}

/// The reply of a probe to `hello`.
#[derive(Debug, Clone)]
pub struct Hello {
    /// Protocol version of the probe. Older versions support fewer requests.
    pub protocol: u32,
    /// Name of the probe's meter.
    pub meter: String,
    /// Best instruction set on this machine.
    pub isa: String,
    /// Workloads that the probe can measure.
    pub workloads: Vec<Description>,
    /// One line on each phase, by name.
    pub phases: BTreeMap<String, String>,
}

/// A failure of a probe.
#[derive(Debug, Error)]
pub enum ProbeError {
    /// The probe cannot be started.
    #[error(transparent)]
    Start(#[from] FileError),
    /// The probe exited before it answered.
    #[error("the probe ended before it answered `{asked}`: {how}{complaint}")]
    Ended {
        /// The request.
        asked: &'static str,
        /// Exit status or signal.
        how: String,
        /// Last line of standard error, with a prefix; may be empty.
        complaint: String,
    },
    /// The probe did not answer the request within the time limit, in seconds.
    #[error(
        "the probe did not answer `{0}` within {1} s and was stopped; --time-limit allows more"
    )]
    Hung(&'static str, u64),
    /// The reply to the request is invalid; these are its first characters.
    #[error("the probe answered `{0}` with an invalid reply: {1:?}")]
    Rubbish(&'static str, String),
    /// The protocol version is not supported.
    #[error(
        "the probe speaks protocol {0}, this harness speaks {OLDEST} to {VERSION}; build both from one revision"
    )]
    Version(u32),
    /// The probe replied with an error, or its reply cannot be used.
    #[error("{0}")]
    Refused(String),
    /// No program with workloads is configured.
    #[error(
        "harness.toml names no program with workloads; add a [[suite]] to it, or let `harness init` write one"
    )]
    NoSuite,
    /// The probe of one of several suites failed: the suite, and the reason.
    #[error("the suite {0}: {1}")]
    OfSuite(String, Box<ProbeError>),
}

/// The environment variable with the time limit of each reply, in seconds. The probe of commands stops a command before
/// the harness stops the probe.
pub(crate) const TIME_LIMIT_VARIABLE: &str = "HARNESS_TIME_LIMIT";

/// The conditions of a prepared workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preparation {
    /// Instruction set of the kernels.
    pub isa: String,
    /// Number of threads: the requested number, unless the workload sets its own.
    pub threads: u32,
    /// True if each run is a process of its own.
    pub starts_processes: bool,
}

impl Probe {
    /// Starts a probe; `limit` is the time limit of each reply.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn start(mut command: Command, limit: Duration) -> Result<Self, ProbeError> {
        command
            .env(TIME_LIMIT_VARIABLE, limit.as_secs().max(1).to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child =
            Child::start(&mut command).map_err(at("start the probe", command.get_program()))?;
        let (Some(stdout), Some(stderr)) = (child.stdout(), child.stderr()) else {
            unreachable!("both are piped")
        };
        let (sender, replies) = channel();
        thread::spawn(move || {
            for line in lines(stdout, LONGEST_REPLY) {
                // A truncated line is not a reply, and neither is its rest.
                let is_whole = line.len() < LONGEST_REPLY;
                if sender
                    .send(String::from_utf8_lossy(&line).into_owned())
                    .is_err()
                    || !is_whole
                {
                    break;
                }
            }
        });
        let (sender, complaints) = channel();
        // The receiver may be gone by then.
        thread::spawn(move || sender.send(last_words(stderr)).unwrap_or_default());
        Ok(Self {
            requests: child.stdin(),
            child,
            replies,
            complaints,
            limit,
        })
    }

    /// Returns the process id.
    pub fn id(&self) -> Pid {
        self.child.id()
    }

    /// Requests the greeting.
    ///
    /// # Errors
    /// If the probe fails or its protocol version is not supported.
    pub fn hello(&mut self) -> Result<Hello, ProbeError> {
        match self.request("hello", &Request::Hello)? {
            Reply::Hello { protocol, .. } if !(OLDEST..=VERSION).contains(&protocol) => {
                Err(ProbeError::Version(protocol))
            }
            Reply::Hello {
                protocol,
                meter,
                isa,
                mut workloads,
                phases,
            } => {
                descriptions::check(&workloads).map_err(ProbeError::Refused)?;
                workloads.iter_mut().for_each(add_process);
                Ok(Hello {
                    protocol,
                    meter,
                    isa,
                    workloads,
                    phases,
                })
            }
            other => Err(unexpected("hello", &other)),
        }
    }

    /// Prepares a workload and returns the conditions of its runs.
    ///
    /// # Errors
    /// If the probe fails or cannot prepare the workload.
    pub fn prepare(
        &mut self,
        workload: &str,
        phase: &str,
        options: &Options,
    ) -> Result<Preparation, ProbeError> {
        let request = Request::Prepare {
            workload: workload.to_owned(),
            phase: phase.to_owned(),
            options: options.clone(),
        };
        match self.request("prepare", &request)? {
            Reply::Prepared {
                isa,
                threads,
                starts_processes,
            } => Ok(Preparation {
                isa,
                threads: threads.unwrap_or(options.threads),
                starts_processes,
            }),
            other => Err(unexpected("prepare", &other)),
        }
    }

    /// Runs the prepared workload.
    ///
    /// # Errors
    /// If the probe fails.
    pub fn run(&mut self, iterations: u64) -> Result<Reading, ProbeError> {
        self.reading("run", &Request::Run { iterations })
    }

    /// Runs the prepared workload and returns a profile of it.
    ///
    /// # Errors
    /// If the probe fails or does not support profiles.
    pub fn profile(&mut self, iterations: u64) -> Result<Reading, ProbeError> {
        self.reading("profile", &Request::Profile { iterations })
    }

    /// Checks the answer of the last run.
    ///
    /// # Errors
    /// If the probe fails.
    pub fn check(&mut self) -> Result<Check, ProbeError> {
        match self.request("check", &Request::Check)? {
            Reply::Checked {
                wrong: Some(wrong), ..
            } => Ok(Check::Failed(wrong)),
            Reply::Checked {
                unchecked: true, ..
            } => Ok(Check::Unchecked),
            Reply::Checked { .. } => Ok(Check::Passed),
            other => Err(unexpected("check", &other)),
        }
    }

    /// Warms the prepared workload up, so that a count finds the cost of a later run.
    ///
    /// # Errors
    /// If the probe fails.
    pub fn warm_up(&mut self) -> Result<(), ProbeError> {
        match self.request("warm-up", &Request::WarmUp)? {
            Reply::WarmedUp => Ok(()),
            other => Err(unexpected("warm-up", &other)),
        }
    }

    /// Closes the input and waits until the probe has exited. Valgrind writes its counts then.
    ///
    /// # Errors
    /// If the probe does not exit within the time limit, or fails.
    pub fn finish(mut self) -> Result<(), ProbeError> {
        self.requests = None;
        if !self.child.wait(self.limit) {
            self.end()?;
            return Err(ProbeError::Hung(END, self.limit.as_secs()));
        }
        let how = self.end()?;
        if how == FINE {
            return Ok(());
        }
        let words = self.complaints.recv_timeout(FAREWELL).unwrap_or_default();
        Err(ProbeError::Refused(format!(
            "the probe ended with {how}: {words}"
        )))
    }

    fn reading(&mut self, asked: &'static str, request: &Request) -> Result<Reading, ProbeError> {
        match self.request(asked, request)? {
            Reply::Ran { reading } => Ok(reading),
            other => Err(unexpected(asked, &other)),
        }
    }

    fn request(&mut self, asked: &'static str, request: &Request) -> Result<Reply, ProbeError> {
        let mut line = serde_json::to_string(request).expect("requests are plain data");
        line.push('\n');
        // If the probe has exited, the write fails. The exit is then detected at the closed output.
        if let Some(requests) = &mut self.requests {
            let _ = requests
                .write_all(line.as_bytes())
                .and_then(|()| requests.flush());
        }
        match self.replies.recv_timeout(self.limit) {
            Ok(line) => match serde_json::from_str(&line) {
                Ok(Reply::Error { message }) => Err(ProbeError::Refused(message)),
                Ok(reply) => Ok(reply),
                Err(_) => Err(ProbeError::Rubbish(asked, line.chars().take(60).collect())),
            },
            Err(RecvTimeoutError::Timeout) => {
                self.end()?;
                Err(ProbeError::Hung(asked, self.limit.as_secs()))
            }
            Err(RecvTimeoutError::Disconnected) => {
                // The probe has closed its output and exits a moment later.
                self.child.wait(FAREWELL);
                let how = self.end()?;
                let words = self.complaints.recv_timeout(FAREWELL).unwrap_or_default();
                let complaint = if words.is_empty() {
                    String::new()
                } else {
                    format!("; it printed: {words}")
                };
                Err(ProbeError::Ended {
                    asked,
                    how,
                    complaint,
                })
            }
        }
    }

    /// Ends the probe if it still runs, and returns its exit status or signal.
    fn end(&mut self) -> Result<String, ProbeError> {
        let status = self
            .child
            .end()
            .map_err(|error| ProbeError::Refused(format!("the probe cannot be ended: {error}")))?;
        let signal = status.signal().map_or_else(
            || "no exit status".to_owned(),
            |signal| format!("signal {signal}"),
        );
        Ok(status
            .code()
            .map_or(signal, |code| format!("exit status {code}")))
    }
}

impl Drop for Probe {
    /// Closes the input, which makes a probe exit. This also happens if the harness is killed. A probe that does not
    /// exit in time is killed.
    fn drop(&mut self) {
        self.requests = None;
        self.child.wait(FAREWELL);
    }
}

/// Adds the instrument that reads the process of the probe. It needs nothing but the probe that is timed, so no probe
/// has to list it.
fn add_process(workload: &mut Description) {
    let instruments = &mut workload.instruments;
    if instruments.contains(&Instrument::Clock) && !instruments.contains(&Instrument::Process) {
        instruments.push(Instrument::Process);
    }
}

fn unexpected(asked: &'static str, reply: &Reply) -> ProbeError {
    ProbeError::Rubbish(asked, format!("{reply:?}").chars().take(60).collect())
}

/// Iterates over the lines of a stream. A line of more than `longest` bytes is split.
fn lines(stream: impl Read, longest: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut stream = BufReader::new(stream);
    std::iter::from_fn(move || {
        let mut line = Vec::new();
        let count = (&mut stream)
            .take(longest as u64)
            .read_until(b'\n', &mut line)
            .ok()?;
        line.pop_if(|last| *last == b'\n');
        (count > 0).then_some(line)
    })
}

/// Reads the stream to its end and returns the last line that is neither empty nor a note. If the probe ran under
/// valgrind, which ended it, returns the line that states why.
fn last_words(stream: impl Read) -> String {
    let (mut last, mut complaints) = (String::new(), Vec::new());
    for line in lines(stream, LONGEST_COMPLAINT) {
        let line = String::from_utf8_lossy(&line).trim().to_owned();
        if valgrind::is_complaint(&line) && complaints.len() < MOST_COMPLAINTS {
            complaints.push(line.clone());
        }
        if !line.is_empty() && !line.starts_with("note: ") {
            last = line;
        }
    }
    valgrind::complaint(&complaints.join("\n")).unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(script: &str) -> Probe {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Probe::start(command, Duration::from_millis(400)).expect("sh starts")
    }

    fn error_of(script: &str) -> String {
        probe(script).hello().expect_err("no greeting").to_string()
    }

    #[test]
    fn a_greeting_is_read() {
        let greeting =
            r#"{"reply":"hello","protocol":2,"meter":"clock","isa":"avx2","workloads":[]}"#;
        let greeting = probe(&format!("read line; echo '{greeting}'"))
            .hello()
            .expect("a greeting");
        assert_eq!(
            (
                greeting.protocol,
                greeting.meter.as_str(),
                greeting.isa.as_str()
            ),
            (2, "clock", "avx2")
        );
    }

    #[test]
    fn every_failure_is_one_sentence() {
        assert_eq!(
            error_of("read line; echo kaputt >&2; exit 7"),
            "the probe ended before it answered `hello`: exit status 7; it printed: kaputt"
        );
        assert_eq!(
            error_of("kill -SEGV $$"),
            "the probe ended before it answered `hello`: signal 11"
        );
        assert_eq!(
            error_of("read line; echo rubbish; sleep 5"),
            "the probe answered `hello` with an invalid reply: \"rubbish\""
        );
        assert_eq!(
            error_of("sleep 5"),
            "the probe did not answer `hello` within 0 s and was stopped; --time-limit allows more"
        );
        assert_eq!(
            error_of(
                r#"read line; echo '{"reply":"hello","protocol":99,"meter":"clock","isa":"x","workloads":[]}'"#
            ),
            "the probe speaks protocol 99, this harness speaks 2 to 5; build both from one revision"
        );
        assert_eq!(
            error_of(r#"read line; echo '{"reply":"error","message":"not today"}'"#),
            "not today"
        );
        let missing = Probe::start(Command::new("/nowhere/probe"), Duration::from_secs(1))
            .expect_err("not there");
        assert!(
            missing
                .to_string()
                .starts_with("cannot start the probe /nowhere/probe: "),
            "{missing}"
        );
    }
}
