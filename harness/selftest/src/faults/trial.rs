//! One fault of one command.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};

use super::files::{Files, left_whole};
use super::journals::{self, Journals};
use crate::small_project::{Ballast, ReadOnly, SmallProject, UNTUNED};

/// What happens to the harness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL.
    Kill,
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM, as CI sends it.
    Terminate,
    /// SIGHUP: the terminal goes away.
    HangUp,
    /// The file system is full but for a few kilobytes. Without the right to mount a small one, no file may grow beyond
    /// a few kilobytes.
    Full,
    /// One of the folders is read-only.
    ReadOnly,
    /// Standard error cannot be written.
    NoStderr,
    /// Standard output is a closed pipe.
    NoStdout,
    /// Neither `HOME`, nor a folder for temporary files.
    NoHome,
}

/// The result of a trial.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing was lost.
    Fine,
    /// What was lost.
    Lost(String),
    /// This user cannot cause the fault.
    Impossible,
}

/// Time that a process has to end after its harness.
const END: Duration = Duration::from_secs(5);
/// Longest time until an interrupted harness ends.
const HUNG: Duration = Duration::from_secs(60);
/// Time that an endless command gets.
const ENDLESS: Duration = Duration::from_millis(1500);
/// The folders that become read-only in turn.
const FOLDERS: [&str; 5] = ["records", "baselines", "reports", "temporary", "target"];
/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(5);

impl Fault {
    /// All faults.
    pub const ALL: [Self; 9] = [
        Self::Kill,
        Self::Interrupt,
        Self::Terminate,
        Self::HangUp,
        Self::Full,
        Self::ReadOnly,
        Self::NoStderr,
        Self::NoStdout,
        Self::NoHome,
    ];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill -9",
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::HangUp => "SIGHUP",
            Self::Full => "disk full",
            Self::ReadOnly => "read-only",
            Self::NoStderr => "no stderr",
            Self::NoStdout => "no stdout",
            Self::NoHome => "no HOME",
        }
    }

    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Interrupt => "interrupt",
            Self::Terminate => "terminate",
            Self::HangUp => "hang_up",
            Self::Full => "disk_full",
            Self::ReadOnly => "read_only",
            Self::NoStderr => "no_stderr",
            Self::NoStdout => "no_stdout",
            Self::NoHome => "no_home",
        }
    }

    fn signal(self) -> Option<Signal> {
        match self {
            Self::Kill => Some(Signal::KILL),
            Self::Interrupt => Some(Signal::INT),
            Self::Terminate => Some(Signal::TERM),
            Self::HangUp => Some(Signal::HUP),
            _ => None,
        }
    }

    /// The command with this fault in its surroundings.
    fn around(self, project: &SmallProject, arguments: &[&str], trace: &str, draw: u64) -> Command {
        // `ulimit -f` counts blocks of 512 bytes; a write beyond it fails if the signal is ignored.
        let full = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", draw % 64);
        match self {
            Self::Full if project.disk().is_none() => project.shell(&full, arguments, trace),
            Self::NoStderr => project.shell("exec \"$0\" \"$@\" 2> /dev/full", arguments, trace),
            Self::NoStdout => project.shell("exec \"$0\" \"$@\" >&-", arguments, trace),
            Self::NoHome => {
                let mut command = project.command(arguments, trace);
                command
                    .env_remove("HOME")
                    .env("TMPDIR", project.path("nowhere"));
                command
            }
            _ => project.command(arguments, trace),
        }
    }
}

/// The state of the disk during a trial; it is as before when this is dropped.
enum Disk {
    Writable,
    Full { _until_dropped: Ballast },
    ReadOnly { _until_dropped: ReadOnly },
}

impl Disk {
    /// The state for a fault; none if this user cannot make it.
    fn of(fault: Fault, draw: u64, project: &SmallProject) -> Result<Option<Self>> {
        Ok(match (fault, project.disk()) {
            (Fault::Full, Some(disk)) => Some(Self::Full {
                _until_dropped: disk.filled((draw % 64) << 10)?,
            }),
            (Fault::ReadOnly, _) => {
                let folder = FOLDERS[draw as usize % FOLDERS.len()];
                let closed = ReadOnly::new(&project.path(folder));
                closed.map(|_until_dropped| Self::ReadOnly { _until_dropped })
            }
            _ => Some(Self::Writable),
        })
    }
}

/// A command, and what it does undisturbed.
pub(super) struct Subject {
    arguments: &'static [&'static str],
    endless: bool,
    status: i32,
    lasts: Duration,
}

