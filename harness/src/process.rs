//! Programs that the harness starts, none of which may outlive or outwait it.
//!
//! Each leads a process group of its own, so that whatever it has started ends with it: a bench's valgrind, a script's
//! `sleep`. Those that are running are known here, so that an interruption can end them all; what waits for them then
//! hears that they ended, and temporary folders are removed on the way out as always.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child as Process, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use thiserror::Error;

/// The leaders of all groups that may be running.
static RUNNING: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());
/// Whether everything was told to end; nothing is started after that.
static STOPPED: AtomicBool = AtomicBool::new(false);
/// How many things have to be put in order before the harness may end.
static HELD: AtomicUsize = AtomicUsize::new(0);
/// What a program that is asked to end may take for it.
const GRACE: Duration = Duration::from_secs(10);
/// The longest pause between looks at a program that has not ended yet; the first ones are shorter, because one that was
/// told to end mostly does at once.
const LOOK: Duration = Duration::from_millis(3);
/// Of what a program says, so many of the last bytes are kept: one that never stops talking must not fill the memory.
const KEPT: usize = 1 << 20;
/// What a stream may take to end once every program that was known to write to it has ended.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A running program and everything it starts. It ends at the latest when this is dropped.
#[derive(Debug)]
pub struct Child {
    process: Process,
    group: Pid,
    status: Option<ExitStatus>,
}

/// A program whose output could not be had.
#[derive(Debug, Error)]
pub enum ChildError {
    /// It did not start.
    #[error("cannot start {program}: {source}")]
    Start {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// It cannot be waited for.
    #[error("cannot wait for {program}: {source}")]
    Wait {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// It did not end in time.
    #[error("it did not end within {seconds} s and was stopped; --time-limit allows more")]
    Hung {
        /// The limit.
        seconds: u64,
    },
}

/// Ends every program that is running and lets no other start. Says whether the harness will end by itself, because there
/// was something to end, or because something is [held](Held).
pub fn stop_all() -> bool {
    let again = STOPPED.swap(true, Ordering::SeqCst);
    let running = running();
    running.iter().filter_map(|&leader| Pid::from_raw(leader)).for_each(kill);
    HELD.load(Ordering::SeqCst) > 0 || (!again && !running.is_empty())
}

/// Something that has to be put in order before the harness may end: as long as it lives, an interruption ends what runs and
/// leaves the rest to the way out.
#[derive(Debug)]
pub struct Held(());

impl Held {
    /// From now on.
    #[expect(clippy::new_without_default, reason = "a default that changes what Ctrl-C does would surprise")]
    pub fn new() -> Self {
        HELD.fetch_add(1, Ordering::SeqCst);
        Self(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        HELD.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Runs a program to its end, with the streams of the harness. If the harness is told to end, the program is asked to first,
/// with all it has started in its group, and killed only if it does not.
///
/// # Errors
/// If it cannot be started or waited for.
pub fn foreground(command: &mut Command) -> io::Result<ExitStatus> {
    if stopped() {
        return Err(io::Error::new(io::ErrorKind::Interrupted, "interrupted"));
    }
    let mut process = command.process_group(0).spawn()?;
    let group = Pid::from_child(&process);
    let mut asked: Option<Instant> = None;
    loop {
        if let Some(status) = process.try_wait()? {
            return Ok(status);
        }
        match asked {
            None if stopped() => {
                asked = Some(Instant::now());
                // A group that is gone already is what was wanted.
                let _ = kill_process_group(group, Signal::TERM);
            }
            Some(when) if when.elapsed() > GRACE => kill(group),
            _ => {}
        }
        thread::sleep(LOOK);
    }
}

/// Whether everything was told to end.
pub fn stopped() -> bool {
    STOPPED.load(Ordering::SeqCst)
}

/// Runs a program to its end, which must come within the limit, and returns what it said.
///
/// # Errors
/// If it cannot be started or does not end in time.
pub fn output(command: &mut Command, limit: Duration) -> Result<Output, ChildError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |source| ChildError::Start { program: program.clone(), source };
    let mut child =
        Child::start(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped())).map_err(failed)?;
    let (stdout, stderr) = (child.stdout().map(read_to_end), child.stderr().map(read_to_end));
    let in_time = child.wait(limit);
    let status = child.end().map_err(|source| ChildError::Wait { program: program.clone(), source })?;
    if !in_time {
        return Err(ChildError::Hung { seconds: limit.as_secs() });
    }
    let said = |stream: Option<Receiver<Vec<u8>>>| {
        stream.and_then(|stream| stream.recv_timeout(LAST_WORDS).ok()).unwrap_or_default()
    };
    Ok(Output { status, stdout: said(stdout), stderr: said(stderr) })
}

impl Child {
    /// Starts a program as the leader of a group of its own.
    ///
    /// # Errors
    /// If the system cannot, or everything was told to end.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        // Held until the group is known, so that no program slips between `stop_all` and its group's entry.
        let mut running = running();
        if stopped() {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "interrupted"));
        }
        let process = command.process_group(0).spawn()?;
        let group = Pid::from_child(&process);
        running.insert(group.as_raw_nonzero().get());
        Ok(Self { process, group, status: None })
    }

