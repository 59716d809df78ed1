//! The instruments. Each one reads a workload in its phases and returns the readings or the reasons of failure.
//!
//! Each file contains one instrument: an [`InstrumentReader`] that runs the standard tool.

mod callgrind;
mod clock;
mod criterion;
mod dhat;

pub use callgrind::Callgrind;
pub use clock::Clock;
pub use criterion::Criterion;
pub use dhat::Dhat;

use std::time::Duration;

use harness_probe::Instrument;
use harness_probe::protocol::Description;
use harness_record::{Check, Reading};

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
    /// Clock: minimum number of rounds of a phase whose slice takes longer than 3 s.
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
        Self { reading: Err(message.into()), check: None }
    }
}
