//! The raw measurements of one gate, and their file format.

use std::path::{Path, PathBuf};

use harness_abtest::{Block, Pair, Round, Rules, Side, Slice, TimedPhase, WorkloadPairs};
use serde::{Deserialize, Serialize};

use crate::machine::Circumstances;
use crate::shard::Sharding;
use crate::stored_file::FileKind;
use crate::{Environment, FileError, Record};

/// Version of the file format that this build writes. Version 5 added shards.
pub const SCHEMA_VERSION: u32 = 5;

/// The oldest version of the format that this build reads.
pub const OLDEST_SCHEMA: u32 = 4;

/// Default layout limit: if layouts are not averaged, only a confirmed slowdown above this share is a regression.
pub const LAYOUT_LIMIT: f64 = 0.02;

/// Share of the budget for the noise floor (the base against itself): half of it before the rest, half after.
pub const FLOOR_SHARE: f64 = 0.1;

/// Everything that a verdict is computed from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Start of the gate, RFC 3339 in UTC, to the second.
    pub created: String,
    /// The command line.
    pub command: String,
    /// The revision that the head is compared with.
    pub base: Revision,
    /// The state that is judged.
    pub head: Revision,
    /// The machine and the toolchain, with the head's revision.
    pub environment: Environment,
    /// Rules for measuring and judging time.
    pub terms: Terms,
    /// The pairs of every workload that was timed, in the order of the suite.
    #[serde(rename = "lanes", with = "measured")]
    #[cfg_attr(test, schemars(with = "Vec<measured::Written>"))]
    pub measured: Vec<WorkloadPairs>,
    /// The pairs of the base against itself, measured before and after the rest: one entry, or none if time was not
    /// measured.
    #[serde(default, with = "measured", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(with = "Vec<measured::Written>"))]
    pub floor: Vec<WorkloadPairs>,
    /// The state of the machine, and disturbances while time was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Circumstances>,
    /// The counts of both sides, if they were measured.
    pub counted: Option<Counted>,
    /// True if instructions should have been counted, but valgrind is missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub uncounted: bool,
    /// True if time should have been judged, but none of the selected workloads could be timed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub untimed: bool,
    /// The text of the base's limits, if they have a budget of time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<String>,
    /// Measurements that were skipped because the programs of both sides are identical.
    #[serde(default)]
    pub identical: Identical,
    /// Workloads that only one side has, or that the two sides define differently: one sentence each.
    pub unmatched: Vec<String>,
    /// The accepted regressions of both sides.
    #[serde(default)]
    pub accepted: Accepted,
    /// Changes of the head to the rules for judging it (limits, acceptances, stored counts): one sentence each.
    #[serde(default)]
    pub amended: Vec<String>,
    /// The shard that this session is, or the shards that it was merged from; none if the suite was not split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharding: Option<Sharding>,
}

/// The acceptances of both sides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// The text of the base's `accepted.csv`.
    pub base: String,
    /// The text of that file at the last commit of the base that changed anything outside the folder of baselines. A
    /// slowdown accepted after that commit cannot be in the base yet. None if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<String>,
    /// The text of the head's `accepted.csv`.
    pub head: String,
    /// True if acceptances that only the head has count.
    pub honour: bool,
    /// Every workload and phase of the two sides.
    pub known: Vec<(String, String)>,
}

/// A state of the sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// The commit.
    pub commit: String,
    /// True if there were uncommitted changes.
    pub dirty: bool,
}

/// Rules for measuring and judging time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Error rates, margin and minimum effect.
    pub rules: Rules,
    /// Budget for measuring time, in seconds.
    pub budget_seconds: f64,
    /// Part of the budget for the noise floor (the base against itself), in seconds.
    #[serde(default)]
    pub floor_seconds: f64,
    /// Seed for the random order of workloads, processes and slices.
    pub seed: u64,
    /// The core that both sides were pinned to, except for workloads with threads of their own; none if not pinned.
    pub core: Option<usize>,
    /// Number of threads that computed.
    pub threads: u32,
    /// Instruction set that time was measured with.
    pub isa: String,
    /// Minimum length of a slice, in nanoseconds.
    pub slice_nanoseconds: u64,
    /// Unmeasured warm-up iterations before a slice that has at least ten times as many iterations.
    pub warm: u64,
    /// A slowdown that was injected into the head to test the gate.
    pub injection: Option<Injection>,
    /// Treatment of program layout.
    pub layouts: Layouts,
    /// If layouts are not averaged, only a confirmed slowdown above this share is a regression.
    pub layout_limit: f64,
    /// True if an inconclusive workload makes the gate exit with 2.
    pub strict: bool,
    /// Number of workloads that the error rate is corrected for, if this is a shard: those of all shards. None if all of
    /// them are in this session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<usize>,
}

/// Treatment of code layout in a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Layouts {
    /// Averaged over this many random layouts of each side.
    Averaged(usize),
    /// One layout of each side was compared, for this reason.
    Single(String),
    /// Both sides started the same file.
    SameFile,
    /// Nothing was timed.
    Untimed,
}

impl Layouts {
    /// True if a difference cannot come from code layout.
    pub fn is_averaged(&self) -> bool {
        matches!(self, Self::Averaged(_) | Self::SameFile)
    }
}

