//! What a gate measured, raw, and the file it is kept in.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::machine::{Disturbance, MachineState};
use crate::paired::{Block, Pair, Round, Rules, Side, Slice, TimedPhase, WorkloadPairs};
use crate::record::{Environment, Record};
use crate::whole_file;

/// Version of the file that this build writes, and the only one it reads.
pub const SCHEMA_VERSION: u32 = 4;

/// If layouts are not averaged, a confirmed slowdown is a regression above this share.
pub const LAYOUT_LIMIT: f64 = 0.02;

/// This share of the budget goes to the base against itself: half of it before the rest, half of it after.
pub const FLOOR_SHARE: f64 = 0.1;

/// Everything a verdict is worked out from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// When it began, RFC 3339 in UTC, to the second.
    pub created: String,
    /// The command line.
    pub command: String,
    /// What was held against.
    pub base: Revision,
    /// What was judged.
    pub head: Revision,
    /// The machine and the toolchain, with the head's revision.
    pub environment: Environment,
    /// How the time was measured and is judged.
    pub terms: Terms,
    /// The pairs of every workload that was timed, in the order of the suite.
    #[serde(rename = "lanes", with = "measured")]
    pub measured: Vec<WorkloadPairs>,
    /// The pairs of the base against itself, before and after the rest: one lane, or none if time was not measured.
    #[serde(default, with = "measured", skip_serializing_if = "Vec::is_empty")]
    pub floor: Vec<WorkloadPairs>,
    /// The state of the machine, and what happened to it while time was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Circumstances>,
    /// The counts of both sides, if they were taken.
    pub counted: Option<Counted>,
    /// Whether the counts are without instructions, for want of valgrind, though there are some to judge.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub uncounted: bool,
    /// Programs that are the same to the processor on both sides, so that nothing was measured of them.
    #[serde(default)]
    pub identical: Identical,
    /// What only one side has, or both have and define in another way: one sentence each.
    pub unmatched: Vec<String>,
    /// The regressions that were accepted before.
    #[serde(default)]
    pub accepted: Accepted,
    /// What the head changes of what it is judged by - limits, acceptances, stored counts: one sentence each.
    #[serde(default)]
    pub amended: Vec<String>,
}

/// The acceptances of both sides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// The text of the base's `accepted.csv`.
    pub base: String,
    /// The same of the state in which something else of the base changed last: a loss of time that was accepted since then cannot be
    /// in the base yet. None if that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<String>,
    /// The text of the head's.
    pub head: String,
    /// Whether what only the head has counts.
    pub honour: bool,
    /// Every workload and phase of either side.
    pub known: Vec<(String, String)>,
}

/// A state of the sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// The commit.
    pub commit: String,
    /// Whether there were changes that are not in it.
    pub dirty: bool,
}

/// How time is measured and judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Error rates and effects.
    pub rules: Rules,
    /// Seconds of measuring that were allowed.
    pub budget_seconds: f64,
    /// Those of them that were for the base against itself.
    #[serde(default)]
    pub floor_seconds: f64,
    /// What the order of workloads, processes and slices was drawn from.
    pub seed: u64,
    /// The core both sides were pinned to, but for workloads with threads of their own; none if they were not.
    pub core: Option<usize>,
    /// Threads that computed.
    pub threads: u32,
    /// The instruction set that the time was measured with.
    pub isa: String,
    /// Shortest slice.
    pub slice_nanoseconds: u64,
    /// Iterations before a slice that are not measured, where it has at least ten times as many.
    pub warm: u64,
    /// A slowdown that was put into the head on purpose.
    pub injection: Option<Injection>,
    /// Treatment of the place of code.
    pub layouts: Layouts,
    /// If layouts are not averaged, a confirmed slowdown is a regression above this share only.
    pub layout_limit: f64,
    /// Whether what stays inconclusive is a failure to judge.
    pub strict: bool,
}

/// The machine while time was measured on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Circumstances {
    /// Its state when that began.
    pub state: MachineState,
    /// What happened until it ended.
    pub disturbance: Disturbance,
}

/// Treatment of the place of code in a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layouts {
    /// Averaged over so many random layouts of each side.
    Averaged(usize),
    /// One layout of each side was compared, for this reason.
    Single(String),
    /// Both sides started one and the same file.
    SameFile,
    /// Nothing was timed.
    Untimed,
}

impl Layouts {
    /// True if a difference cannot come from the place of code.
    pub fn is_averaged(&self) -> bool {
        matches!(self, Self::Averaged(_) | Self::SameFile)
    }
}

/// A slowdown that is put in honestly: the head runs this share more iterations than it reports, rounded at random.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Injection {
    /// 0.01 for one percent.
    pub share: f64,
}

/// Counts of both sides and the limits of the base, which the head cannot loosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// The base's.
    pub base: Record,
    /// The head's.
    pub head: Record,
    /// The text of the base's `limits.toml`.
    pub limits: String,
}

