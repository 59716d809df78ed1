//! A suite that is split over several machines: the shard that a record or a session is, and the whole that it is a part
//! of.
//!
//! Every machine computes the same split from the same inputs ([`split`]). A shard therefore knows the whole plan, and a
//! merge distinguishes a workload that was left out from one that got lost ([`crate::merge`]).

mod costs;
mod split;

pub use costs::{Costs, FILE as COSTS_FILE};
pub use split::{Balance, split};

use std::fmt;
use std::str::FromStr;

use harness_abtest::TimedPhase;
use harness_probe::{Instrument, Unit, digest};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Environment;
use crate::machine::Circumstances;

/// Largest number of shards.
pub const MOST: u32 = 1024;

/// A shard: its number, from 1, and the number of all shards. Written `2/4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(test, schemars(with = "String"))]
pub struct Shard {
    number: u32,
    of: u32,
}

impl Shard {
    /// Returns the shard with this number out of `of`; none if there is no such shard.
    pub fn new(number: u32, of: u32) -> Option<Self> {
        (1..=MOST)
            .contains(&of)
            .then_some(Self { number, of })
            .filter(|_| (1..=of).contains(&number))
    }

    /// The number, from 1.
    pub fn number(self) -> u32 {
        self.number
    }

    /// The number of all shards.
    pub fn of(self) -> u32 {
        self.of
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = |part: &str| part.parse::<u32>().ok();
        text.split_once('/')
            .and_then(|(number, of)| Self::new(parse(number)?, parse(of)?))
            .ok_or_else(|| {
                format!(
                    "`{text}` is no shard; write K/N with K from 1 to N and N up to {MOST}, such as 2/4"
                )
            })
    }
}

impl TryFrom<String> for Shard {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

/// The trace of a split in a record or a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Sharding {
    /// The file has the readings of one shard.
    Part(Part),
    /// The file was merged from these shards.
    Merged(Vec<Origin>),
}

impl Sharding {
    /// The shard, if the file is one.
    pub fn part(&self) -> Option<&Part> {
        match self {
            Self::Part(part) => Some(part),
            Self::Merged(_) => None,
        }
    }

    /// The shards that the file was merged from; empty if it is a shard itself.
    pub fn origins(&self) -> &[Origin] {
        match self {
            Self::Part(_) => &[],
            Self::Merged(origins) => origins,
        }
    }
}

/// One shard, and the plan of the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The shard.
    pub shard: Shard,
    /// Digest of everything that the split depends on: number of shards, workloads and costs. Shards of two splits are
    /// never merged.
    pub split: String,
    /// Origin of the costs, for people.
    pub costs: String,
    /// Every workload of the suite, in its order.
    pub workloads: Vec<Planned>,
    /// The workloads that the whole gate times, each in a phase; empty for a run.
    #[serde(default, with = "timed_phases", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(with = "Vec<(String, String)>"))]
    pub timed: Vec<TimedPhase>,
    /// Budget of the whole gate for measuring time, in milliseconds; 0 for a run.
    #[serde(default)]
    pub budget_milliseconds: u64,
}

/// A workload of the suite, and the shard that measures it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// The workload's id.
    pub workload: String,
    /// Unit of work of a run.
    pub unit: Unit,
    /// Digest of the definition.
    pub definition: String,
    /// Digest of the answer.
    pub answer: String,
    /// The phases to measure; empty if the workload is left out.
    pub phases: Vec<String>,
    /// The instruments that read it; of a gate, only those that count.
    pub instruments: Vec<Instrument>,
    /// Number of the shard that measures it; none if the selection leaves it out.
    pub shard: Option<u32>,
}

/// A shard that was merged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The shard.
    pub shard: Shard,
    /// Start of its measurement, RFC 3339 in UTC, to the second.
    pub created: String,
    /// Its machine, toolchain and revision.
    pub environment: Environment,
    /// State of its machine while time was measured, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Circumstances>,
    /// The workloads that it measured.
    pub workloads: Vec<String>,
}

impl Part {
    /// Assigns the workloads of the suite to shards. `cost` is the cost of a workload in microseconds; none if it is left
    /// out.
    pub fn new(
        shard: Shard,
        costs: String,
        mut workloads: Vec<Planned>,
        cost: impl Fn(&Planned) -> Option<u64>,
    ) -> (Self, Balance) {
        let selected: Vec<(usize, u64)> = workloads
            .iter()
            .enumerate()
            .filter_map(|(place, one)| Some((place, cost(one)?)))
            .collect();
        let named: Vec<(&str, u64)> = selected
            .iter()
            .map(|(place, cost)| (workloads[*place].workload.as_str(), *cost))
            .collect();
        let shards = split(&named, shard.of);
        let balance = Balance::of(&named, &shards, shard.of);
        let digest = digest(&json!({ "shards": shard.of, "costs": named }));
        for ((place, _), number) in selected.iter().zip(shards) {
            workloads[*place].shard = Some(number);
        }
        let part = Self {
            shard,
            split: digest,
            costs,
            workloads,
            timed: Vec::new(),
            budget_milliseconds: 0,
        };
        (part, balance)
    }

    /// Returns true if this shard measures the workload.
    pub fn has(&self, workload: &str) -> bool {
        self.of_shard(self.shard.number)
            .any(|one| one.workload == workload)
    }

    /// The workloads of a shard.
    pub fn of_shard(&self, number: u32) -> impl Iterator<Item = &Planned> {
        self.workloads
            .iter()
            .filter(move |one| one.shard == Some(number))
    }

    /// The phases that a shard of the gate times.
    pub fn timed_by(&self, number: u32) -> impl Iterator<Item = &TimedPhase> {
        self.timed.iter().filter(move |timed| {
            self.of_shard(number)
                .any(|one| one.workload == timed.workload)
        })
    }

    /// The share of the budget that a shard gets: that of its workloads among those that are timed.
    pub fn budget_seconds(&self, number: u32) -> f64 {
        let share = self.timed_by(number).count() as f64 / self.timed.len().max(1) as f64;
        self.budget_milliseconds as f64 / 1e3 * share
    }
}

/// A timed phase as a pair of names.
mod timed_phases {
    use serde::{Deserializer, Serializer};

    use super::{Deserialize, TimedPhase};

    pub(super) fn serialize<S: Serializer>(
        timed: &[TimedPhase],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(timed.iter().map(|one| (&one.workload, &one.phase)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<TimedPhase>, D::Error> {
        let pairs = Vec::<(String, String)>::deserialize(deserializer)?;
        Ok(pairs
            .into_iter()
            .map(|(workload, phase)| TimedPhase { workload, phase })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_read_and_written_alike() {
        for text in ["1/1", "2/4", "1024/1024"] {
            assert_eq!(text.parse::<Shard>().expect(text).to_string(), text);
        }
        for text in [
            "", "0/4", "5/4", "1/0", "1/1025", "1", "1/2/3", "a/b", "-1/2",
        ] {
            let error = text.parse::<Shard>().expect_err(text);
            assert!(
                error.starts_with(&format!("`{text}` is no shard; ")),
                "{error}"
            );
        }
    }
}
