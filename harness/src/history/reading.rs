//! Reads the records in a folder on all CPUs, as many at once as fit into memory.

use std::path::{Path, PathBuf};

use harness_record::json_files::{batches, run_files};
use harness_record::{Part, Record};
use itertools::Itertools;
use rayon::prelude::*;

/// What was kept of a record.
pub(super) struct Kept<T> {
    /// The record without its rows.
    pub(super) record: Record,
    pub(super) content: T,
}

/// Reads the needed part of the records in a folder, in the order of their names, and keeps what `keep` returns. Also
/// returns a message for each record that cannot be read.
pub(super) fn records_in<T: Send>(
    folder: &Path,
    part: &Part<'_>,
    keep: impl Fn(&Record) -> T + Sync,
) -> (Vec<Kept<T>>, Vec<String>) {
    let read = |path: &PathBuf| {
        let mut record = Record::read_part(path, part)
            .map_err(|error| format!("a record is left out: {error}"))?;
        let content = keep(&record);
        record.rows = Vec::new();
        Ok(Kept { record, content })
    };
    let batches = batches(run_files(folder));
    let read = batches.iter().flat_map(|batch| {
        let read: Vec<Result<Kept<T>, String>> = batch.par_iter().map(read).collect();
        read
    });
    read.partition_result()
}
