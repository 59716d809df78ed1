//! Child processes with time limits, none of which outlives the harness.
//!
//! Each child leads its own process group, so its descendants end with it: the valgrind of a bench, the `sleep` of a
//! script. This module keeps a list of all running groups, so an interruption can end them all. The code that waits for
//! a child then continues with its exit status and removes temporary folders as usual.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{
    Child as Process, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Output, Stdio,
};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use thiserror::Error;

use crate::containment::{self, Contained, Spared};
use crate::file_error::{FileError, at};
use crate::keeper;
use crate::verbosity::Announced;

/// Leaders of all process groups that may be running.
static RUNNING: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());
/// True after [`stop_all`]; no child starts after that.
static STOPPED: AtomicBool = AtomicBool::new(false);
/// Number of [`Held`] guards that are alive.
static HELD: AtomicUsize = AtomicUsize::new(0);
/// Time that a program has between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(10);
/// Maximum pause between two polls of a running program. The first pauses are shorter, because most
/// programs exit soon after a request to end.
const LOOK: Duration = Duration::from_millis(3);
/// Number of last bytes that are kept of output that only messages quote, so that endless output cannot fill the memory.
const KEPT: usize = 1 << 20;
/// Largest standard output that is read as a whole, in bytes. A program that writes more has failed.
const MOST_OUTPUT: usize = 256 << 20;
/// Time limit for the end of a stream after the program that writes to it has exited.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// The same for output that must be complete. On a busy machine, the thread that reads it may be late.
const REST: Duration = Duration::from_secs(5);

/// A running program with its process group. Dropping it ends the whole group.
#[derive(Debug)]
pub struct Child {
    process: Process,
    group: Pid,
    status: Option<ExitStatus>,
    /// For a measured program.
    contained: Option<Contained>,
    announced: Option<Announced>,
}

/// A failure to run a program and collect its output.
#[derive(Debug, Error)]
pub enum ChildError {
    /// The program cannot be started or waited for.
    #[error(transparent)]
    System(#[from] FileError),
    /// The program did not end within the time limit, in seconds.
    #[error("it did not end within {0} s and was stopped; --time-limit allows more")]
    Hung(u64),
    /// The program wrote more to standard output than is read, in bytes.
    #[error("it wrote more than {} MiB to standard output and was stopped", .0 >> 20)]
    TooMuch(usize),
    /// The program has ended, but a process that it started still holds its standard output open.
    #[error(
        "it ended, but a process that it started still holds its standard output open, so the output may be incomplete; \
         end that process, or give it another standard output"
    )]
    Unfinished,
}

/// Ends every running program and prevents new ones. Returns true if the harness will exit by itself: a program was
/// running and this is the first call, or a [`Held`] guard is alive.
pub fn stop_all() -> bool {
    let again = STOPPED.swap(true, Ordering::SeqCst);
    let running = running();
    for leader in running.iter().filter_map(|&leader| Pid::from_raw(leader)) {
        containment::kill_descendants(leader);
        kill(leader);
    }
    HELD.load(Ordering::SeqCst) > 0 || (!again && !running.is_empty())
}

/// A guard for work that needs cleanup before the harness exits. While it is alive, an interruption only ends the
/// running programs, and the harness exits the normal way.
#[derive(Debug)]
pub struct Held(());

impl Held {
    /// Creates a guard.
    #[expect(
        clippy::new_without_default,
        reason = "a default that changes what Ctrl-C does would surprise"
    )]
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

/// Runs a program with the standard streams of the harness. If the harness is interrupted, sends SIGTERM to the process
/// group of the program, and SIGKILL if it does not exit in time.
///
/// # Errors
/// If the program cannot be started or waited for.
pub fn foreground(command: &mut Command) -> io::Result<ExitStatus> {
    // Without it, an interruption would end the harness before the program.
    let _held = Held::new();
    refuse_if_stopped()?;
    let mut process = command.process_group(0).spawn()?;
    let announced = Announced::new(process.id(), command);
    let group = Pid::from_child(&process);
    keeper::started(group);
    let _spared = Spared::new(group);
    let mut terminated: Option<Instant> = None;
    loop {
        if let Some(status) = process.try_wait()? {
            keeper::ended(group);
            if let Some(announced) = &announced {
                announced.ended(status);
            }
            return Ok(status);
        }
        match terminated {
            None if stopped() => {
                terminated = Some(Instant::now());
                // An error is ignored: the group has already ended.
                let _ = kill_process_group(group, Signal::TERM);
            }
            Some(when) if when.elapsed() > GRACE => kill(group),
            _ => {}
        }
        thread::sleep(LOOK);
    }
}

