//! What is measured: a unit of work with an id, its setup, its checked answer and its throughput unit.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

/// A unit of work that can be measured in several phases.
pub trait Workload: Send + Sync {
    /// Its name, such as `medium/decode@57`: unique in a registry, and the same for ever.
    fn id(&self) -> &str;

    /// What one run yields.
    fn unit(&self) -> Unit;

    /// Everything that decides what is computed (model, seed, prompt, sizes). Its digest goes into every number:
    /// numbers with different ones never compare.
    fn definition(&self) -> Value;

    /// The answer that every phase must give. Its digest goes into every number as well.
    fn answer(&self) -> Value;

    /// The phases in which it makes sense to measure it, in the order of the roadmap.
    fn phases(&self) -> Vec<String>;

    /// The instruments it is small enough for.
    fn instruments(&self) -> Vec<Instrument>;

    /// Whether it belongs to the short selection that is measured when time is scarce.
    fn quick(&self) -> bool;

    /// Does everything that is not to be measured, up to the point where [`Prepared::run`] can be called.
    ///
    /// # Errors
    /// If the phase is unknown or the options cannot be met.
    fn prepare(&self, phase: &str, options: &Options) -> Result<Box<dyn Prepared>, WorkloadError>;
}

/// A workload that is ready to run, any number of times.
pub trait Prepared {
    /// Runs the workload once. Calls `on_token` when a generated token is there; workloads that generate none never
    /// call it.
    fn run(&mut self, on_token: &mut dyn FnMut());

    /// Holds the answer of the last run against the right one.
    ///
    /// # Errors
    /// One sentence: what differs.
    fn check(&mut self) -> Result<(), String>;

    /// The instruction set that its kernels use.
    fn isa(&self) -> String;
}

/// What one run of a workload yields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Singular: `token`, `call`.
    pub name: String,
    /// How many one run yields, at least 1.
    pub per_run: u64,
}

/// The instruments that a workload can be measured with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Instrument {
    /// Wall time by the probe's own clock, all phases of a workload alternated in one session.
    Clock,
    /// Wall time by criterion, each workload and phase on its own: wants at least ten runs.
    Criterion,
    /// Instructions by callgrind, through iai-callgrind: fifty times slower than the bare machine.
    Callgrind,
    /// Heap allocations by dhat: a lock and a backtrace for each of them.
    Dhat,
}

impl Instrument {
    /// Every instrument, in the order they are run and shown.
    pub const ALL: [Self; 4] = [Self::Clock, Self::Criterion, Self::Callgrind, Self::Dhat];

    /// Those whose readings are counts: they repeat, so a stored baseline can be held against them.
    pub const COUNTED: [Self; 2] = [Self::Callgrind, Self::Dhat];

    /// The name written in records and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clock => "clock",
            Self::Criterion => "criterion",
            Self::Callgrind => "callgrind",
            Self::Dhat => "dhat",
        }
    }
}

/// How a workload is to be prepared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Threads that may compute.
    pub threads: u32,
    /// The instruction set to use; the best one there is if none is named.
    pub isa: Option<String>,
}

impl Options {
    /// What the environment asks for, for programs that are started by others: `HARNESS_THREADS` (default: one for
    /// each CPU) and `HARNESS_ISA` (default: the best there is).
    ///
    /// # Errors
    /// If `HARNESS_THREADS` is no number of at least 1.
    pub fn from_environment() -> Result<Self, WorkloadError> {
        let threads =
            match std::env::var("HARNESS_THREADS") {
                Err(_) => std::thread::available_parallelism().map_or(1, |threads| threads.get() as u32),
                Ok(text) => text.parse().ok().filter(|&threads| threads > 0).ok_or_else(|| {
                    WorkloadError::new(format!("HARNESS_THREADS is {text:?}; give a number from 1 up"))
                })?,
            };
        Ok(Self { threads, isa: std::env::var("HARNESS_ISA").ok() })
    }
}

/// A workload that cannot be prepared.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct WorkloadError(String);

impl WorkloadError {
    /// From any error that says what happened in one sentence.
    pub fn new(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}
