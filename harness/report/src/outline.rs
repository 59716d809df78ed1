//! The outline of a record: the few fields that decide if a report needs the record. Reading a thousand outlines takes a
//! fraction of the time of reading the records.

use std::fs;
use std::path::{Path, PathBuf};

use harness_probe::Instrument;
use harness_record::distinct::distinct;
use harness_record::{Environment, OLDEST_SCHEMA, Record, RunScope, SCHEMA_VERSION, is_whole};
use rayon::iter::Either;
use rayon::prelude::*;
use serde::Deserialize;

use crate::source::{Taken, taken};

/// The fields that decide if a record is needed.
#[derive(Debug)]
pub(super) struct Outline {
    pub(super) path: PathBuf,
    pub(super) created: String,
    pub(super) environment: Environment,
    pub(super) whole: bool,
    pub(super) parts: Vec<Part>,
}

/// The content of a record for one workload.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) taken: Taken,
    /// The digests of the definition and of the answer.
    pub(super) work: (String, String),
}

/// The fields as stored in the file; all others are skipped.
#[derive(Deserialize)]
struct Stored {
    schema: u32,
    created: String,
    quick: bool,
    #[serde(default)]
    asked: Vec<RunScope>,
    environment: Environment,
    rows: Vec<StoredRow>,
}

#[derive(Deserialize)]
struct StoredRow {
    workload: String,
    definition: String,
    answer: String,
    readings: Vec<StoredReading>,
    #[serde(default)]
    failures: Vec<StoredInstrument>,
}

#[derive(Deserialize)]
struct StoredReading {
    data: StoredInstrument,
}

#[derive(Deserialize)]
struct StoredInstrument {
    instrument: Instrument,
}

impl Outline {
    /// Returns the outline of a record in memory.
    pub(super) fn of(path: &Path, record: &Record) -> Self {
        let part = |workload: &str| {
            let row = record.rows.iter().find(|row| row.workload == workload);
            let work = row.map(|row| (row.definition.clone(), row.answer.clone())).unwrap_or_default();
            Part { taken: taken(record, workload), work }
        };
        Self {
            path: path.to_owned(),
            created: record.created.clone(),
            environment: record.environment.clone(),
            whole: record.is_whole(),
            parts: record.workloads().into_iter().map(part).collect(),
        }
    }
}

/// Reads the outlines of files on all CPUs. Returns them, and an error message for each file that is not a record.
pub(super) fn outlines(paths: Vec<PathBuf>) -> (Vec<Outline>, Vec<(PathBuf, String)>) {
    paths.into_par_iter().partition_map(|path| match outline(&path) {
        Ok(outline) => Either::Left(outline),
        Err(why) => Either::Right((path, why)),
    })
}

fn outline(path: &Path) -> Result<Outline, String> {
    let problem = |cause: &dyn std::fmt::Display| format!("{}: {cause}", path.display());
    let text = fs::read(path).map_err(|error| problem(&error))?;
    let stored: Stored = serde_json::from_slice(&text).map_err(|error| problem(&error))?;
    if !(OLDEST_SCHEMA..=SCHEMA_VERSION).contains(&stored.schema) {
        return Err(problem(&format!("schema version {}", stored.schema)));
    }
    let mut parts: Vec<Part> = Vec::new();
    for row in stored.rows {
        let read = row.readings.into_iter().map(|reading| reading.data).chain(row.failures);
        let instruments: Vec<Instrument> = read.map(|read| read.instrument).collect();
        // Rows of one workload are adjacent.
        let same = |part: &&mut Part| part.taken.workload == row.workload;
        match parts.iter_mut().rev().find(same) {
            Some(part) => part.taken.instruments.extend(instruments),
            None => {
                let taken = Taken { workload: row.workload, instruments };
                parts.push(Part { taken, work: (row.definition, row.answer) });
            }
        }
    }
    for part in &mut parts {
        part.taken.instruments = distinct(part.taken.instruments.iter().copied());
    }
    Ok(Outline {
        path: path.to_owned(),
        created: stored.created,
        environment: stored.environment,
        whole: is_whole(stored.quick, &stored.asked),
        parts,
    })
}