/// An artificial slowdown that costs real time: the head runs this share more iterations than it reports, rounded at
/// random.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Injection {
    /// Share of additional iterations: 0.01 is 1 %.
    pub share: f64,
}

/// Counts of both sides and the limits of the base, which the head cannot loosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// Counts of the base.
    pub base: Record,
    /// Counts of the head.
    pub head: Record,
    /// The text of the base's `limits.toml`.
    pub limits: String,
}

/// Measurements that were skipped because the programs of both sides are identical.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Identical {
    /// True if the probes are identical, so that time was not measured.
    pub time: bool,
    /// True if the counting programs are identical too, so that nothing was counted.
    pub counts: bool,
}

static KIND: FileKind = FileKind {
    mismatch: "is not a measurement of `harness gate --base`",
    schemas: OLDEST_SCHEMA..=SCHEMA_VERSION,
    ..FileKind::new("", SCHEMA_VERSION)
};

impl Session {
    /// Reads a session from a file.
    ///
    /// # Errors
    /// If the file cannot be read, is not a session, or has another schema version.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        Self::parse(&KIND.read(path)?, path)
    }

    /// Reads a session from JSON text; `path` appears in error messages only.
    ///
    /// # Errors
    /// If the text is not a session, or has another schema version.
    pub fn parse(text: &str, path: &Path) -> Result<Self, FileError> {
        KIND.parse_json(text, path)
    }

    /// Number of timed workloads that the error rate is corrected for: those of all shards.
    pub fn suite_size(&self) -> usize {
        self.terms.suite.unwrap_or(self.measured.len())
    }

    /// Writes the session to a file atomically.
    ///
    /// # Errors
    /// If the folder or the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        KIND.write(path, &self.to_json())
    }

    /// Replaces the file `out` by the session, or else writes a new file: `default`, or the next free name with a number.
    /// Returns its path.
    ///
    /// # Errors
    /// If the folder or the file cannot be written.
    pub fn store(&self, out: Option<&Path>, default: &Path) -> Result<PathBuf, FileError> {
        KIND.store(out, default, &self.to_json())
    }

    fn to_json(&self) -> String {
        let text = serde_json::to_string(&KIND.versioned(self))
            .expect("all keys of a session are strings");
        format!("{text}\n")
    }
}

/// Compact form of the pairs in the file. A block is the side of its first slice, and iterations, nanoseconds and
/// waiting time of its four slices. This takes a third of the space of named fields, and there are thousands of blocks.
mod measured {
    use serde::{Deserializer, Serializer};

    use super::{
        Block, Deserialize, Pair, Round, Serialize, Side, Slice, TimedPhase, WorkloadPairs,
    };

    /// Side of the first slice; iterations, nanoseconds, and nanoseconds of waiting of each slice.
    type WrittenBlock = (Side, [(u64, u64, u64); 4]);

    #[derive(Serialize, Deserialize)]
    #[cfg_attr(test, derive(schemars::JsonSchema))]
    #[serde(deny_unknown_fields)]
    pub(super) struct Written {
        workload: String,
        phase: String,
        failure: Option<String>,
        pairs: Vec<WrittenPair>,
    }

    #[derive(Serialize, Deserialize)]
    #[cfg_attr(test, derive(schemars::JsonSchema))]
    #[serde(deny_unknown_fields)]
    struct WrittenPair {
        seconds: f64,
        rounds: Vec<Vec<WrittenBlock>>,
    }

    pub(super) fn serialize<S: Serializer>(
        measured: &[WorkloadPairs],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let numbers = |slice: Slice| (slice.iterations, slice.nanoseconds, slice.waited);
        let block = |block: &Block| (block[0].side, block.map(numbers));
        let round = |blocks: &Round| blocks.iter().map(block).collect();
        let pair = |pair: &Pair| WrittenPair {
            seconds: pair.seconds,
            rounds: pair.rounds.iter().map(round).collect(),
        };
        serializer.collect_seq(measured.iter().map(|measured| Written {
            workload: measured.timed.workload.clone(),
            phase: measured.timed.phase.clone(),
            failure: measured.failure.clone(),
            pairs: measured.pairs.iter().map(pair).collect(),
        }))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<WorkloadPairs>, D::Error> {
        let block = |(first, slices): WrittenBlock| {
            let second = if first == Side::Base {
                Side::Head
            } else {
                Side::Base
            };
            let sides = [first, second, second, first];
            std::array::from_fn(|place| {
                let (iterations, nanoseconds, waited) = slices[place];
                Slice {
                    side: sides[place],
                    iterations,
                    nanoseconds,
                    waited,
                }
            })
        };
        let written = Vec::<Written>::deserialize(deserializer)?;
        let round = |blocks: Vec<WrittenBlock>| blocks.into_iter().map(block).collect();
        let pair = |pair: WrittenPair| Pair {
            seconds: pair.seconds,
            rounds: pair.rounds.into_iter().map(round).collect(),
        };
        Ok(written
            .into_iter()
            .map(
                |Written {
                     workload,
                     phase,
                     failure,
                     pairs,
                 }| WorkloadPairs {
                    timed: TimedPhase { workload, phase },
                    pairs: pairs.into_iter().map(pair).collect(),
                    failure,
                },
            )
            .collect())
    }
}
