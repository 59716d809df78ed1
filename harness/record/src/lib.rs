//! The record: the readings of one run and the environment they were taken in.
//!
//! All output of the harness is computed from records. A record contains the raw readings as integers with their units,
//! and no derived values. Metrics, ratios and intervals are computed when they are needed ([`crate::metric`]), so a
//! stored number cannot contradict its readings.
//!
//! The folder `schema` contains the JSON Schemas of records, sessions, the `environment.json` of baselines, and the
//! messages of the probe protocol.

pub mod acceptance;
pub mod atomic_file;
pub mod baseline;
pub mod callgraph;
pub mod choice;
mod commit;
pub mod csv_table;
pub mod distinct;
mod environment;
mod file;
pub mod folder_lock;
pub mod history;
mod import;
pub mod journal;
pub mod json_files;
pub mod limits;
pub mod machine;
pub mod merge;
pub mod metric;
pub mod number;
mod part;
pub mod profile;
pub mod roadmap;
mod run_scope;
#[cfg(any(test, feature = "sample"))]
pub mod sample;
pub mod session;
mod settings;
pub mod shard;
mod stored_file;
pub mod suggestion;
#[cfg(test)]
mod tests;

pub use commit::{COMMIT_FORMAT, Commit, Head};
pub use environment::{Environment, PortableKey, SEVERAL, UNKNOWN};
pub use file::{OLDEST_SCHEMA, SCHEMA_VERSION};
pub use import::{Import, Spread, Statistic};
pub use part::{InstrumentTag, Part};
pub use run_scope::{RunScope, is_whole};
pub use settings::Settings;
pub use stored_file::{FileError, FileProblem};

/// The types of the probe for the unit and the instruments of a workload, and its digests.
pub use harness_probe::{Instrument, Unit, digest};

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::distinct::distinct;
use crate::machine::Circumstances;
use crate::shard::Sharding;

/// The readings of one `harness run`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Start of the run, RFC 3339 in UTC, to the second.
    pub created: String,
    /// The command line of the run.
    pub command: String,
    /// True if the run was shortened by `--quick`.
    pub quick: bool,
    /// Requested scope of each run that contributed rows. Empty if unknown: schema version 1 has no scope.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<RunScope>,
    /// The machine, the toolchain and the revision.
    pub environment: Environment,
    /// State of the machine while time was measured, and the disturbances meanwhile. None in records of earlier versions
    /// and if no time was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Circumstances>,
    /// One line for readers on each workload and phase.
    #[serde(default, skip_serializing_if = "About::is_empty")]
    pub about: About,
    /// One row per workload and phase, in the order they were measured. No two rows share both names.
    pub rows: Vec<Row>,
    /// The shard that this record is, or the shards that it was merged from; none if the suite was not split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharding: Option<Sharding>,
    /// Time that each instrument spent on each row, with starts and preparation. Empty in records of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spent: Vec<Spent>,
    /// The times at which the run was continued after an interruption, in their order. Empty if nothing interrupted it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resumed: Vec<Resumption>,
}

/// A run that was interrupted and continued. All phases of a workload that share rounds are from one part of the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Resumption {
    /// The time at which it went on, RFC 3339 in UTC, to the second.
    pub at: String,
    /// Number of readings that were taken before and are kept.
    pub kept: usize,
    /// State and disturbances of the machine in the part before. None if that part measured no time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Circumstances>,
}

/// Time that an instrument spent on a row. The cost of a workload, by which a suite is split, comes from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Spent {
    /// The workload's id.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// The instrument.
    pub instrument: Instrument,
    /// Wall time of the measurement. If an instrument reads all phases in one go, each has an equal part.
    pub seconds: f64,
}

/// One line for readers on workloads and phases, by name: what they are. From the probe and from `harness.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct About {
    /// Workloads.
    pub workloads: BTreeMap<String, String>,
    /// Phases.
    pub phases: BTreeMap<String, String>,
}

impl About {
    /// Returns true if nothing is described.
    pub fn is_empty(&self) -> bool {
        self.workloads.is_empty() && self.phases.is_empty()
    }
}

