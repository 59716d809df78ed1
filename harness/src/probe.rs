//! Talks to a probe: starts the process, asks, waits no longer than allowed, and turns whatever goes wrong into one
//! sentence.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use harness_probe::Options;
use harness_probe::protocol::{Description, OLDEST, Reading, Reply, Request, VERSION};
use rustix::process::Pid;
use thiserror::Error;

use crate::descriptions;
use crate::process::Child;

/// How long a probe may take to end when it should, and its last words to arrive.
const FAREWELL: Duration = Duration::from_millis(500);

/// A reply is shorter than this; ten thousand workloads introduce themselves in a tenth of it.
const LONGEST_REPLY: usize = 64 << 20;
/// More of a line of complaints is of no use.
const LONGEST_COMPLAINT: usize = 4 << 10;

/// A running probe.
#[derive(Debug)]
pub struct Probe {
    child: Child,
    requests: Option<ChildStdin>,
    replies: Receiver<String>,
    complaints: Receiver<String>,
    limit: Duration,
}

/// What a probe says of itself.
#[derive(Debug, Clone)]
pub struct Greeting {
    /// The version of the protocol that it speaks: an older one knows fewer requests.
    pub protocol: u32,
    /// What its meter reads.
    pub meter: String,
    /// The best instruction set on this machine.
    pub isa: String,
    /// What it can measure.
    pub workloads: Vec<Description>,
}

/// A probe that did not answer as it should.
#[derive(Debug, Error)]
pub enum ProbeError {
    /// It could not be started.
    #[error("cannot start the probe {program}: {source}")]
    Start {
        /// The program.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It ended before it answered.
    #[error("the probe ended while it was to {asked}: {how}{complaint}")]
    Ended {
        /// The request.
        asked: &'static str,
        /// Exit status or signal.
        how: String,
        /// Its last words, if it had any.
        complaint: String,
    },
    /// It did not answer in time.
    #[error("the probe gave no answer to {asked} within {seconds} s and was stopped; --time-limit allows more")]
    Hung {
        /// The request.
        asked: &'static str,
        /// The limit.
        seconds: u64,
    },
    /// Its answer was not one.
    #[error("the probe answered {asked} with something that is no reply: {line:?}")]
    Rubbish {
        /// The request.
        asked: &'static str,
        /// The first characters of it.
        line: String,
    },
    /// It speaks another version.
    #[error(
        "the probe speaks protocol {found}, this harness speaks {OLDEST} to {VERSION}; build both from one revision"
    )]
    Version {
        /// The probe's version.
        found: u32,
    },
    /// It understood and declined.
    #[error("{0}")]
    Refused(String),
}

/// How a workload that is ready computes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preparation {
    /// The instruction set of its kernels.
    pub isa: String,
    /// Its threads: those that were asked for, unless the workload has its own.
    pub threads: u32,
}

impl Probe {
    /// Starts a probe; each of its answers may take as long as `limit`.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn start(mut command: Command, limit: Duration) -> Result<Self, ProbeError> {
        let program = command.get_program().to_string_lossy().into_owned();
        let failed = |source| ProbeError::Start { program: program.clone(), source };
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Child::start(&mut command).map_err(failed)?;
        let (requests, stdout, stderr) = (child.stdin(), child.stdout(), child.stderr());
        let (Some(stdout), Some(stderr)) = (stdout, stderr) else { unreachable!("all three streams are piped") };
        let (sender, replies) = channel();
        thread::spawn(move || {
            for line in lines(stdout, LONGEST_REPLY) {
                // What is cut off is no reply, and what follows it is none either.
                let is_whole = line.len() < LONGEST_REPLY;
                if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() || !is_whole {
                    break;
                }
            }
        });
        let (speaker, complaints) = channel();
        // Nobody may be listening when it has said its last.
        thread::spawn(move || speaker.send(last_words(stderr)).unwrap_or_default());
        Ok(Self { child, requests, replies, complaints, limit })
    }

    /// The number of its process.
    pub fn id(&self) -> Pid {
        self.child.id()
    }

    /// Asks who it is.
    ///
    /// # Errors
    /// If it does not answer as it should or speaks another version.
    pub fn hello(&mut self) -> Result<Greeting, ProbeError> {
        match self.ask("say hello", &Request::Hello)? {
            Reply::Hello { protocol, .. } if !(OLDEST..=VERSION).contains(&protocol) => {
                Err(ProbeError::Version { found: protocol })
            }
            Reply::Hello { protocol, meter, isa, workloads } => {
                descriptions::check(&workloads).map_err(ProbeError::Refused)?;
                Ok(Greeting { protocol, meter, isa, workloads })
            }
            other => Err(beside_the_point("say hello", &other)),
        }
    }

    /// Makes a workload ready and says how it will compute.
    ///
    /// # Errors
    /// If it does not answer as it should or cannot prepare the workload.
    pub fn prepare(&mut self, workload: &str, phase: &str, options: &Options) -> Result<Preparation, ProbeError> {
        let request =
            Request::Prepare { workload: workload.to_owned(), phase: phase.to_owned(), options: options.clone() };
        match self.ask("prepare", &request)? {
            Reply::Prepared { isa, threads } => Ok(Preparation { isa, threads: threads.unwrap_or(options.threads) }),
            other => Err(beside_the_point("prepare", &other)),
        }
    }

    /// Runs what is prepared.
    ///
    /// # Errors
    /// If it does not answer as it should.
    pub fn run(&mut self, iterations: u64) -> Result<Reading, ProbeError> {
        match self.ask("run", &Request::Run { iterations })? {
            Reply::Ran { reading } => Ok(reading),
            other => Err(beside_the_point("run", &other)),
        }
    }

    /// Runs what is prepared, and says where what its meter reads comes from.
    ///
    /// # Errors
    /// If it does not answer as it should, or has no profile.
    pub fn profile(&mut self, iterations: u64) -> Result<Reading, ProbeError> {
        match self.ask("profile", &Request::Profile { iterations })? {
            Reply::Ran { reading } => Ok(reading),
            other => Err(beside_the_point("profile", &other)),
        }
    }

    /// Checks the answer of the last run; some sentence if it is wrong.
    ///
    /// # Errors
    /// If it does not answer as it should.
    pub fn check(&mut self) -> Result<Option<String>, ProbeError> {
        match self.ask("check", &Request::Check)? {
            Reply::Checked { wrong } => Ok(wrong),
            other => Err(beside_the_point("check", &other)),
        }
    }

    fn ask(&mut self, asked: &'static str, request: &Request) -> Result<Reply, ProbeError> {
        let mut line = serde_json::to_string(request).expect("requests are plain data");
        line.push('\n');
        // A probe that is gone refuses the write; that it ended is then read from its side of the pipe.
        if let Some(requests) = &mut self.requests {
            let _ = requests.write_all(line.as_bytes()).and_then(|()| requests.flush());
        }
        match self.replies.recv_timeout(self.limit) {
            Ok(line) => match serde_json::from_str(&line) {
                Ok(Reply::Error { message }) => Err(ProbeError::Refused(message)),
                Ok(reply) => Ok(reply),
                Err(_) => Err(ProbeError::Rubbish { asked, line: line.chars().take(60).collect() }),
            },
            Err(RecvTimeoutError::Timeout) => {
                let seconds = self.limit.as_secs();
                self.end().map_or_else(Err, |_| Err(ProbeError::Hung { asked, seconds }))
            }
            Err(RecvTimeoutError::Disconnected) => {
                // It has closed its output, which a moment later is followed by its end.
                self.child.wait(FAREWELL);
                let how = self.end()?;
                let words = self.complaints.recv_timeout(FAREWELL).unwrap_or_default();
                let complaint = if words.is_empty() { String::new() } else { format!("; it said: {words}") };
                Err(ProbeError::Ended { asked, how, complaint })
            }
        }
    }

    /// Ends it, if it has not ended yet, and says how it ended.
    fn end(&mut self) -> Result<String, ProbeError> {
        let status =
            self.child.end().map_err(|error| ProbeError::Refused(format!("the probe cannot be ended: {error}")))?;
        Ok(match (status.code(), status.signal()) {
            (Some(code), _) => format!("exit status {code}"),
            (None, Some(signal)) => format!("signal {signal}"),
            (None, None) => "no exit status".to_owned(),
        })
    }
}