/// Measurements that equal programs make needless.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identical {
    /// TimeVerdict: the probes are the same.
    pub time: bool,
    /// Counts: the programs that count are the same, too.
    pub counts: bool,
}

/// A session that cannot be read or written.
#[derive(Debug, Error)]
pub enum SessionError {
    /// The file is not there or not readable.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is no session.
    #[error("{path} is no measurement of `harness gate --base`: {source}")]
    Format {
        /// The file.
        path: PathBuf,
        /// Where the text went wrong.
        source: serde_json::Error,
    },
    /// It is of another version.
    #[error("{path} has schema version {found}, this harness reads {SCHEMA_VERSION}")]
    Schema {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
}

#[derive(Serialize)]
struct Outgoing<'a> {
    schema: u32,
    #[serde(flatten)]
    session: &'a Session,
}

#[derive(Deserialize)]
struct Version {
    schema: u32,
}

impl Session {
    /// Reads a session from a file.
    ///
    /// # Errors
    /// If the file cannot be read, is no session or has another schema version.
    pub fn read(path: &Path) -> Result<Self, SessionError> {
        let text = fs::read_to_string(path).map_err(|source| SessionError::Read { path: path.to_owned(), source })?;
        let format = |source| SessionError::Format { path: path.to_owned(), source };
        let mut value: serde_json::Value = serde_json::from_str(&text).map_err(format)?;
        let Version { schema } = Version::deserialize(&value).map_err(format)?;
        if schema != SCHEMA_VERSION {
            return Err(SessionError::Schema { path: path.to_owned(), found: schema });
        }
        if let Some(fields) = value.as_object_mut() {
            fields.remove("schema");
        }
        Self::deserialize(value).map_err(format)
    }

    /// Writes the session to a file, whole or not at all.
    ///
    /// # Errors
    /// If the folder or the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), SessionError> {
        let format = |source| SessionError::Format { path: path.to_owned(), source };
        let outgoing = Outgoing { schema: SCHEMA_VERSION, session: self };
        let mut text = serde_json::to_string(&outgoing).map_err(format)?;
        text.push('\n');
        whole_file::write(path, text.as_bytes()).map_err(|source| SessionError::Write { path: path.to_owned(), source })
    }
}

/// Lanes as they are written: of a block, whose slice came first, and iterations, nanoseconds and waiting of the four. That is
/// a third of what named fields would take, and there are thousands of them.
mod measured {
    use serde::{Deserializer, Serializer};

    use super::{Block, Deserialize, Pair, Round, Serialize, Side, Slice, TimedPhase, WorkloadPairs};

    /// Who came first; iterations, nanoseconds, and nanoseconds of waiting.
    type WrittenBlock = (Side, [(u64, u64, u64); 4]);

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Written {
        workload: String,
        phase: String,
        failure: Option<String>,
        pairs: Vec<WrittenPair>,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct WrittenPair {
        seconds: f64,
        rounds: Vec<Vec<WrittenBlock>>,
    }

    pub(super) fn serialize<S: Serializer>(measured: &[WorkloadPairs], serializer: S) -> Result<S::Ok, S::Error> {
        let block = |block: &Block| {
            (
                block[0].side,
                block.map(|Slice { iterations, nanoseconds, waited, .. }| (iterations, nanoseconds, waited)),
            )
        };
        let round = |blocks: &Round| blocks.iter().map(block).collect();
        let pair = |pair: &Pair| WrittenPair { seconds: pair.seconds, rounds: pair.rounds.iter().map(round).collect() };
        serializer.collect_seq(measured.iter().map(|measured| Written {
            workload: measured.timed.workload.clone(),
            phase: measured.timed.phase.clone(),
            failure: measured.failure.clone(),
            pairs: measured.pairs.iter().map(pair).collect(),
        }))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<WorkloadPairs>, D::Error> {
        let block = |(first, slices): WrittenBlock| {
            let second = if first == Side::Base { Side::Head } else { Side::Base };
            let mut sides = [first, second, second, first].into_iter();
            slices.map(|(iterations, nanoseconds, waited)| Slice {
                side: sides.next().unwrap_or(first),
                iterations,
                nanoseconds,
                waited,
            })
        };
        let written = Vec::<Written>::deserialize(deserializer)?;
        let round = |blocks: Vec<WrittenBlock>| blocks.into_iter().map(block).collect();
        let pair =
            |pair: WrittenPair| Pair { seconds: pair.seconds, rounds: pair.rounds.into_iter().map(round).collect() };
        Ok(written
            .into_iter()
            .map(|Written { workload, phase, failure, pairs }| WorkloadPairs {
                timed: TimedPhase { workload, phase },
                pairs: pairs.into_iter().map(pair).collect(),
                failure,
            })
            .collect())
    }
}