/// All readings of one workload in one phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The workload's id, such as `medium/decode@57`.
    pub workload: String,
    /// The phase's name, such as `optimized`.
    pub phase: String,
    /// Unit of work that one run of the workload yields.
    pub unit: Unit,
    /// Digest of the workload's definition (model, seed, prompt, unit). Numbers are comparable only if it is equal.
    pub definition: String,
    /// Digest of the answer the run was checked against.
    pub answer: String,
    /// Result of the check of the answer.
    pub check: Check,
    /// One reading per instrument that succeeded.
    pub readings: Vec<Reading>,
    /// Later readings of instruments that count, taken because the first one differed from the other side of a gate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recounts: Vec<Reading>,
    /// One entry per selected instrument that failed. A missing number never passes a gate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
}

/// The result of a workload's check of its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// The answer is right.
    Passed,
    /// The answer is wrong; contains the difference.
    Failed(String),
    /// The check did not finish; contains the reason.
    NotRun(String),
    /// The workload compares its answer with nothing.
    Unchecked,
}

impl Check {
    /// Whether the readings of the row count: no check failed or was left out.
    pub fn is_fine(&self) -> bool {
        matches!(self, Self::Passed | Self::Unchecked)
    }
}

/// The failure of an instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The instrument.
    pub instrument: Instrument,
    /// Reason of the failure in one sentence.
    pub message: String,
}

/// The reading of one instrument for one workload in one phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The instruction set that the kernels used. Under valgrind it can differ from that of the machine.
    pub isa: String,
    /// Number of computing threads. Counts are always read with one thread.
    pub threads: u32,
    /// The numbers.
    pub data: Data,
}

/// The raw numbers of an instrument.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "instrument", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Data {
    /// Slices that the probe's clock timed, or samples of the tool that a record was imported from. Slices of two phases with the same `session` and `round` were measured
    /// within a short time of each other.
    Clock {
        /// Identifies a set of processes that ran in turn: one harness run, one workload.
        session: String,
        /// The slices, in the order of their rounds.
        runs: Vec<Run>,
    },
    /// The time of one run as another tool states it, without its samples. Only imported records have it.
    Estimate {
        /// The statistic that the tool states.
        statistic: Statistic,
        /// Its value.
        picoseconds: u64,
        /// Its uncertainty; `None` if the tool states none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        spread: Option<Spread>,
    },
    /// Criterion's samples and its estimate.
    Criterion {
        /// The raw samples.
        samples: Vec<Sample>,
        /// Criterion's estimate of the time of one run.
        estimate_picoseconds: u64,
        /// Lower end of its confidence interval.
        lower_picoseconds: u64,
        /// Upper end of its confidence interval.
        upper_picoseconds: u64,
        /// Level of this interval in thousandths: 950 is 95 %.
        confidence_permille: u32,
    },
    /// Instructions of one run.
    Callgrind {
        /// Instructions executed (Ir).
        instructions: u64,
    },
    /// Heap allocations of one run, setup excluded.
    Dhat {
        /// Total of allocated bytes.
        total_bytes: u64,
        /// Total of allocated blocks.
        total_blocks: u64,
        /// Peak of live bytes, relative to the start of the run.
        peak_bytes: u64,
        /// Bytes still alive after the run ended and its results were dropped.
        leaked_bytes: u64,
        /// Tokens generated after the first one; `token_bytes` and `token_blocks` are counted over these. 0 if the
        /// workload generates none.
        tokens: u64,
        /// Bytes allocated while those tokens were generated.
        token_bytes: u64,
        /// Blocks allocated while those tokens were generated.
        token_blocks: u64,
    },
    /// Counts of one run by an instrument that has no variant of its own.
    Counts {
        /// The instrument.
        counted_by: Instrument,
        /// The value of each count, by name.
        values: BTreeMap<String, u64>,
    },
}

impl Data {
    /// Returns the instrument that these numbers come from.
    pub fn instrument(&self) -> Instrument {
        match self {
            Self::Clock { .. } | Self::Estimate { .. } => Instrument::Clock,
            Self::Criterion { .. } => Instrument::Criterion,
            Self::Callgrind { .. } => Instrument::Callgrind,
            Self::Dhat { .. } => Instrument::Dhat,
            Self::Counts { counted_by, .. } => *counted_by,
        }
    }
}

