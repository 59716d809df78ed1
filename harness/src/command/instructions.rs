//! Instructions of commands, counted by callgrind: all that a command and its children execute, from start to end.

use std::fs;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use harness_probe::Instrument;
use harness_probe::protocol::Description;
use harness_record::{Check, Data, Reading};

use crate::collect::instrument::{InstrumentReader, Taken};
use crate::command::definition::{Definition, ExitStatus};
use crate::command::expand::{Call, expand};
use crate::command::run::{Manner, run};
use crate::containment::MARK;
use crate::programs::conditions_of;
use crate::scratch::Scratch;
use crate::valgrind;

/// Counts the instructions of commands.
pub struct CommandInstructions<'a> {
    /// The commands.
    pub definitions: &'a [Definition],
    /// The command that starts their probe. They run in its folder, with its environment.
    pub probe: Command,
    /// Time limit of one command.
    pub time_limit: Duration,
}

impl InstrumentReader for CommandInstructions<'_> {
    fn instrument(&self) -> Instrument {
        Instrument::Callgrind
    }

    fn expected_seconds(&self, runs: &[Option<f64>]) -> f64 {
        runs.iter()
            .map(|seconds| 1.0 + 50.0 * seconds.unwrap_or(0.02))
            .sum()
    }

    fn read(&self, workload: &Description, phases: &[String], step: &dyn Fn(&str)) -> Vec<Taken> {
        let calls = expand(self.definitions).unwrap_or_default();
        let read = |phase: &String| {
            step(phase);
            let call = calls
                .iter()
                .find(|call| call.id == workload.id && call.phase == *phase);
            match call
                .ok_or("there is no such command".to_owned())
                .and_then(|call| self.count(call))
            {
                Ok(instructions) => Taken {
                    reading: Ok(Reading {
                        isa: std::env::consts::ARCH.to_owned(),
                        threads: 1,
                        data: Data::Callgrind { instructions },
                    }),
                    check: Some(Check::Unchecked),
                },
                Err(error) => Taken::failed(error),
            }
        };
        phases.iter().map(read).collect()
    }
}

impl CommandInstructions<'_> {
    fn count(&self, call: &Call) -> Result<u64, String> {
        let folder =
            Scratch::new().map_err(|error| format!("cannot make a temporary folder: {error}"))?;
        self.step("setup", call.setup.as_deref(), call)?;
        self.step("prepare", call.prepare.as_deref(), call)?;
        let counted = self.run_counted(call, folder.path());
        self.step("cleanup", call.cleanup.as_deref(), call)?;
        counted
    }

    fn run_counted(&self, call: &Call, folder: &Path) -> Result<u64, String> {
        let log = folder.join("log");
        let [program, arguments @ ..] = call.words.as_slice() else {
            return Err(format!("`{}` is empty", call.text));
        };
        let mut command = Command::new(program);
        command.args(arguments);
        conditions_of(&self.probe, &mut command);
        let options = [
            "--trace-children=yes",
            &format!("--callgrind-out-file={}/out.%p", folder.display()),
            &format!("--log-file={}", log.display()),
        ];
        let mut valgrind = valgrind::under("callgrind", &options, &command);
        valgrind.process_group(0).env_remove(MARK);
        valgrind.stdin(match &call.input {
            Some(input) => Stdio::from(
                File::open(self.folder().join(input))
                    .map_err(|error| format!("cannot read the input {input}: {error}"))?,
            ),
            None => Stdio::null(),
        });
        let expected = match call.exit_status {
            ExitStatus::Code(code) => Some(code),
            ExitStatus::Any => None,
        };
        run(&mut valgrind, &call.text, self.manner())
            .and_then(|ended| ended.check(&call.text, expected))
            .map_err(|error| format!("counting instructions failed: {error}"))?;
        let failed = |error| format!("cannot read what callgrind left: {error}");
        let files = fs::read_dir(folder).map_err(failed)?;
        let mut total = 0;
        for file in files
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| *path != log)
        {
            total += instructions(&fs::read_to_string(file).map_err(failed)?);
        }
        match total {
            0 => Err(format!(
                "callgrind counted no instruction of `{}`; valgrind cannot follow some programs, such as those with setuid",
                call.text
            )),
            total => Ok(total),
        }
    }

    /// Runs a line that is not counted.
    fn step(&self, name: &str, words: Option<&[String]>, call: &Call) -> Result<(), String> {
        let Some([program, arguments @ ..]) = words else {
            return Ok(());
        };
        let mut command = Command::new(program);
        command.args(arguments);
        conditions_of(&self.probe, &mut command);
        command
            .stdin(Stdio::null())
            .process_group(0)
            .env_remove(MARK);
        run(
            &mut command,
            &format!("the {name} of {}", call.id),
            self.manner(),
        )
        .and_then(|ended| ended.check(&format!("the {name} of {}", call.id), Some(0)))
        .map_err(|error| error.to_string())
    }

    fn folder(&self) -> &Path {
        self.probe.get_current_dir().unwrap_or(Path::new("."))
    }

    fn manner(&self) -> Manner {
        Manner {
            deadline: Instant::now() + self.time_limit,
            limit: self.time_limit,
            keeps_output: false,
            reads_memory: false,
        }
    }
}

/// The instructions of one process in the file that callgrind wrote: the number after `totals:` or `summary:`.
fn instructions(text: &str) -> u64 {
    let number = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.strip_prefix(name));
        let numbers = lines.next_back()?.split_ascii_whitespace().next()?;
        numbers.parse().ok()
    };
    number("totals:")
        .or_else(|| number("summary:"))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_of_a_process_is_read() {
        assert_eq!(
            instructions("events: Ir\n1 5\nsummary: 4\ntotals: 17\n"),
            17
        );
        assert_eq!(instructions("events: Ir\nsummary: 4\n"), 4);
        assert_eq!(instructions("events: Ir\n"), 0);
    }
}
