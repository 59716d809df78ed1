//! Workloads: a unit of work with an id, a definition, a checked answer and a unit of throughput.

use std::env::VarError;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::Span;
use crate::{Instrument, Region};

/// A unit of work that can be measured in several phases.
pub trait Workload: Send + Sync {
    /// The id, such as `medium/decode@57`. It is unique in a registry and never changes, because records and baselines use it.
    fn id(&self) -> &str;

    /// One line for readers of reports: what it computes. By default empty.
    fn about(&self) -> String {
        String::new()
    }

    /// The unit of throughput. By default, one call for each run.
    fn unit(&self) -> Unit {
        Unit {
            name: "call".to_owned(),
            per_run: 1,
        }
    }

    /// Everything that determines the computation (model, seed, prompt, sizes). Its digest is part of every reading;
    /// readings with different digests are never compared.
    fn definition(&self) -> Value;

    /// The answer that every phase must give. Its digest is part of every reading, too.
    fn answer(&self) -> Value;

    /// The phases in which it can be measured, in the order of the roadmap.
    fn phases(&self) -> Vec<String>;

    /// The instruments it is small enough for. By default, the clock only.
    fn instruments(&self) -> Vec<Instrument> {
        vec![Instrument::Clock]
    }

    /// The runs that measure it without naming it. By default, every run except quick ones.
    fn selection(&self) -> Selection {
        Selection::Standard
    }

    /// Does all work that is not measured, up to the point where [`Prepared::run`] can be called.
    ///
    /// # Errors
    /// If the phase is unknown or the options cannot be met.
    fn prepare(&self, phase: &str, options: &Options) -> Result<Box<dyn Prepared>, WorkloadError>;
}

/// A workload that is ready to run, any number of times.
pub trait Prepared {
    /// Runs the workload once. Calls `on_token` after each generated token. A workload that generates no tokens never
    /// calls it.
    fn run(&mut self, on_token: &mut dyn FnMut());

    /// Runs the workload `iterations` times, each time within a measured region. By default, all runs are in one region
    /// and nothing else is done. A workload whose runs need fresh inputs makes these outside of the region.
    fn run_measured(&mut self, iterations: u64, region: &mut dyn Region) {
        region.measure(&mut |on_token| {
            for _ in 0..iterations {
                self.run(on_token);
            }
        });
    }

    /// Does once everything that only a first run does, such as allocating the results of a session, which every later
    /// run replaces. Counts of instructions and heap begin after it, so that they find leaks only. By default it does
    /// nothing.
    fn warm_up(&mut self) {}

    /// Starts recording the time of each operation of a run. By default it does nothing.
    fn start_spans(&mut self) {}

    /// Stops recording, and returns the spans since [`Self::start_spans`].
    fn take_spans(&mut self) -> Vec<Span> {
        Vec::new()
    }

    /// Compares the answer of the last run with the right one.
    ///
    /// # Errors
    /// One sentence: the first difference.
    fn check(&mut self) -> Result<(), String>;

    /// Whether [`Prepared::check`] compares anything. By default it does.
    fn has_answer(&self) -> bool {
        true
    }

    /// The instruction set of its kernels. By default, the architecture that the program was compiled for.
    fn isa(&self) -> String {
        std::env::consts::ARCH.to_owned()
    }

    /// The threads that compute, if they can differ from those of the options: a workload that measures the effect of
    /// threads has a fixed number.
    fn threads(&self) -> Option<u32> {
        None
    }

    /// Whether each run is a process of its own, so that earlier runs warm up nothing in it. By default it is not.
    fn starts_processes(&self) -> bool {
        false
    }
}

/// The unit of work of a workload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Singular: `token`, `call`.
    pub name: String,
    /// The number of units in one run, at least 1.
    pub per_run: u64,
}

/// The runs that measure a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// Every run, including the short selection for quick runs.
    Quick,
    /// Every run except quick ones.
    Standard,
    /// Only runs that name it.
    OnDemand,
}

/// The conditions under which a workload is prepared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Options {
    /// Threads that may compute.
    pub threads: u32,
    /// The instruction set; the best available one if none is given.
    pub isa: Option<String>,
}

impl Options {
    /// The largest accepted number of threads. A larger one is probably a typing error, and each thread costs a stack.
    pub const MOST_THREADS: u32 = 1024;

    /// The options of programs that other programs start: `HARNESS_THREADS` (default: one for each CPU) and `HARNESS_ISA`
    /// (default: the best available).
    ///
    /// # Errors
    /// If `HARNESS_THREADS` is not a number from 1 to [`Self::MOST_THREADS`], or one of the two is not Unicode.
    pub fn from_environment() -> Result<Self, WorkloadError> {
        let threads = match variable("HARNESS_THREADS")? {
            None => std::thread::available_parallelism().map_or(1, |threads| threads.get() as u32),
            Some(text) => threads(&text)?,
        };
        Ok(Self {
            threads,
            isa: variable("HARNESS_ISA")?,
        })
    }

    /// Checks the number of threads.
    ///
    /// # Errors
    /// If it is not from 1 to [`Self::MOST_THREADS`].
    pub(crate) fn check(&self) -> Result<(), WorkloadError> {
        match self.threads {
            1..=Self::MOST_THREADS => Ok(()),
            other => Err(WorkloadError::new(format!(
                "{other} threads are not possible; request 1 to {}",
                Self::MOST_THREADS
            ))),
        }
    }
}

pub(crate) fn variable(name: &str) -> Result<Option<String>, WorkloadError> {
    match std::env::var(name) {
        Ok(text) => Ok(Some(text)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(text)) => Err(WorkloadError::new(format!(
            "{name} is {text:?}, which is not Unicode"
        ))),
    }
}

fn threads(text: &str) -> Result<u32, WorkloadError> {
    let most = Options::MOST_THREADS;
    text.parse()
        .ok()
        .filter(|threads| (1..=most).contains(threads))
        .ok_or_else(|| {
            WorkloadError::new(format!(
                "HARNESS_THREADS is {text:?}; give a number from 1 to {most}"
            ))
        })
}

/// A workload that cannot be prepared.
// Without a derive macro of its own: every measured crate builds this crate, which therefore has few dependencies.
#[derive(Debug)]
pub struct WorkloadError(String);

impl std::fmt::Display for WorkloadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WorkloadError {}

impl WorkloadError {
    /// Creates it from an error whose message is one sentence.
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
            assert_eq!(
                refused,
                format!("HARNESS_THREADS is {text:?}; give a number from 1 to 1024")
            );
        }
        let refused = Options {
            threads: 0,
            isa: None,
        }
        .check()
        .expect_err("none")
        .to_string();
        assert_eq!(refused, "0 threads are not possible; request 1 to 1024");
    }

    #[test]
    fn selections_are_named_in_kebab_case() {
        let names = [Selection::Quick, Selection::Standard, Selection::OnDemand]
            .map(|one| serde_json::json!(one));
        assert_eq!(names, ["quick", "standard", "on-demand"]);
    }
}
