//! What is measured: a unit of work with an id, its setup, its checked answer and its throughput unit.

use std::env::VarError;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::protocol::Span;

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

    /// When it is measured without being asked for by name.
    fn selection(&self) -> Selection;

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

    /// Makes what a first run leaves in place and every later run replaces, such as the results that a session keeps.
    /// A meter that asks what a run leaves behind calls it, in its own sight, before it reads: what is still there
    /// afterwards is a leak. Does nothing unless a workload has need of it.
    fn warm_up(&mut self) {}

    /// Notes from now on how long each operation of a run takes. Does nothing where a workload has no operations to tell
    /// apart.
    fn start_spans(&mut self) {}

    /// What was noted since [`Self::start_spans`]; from now on nothing is.
    fn take_spans(&mut self) -> Vec<Span> {
        Vec::new()
    }

    /// Holds the answer of the last run against the right one.
    ///
    /// # Errors
    /// One sentence: what differs.
    fn check(&mut self) -> Result<(), String>;

    /// The instruction set that its kernels use.
    fn isa(&self) -> String;

    /// The threads that compute, where the workload knows better than the options: one that is about a number of threads
    /// has its own.
    fn threads(&self) -> Option<u32> {
        None
    }
}

/// The unit of work of a workload.
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

/// When a workload is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// Always: it belongs to the short selection that is measured when time is scarce, too.
    Quick,
    /// In every run that is not a short one.
    Standard,
    /// Only when it is asked for by name.
    OnDemand,
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
    /// More threads than this are taken for a slip of the pen: each costs a stack, whether it has work or not.
    pub const MOST_THREADS: u32 = 1024;

    /// What the environment asks for, for programs that are started by others: `HARNESS_THREADS` (default: one for
    /// each CPU) and `HARNESS_ISA` (default: the best there is).
    ///
    /// # Errors
    /// If `HARNESS_THREADS` is no number from 1 to [`Self::MOST_THREADS`], or one of the two is no Unicode.
    pub fn from_environment() -> Result<Self, WorkloadError> {
        let threads = match variable("HARNESS_THREADS")? {
            None => std::thread::available_parallelism().map_or(1, |threads| threads.get() as u32),
            Some(text) => threads(&text)?,
        };
        Ok(Self { threads, isa: variable("HARNESS_ISA")? })
    }

    /// Checks what a number of threads is checked for, wherever it comes from.
    pub(crate) fn check(&self) -> Result<(), WorkloadError> {
        match self.threads {
            1..=Self::MOST_THREADS => Ok(()),
            other => {
                Err(WorkloadError::new(format!("{other} threads cannot be had; ask for 1 to {}", Self::MOST_THREADS)))
            }
        }
    }
}

fn variable(name: &str) -> Result<Option<String>, WorkloadError> {
    match std::env::var(name) {
        Ok(text) => Ok(Some(text)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(text)) => Err(WorkloadError::new(format!("{name} is {text:?}, which is no text"))),
    }
}

fn threads(text: &str) -> Result<u32, WorkloadError> {
    let most = Options::MOST_THREADS;
    text.parse()
        .ok()
        .filter(|threads| (1..=most).contains(threads))
        .ok_or_else(|| WorkloadError::new(format!("HARNESS_THREADS is {text:?}; give a number from 1 to {most}")))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_threads_is_read_or_refused_in_one_sentence() {
        assert_eq!(threads("3").ok(), Some(3));
        for text in ["0", "1025", "-1", "two", "", "4000000000", "99999999999"] {
            let refused = threads(text).expect_err(text).to_string();
            assert_eq!(refused, format!("HARNESS_THREADS is {text:?}; give a number from 1 to 1024"));
        }
        let refused = Options { threads: 0, isa: None }.check().expect_err("none").to_string();
        assert_eq!(refused, "0 threads cannot be had; ask for 1 to 1024");
    }

    #[test]
    fn selections_are_named_in_kebab_case() {
        let names = [Selection::Quick, Selection::Standard, Selection::OnDemand].map(|one| serde_json::json!(one));
        assert_eq!(names, ["quick", "standard", "on-demand"]);
    }
}
