//! The journal of a run: a file in which it stores each reading as soon as it is taken, so that a later run can continue
//! after an interruption.
//!
//! A journal is a folder `.journal-TIME-XXXXXX` among the records, with one file of JSON lines. The process that measures
//! holds a lock (`flock`) on the folder, which the system releases when the process ends, however it ends. A journal
//! without a lock therefore belongs to an interrupted run.

mod find;
mod read;
mod write;

pub use find::{Found, find};
pub use read::Interrupted;
pub use write::Journal;

use std::io;
use std::path::PathBuf;

use harness_probe::Instrument;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::folder_lock::LockError;
use crate::machine::Circumstances;
use crate::{Check, Reading};

/// How the name of a journal's folder begins.
pub const JOURNAL: &str = ".journal-";
/// The file with the lines.
const LINES: &str = "readings.jsonl";
/// Version of the lines that this build writes and reads.
const SCHEMA: u32 = 1;

/// A property of a run that can change its numbers, such as its revision: a name and a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// What it is, with an article: `the compiler`.
    pub name: String,
    /// Its value in words, or a digest.
    pub value: String,
}

/// The first line of a journal: the run, and what its numbers depend on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Started {
    /// Start of the run, RFC 3339 in UTC, to the second.
    pub created: String,
    /// The command line of the run.
    pub command: String,
    /// Number of readings that the whole run takes.
    pub readings: usize,
    /// Everything that can change a number. No name occurs twice.
    pub conditions: Vec<Condition>,
}

/// A finished job: what one instrument read of one workload in one go. Phases that are measured side by side, in the same
/// rounds, are one job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finished {
    /// The workload's id.
    pub workload: String,
    /// The instrument.
    pub instrument: Instrument,
    /// Wall time of the job.
    pub seconds: f64,
    /// The reading of each phase, in the order of the workload.
    pub phases: Vec<FinishedPhase>,
    /// The machine in this part of the run, until now; none if the instrument needs no idle machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Circumstances>,
}

/// The reading of one phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FinishedPhase {
    /// The phase.
    pub phase: String,
    /// Its reading.
    pub reading: Reading,
    /// Result of the check of the answer, if the instrument requested it.
    pub check: Option<Check>,
}

/// A line of a journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Started { schema: u32, run: Started },
    Resumed { at: String },
    Finished(Box<Finished>),
}

/// A journal that cannot be written or continued.
#[derive(Debug, Error)]
pub enum JournalError {
    /// Another harness changes the folder of records for too long.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The folder or its file cannot be made, read or written.
    #[error("cannot use the journal {}: {source}", path.display())]
    System {
        /// The folder or the file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
}

impl Started {
    /// The first condition whose value is another one here, with both values; none if all are equal.
    pub fn difference(&self, here: &[Condition]) -> Option<Difference> {
        let value = |conditions: &[Condition], name: &str| {
            let found = conditions.iter().find(|one| one.name == name);
            found.map(|one| one.value.clone())
        };
        let names = self.conditions.iter().chain(here).map(|one| &one.name);
        names
            .map(|name| Difference {
                name: name.clone(),
                before: value(&self.conditions, name),
                now: value(here, name),
            })
            .find(|one| one.before != one.now)
    }
}

/// A condition with another value than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its name.
    pub name: String,
    /// The value in the interrupted run; none if it had no such condition.
    pub before: Option<String>,
    /// The value now; none if there is no such condition.
    pub now: Option<String>,
}

impl std::fmt::Display for Difference {
    /// Writes a clause such as `the compiler was rustc 1.94.0 and is now rustc 1.95.0`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, before, now } = self;
        match (before, now) {
            (Some(before), Some(now)) => write!(f, "{name} was {before} and is now {now}"),
            (None, _) => write!(f, "{name} is new"),
            (_, None) => write!(f, "{name} is missing"),
        }
    }
}

#[cfg(test)]
mod tests;
