//! The record: the readings of one run with the environment they were taken in.
//!
//! Everything a person sees is drawn from one of these. A record holds what the instruments said, as integers with
//! their units, and nothing that can be computed from it: metrics, ratios and intervals are derived when they are
//! needed ([`crate::metric`]), so that a stored number can never disagree with the readings behind it.

pub mod acceptance;
pub mod atomic_file;
pub mod baseline;
pub mod callgraph;
pub mod choice;
mod commit;
pub mod distinct;
mod environment;
mod file;
pub mod history;
pub mod json_files;
pub mod limits;
pub mod machine;
pub mod metric;
pub mod number;
pub mod profile;
pub mod roadmap;
mod run_scope;
#[cfg(any(test, feature = "sample"))]
pub mod sample;
pub mod session;
pub mod suggestion;

pub use commit::{COMMIT_FORMAT, Commit, Head};
pub use environment::{Environment, PortableKey, UNKNOWN};
pub use file::{OLDEST_SCHEMA, RecordError, SCHEMA_VERSION};
pub use run_scope::{RunScope, is_whole};

/// What a workload yields and is measured with: a record says it in the words of the probe.
pub use harness_probe::{Instrument, Unit};

use serde::{Deserialize, Serialize};

use crate::distinct::distinct;

/// The readings of one `harness run`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// When the run began, RFC 3339 in UTC, to the second.
    pub created: String,
    /// The command line that made the record.
    pub command: String,
    /// Whether the run was shortened by `--quick`.
    pub quick: bool,
    /// What was asked for, by each of the runs that the rows are of; empty if that is not known, as of a record from before it was
    /// noted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<RunScope>,
    /// The machine, the toolchain and the revision.
    pub environment: Environment,
    /// One row per workload and phase, in the order they were measured. No two rows share both names.
    pub rows: Vec<Row>,
}

/// What was read of one workload in one phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The workload's id, such as `medium/decode@57`.
    pub workload: String,
    /// The phase's name, such as `optimized`.
    pub phase: String,
    /// Unit of work that one run of the workload yields.
    pub unit: Unit,
    /// Digest of the workload's definition (model, seed, prompt, unit): numbers with different ones never compare.
    pub definition: String,
    /// Digest of the answer the run was checked against.
    pub answer: String,
    /// Whether the workload gave the right answer.
    pub check: Check,
    /// One reading per instrument that succeeded.
    pub readings: Vec<Reading>,
    /// One entry per instrument that was asked and failed. Such a number is missing, never a pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
}

/// The verdict of a workload's own check of its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// The answer is right.
    Passed,
    /// The answer is wrong, and how.
    Failed(String),
    /// The check did not come to an end, and why.
    NotRun(String),
}

/// An instrument that could not give its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Which instrument was asked.
    pub instrument: Instrument,
    /// One sentence: what happened.
    pub message: String,
}

/// What one instrument read of one workload in one phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The instruction set that the kernels used while it was read: under valgrind it can be another one.
    pub isa: String,
    /// Threads that computed. Counts always come from one.
    pub threads: u32,
    /// The numbers.
    pub data: Data,
}

/// The raw numbers of an instrument.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "instrument", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Data {
    /// Runs by the probe's clock. Runs of two phases with the same `session` and `round` were measured side by side,
    /// within moments of each other, and form a pair.
    Clock {
        /// Names the alternation: same workload, same harness run, same processes.
        session: String,
        /// In the order they ran.
        runs: Vec<Run>,
    },
    /// Criterion's sample and its own estimate.
    Criterion {
        /// The raw sample.
        samples: Vec<Sample>,
        /// Criterion's estimate of one run.
        estimate_picoseconds: u64,
        /// Lower end of its confidence interval.
        lower_picoseconds: u64,
        /// Upper end of its confidence interval.
        upper_picoseconds: u64,
        /// Level of that interval in thousandths: 950 is 95 %.
        confidence_permille: u32,
    },
    /// Instructions of one run.
    Callgrind {
        /// Instructions executed (Ir).
        instructions: u64,
    },
    /// Heap allocations of one run, setup excluded.
    Dhat {
        /// Bytes allocated in all.
        total_bytes: u64,
        /// Blocks allocated in all.
        total_blocks: u64,
        /// Most bytes alive at one time, counted from the start of the run.
        peak_bytes: u64,
        /// Bytes still alive when the run had ended and its results were dropped.
        leaked_bytes: u64,
        /// Tokens generated after the first one: the ones `token_bytes` and `token_blocks` belong to. 0 if the
        /// workload generates none.
        tokens: u64,
        /// Bytes allocated while those tokens were generated.
        token_bytes: u64,
        /// Blocks allocated while those tokens were generated.
        token_blocks: u64,
    },
}

impl Data {
    /// The instrument these numbers come from.
    pub fn instrument(&self) -> Instrument {
        match self {
            Self::Clock { .. } => Instrument::Clock,
            Self::Criterion { .. } => Instrument::Criterion,
            Self::Callgrind { .. } => Instrument::Callgrind,
            Self::Dhat { .. } => Instrument::Dhat,
        }
    }
}

/// One slice by the probe's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Which round of the alternation it belongs to.
    pub round: u32,
    /// How often the workload ran in the slice.
    pub iterations: u64,
    /// Wall time of the whole slice.
    pub nanoseconds: u64,
    /// When each generated token was there, since the start of the slice. Empty for workloads that generate none; only
    /// slices of one iteration have them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tokens_at: Vec<u64>,
}

impl Run {
    /// Refuses what no clock reads: a slice without a run, or tokens whose times fall, lie after the slice's end, or
    /// belong to more than one run.
    ///
    /// # Errors
    /// One clause: what is wrong.
    pub fn check(&self) -> Result<(), String> {
        let round = self.round;
        if self.iterations == 0 {
            return Err(format!("round {round} has no run"));
        }
        if self.iterations > 1 && !self.tokens_at.is_empty() {
            return Err(format!("round {round} tells the tokens of {} runs apart", self.iterations));
        }
        if !self.tokens_at.is_sorted() {
            return Err(format!("in round {round} a token is there before the one it follows"));
        }
        if self.tokens_at.last().is_some_and(|&last| last > self.nanoseconds) {
            return Err(format!("in round {round} a token is there after the end of the run"));
        }
        Ok(())
    }
}

/// One sample of criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// How often the workload ran.
    pub iterations: u64,
    /// Wall time of all of them.
    pub nanoseconds: u64,
}

impl Record {
    /// Whether everything was measured that its workloads have, and for as long as it takes; see [`is_whole`].
    pub fn is_whole(&self) -> bool {
        is_whole(self.quick, &self.asked)
    }

    /// The row of a workload in a phase.
    pub fn row(&self, workload: &str, phase: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.workload == workload && row.phase == phase)
    }

    /// The workloads, each once, in the order of the record.
    pub fn workloads(&self) -> Vec<&str> {
        distinct(self.rows.iter().map(|row| row.workload.as_str()))
    }

    /// The phases, each once, in the order of the record.
    pub fn phases(&self) -> Vec<&str> {
        distinct(self.rows.iter().map(|row| row.phase.as_str()))
    }
}

impl Row {
    /// The reading of an instrument, if it gave one.
    pub fn reading(&self, instrument: Instrument) -> Option<&Reading> {
        self.readings.iter().find(|reading| reading.data.instrument() == instrument)
    }

    /// Why an instrument gave no number, if it was asked and failed.
    pub fn failure(&self, instrument: Instrument) -> Option<&str> {
        self.failures.iter().find(|failure| failure.instrument == instrument).map(|failure| failure.message.as_str())
    }
}
