//! Errors of stored baselines.

use std::path::PathBuf;

use thiserror::Error;

use crate::baseline::{COUNTS_SCHEMA, SCHEMA_VERSION, WITHOUT_CHECKSUMS};
use crate::stored_file::FileKind;
use crate::{FileError, FileProblem};

/// The file with the counts.
pub(super) static COUNTS_KIND: FileKind = FileKind {
    schemas: WITHOUT_CHECKSUMS..=COUNTS_SCHEMA,
    update: "; save the baseline again with this version",
    kept: "; the old baseline is unchanged",
    ..FileKind::new("the baseline's ", COUNTS_SCHEMA)
};

/// The file with the environment, and both files together.
pub(super) static KIND: FileKind = FileKind {
    update: "; save the baseline again with this version",
    kept: "; the old baseline is unchanged",
    ..FileKind::new("the baseline's ", SCHEMA_VERSION)
};

/// The problem of a truncated file: the missing or contradicting part, and the remedy.
pub(super) fn incomplete(what: &str) -> String {
    format!("the file is incomplete: {what}; restore the file from git or save the baseline again")
}

/// The problem of a file that contradicts the other file, or its folder.
pub(super) fn mismatch(what: &str) -> FileProblem {
    FileProblem::Inconsistent(format!(
        "{what}; restore the folder from git or save the baseline again"
    ))
}

/// A baseline that cannot be read, written or found.
#[derive(Debug, Error)]
pub enum BaselineError {
    /// A file cannot be read or written, is invalid, or contradicts another.
    #[error(transparent)]
    File(#[from] FileError),
    /// The record is not suitable as a baseline.
    #[error("the record cannot become a baseline: {0}")]
    Refused(String),
    /// The record has no counts.
    #[error("the record has no counts to compare with a baseline: {0}")]
    NoCounts(String),
    /// No baseline has the key of this environment.
    #[error(
        "there is no baseline for {key} in {folder}; {there}; `harness baseline save` makes one from a record"
    )]
    NoneFor {
        /// Key of the environment.
        key: String,
        /// Folder of the baselines.
        folder: PathBuf,
        /// The stored keys, and the difference of each.
        there: String,
    },
    /// No baseline has the requested key.
    #[error("there is no baseline `{key}` in {folder}; {suggestion}")]
    Unknown {
        /// Requested key.
        key: String,
        /// Folder of the baselines.
        folder: PathBuf,
        /// The most similar key, or all keys.
        suggestion: String,
    },
    /// Two baselines that belong to one record define a row differently, or both contain the same count.
    #[error(
        "the baselines {left} and {right} do not agree on {row}; save both again from one record"
    )]
    Disagree {
        /// First key.
        left: String,
        /// Second key.
        right: String,
        /// Workload and phase.
        row: String,
    },
}