impl Subject {
    /// Runs a command undisturbed, twice: the first time may do more.
    pub(super) fn undisturbed(
        arguments: &'static [&'static str],
        endless: bool,
        project: &SmallProject,
    ) -> Result<Self> {
        if endless {
            return Ok(Self {
                arguments,
                endless,
                status: 0,
                lasts: ENDLESS,
            });
        }
        let mut last = (0, Duration::ZERO);
        for _ in 0..2 {
            project.reset()?;
            prepare(arguments, project)?;
            let began = Instant::now();
            let (status, stderr) = project.ended(arguments)?;
            ensure!(
                works(arguments, &stderr),
                "`harness {}` does not work even undisturbed: {stderr}",
                arguments.join(" ")
            );
            last = (status, began.elapsed());
        }
        Ok(Self {
            arguments,
            endless,
            status: last.0,
            lasts: last.1,
        })
    }

    /// The command without its arguments, except the first option.
    pub(super) fn name(&self) -> String {
        let words = self
            .arguments
            .iter()
            .take(2)
            .filter(|word| !word.contains("HEAD"));
        words.copied().collect::<Vec<_>>().join(" ")
    }

    pub(super) fn arguments(&self) -> String {
        self.arguments.join(" ")
    }

    /// Disturbs the command once; `draw` decides the moment.
    pub(super) fn tried(&self, fault: Fault, draw: u64, project: &SmallProject) -> Result<Outcome> {
        project.reset()?;
        prepare(self.arguments, project)?;
        let before = Files::of(project);
        let journals = Journals::of(project);
        let Some(disk) = Disk::of(fault, draw, project)? else {
            return Ok(Outcome::Impossible);
        };
        let trace = draw.to_string();
        let mut command = fault.around(project, self.arguments, &trace, draw);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().context("cannot start the harness")?;
        if let Some(signal) = fault.signal() {
            let share = (draw >> 11) as f64 / (1_u64 << 53) as f64;
            thread::sleep(self.lasts.mul_f64(share));
            send(&child, signal);
        } else if self.endless {
            thread::sleep(self.lasts);
            send(&child, Signal::INT);
        }
        let Some(status) = ended(&mut child)? else {
            return Ok(Outcome::Lost("it did not end within a minute".to_owned()));
        };
        // A signal that arrives before the harness can handle it ends it as any other program.
        let by_itself =
            fault.signal().map(Signal::as_raw) == status.signal() && status.signal().is_some();
        if !by_itself && !matches!(status.code(), Some(0..=2)) {
            return Ok(Outcome::Lost(format!("it ended with {status}")));
        }
        let deadline = Instant::now() + END;
        let mut left = project.processes(&trace);
        while !left.is_empty() && Instant::now() < deadline {
            thread::sleep(LOOK);
            left = project.processes(&trace);
        }
        if !left.is_empty() {
            return Ok(Outcome::Lost(format!(
                "still running after 5 s: {}",
                left.join(", ")
            )));
        }
        drop(disk);
        if fault != Fault::Kill && project.governor().as_deref() != Some(UNTUNED) {
            let now = project.governor();
            return Ok(Outcome::Lost(format!(
                "a setting is not as before: {now:?}"
            )));
        }
        if let Err(what) = left_whole(&before, project) {
            return Ok(Outcome::Lost(what));
        }
        if resumes(self.arguments)
            && let Err(what) = journals.left_whole(project)
        {
            return Ok(Outcome::Lost(what));
        }
        if fault != Fault::Kill
            && fault != Fault::Full
            && fault != Fault::ReadOnly
            && !self.endless
            && !project.litter().is_empty()
        {
            return Ok(Outcome::Lost(format!("litter: {:?}", project.litter())));
        }
        self.works_again(project)
    }

    /// Checks that the command works as before, and removes what the disturbed one left.
    fn works_again(&self, project: &SmallProject) -> Result<Outcome> {
        project.age_litter();
        project.reset()?;
        if self.endless {
            let mut child = project
                .command(self.arguments, "again")
                .stderr(Stdio::null())
                .stdout(Stdio::null())
                .spawn()
                .context("cannot start the harness")?;
            thread::sleep(self.lasts);
            send(&child, Signal::INT);
            let status = ended(&mut child)?;
            if !status.is_some_and(|status| status.success()) {
                return Ok(Outcome::Lost(format!("the next one ended with {status:?}")));
            }
        } else {
            prepare(self.arguments, project)?;
            let (status, stderr) = project.ended(self.arguments)?;
            // The verdicts on times and on the machine depend on its load.
            let varies = self.arguments.contains(&"--times-only") || self.arguments[0] == "doctor";
            let is_same = status == self.status || varies;
            if !is_same || !works(self.arguments, &stderr) {
                return Ok(Outcome::Lost(format!(
                    "the next one ended with {status}, not {}: {stderr}",
                    self.status
                )));
            }
        }
        let is_run = self.arguments[0] == "run" && !self.arguments.contains(&"--");
        if is_run && !Journals::of(project).is_empty() {
            return Ok(Outcome::Lost("a journal after the next run".to_owned()));
        }
        match project.litter() {
            left if left.is_empty() => Ok(Outcome::Fine),
            left => Ok(Outcome::Lost(format!(
                "litter after the next command: {left:?}"
            ))),
        }
    }
}

/// Makes what a command needs.
fn prepare(arguments: &[&str], project: &SmallProject) -> Result<()> {
    match resumes(arguments) {
        true => journals::interrupt(project, arguments),
        false => Ok(()),
    }
}

fn resumes(arguments: &[&str]) -> bool {
    arguments.contains(&"--resume")
}

/// True if a command reported no error; `init` refuses a project that is configured.
fn works(arguments: &[&str], stderr: &str) -> bool {
    arguments == ["init"] || !stderr.contains("error: ")
}

fn send(child: &Child, signal: Signal) {
    // It may have ended by then.
    let _ = kill_process(Pid::from_child(child), signal);
}

/// Waits for a process. None if it did not end in time; then it is killed.
fn ended(child: &mut Child) -> Result<Option<std::process::ExitStatus>> {
    let deadline = Instant::now() + HUNG;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().context("cannot wait for the harness")? {
            return Ok(Some(status));
        }
        thread::sleep(LOOK);
    }
    child.kill().context("cannot end the harness")?;
    child.wait().context("cannot wait for the harness")?;
    Ok(None)
}
