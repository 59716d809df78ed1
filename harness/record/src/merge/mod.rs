//! Joins the shards of a run or of a gate into the whole.
//!
//! The shards must belong together: one revision, toolchain, suite, split and setting. Anything else is refused with the
//! name of the difference, because a record that mixes two of them contains numbers that do not compare. Machines may
//! differ; the merged environment states that, and its times compare with those of no other record.

mod environment;
mod order;
mod record;
mod session;
#[cfg(test)]
mod tests;

pub use record::records;
pub use session::sessions;

use std::collections::BTreeMap;
use std::path::Path;

use serde::de::IgnoredAny;
use thiserror::Error;

use crate::shard::Shard;

/// Shards that do not belong together, or are not complete.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MergeError {
    /// No file was given.
    #[error("there is no shard to merge")]
    Nothing,
    /// A file is no shard.
    #[error(
        "{0} is no shard: only what `harness run --shard K/N` or `harness gate --shard K/N` wrote can be merged"
    )]
    NoShard(String),
    /// Two shards differ in something that must be equal.
    #[error("{what} differ: {first} has {of_first}, {second} has {of_second}; nothing was merged")]
    Differ {
        /// The differing thing, in the plural.
        what: String,
        /// Name of a file.
        first: String,
        /// Its value.
        of_first: String,
        /// Name of another file.
        second: String,
        /// Its value.
        of_second: String,
    },
    /// Two files are the same shard.
    #[error("{first} and {second} are both shard {shard}; nothing was merged")]
    Duplicate {
        /// The shard.
        shard: Shard,
        /// Name of a file.
        first: String,
        /// Name of the other file.
        second: String,
    },
    /// Shards are missing, each with the workloads that it measures.
    #[error("{0}; nothing was merged")]
    Missing(String),
    /// A file has readings of this workload, which another shard measures.
    #[error("{0} has readings of {1}, which is no workload of its shard; nothing was merged")]
    Foreign(String, String),
}

/// The joined shards.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged<T> {
    /// The whole.
    pub whole: T,
    /// Workloads that the selection left out.
    pub skipped: Vec<String>,
    /// Workloads and phases that a shard should have measured and did not: one sentence each. They count as failed.
    pub dropped: Vec<String>,
}

/// A shard and the name of its file.
#[derive(Debug, Clone, PartialEq)]
pub struct Named<T> {
    /// Name of the file, for messages.
    pub name: String,
    /// Its content.
    pub content: T,
}

impl<T> Named<T> {
    /// Names a content by its file.
    pub fn new(path: &Path, content: T) -> Self {
        let name = path.display().to_string();
        Self { name, content }
    }

    fn same<V: PartialEq>(
        &self,
        other: &Self,
        what: &str,
        value: impl Fn(&T) -> V,
        shown: impl Fn(&V) -> String,
    ) -> Result<(), MergeError> {
        let (here, there) = (value(&self.content), value(&other.content));
        match here == there {
            true => Ok(()),
            false => Err(self.differs(other, what, [shown(&here), shown(&there)])),
        }
    }

    fn differs(&self, other: &Self, what: &str, [here, there]: [String; 2]) -> MergeError {
        MergeError::Differ {
            what: what.to_owned(),
            first: self.name.clone(),
            of_first: here,
            second: other.name.clone(),
            of_second: there,
        }
    }
}

/// The kind of a file that may be a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A record, of `run` or of `gate` without a base.
    Record,
    /// A session, of `gate --base`.
    Session,
}

impl Kind {
    /// Recognizes a file by the names of its fields; none if it is neither, or no JSON.
    pub fn of(text: &str) -> Option<Self> {
        let fields: BTreeMap<String, IgnoredAny> = serde_json::from_str(text).ok()?;
        match (fields.contains_key("rows"), fields.contains_key("lanes")) {
            (true, _) => Some(Self::Record),
            (false, true) => Some(Self::Session),
            (false, false) => None,
        }
    }
}

/// The command line of the whole: that of a shard without the choice of the shard and of its file.
fn whole_command(command: &str) -> String {
    let mut words = command.split(' ');
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        match word {
            "--shard" | "--out" => _ = words.next(),
            _ if word.starts_with("--shard=") || word.starts_with("--out=") => {}
            _ => kept.push(word),
        }
    }
    kept.join(" ")
}