/// One slice that the probe's clock timed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Round of the slice. All phases of a session take part in every round, each with one slice or several.
    pub round: u32,
    /// Number of iterations in the slice.
    pub iterations: u64,
    /// Wall time of the whole slice.
    pub nanoseconds: u64,
    /// Completion time of each generated token, in nanoseconds since the start of the slice. Empty for workloads that
    /// generate no tokens, and for slices of several iterations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tokens_at: Vec<u64>,
}

impl Run {
    /// Refuses impossible values: no iterations, token times that decrease or exceed the slice, or token times in a
    /// slice of several iterations.
    ///
    /// # Errors
    /// A description of the first impossible value.
    pub fn check(&self) -> Result<(), String> {
        let round = self.round;
        if self.iterations == 0 {
            return Err(format!("round {round} has no iterations"));
        }
        if self.iterations > 1 && !self.tokens_at.is_empty() {
            return Err(format!(
                "round {round} has token times, but {} iterations",
                self.iterations
            ));
        }
        if !self.tokens_at.is_sorted() {
            return Err(format!("the token times of round {round} decrease"));
        }
        if self
            .tokens_at
            .last()
            .is_some_and(|&last| last > self.nanoseconds)
        {
            return Err(format!("round {round} has a token after its end"));
        }
        Ok(())
    }
}

/// One sample of criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Number of iterations.
    pub iterations: u64,
    /// Wall time of all iterations.
    pub nanoseconds: u64,
}

impl Record {
    /// Returns true if no phase of the measured workloads was left out and nothing was shortened; see [`is_whole`].
    pub fn is_whole(&self) -> bool {
        is_whole(self.quick, &self.asked)
    }

    /// Returns the row of a workload in a phase.
    pub fn row(&self, workload: &str, phase: &str) -> Option<&Row> {
        self.rows
            .iter()
            .find(|row| row.workload == workload && row.phase == phase)
    }

    /// Returns an index of the rows, for many lookups.
    pub fn index(&self) -> RowIndex<'_> {
        let mut index = RowIndex::default();
        for row in &self.rows {
            let key = (row.workload.as_str(), row.phase.as_str());
            // Of two rows with one name, `row` returns the first, too.
            index.rows.entry(key).or_insert(row);
        }
        index
    }

    /// Returns the distinct workloads in the order of the record, without those that stand for a program.
    pub fn workloads(&self) -> Vec<&str> {
        distinct(self.of_work().map(|row| row.workload.as_str()))
    }

    /// Returns the distinct phases of these workloads in the order of the record.
    pub fn phases(&self) -> Vec<&str> {
        distinct(self.of_work().map(|row| row.phase.as_str()))
    }

    fn of_work(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| !row.is_of_program())
    }
}

/// The rows of a record by workload and phase: [`Record::row`] in constant time.
#[derive(Debug, Clone, Default)]
pub struct RowIndex<'a> {
    rows: HashMap<(&'a str, &'a str), &'a Row>,
}

impl<'a> RowIndex<'a> {
    /// Returns the row of a workload in a phase.
    pub fn row(&self, workload: &str, phase: &str) -> Option<&'a Row> {
        self.rows.get(&(workload, phase)).copied()
    }
}

impl Row {
    /// Returns true if the row is about a whole program, such as its size, and not about a unit of work.
    pub fn is_of_program(&self) -> bool {
        self.unit.name == metric::program::UNIT
    }

    /// Returns the workload and phase as text: `medium/prefill in phase optimized`.
    pub fn place(&self) -> String {
        format!("{} in phase {}", self.workload, self.phase)
    }

    /// Returns the reading of an instrument, if there is one.
    pub fn reading(&self, instrument: Instrument) -> Option<&Reading> {
        self.readings
            .iter()
            .find(|reading| reading.data.instrument() == instrument)
    }

    /// Returns the reason why an instrument failed, if it was selected and failed.
    pub fn failure(&self, instrument: Instrument) -> Option<&str> {
        self.failures
            .iter()
            .find(|failure| failure.instrument == instrument)
            .map(|failure| failure.message.as_str())
    }
}