/// Returns true after [`stop_all`].
pub fn stopped() -> bool {
    STOPPED.load(Ordering::SeqCst)
}

fn refuse_if_stopped() -> io::Result<()> {
    if stopped() {
        Err(io::Error::new(io::ErrorKind::Interrupted, "interrupted"))
    } else {
        Ok(())
    }
}

/// Runs a program with a time limit and returns its exit status and the end of its output, which only messages quote.
///
/// # Errors
/// If the program cannot be started or does not end within the limit.
pub fn output(command: &mut Command, limit: Duration) -> Result<Output, ChildError> {
    let (output, _) = run_within(command, limit, LAST_WORDS, |stdout| {
        read_to_end(stdout, |_| ())
    })?;
    Ok(output)
}

/// Runs a program with a time limit and returns its exit status, its complete standard output, and the end of its
/// standard error.
///
/// # Errors
/// If the program cannot be started, does not end within the limit, writes more than 256 MiB to standard output, or leaves
/// a process that holds the standard output open.
pub fn complete_output(command: &mut Command, limit: Duration) -> Result<Output, ChildError> {
    complete_within(command, limit, MOST_OUTPUT)
}

fn complete_within(
    command: &mut Command,
    limit: Duration,
    most: usize,
) -> Result<Output, ChildError> {
    let (output, is_complete) =
        run_within(command, limit, REST, |stdout| read_up_to(stdout, most + 1))?;
    match output.stdout.len() > most {
        true => Err(ChildError::TooMuch(most)),
        false if !is_complete => Err(ChildError::Unfinished),
        false => Ok(output),
    }
}

/// Runs a program. Also returns true if its standard output was read to the end, which may take until `rest` after the end
/// of the program.
fn run_within(
    command: &mut Command,
    limit: Duration,
    rest: Duration,
    read: impl FnOnce(ChildStdout) -> Receiver<Vec<u8>>,
) -> Result<(Output, bool), ChildError> {
    let program = command.get_program().to_owned();
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = Child::start(command).map_err(at("start", &program))?;
    let stdout = child.stdout().map(read);
    let stderr = child.stderr().map(|stream| read_to_end(stream, |_| ()));
    let in_time = child.wait(limit);
    let status = child.end().map_err(at("wait for", &program))?;
    if !in_time {
        return Err(ChildError::Hung(limit.as_secs()));
    }
    let stdout = stdout.and_then(|stream| stream.recv_timeout(rest).ok());
    let is_complete = stdout.is_some();
    let output = Output {
        status,
        stdout: stdout.unwrap_or_default(),
        stderr: last_words(stderr),
    };
    Ok((output, is_complete))
}

/// Runs a program with a time limit and returns its standard output as text.
///
/// # Errors
/// If the program cannot be started, does not end within the limit, or fails; then with its standard error.
pub(crate) fn text(command: &mut Command, limit: Duration) -> io::Result<String> {
    let output = complete_output(command, limit).map_err(|error| match error {
        ChildError::System(error) => error.source,
        other => io::Error::other(other.to_string()),
    })?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(io::Error::other(
            String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        )),
    }
}

/// Runs a program with a time limit and returns the path that it prints on a line; `None` if it fails or prints nothing.
pub(crate) fn printed_path(command: &mut Command, limit: Duration) -> Option<PathBuf> {
    let output = output(command, limit).ok()?;
    let line = output.stdout.strip_suffix(b"\n").unwrap_or(&output.stdout);
    (output.status.success() && !line.is_empty()).then(|| OsStr::from_bytes(line).into())
}

