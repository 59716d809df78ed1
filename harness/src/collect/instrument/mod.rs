//! The instruments: each reads one workload in its phases and says what it read, or why it could not.
//!
//! One file per instrument, each implementing [`InstrumentReader`] with the ecosystem's own tool behind it.

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

/// Reads workloads.
pub trait InstrumentReader: Sync {
    /// Which instrument it is.
    fn instrument(&self) -> Instrument;

    /// Roughly how many seconds [`InstrumentReader::read`] takes, if one run of the phases takes these seconds.
    fn expected_seconds(&self, runs: &[Option<f64>]) -> f64;

    /// Reads a workload in each of the phases; the answers are in their order. `step` is told what is being read.
    fn read(&self, workload: &Description, phases: &[String], step: &dyn Fn(&str)) -> Vec<Taken>;
}

/// What came of reading one phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// The numbers, or one sentence that says why there are none.
    pub reading: Result<Reading, String>,
    /// What the workload's own check said, if the instrument asked for it.
    pub check: Option<Check>,
}

/// How much measuring is allowed, and under which conditions.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Threads that may compute where time is read.
    pub threads: u32,
    /// The instruction set for all instruments; the best there is if none is named.
    pub isa: Option<String>,
    /// How long a single answer of a probe, or a bench of one case, may take.
    pub time_limit: Duration,
    /// Clock: time to spend on all phases of one workload together.
    pub clock_budget: Duration,
    /// Clock: the rounds of a phase whose single run takes seconds.
    pub slow_rounds: u32,
    /// Criterion: time to spend on one phase of a workload.
    pub criterion_budget: Duration,
}

impl Taken {
    /// Nothing was read.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { reading: Err(message.into()), check: None }
    }
}
