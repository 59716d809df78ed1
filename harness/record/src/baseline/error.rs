//! Errors of stored baselines.

use std::path::PathBuf;

use thiserror::Error;

use crate::baseline::SCHEMA_VERSION;

/// A baseline that cannot be read, written or found.
#[derive(Debug, Error)]
pub enum BaselineError {
    /// A file is missing or not readable.
    #[error("cannot read the baseline's {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Error of the system.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write the baseline's {path}: {source}; the old baseline is unchanged")]
    Write {
        /// The file.
        path: PathBuf,
        /// Error of the system.
        source: std::io::Error,
    },
    /// A line is invalid.
    #[error("{path}, line {line}: {what}")]
    Line {
        /// The file.
        path: PathBuf,
        /// Line number, counted from 1.
        line: u64,
        /// The problem, and the expected content.
        what: String,
    },
    /// The file is truncated, or rows are missing.
    #[error(
        "{path}, line {line}: the file is incomplete: {what}; restore the file from git or save the baseline again"
    )]
    CutOff {
        /// The file.
        path: PathBuf,
        /// Number of the last line, counted from 1.
        line: u64,
        /// The missing or contradicting part.
        what: String,
    },
    /// The file has an unsupported format version.
    #[error(
        "{path}, line {line}: schema version {found}, but this harness reads {SCHEMA_VERSION}; save the baseline again with this version"
    )]
    Schema {
        /// The file.
        path: PathBuf,
        /// Number of the line with the version, counted from 1.
        line: u64,
        /// Version in the file.
        found: u64,
    },
    /// The two files of a baseline, or a file and its folder, contradict each other.
    #[error("{path} is inconsistent: {what}; restore the folder from git or save the baseline again")]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// Description of the contradiction.
        what: String,
    },
    /// The record is not suitable as a baseline.
    #[error("the record cannot become a baseline: {0}")]
    Refused(String),
    /// The record has no counts.
    #[error("the record has no counts to compare with a baseline: {0}")]
    NoCounts(String),
    /// No baseline has the key of this environment.
    #[error(
        "there is no baseline for {key} in {folder}; {there}; `cargo harness baseline save` makes one from a record"
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
    #[error("the baselines {left} and {right} do not agree on {row}; save both again from one record")]
    Disagree {
        /// First key.
        left: String,
        /// Second key.
        right: String,
        /// Workload and phase.
        row: String,
    },
}