impl Drop for Probe {
    /// The end of its input tells a probe to end, which it also sees when the harness is killed; one that does not
    /// listen is killed.
    fn drop(&mut self) {
        self.requests = None;
        self.child.wait(FAREWELL);
    }
}

fn beside_the_point(asked: &'static str, reply: &Reply) -> ProbeError {
    ProbeError::Rubbish { asked, line: format!("{reply:?}").chars().take(60).collect() }
}

/// The lines of a stream, none longer than this: a longer one comes in pieces.
fn lines(stream: impl Read, longest: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut stream = BufReader::new(stream);
    std::iter::from_fn(move || {
        let mut line = Vec::new();
        let count = (&mut stream).take(longest as u64).read_until(b'\n', &mut line).ok()?;
        line.pop_if(|last| *last == b'\n');
        (count > 0).then_some(line)
    })
}

/// Reads the stream to its end and keeps the last line that says something.
fn last_words(stream: impl Read) -> String {
    let said = lines(stream, LONGEST_COMPLAINT).map(|line| String::from_utf8_lossy(&line).trim().to_owned());
    said.filter(|line| !line.is_empty() && !line.starts_with("note: ")).last().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(script: &str) -> Probe {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Probe::start(command, Duration::from_millis(400)).expect("sh starts")
    }

    fn says(script: &str) -> String {
        probe(script).hello().expect_err("no greeting").to_string()
    }

    #[test]
    fn a_greeting_is_read() {
        let greeting = r#"{"reply":"hello","protocol":2,"meter":"clock","isa":"avx2","workloads":[]}"#;
        let greeting = probe(&format!("read line; echo '{greeting}'")).hello().expect("a greeting");
        assert_eq!((greeting.protocol, greeting.meter.as_str(), greeting.isa.as_str()), (2, "clock", "avx2"));
    }

    #[test]
    fn whatever_goes_wrong_is_one_sentence() {
        assert_eq!(
            says("read line; echo kaputt >&2; exit 7"),
            "the probe ended while it was to say hello: exit status 7; it said: kaputt"
        );
        assert_eq!(says("kill -SEGV $$"), "the probe ended while it was to say hello: signal 11");
        assert_eq!(
            says("read line; echo rubbish; sleep 5"),
            "the probe answered say hello with something that is no reply: \"rubbish\""
        );
        assert_eq!(
            says("sleep 5"),
            "the probe gave no answer to say hello within 0 s and was stopped; --time-limit allows more"
        );
        assert_eq!(
            says(r#"read line; echo '{"reply":"hello","protocol":99,"meter":"clock","isa":"x","workloads":[]}'"#),
            "the probe speaks protocol 99, this harness speaks 2 to 3; build both from one revision"
        );
        assert_eq!(says(r#"read line; echo '{"reply":"error","message":"not today"}'"#), "not today");
        let missing = Probe::start(Command::new("/nowhere/probe"), Duration::from_secs(1)).expect_err("not there");
        assert!(missing.to_string().starts_with("cannot start the probe /nowhere/probe: "), "{missing}");
    }
}
