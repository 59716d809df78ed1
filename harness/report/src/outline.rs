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
    data: StoredData,
}

/// The part of the numbers that determines their instrument.
#[derive(Deserialize)]
struct StoredData {
    instrument: String,
    /// Only the generic counts have it.
    counted_by: Option<Instrument>,
}

impl StoredData {
    fn instrument(&self) -> Result<Instrument, String> {
        self.counted_by
            .or_else(|| Instrument::by_name(&self.instrument))
            // A time that another tool states without its samples stands for a reading of the clock.
            .or((self.instrument == "estimate").then_some(Instrument::Clock))
            .ok_or_else(|| format!("there is no instrument `{}`", self.instrument))
    }
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
            let work = row
                .map(|row| (row.definition.clone(), row.answer.clone()))
                .unwrap_or_default();
            Part {
                taken: taken(record, workload),
                work,
            }
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
    paths
        .into_par_iter()
        .partition_map(|path| match outline(&path) {
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
        let failed = row.failures.iter().map(|failure| Ok(failure.instrument));
        let read = row
            .readings
            .iter()
            .map(|reading| reading.data.instrument())
            .chain(failed);
        let instruments: Vec<Instrument> = read
            .collect::<Result<_, _>>()
            .map_err(|error| problem(&error))?;
        // Rows of one workload are adjacent.
        let same = |part: &&mut Part| part.taken.workload == row.workload;
        match parts.iter_mut().rev().find(same) {
            Some(part) => part.taken.instruments.extend(instruments),
            None => {
                let taken = Taken {
                    workload: row.workload,
                    instruments,
                };
                parts.push(Part {
                    taken,
                    work: (row.definition, row.answer),
                });
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use harness_record::sample::{callgrind, record, row};
    use harness_record::{Data, Reading};

    use super::*;

    #[test]
    fn the_instruments_of_a_file_are_those_of_the_record() {
        let data = Data::Counts {
            counted_by: Instrument::Dhat,
            values: BTreeMap::from([("pages".to_owned(), 1)]),
        };
        let counts = Reading {
            isa: "avx2".to_owned(),
            threads: 1,
            data,
        };
        let record = record(vec![row("w", "naive", vec![callgrind(1), counts])]);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("one.json");
        record.write(&path).expect("written");
        let read = outline(&path).expect("a record");
        assert_eq!(
            read.parts[0].taken.instruments,
            [Instrument::Callgrind, Instrument::Dhat]
        );
        assert_eq!(
            read.parts[0].taken.instruments,
            Outline::of(&path, &record).parts[0].taken.instruments
        );
        let unknown = record.to_json().replace("callgrind", "sundial");
        fs::write(&path, unknown).expect("written");
        assert!(
            outline(&path)
                .expect_err("unknown")
                .ends_with("one.json: there is no instrument `sundial`")
        );
    }
}