    /// The number of its process, which is the group's as well.
    pub fn id(&self) -> Pid {
        self.group
    }

    /// Its standard input, if it is piped and was not taken before.
    pub fn stdin(&mut self) -> Option<ChildStdin> {
        self.process.stdin.take()
    }

    /// Its standard output, if it is piped and was not taken before.
    pub fn stdout(&mut self) -> Option<ChildStdout> {
        self.process.stdout.take()
    }

    /// Its standard error, if it is piped and was not taken before.
    pub fn stderr(&mut self) -> Option<ChildStderr> {
        self.process.stderr.take()
    }

    /// Waits until it has ended by itself, and says whether it did within the limit.
    pub fn wait(&self, limit: Duration) -> bool {
        let began = Instant::now();
        loop {
            if self.ended() {
                return true;
            }
            if began.elapsed() >= limit {
                return false;
            }
            thread::sleep(LOOK.min(began.elapsed() / 2 + Duration::from_micros(50)));
        }
    }

    fn ended(&self) -> bool {
        // The process stays waited for: its number must not be given to another before its group is ended.
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.status.is_some() || !matches!(waitid(WaitId::Pid(self.group), look), Ok(None))
    }

    /// Ends it and everything it has started, and says how it ended.
    ///
    /// # Errors
    /// If the system cannot say.
    pub fn end(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.status {
            return Ok(status);
        }
        kill(self.group);
        let status = self.process.wait();
        running().remove(&self.group.as_raw_nonzero().get());
        self.status = Some(status?);
        Ok(self.status.unwrap_or_default())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Whoever wanted to know how it ended has asked.
        let _ = self.end();
    }
}

fn running() -> MutexGuard<'static, BTreeSet<i32>> {
    RUNNING.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn kill(group: Pid) {
    // A group that is gone already is what was wanted.
    let _ = kill_process_group(group, Signal::KILL);
}

fn read_to_end(stream: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    // Nobody may be listening any more.
    thread::spawn(move || sender.send(tail(stream, KEPT, |_| ())).unwrap_or_default());
    receiver
}

/// Reads a stream to its end, lets `hear` have it all as it comes, and keeps the last bytes, `kept` of them at most. What
/// could be read before an error is better than nothing.
pub(crate) fn tail(mut stream: impl Read, kept: usize, mut hear: impl FnMut(&[u8])) -> Vec<u8> {
    let (mut text, mut part) = (Vec::new(), [0; 4096]);
    while let Ok(length @ 1..) = stream.read(&mut part) {
        hear(&part[..length]);
        text.extend_from_slice(&part[..length]);
        if text.len() > 2 * kept {
            text.drain(..text.len() - kept);
        }
    }
    text.drain(..text.len().saturating_sub(kept));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Result<Output, ChildError> {
        output(Command::new("sh").args(["-c", script]), limit)
    }

    #[test]
    fn what_a_program_says_is_returned_with_its_status() {
        let said = shell("echo out; echo err >&2; exit 3", Duration::from_secs(20)).expect("it ends");
        assert_eq!((said.stdout.as_slice(), said.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
        assert_eq!(said.status.code(), Some(3));
    }

    #[test]
    fn a_program_that_hangs_is_stopped_with_all_it_started() {
        let folder = tempfile::tempdir().expect("a folder");
        let script = format!("sleep 100 & echo $! > {0}/pid; wait", folder.path().display());
        let error = shell(&script, Duration::from_secs(1)).expect_err("it hangs");
        assert_eq!(error.to_string(), "it did not end within 1 s and was stopped; --time-limit allows more");
        let pid = std::fs::read_to_string(folder.path().join("pid")).expect("it started");
        assert!(gone(pid.trim()), "its sleep still runs");
    }

    #[test]
    fn a_grandchild_that_keeps_the_streams_open_is_not_waited_for() {
        let began = Instant::now();
        let said = shell("sleep 100 & echo done", Duration::from_secs(60)).expect("it ends");
        assert_eq!(said.stdout, b"done\n");
        assert!(began.elapsed() < Duration::from_secs(50), "waited for the sleep");
    }

    #[test]
    fn of_endless_talk_the_end_is_kept() {
        let said = shell("head -c 5000000 /dev/zero; echo end", Duration::from_secs(60)).expect("it ends");
        assert!((KEPT..=2 * KEPT).contains(&said.stdout.len()), "{}", said.stdout.len());
        assert!(said.stdout.ends_with(b"end\n"));
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = output(&mut Command::new("/nowhere/bench"), Duration::from_secs(1)).expect_err("not there");
        assert!(error.to_string().starts_with("cannot start /nowhere/bench: "), "{error}");
    }

    /// Whether a process has ended, or does so within seconds.
    fn gone(pid: &str) -> bool {
        (0..500).any(|_| {
            thread::sleep(Duration::from_millis(10));
            let state = std::fs::read_to_string(format!("/proc/{pid}/stat"));
            state.map_or(true, |state| state.contains(") Z"))
        })
    }
}
