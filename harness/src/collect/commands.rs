//! Measurement of commands that the command line names, without a project.

use std::path::Path;
use std::time::Duration;

use harness_probe::Instrument;
use harness_record::machine::Circumstances;
use harness_record::{About, Record};
use itertools::Itertools;

use crate::collect::instrument::{Clock, InstrumentReader, Process, Settings};
use crate::collect::{MeasureError, Progress, Selected, gather, machine, now};
use crate::command::{CommandInstructions, Definition, Reads, start};
use crate::probe::Probe;
use crate::process;

/// The time that a measurement of commands may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Time for the rounds of all phases of a workload together.
    pub rounds: Duration,
    /// Time limit of one run.
    pub time_limit: Duration,
}

/// Measures commands in a folder with these instruments. `command_line` is stored in the record.
///
/// # Errors
/// If the commands cannot be served, or the measurement is interrupted. Failures of single commands are part of the
/// record.
pub fn measure_commands(
    definitions: &[Definition],
    folder: &Path,
    instruments: &[Instrument],
    budget: Budget,
    command_line: String,
    progress: &dyn Progress,
) -> Result<Record, MeasureError> {
    let probe = |reads| {
        let mut command = start(definitions, reads);
        command.current_dir(folder);
        command
    };
    let greeting = Probe::start(probe(Reads::Time), budget.time_limit)?.hello()?;
    let selected: Vec<Selected> = greeting
        .workloads
        .iter()
        .map(|workload| Selected {
            workload: workload.clone(),
            phases: workload.phases.clone(),
        })
        .collect();
    let settings = Settings {
        threads: std::thread::available_parallelism().map_or(1, |cpus| cpus.get() as u32),
        isa: None,
        time_limit: budget.time_limit,
        clock_budget: budget.rounds,
        rounds: ROUNDS,
        slow_rounds: SLOW_ROUNDS,
        criterion_budget: Duration::ZERO,
    };
    let created = now();
    let (timed, used) = (|| probe(Reads::Time), || probe(Reads::Process));
    let clock = Clock {
        probe: &timed,
        settings: &settings,
        run: created.clone(),
    };
    let process = Process {
        probe: &used,
        settings: &settings,
    };
    let instructions = CommandInstructions {
        definitions,
        probe: probe(Reads::Time),
        time_limit: budget.time_limit,
    };
    let all: [Box<dyn InstrumentReader + '_>; 3] =
        [Box::new(clock), Box::new(process), Box::new(instructions)];
    let (counting, timing) = all
        .into_iter()
        .filter(|reader| instruments.contains(&reader.instrument()))
        .partition::<Vec<_>, _>(|reader| reader.instrument().is_counted());
    let gathered = gather::gather(
        &selected,
        &timing,
        &counting,
        1,
        // The records of commands do not have it.
        &Circumstances::default,
        None,
        progress,
    );
    if process::stopped() {
        return Err(MeasureError::Interrupted);
    }
    let about = selected
        .iter()
        .map(|one| (one.workload.id.clone(), one.workload.about.clone()))
        .filter(|(_, about)| !about.is_empty());
    Ok(Record {
        created,
        command: command_line,
        quick: false,
        asked: Vec::new(),
        environment: machine::describe(folder, &greeting.isa),
        machine: None,
        about: About {
            workloads: about.sorted().collect(),
            ..About::default()
        },
        rows: gathered.rows,
        sharding: None,
        spent: gathered.spent,
        resumed: Vec::new(),
    })
}

/// Minimum number of rounds.
const ROUNDS: u32 = 9;
/// The same if a round takes long.
const SLOW_ROUNDS: u32 = 5;
