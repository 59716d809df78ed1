//! A command that is ready to run, and the tally of its runs.

use std::fs::File;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use harness_probe::{Prepared, WorkloadError};

use crate::command::definition::ExitStatus;
use crate::command::expand::Call;
use crate::command::pipes::Output;
use crate::command::run::{Manner, run};
use crate::command::run_error::RunError;
use crate::command::usage::Usage;
use crate::terminal::print_on_stderr;

/// Length of an output that is printed in a sentence, in characters.
const SHOWN: usize = 80;

/// The runs since the last reading.
#[derive(Debug)]
pub(super) struct Tally {
    /// Time limit of all runs of a reading together.
    pub(super) limit: Duration,
    /// True if the memory of a run is read; see [`Manner`].
    pub(super) reads_memory: bool,
    sums: Mutex<Sums>,
}

/// The sums over the runs since the last reading.
#[derive(Debug, Default, Clone)]
pub(super) struct Sums {
    pub(super) nanoseconds: u64,
    pub(super) waited: u64,
    pub(super) usage: Usage,
    pub(super) exit_status: Option<i32>,
    /// The first failure of a run. No further one is started after it.
    pub(super) failure: Option<String>,
    deadline: Option<Instant>,
}

impl Tally {
    pub(super) fn new(limit: Duration, reads_memory: bool) -> Self {
        Self {
            limit,
            reads_memory,
            sums: Mutex::default(),
        }
    }

    /// Begins a reading: the sums are zero.
    pub(super) fn begin(&self) {
        *self.sums() = Sums {
            deadline: Some(self.deadline()),
            ..Sums::default()
        };
    }

    /// The sums since [`Self::begin`].
    pub(super) fn end(&self) -> Sums {
        std::mem::take(&mut *self.sums())
    }

    fn sums(&self) -> MutexGuard<'_, Sums> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The moment at which a command is stopped: earlier than the harness stops this probe, so that the message names
    /// the command.
    fn deadline(&self) -> Instant {
        Instant::now() + self.limit - (self.limit / 4).min(Duration::from_secs(1))
    }
}

/// A command that is set up.
pub(super) struct PreparedCommand {
    call: Call,
    tally: Arc<Tally>,
    is_set_up: bool,
    output: Option<Output>,
}

impl PreparedCommand {
    pub(super) fn new(call: Call, tally: Arc<Tally>) -> Self {
        Self {
            call,
            tally,
            is_set_up: false,
            output: None,
        }
    }

    /// Runs the setup.
    pub(super) fn set_up(mut self) -> Result<Self, WorkloadError> {
        self.ensure_set_up(self.tally.deadline())
            .map_err(WorkloadError::new)?;
        Ok(self)
    }

    fn ensure_set_up(&mut self, deadline: Instant) -> Result<(), String> {
        if !self.is_set_up {
            self.step("setup", self.call.setup.as_deref(), deadline)?;
            self.is_set_up = true;
        }
        Ok(())
    }

    fn clean_up(&mut self) -> Result<(), String> {
        if !std::mem::take(&mut self.is_set_up) {
            return Ok(());
        }
        self.step(
            "cleanup",
            self.call.cleanup.as_deref(),
            self.tally.deadline(),
        )
    }

    /// Runs a line that is not timed.
    fn step(&self, name: &str, words: Option<&[String]>, deadline: Instant) -> Result<(), String> {
        let Some(words) = words else { return Ok(()) };
        let text = match words {
            [shell, flag, text] if shell == "sh" && flag == "-c" => text.clone(),
            words => words.join(" "),
        };
        let manner = Manner {
            deadline,
            limit: self.tally.limit,
            keeps_output: false,
            reads_memory: false,
        };
        let mut command = command(words);
        run(command.stdin(Stdio::null()), &text, manner)
            .and_then(|ended| ended.check(&text, Some(0)))
            .map_err(|error| format!("{name}: {error}"))
    }

    fn run_once(&mut self) -> Result<(), String> {
        let deadline = self.tally.sums().deadline;
        let deadline = deadline.unwrap_or_else(|| self.tally.deadline());
        self.ensure_set_up(deadline)?;
        self.step("prepare", self.call.prepare.as_deref(), deadline)?;
        let mut command = command(&self.call.words);
        command.stdin(self.input().map_err(|error| error.to_string())?);
        let manner = Manner {
            deadline,
            limit: self.tally.limit,
            keeps_output: self.call.output.is_some(),
            reads_memory: self.tally.reads_memory,
        };
        let expected = match self.call.exit_status {
            ExitStatus::Code(code) => Some(code),
            ExitStatus::Any => None,
        };
        let ended = run(&mut command, &self.call.text, manner)
            .and_then(|ended| ended.check(&self.call.text, expected).map(|()| ended))
            .map_err(|error| error.to_string())?;
        let mut sums = self.tally.sums();
        sums.nanoseconds += ended.nanoseconds;
        sums.waited += ended.waited;
        sums.usage.add(&ended.usage);
        sums.exit_status = ended.status.code();
        drop(sums);
        self.output = ended.output;
        Ok(())
    }

    fn input(&self) -> Result<Stdio, RunError> {
        match &self.call.input {
            None => Ok(Stdio::null()),
            Some(path) => File::open(path)
                .map(Stdio::from)
                .map_err(|error| RunError::Input(path.clone(), error)),
        }
    }

    fn check_output(&self) -> Result<(), String> {
        let (Some(expected), Some(output)) = (&self.call.output, &self.output) else {
            return Ok(());
        };
        let text = String::from_utf8_lossy(&output.start);
        let is_whole = output.start.len() as u64 == output.length;
        let is_right = is_whole && text.trim_end() == expected.trim_end()
            || output.sha256().eq_ignore_ascii_case(expected.trim());
        if is_right {
            return Ok(());
        }
        let printed = text.trim_end();
        let shown = match is_whole && printed.chars().count() <= SHOWN {
            true => format!("{printed:?}"),
            false => format!(
                "{} bytes with the SHA-256 {}",
                output.length,
                output.sha256()
            ),
        };
        let expected: String = expected.trim_end().chars().take(SHOWN).collect();
        Err(format!(
            "`{}` printed {shown}, expected {expected:?}",
            self.call.text
        ))
    }
}

impl Prepared for PreparedCommand {
    fn run(&mut self, _: &mut dyn FnMut()) {
        if self.tally.sums().failure.is_some() {
            return;
        }
        if let Err(failure) = self.run_once() {
            self.tally.sums().failure = Some(failure);
        }
    }

    /// Checks the output of the last run. Then it cleans up, because a check follows the last run.
    fn check(&mut self) -> Result<(), String> {
        let is_right = self.check_output();
        let is_clean = self.clean_up();
        is_right.and(is_clean)
    }

    fn has_answer(&self) -> bool {
        self.call.output.is_some() || self.call.exit_status != ExitStatus::Any
    }

    fn starts_processes(&self) -> bool {
        true
    }

    /// A command may use every core unless it is known to have fewer threads.
    fn threads(&self) -> Option<u32> {
        let all = || std::thread::available_parallelism().map_or(1, |cpus| cpus.get() as u32);
        Some(self.call.threads.unwrap_or_else(all))
    }
}

impl Drop for PreparedCommand {
    /// After a failure, no check follows.
    fn drop(&mut self) {
        if let Err(error) = self.clean_up() {
            print_on_stderr(&format!("{error}\n"));
        }
    }
}

fn command(words: &[String]) -> Command {
    let (program, arguments) = words
        .split_first()
        .map_or(("", &[][..]), |(first, rest)| (first, rest));
    let mut command = Command::new(program);
    command.args(arguments);
    command
}