/// Runs a program without a time limit. Returns its exit status, its complete standard output, and the end of its
/// standard error if that is piped, each part of which is first passed to `hear`.
pub(crate) fn run_to_end(
    command: &mut Command,
    hear: impl FnMut(&[u8]) + Send + 'static,
) -> io::Result<Output> {
    let mut child = Child::start(command.stdout(Stdio::piped()))?;
    let stderr = child.stderr().map(|stream| read_to_end(stream, hear));
    let mut stdout = Vec::new();
    if let Some(mut stream) = child.stdout() {
        stream.read_to_end(&mut stdout)?;
    }
    child.wait(Duration::MAX);
    Ok(Output {
        status: child.end()?,
        stdout,
        stderr: last_words(stderr),
    })
}

/// Runs a program without input and without a time limit, and returns its complete standard output.
///
/// # Errors
/// If the program cannot be started or fails; then with its exit status.
pub(crate) fn printed(command: &mut Command) -> io::Result<Vec<u8>> {
    let output = run_to_end(command.stdin(Stdio::null()), |_| ())?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(io::Error::other(output.status.to_string()))
    }
}

impl Child {
    /// Starts a program as the leader of a new process group.
    ///
    /// # Errors
    /// If the program cannot be started, or after [`stop_all`].
    pub fn start(command: &mut Command) -> io::Result<Self> {
        // Locked until the group is registered, so that `stop_all` cannot miss it.
        let mut running = running();
        refuse_if_stopped()?;
        let contained = containment::apply(command);
        if contained.is_none() {
            command.process_group(0);
        }
        let process = match command.spawn() {
            Ok(process) => process,
            Err(error) => {
                if let Some(contained) = contained {
                    contained.end(&running);
                }
                return Err(error);
            }
        };
        let group = Pid::from_child(&process);
        running.insert(group.as_raw_nonzero().get());
        keeper::started(group);
        Ok(Self {
            announced: Announced::new(process.id(), command),
            process,
            group,
            status: None,
            contained,
        })
    }

    /// Returns the process id, which is also the id of the group.
    pub fn id(&self) -> Pid {
        self.group
    }

    /// Takes the standard input, if it is piped and was not taken before.
    pub fn stdin(&mut self) -> Option<ChildStdin> {
        self.process.stdin.take()
    }

    /// Takes the standard output, if it is piped and was not taken before.
    pub fn stdout(&mut self) -> Option<ChildStdout> {
        self.process.stdout.take()
    }

    /// Takes the standard error, if it is piped and was not taken before.
    pub fn stderr(&mut self) -> Option<ChildStderr> {
        self.process.stderr.take()
    }

    /// Waits until the program ends by itself. Returns true if it did so within the limit.
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
        // `NOWAIT` keeps the zombie, so the process id is not reused before the group is ended.
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.status.is_some() || !matches!(waitid(WaitId::Pid(self.group), look), Ok(None))
    }

    /// Kills the process group, and all other descendants of a measured program. Returns the exit status of the program.
    ///
    /// # Errors
    /// If the exit status cannot be read.
    pub fn end(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.status {
            return Ok(status);
        }
        if self.contained.is_some() {
            containment::kill_descendants(self.group);
        }
        kill(self.group);
        let status = self.process.wait();
        // Locked to the end, so that no child of another thread is taken for an orphan.
        let mut running = running();
        running.remove(&self.group.as_raw_nonzero().get());
        keeper::ended(self.group);
        if let Some(contained) = self.contained.take() {
            contained.end(&running);
        }
        drop(running);
        let status = status?;
        self.status = Some(status);
        if let Some(announced) = self.announced.take() {
            announced.ended(status);
        }
        Ok(status)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Nobody can use the exit status any more.
        let _ = self.end();
    }
}

/// A process that other code starts and waits for. While this is alive, an interruption ends the group of the process, if
/// it leads one.
#[derive(Debug)]
pub(crate) struct Listed(Pid);

impl Listed {
    /// Starts a process.
    ///
    /// # Errors
    /// If it cannot be started, or after [`stop_all`].
    pub(crate) fn spawn(command: &mut Command) -> io::Result<(Process, Self)> {
        let mut running = running();
        refuse_if_stopped()?;
        let process = command.spawn()?;
        let id = Pid::from_child(&process);
        running.insert(id.as_raw_nonzero().get());
        keeper::started(id);
        Ok((process, Self(id)))
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        running().remove(&self.0.as_raw_nonzero().get());
        keeper::ended(self.0);
    }
}

