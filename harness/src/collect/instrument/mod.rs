//! The instruments. Each one reads a workload in its phases and returns the readings or the reasons of failure.
//!
//! Each file contains one instrument: an [`InstrumentReader`] that runs the standard tool.

mod build;
mod callgrind;
mod clock;
mod counted_probe;
mod counters;
mod criterion;
mod dhat;
mod misses;
mod per_suite;
mod process;
mod size;

pub use callgrind::{Callgrind, instructions as summary_instructions};
pub(crate) use clock::Clock;
pub(crate) use process::Process;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use harness_probe::Instrument;
use harness_probe::protocol::Description;
use harness_record::{Check, Reading};

use self::per_suite::PerSuite;
use crate::collect::Greeting;
use crate::command;
use crate::project::{Program, Suite};

/// The registry of instruments. A new instrument needs its file, its `mod` line and a line here, and an entry of
/// [`Instrument`].
const DEFINITIONS: [&Definition; Instrument::ALL.len()] = [
    &clock::DEFINITION,
    &criterion::DEFINITION,
    &callgrind::DEFINITION,
    &dhat::DEFINITION,
    &size::DEFINITION,
    &build::DEFINITION,
    &misses::DEFINITION,
    &counters::DEFINITION,
    &process::DEFINITION,
];

/// Parts of an instrument that its file defines.
struct Definition {
    instrument: Instrument,
    /// The program of a suite that it runs; none if the suite has no program for it.
    program: fn(&Suite) -> Option<&Program>,
    /// Creates the reader for a suite; none if the suite has no program for it.
    reader: for<'a> fn(&Measurement<'a>) -> Option<Box<dyn InstrumentReader + 'a>>,
}

/// The programs of a suite and the conditions of a measurement, from which readers are created.
#[derive(Clone, Copy)]
pub struct Measurement<'a> {
    /// Creates the command that starts the timed probe.
    pub probe: &'a (dyn Fn() -> Command + Sync),
    /// Creates the command that starts the probe whose process is read.
    pub process: &'a (dyn Fn() -> Command + Sync),
    /// The commands of the suite; empty if it is a program.
    pub commands: &'a [command::Definition],
    /// Creates the command that starts the probe with dhat, if the suite has one.
    pub heap: Option<&'a (dyn Fn() -> Command + Sync)>,
    /// Creates the command that starts the bench for criterion, if the suite has one.
    pub time_bench: Option<&'a (dyn Fn() -> Command + Sync)>,
    /// Creates the command that starts the bench for iai-callgrind, if the suite has one.
    pub instruction_bench: Option<&'a (dyn Fn() -> Command + Sync)>,
    /// True if the instructions of the probe itself are counted where there is no such bench.
    pub counts_itself: bool,
    /// Every workload of the probe.
    pub workloads: &'a [Description],
    /// Instruction set of the kernels when time is read.
    pub isa: &'a str,
    /// Instruction set of the kernels under valgrind, or the reason why it is unknown.
    pub counts_isa: &'a Result<String, String>,
    /// Budgets and conditions when time is read.
    pub settings: &'a Settings,
    /// The same when counts are read. The instruction set is that under valgrind, if known.
    pub counts_settings: &'a Settings,
    /// The timed probe, if the harness built it.
    pub built: Option<BuiltProgram<'a>>,
    /// Name of this harness run.
    pub run: &'a str,
}

/// A program that the harness built.
#[derive(Debug, Clone, Copy)]
pub struct BuiltProgram<'a> {
    /// The executable.
    pub file: &'a Path,
    /// Root of the sources.
    pub root: &'a Path,
    /// The program in the configuration.
    pub program: &'a Program,
}

fn definition(instrument: Instrument) -> &'static Definition {
    let found = DEFINITIONS
        .into_iter()
        .find(|definition| definition.instrument == instrument);
    found.expect("a test checks that every instrument is registered")
}

/// Returns the program of a suite that an instrument runs; none if the suite has no program for it.
pub fn program(instrument: Instrument, suite: &Suite) -> Option<&Program> {
    (definition(instrument).program)(suite)
}

/// Creates the readers of these instruments, in the same order. There is a measurement for each suite, in the order of
/// the configuration.
pub fn readers<'a>(
    instruments: &[Instrument],
    measurements: &[Measurement<'a>],
    greeting: &'a Greeting,
) -> Vec<Box<dyn InstrumentReader + 'a>> {
    let reader = |&instrument: &Instrument| -> Box<dyn InstrumentReader + 'a> {
        let of_suite = definition(instrument).reader;
        Box::new(PerSuite {
            instrument,
            readers: measurements.iter().map(of_suite).collect(),
            greeting,
        })
    };
    instruments.iter().map(reader).collect()
}

/// An instrument that reads workloads.
pub trait InstrumentReader: Sync {
    /// Returns the instrument.
    fn instrument(&self) -> Instrument;

    /// Estimates the seconds that [`InstrumentReader::read`] takes. `runs` contains the seconds of one run of each
    /// phase, if known.
    fn expected_seconds(&self, runs: &[Option<f64>]) -> f64;

    /// Reads a workload in each of the phases, and returns the results in the same order. Calls `step` with a name of
    /// the current step, for the progress display.
    fn read(&self, workload: &Description, phases: &[String], step: &dyn Fn(&str)) -> Vec<Taken>;
}

/// The result of reading one phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// The reading, or a message with the reason of failure.
    pub reading: Result<Reading, String>,
    /// Result of the workload's check of its answer, if the instrument requested the check.
    pub check: Option<Check>,
}

/// Budgets and conditions of a measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Computing threads when time is read.
    pub threads: u32,
    /// Instruction set for all instruments; the best available if `None`.
    pub isa: Option<String>,
    /// Time limit of one reply of a probe, or of one case of a bench.
    pub time_limit: Duration,
    /// Clock: time to spend on all phases of one workload together.
    pub clock_budget: Duration,
    /// Clock: minimum number of rounds of a workload.
    pub rounds: u32,
    /// Clock: minimum number of rounds of a workload whose rounds take longer than 4 s.
    pub slow_rounds: u32,
    /// Criterion: time to spend on one phase of a workload.
    pub criterion_budget: Duration,
}

/// Reads one phase after the other.
fn each_phase(phases: &[String], step: &dyn Fn(&str), read: impl Fn(&str) -> Taken) -> Vec<Taken> {
    let read = |phase: &String| {
        step(phase);
        read(phase)
    };
    phases.iter().map(read).collect()
}

impl Taken {
    /// Creates a result without a reading.
    pub fn failed(message: impl Into<String>) -> Self {
        Self {
            reading: Err(message.into()),
            check: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instrument_is_registered_once() {
        let registered = DEFINITIONS.map(|definition| definition.instrument);
        assert_eq!(registered, Instrument::ALL);
    }
}
