//! Summary of a profile, as a file: the shares of its operations. The report reads it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::json_files::json_files;
use crate::profile::{Profile, View};
use crate::stored_file::FileKind;
use crate::{Environment, FileError};

/// Version of the file format.
const SCHEMA_VERSION: u32 = 1;

/// Most operations in a summary.
const MOST: usize = 20;

static KIND: FileKind = FileKind {
    mismatch: "is no summary of a profile",
    ..FileKind::new("", SCHEMA_VERSION)
};

/// Summary of a profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Date of the profile, RFC 3339 in UTC, to the second.
    pub created: String,
    /// The workload's id.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// The quantity.
    pub view: View,
    /// The instruction set that the kernels used.
    pub isa: String,
    /// Number of threads that computed.
    pub threads: u32,
    /// The machine and the revision.
    pub environment: Environment,
    /// Number of runs.
    pub runs: u64,
    /// Cost of all runs: nanoseconds, instructions or bytes.
    pub total: u64,
    /// The operations with the largest own cost, in descending order.
    pub operations: Vec<Operation>,
}

/// An operation or a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// Its name.
    pub name: String,
    /// Its own cost in all runs, without the operations inside it.
    pub own: u64,
}

impl Summary {
    /// Summarizes a profile that was taken in this environment; none if nothing was recorded.
    pub fn of(profile: &Profile, created: String, environment: Environment) -> Option<Self> {
        let total = profile.tree.total();
        if total == 0 || profile.runs == 0 {
            return None;
        }
        let parts = profile.tree.parts().into_iter().take(MOST);
        Some(Self {
            created,
            workload: profile.workload.clone(),
            phase: profile.phase.clone(),
            view: profile.view,
            isa: profile.isa.clone(),
            threads: profile.threads,
            environment,
            runs: profile.runs,
            total,
            operations: parts
                .map(|part| Operation {
                    name: part.name,
                    own: part.own,
                })
                .collect(),
        })
    }

    /// The share of an operation in the cost of a run, 0 to 1.
    pub fn share(&self, operation: &Operation) -> f64 {
        operation.own as f64 / self.total as f64
    }

    /// Reads a summary from a file.
    ///
    /// # Errors
    /// If the file cannot be read, is no summary, or has operations that cost more than the runs.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let summary: Self = KIND.parse_json(&KIND.read(path)?, path)?;
        let mut costs = summary.operations.iter().map(|operation| operation.own);
        let sum = costs.try_fold(0_u64, u64::checked_add);
        match sum.filter(|sum| *sum <= summary.total && summary.total > 0) {
            Some(_) => Ok(summary),
            None => {
                let what = format!("the operations cost more than `total`, {}", summary.total);
                Err(KIND.content(path, None, what))
            }
        }
    }

    /// Writes the summary to a file atomically.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        let text = serde_json::to_string_pretty(&KIND.versioned(self))
            .expect("all keys of a summary are strings");
        KIND.write(path, &format!("{text}\n"))
    }
}

/// Reads the summaries of a workload in a folder that were taken on a machine. Also returns a message for each file that
/// cannot be read.
pub fn summaries(
    folder: &Path,
    workload: &str,
    machine: &Environment,
) -> (Vec<Summary>, Vec<String>) {
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    let paths: Vec<PathBuf> = json_files(folder);
    for path in paths {
        match Summary::read(&path) {
            Ok(one) if one.workload == workload && one.environment.same_machine(machine) => {
                found.push(one);
            }
            Ok(_) => {}
            Err(error) => unread.push(format!("a profile is left out: {error}")),
        }
    }
    (found, unread)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;
    use crate::profile::Tree;
    use crate::sample;

    fn profile(costs: &[u64]) -> Profile {
        let stacks: Vec<([String; 1], u64)> = costs
            .iter()
            .enumerate()
            .map(|(index, cost)| ([format!("operation {index}")], *cost))
            .collect();
        Profile {
            view: View::Time,
            workload: "w".to_owned(),
            phase: "fast".to_owned(),
            unit: sample::row("w", "fast", Vec::new()).unit,
            runs: 2,
            isa: "avx2".to_owned(),
            threads: 1,
            tree: Tree::of_stacks(
                stacks
                    .iter()
                    .map(|(stack, own)| (stack.as_slice(), *own, 1)),
            ),
            sites: Vec::new(),
            cost: None,
        }
    }

    fn summary(costs: &[u64]) -> Option<Summary> {
        let created = "2026-01-02T03:04:05Z".to_owned();
        Summary::of(&profile(costs), created, sample::environment())
    }

    #[test]
    fn shares_are_sorted_and_add_up() {
        let summary = summary(&[10, 70, 20]).expect("costs");
        let share = |one: &Operation| (one.name.clone(), summary.share(one));
        let shares: Vec<(String, f64)> = summary.operations.iter().map(share).collect();
        let expected = [
            ("operation 1", 0.7),
            ("operation 2", 0.2),
            ("operation 0", 0.1),
        ];
        assert_eq!(
            shares,
            expected.map(|(name, share)| (name.to_owned(), share))
        );
        assert_eq!(super::tests::summary(&[]), None);
    }

    #[test]
    fn summaries_of_other_machines_and_workloads_are_left_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let here = summary(&[1]).expect("costs");
        let write = |name: &str, summary: &Summary| {
            summary.write(&folder.path().join(name)).expect("written");
        };
        write("a.json", &here);
        let mut elsewhere = here.clone();
        elsewhere.environment.cpu = "another".to_owned();
        write("b.json", &elsewhere);
        let mut other = here.clone();
        other.workload = "v".to_owned();
        write("c.json", &other);
        let text = fs::read_to_string(folder.path().join("a.json")).expect("there");
        fs::write(
            folder.path().join("d.json"),
            text.replace("\"total\": 1", "\"total\": 0"),
        )
        .expect("written");
        fs::write(
            folder.path().join("e.json"),
            text.replace("\"schema\": 1", "\"schema\": 9"),
        )
        .expect("written");
        let (found, unread) = summaries(folder.path(), "w", &sample::environment());
        assert_eq!(found, [here]);
        assert_eq!(unread.len(), 2, "{unread:?}");
        assert!(unread[0].contains("cost more than `total`"), "{unread:?}");
        assert!(unread[1].contains("schema version 9"), "{unread:?}");
    }

    proptest! {
        #[test]
        fn a_written_summary_is_read_back(costs in prop::collection::vec(0..1_000_000_u64, 1..30)) {
            let Some(summary) = summary(&costs) else {
                return Ok(());
            };
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("a.json");
            summary.write(&path).expect("written");
            prop_assert_eq!(Summary::read(&path).expect("read"), summary);
        }

        #[test]
        fn no_text_is_too_strange_to_be_refused(text in "\\PC{0,100}") {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("a.json");
            fs::write(&path, text).expect("written");
            prop_assert!(Summary::read(&path).is_err());
        }
    }
}