fn running() -> MutexGuard<'static, BTreeSet<i32>> {
    RUNNING
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn kill(group: Pid) {
    // An error is ignored: the group has already ended.
    let _ = kill_process_group(group, Signal::KILL);
}

fn read_to_end(
    stream: impl Read + Send + 'static,
    hear: impl FnMut(&[u8]) + Send + 'static,
) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    // The receiver may be gone by then.
    thread::spawn(move || sender.send(tail(stream, KEPT, hear)).unwrap_or_default());
    receiver
}

/// Reads a stream to its end or to `most` bytes, and closes it then, so that its writer ends.
fn read_up_to(stream: impl Read + Send + 'static, most: usize) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut content = Vec::new();
        // An error counts as the end of the stream.
        let _ = stream.take(most as u64).read_to_end(&mut content);
        // The receiver may be gone by then.
        sender.send(content).unwrap_or_default();
    });
    receiver
}

/// The content of a stream whose writer has exited. A descendant of it may still hold the stream open.
fn last_words(stream: Option<Receiver<Vec<u8>>>) -> Vec<u8> {
    stream
        .and_then(|stream| stream.recv_timeout(LAST_WORDS).ok())
        .unwrap_or_default()
}

/// Reads a stream to its end, passes each part to `hear`, and returns the last bytes, at most `kept`. An error counts
/// as the end of the stream.
fn tail(mut stream: impl Read, kept: usize, mut hear: impl FnMut(&[u8])) -> Vec<u8> {
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
    fn output_and_status_are_returned() {
        let output =
            shell("echo out; echo err >&2; exit 3", Duration::from_secs(20)).expect("it ends");
        assert_eq!(
            (output.stdout.as_slice(), output.stderr.as_slice()),
            (&b"out\n"[..], &b"err\n"[..])
        );
        assert_eq!(output.status.code(), Some(3));
    }

    #[test]
    fn a_program_that_hangs_is_stopped_with_all_it_started() {
        let folder = tempfile::tempdir().expect("a folder");
        let script = format!(
            "sleep 100 & echo $! > {0}/pid; wait",
            folder.path().display()
        );
        let error = shell(&script, Duration::from_secs(1)).expect_err("it hangs");
        assert_eq!(
            error.to_string(),
            "it did not end within 1 s and was stopped; --time-limit allows more"
        );
        let pid = std::fs::read_to_string(folder.path().join("pid")).expect("it started");
        assert!(gone(pid.trim()), "its sleep still runs");
    }

    /// Runs a script as a measured program until it has ended, and returns what it wrote to the file `pid`.
    #[cfg(target_os = "linux")]
    fn measured(script: &str, memory: Option<u64>) -> (Output, String) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(folder.path());
        containment::mark(&mut command, memory);
        let output = output(&mut command, Duration::from_secs(60)).expect("it ends");
        let pid = std::fs::read_to_string(folder.path().join("pid")).unwrap_or_default();
        (output, pid)
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_daemon_of_a_measured_program_ends_with_it() {
        // Its session and group are its own, and its parent has ended.
        let daemon = "setsid sh -c 'echo $$ > pid; exec sleep 1000' > /dev/null 2>&1 < /dev/null &
            while ! [ -s pid ]; do sleep 0.01; done";
        let twice = format!("sh -c \"{}\"", daemon.replace('$', "\\$"));
        for script in [daemon, &twice] {
            let (output, pid) = measured(script, None);
            assert!(output.status.success(), "{output:?}");
            assert!(!pid.is_empty() && gone(pid.trim()), "{script}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_daemon_that_has_escaped_while_another_program_runs_ends_with_that() {
        let folder = tempfile::tempdir().expect("a folder");
        let start = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]).current_dir(folder.path());
            containment::mark(&mut command, None);
            Child::start(&mut command).expect("started")
        };
        let mut other = start("sleep 1000");
        let mut escaping = start("setsid sh -c 'echo $$ > pid; exec sleep 1000' & exit 0");
        let pid = loop {
            let pid = std::fs::read_to_string(folder.path().join("pid")).unwrap_or_default();
            if pid.ends_with('\n') {
                break pid;
            }
            thread::yield_now();
        };
        escaping.end().expect("ended");
        other.end().expect("ended");
        assert!(gone(pid.trim()));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_measured_program_gets_no_more_memory_than_its_limit() {
        // The shell doubles a text until it has no memory.
        let greedy = "text=0123456789abcdef; while :; do text=$text$text; done";
        let (output, _) = measured(greedy, Some(64 << 20));
        assert!(!output.status.success(), "{output:?}");
        let (output, _) = measured("true", Some(64 << 20));
        assert!(output.status.success(), "{output:?}");
    }

    #[test]
    fn a_grandchild_that_keeps_the_streams_open_is_not_waited_for() {
        let began = Instant::now();
        let output = shell("sleep 100 & echo done", Duration::from_secs(60)).expect("it ends");
        assert_eq!(output.stdout, b"done\n");
        assert!(
            began.elapsed() < Duration::from_secs(50),
            "waited for the sleep"
        );
    }

    #[test]
    fn the_end_of_long_output_is_kept() {
        let output = shell(
            "head -c 5000000 /dev/zero; echo end",
            Duration::from_secs(60),
        )
        .expect("it ends");
        assert!(
            (KEPT..=2 * KEPT).contains(&output.stdout.len()),
            "{}",
            output.stdout.len()
        );
        assert!(output.stdout.ends_with(b"end\n"));
    }

    #[test]
    fn output_is_complete_or_an_error_that_names_the_bound() {
        let complete = |script: &str, most| {
            let mut command = Command::new("sh");
            complete_within(command.args(["-c", script]), Duration::from_secs(60), most)
        };
        let long = complete("echo first; head -c 5000000 /dev/zero", 6 << 20).expect("it fits");
        assert_eq!(long.stdout.len(), 5_000_006);
        assert!(long.stdout.starts_with(b"first\n"));
        let error = complete("cat /dev/zero", 2 << 20).expect_err("it never ends by itself");
        assert_eq!(
            error.to_string(),
            "it wrote more than 2 MiB to standard output and was stopped"
        );
    }

    #[test]
    fn output_that_a_left_process_may_still_write_is_an_error() {
        let complete = |script: &str| {
            complete_output(
                Command::new("sh").args(["-c", script]),
                Duration::from_secs(60),
            )
        };
        // Another session, which the end of the group does not reach, once it has begun.
        let folder = tempfile::tempdir().expect("a folder");
        let in_session = |name: &str, streams: &str| {
            let begun = folder.path().join(name).display().to_string();
            complete(&format!(
                "setsid sh -c 'touch {begun}; exec sleep 20' {streams} & until [ -e {begun} ]; do :; done; echo done"
            ))
        };
        let left = in_session("one", "").expect_err("the sleep may write more");
        assert!(matches!(left, ChildError::Unfinished), "{left}");
        let elsewhere = in_session("other", "> /dev/null 2>&1").expect("complete");
        assert_eq!(elsewhere.stdout, b"done\n");
        let in_group = complete("sleep 20 & echo done").expect("the sleep is ended");
        assert_eq!(in_group.stdout, b"done\n");
    }

    #[test]
    fn only_the_end_of_a_long_stream_is_kept() {
        let long = [b"first".as_slice(), &[b'.'; 3 * KEPT], b"last"].concat();
        let kept = tail(long.as_slice(), KEPT, |_| ());
        assert!(kept.len() == KEPT && kept.ends_with(b"last"));
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = output(&mut Command::new("/nowhere/bench"), Duration::from_secs(1))
            .expect_err("not there");
        assert!(
            error
                .to_string()
                .starts_with("cannot start /nowhere/bench: "),
            "{error}"
        );
    }

    /// Returns true if a process has ended or ends within 5 s.
    fn gone(pid: &str) -> bool {
        (0..500).any(|_| {
            thread::sleep(Duration::from_millis(10));
            let state = std::fs::read_to_string(format!("/proc/{pid}/stat"));
            state.map_or(true, |state| state.contains(") Z"))
        })
    }
}
