//! What can be wrong with a stored baseline.

use std::path::PathBuf;

use thiserror::Error;

use crate::baseline::SCHEMA_VERSION;

/// A baseline that cannot be read, written or found.
#[derive(Debug, Error)]
pub enum BaselineError {
    /// A file is not there or not readable.
    #[error("cannot read the baseline's {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write the baseline's {path}: {source}; the old baseline is as it was")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line says something that no baseline says.
    #[error("{path}, line {line}: {what}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong, and what would be right.
        what: String,
    },
    /// The file was cut off, or rows were taken out of it.
    #[error("{path}, line {line}: the file is not whole: {what}; restore the file from git or save the baseline again")]
    CutOff {
        /// The file.
        path: PathBuf,
        /// The last line, counted from 1.
        line: u64,
        /// By what it is noticed.
        what: String,
    },
    /// The file is of another format version.
    #[error(
        "{path}, line {line}: schema version {found}, but this harness reads {SCHEMA_VERSION}; save the baseline again with this version"
    )]
    Schema {
        /// The file.
        path: PathBuf,
        /// The line that says so, counted from 1.
        line: u64,
        /// Its version.
        found: u64,
    },
    /// The two files of a baseline, or a file and its folder, do not belong together.
    #[error("{path} does not fit: {what}; restore the folder from git or save the baseline again")]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// One clause: what does not fit.
        what: String,
    },
    /// The record must not become a baseline.
    #[error("the record cannot become a baseline: {0}")]
    Refused(String),
    /// The record has nothing that a baseline could be held against.
    #[error("the record has no counts to hold against a baseline: {0}")]
    NoCounts(String),
    /// Nothing was counted in such an environment.
    #[error(
        "there is no baseline for {key} in {folder}; {there}; `cargo harness baseline save` makes one from a record"
    )]
    NoneFor {
        /// The key that was looked for.
        key: String,
        /// The folder of the baselines.
        folder: PathBuf,
        /// Which keys there are, and how they differ.
        there: String,
    },
    /// There is no such key.
    #[error("there is no baseline `{key}` in {folder}; {suggestion}")]
    Unknown {
        /// The key that was asked for.
        key: String,
        /// The folder of the baselines.
        folder: PathBuf,
        /// The nearest key, or all there are.
        suggestion: String,
    },
    /// Two baselines that are read together tell of different workloads.
    #[error("the baselines {left} and {right} do not agree on {row}; save both again from one record")]
    Disagree {
        /// One key.
        left: String,
        /// The other key.
        right: String,
        /// The workload and phase.
        row: String,
    },
}
