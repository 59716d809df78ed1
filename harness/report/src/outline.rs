//! The outline of a record: the few fields that decide if a report needs the record. Reading a thousand outlines takes a
//! fraction of the time of reading the records.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use harness_probe::Instrument;
use harness_record::distinct::distinct;
use harness_record::json_files::batches;
use harness_record::{
    Environment, InstrumentTag, OLDEST_SCHEMA, Record, RunScope, SCHEMA_VERSION, is_whole,
};
use rayon::iter::Either;
use rayon::prelude::*;
use serde::Deserialize;

use crate::source::{Taken, all_taken};

/// The fields that decide if a record is needed.
#[derive(Debug)]
pub(super) struct Outline {
    pub(super) path: PathBuf,
    pub(super) created: String,
    pub(super) environment: Environment,
    pub(super) whole: bool,
    /// One for each workload. Records with an equal part share it.
    pub(super) parts: Vec<Arc<Part>>,
}

/// The content of a record for one workload.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Part {
    pub(super) taken: Taken,
    /// The digests of the definition and of the answer.
    pub(super) work: (String, String),
}

/// The fields as stored in the file; all others are skipped.
#[derive(Deserialize)]
struct Stored<'a> {
    schema: u32,
    created: String,
    quick: bool,
    #[serde(default)]
    asked: Vec<RunScope>,
    environment: Environment,
    #[serde(borrow)]
    rows: Vec<StoredRow<'a>>,
}

#[derive(Deserialize)]
struct StoredRow<'a> {
    #[serde(borrow)]
    workload: Cow<'a, str>,
    #[serde(borrow)]
    definition: Cow<'a, str>,
    #[serde(borrow)]
    answer: Cow<'a, str>,
    #[serde(borrow)]
    readings: Vec<StoredReading<'a>>,
    #[serde(default)]
    failures: Vec<StoredInstrument>,
}

#[derive(Deserialize)]
struct StoredReading<'a> {
    #[serde(borrow)]
    data: InstrumentTag<'a>,
}

impl StoredReading<'_> {
    fn instrument(&self) -> Result<Instrument, String> {
        let unknown = || format!("there is no instrument `{}`", self.data.kind);
        self.data.instrument().ok_or_else(unknown)
    }
}

#[derive(Deserialize)]
struct StoredInstrument {
    instrument: Instrument,
}

impl Outline {
    /// Returns the outline of a record in memory.
    pub(super) fn of(path: &Path, record: &Record) -> Self {
        let mut works = HashMap::new();
        for row in &record.rows {
            let work = || (row.definition.clone(), row.answer.clone());
            works.entry(row.workload.as_str()).or_insert_with(work);
        }
        let part = |taken: Taken| {
            let work = works.remove(taken.workload.as_str()).unwrap_or_default();
            Arc::new(Part { taken, work })
        };
        Self {
            path: path.to_owned(),
            created: record.created.clone(),
            environment: record.environment.clone(),
            whole: record.is_whole(),
            parts: all_taken(record).into_iter().map(part).collect(),
        }
    }
}

/// Reads the outlines of files on all CPUs, as many at once as fit into memory. Returns them, and an error message for each
/// file that is not a record.
pub(super) fn outlines(paths: Vec<PathBuf>) -> (Vec<Outline>, Vec<(PathBuf, String)>) {
    let shared = Mutex::default();
    let (mut outlines, mut unread) = (Vec::new(), Vec::new());
    for batch in batches(paths) {
        let (read, failed): (Vec<Outline>, Vec<(PathBuf, String)>) = batch
            .into_par_iter()
            .partition_map(|path| match outline(&path, &shared) {
                Ok(outline) => Either::Left(outline),
                Err(why) => Either::Right((path, why)),
            });
        outlines.extend(read);
        unread.extend(failed);
    }
    (outlines, unread)
}

/// The distinct parts of all records.
type Shared = Mutex<HashSet<Arc<Part>>>;

fn outline(path: &Path, shared: &Shared) -> Result<Outline, String> {
    let problem = |cause: &dyn std::fmt::Display| format!("{}: {cause}", path.display());
    let text = fs::read(path).map_err(|error| problem(&error))?;
    let stored: Stored = serde_json::from_slice(&text).map_err(|error| problem(&error))?;
    if !(OLDEST_SCHEMA..=SCHEMA_VERSION).contains(&stored.schema) {
        return Err(problem(&format!("schema version {}", stored.schema)));
    }
    let mut parts: Vec<Part> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for row in stored.rows {
        let failed = row.failures.iter().map(|failure| Ok(failure.instrument));
        let read = row
            .readings
            .iter()
            .map(StoredReading::instrument)
            .chain(failed);
        let instruments: Vec<Instrument> = read
            .collect::<Result<_, _>>()
            .map_err(|error| problem(&error))?;
        match places.get(row.workload.as_ref()) {
            Some(&place) => parts[place].taken.instruments.extend(instruments),
            None => {
                places.insert(row.workload.to_string(), parts.len());
                let taken = Taken {
                    workload: row.workload.into_owned(),
                    instruments,
                };
                parts.push(Part {
                    taken,
                    work: (row.definition.into_owned(), row.answer.into_owned()),
                });
            }
        }
    }
    for part in &mut parts {
        part.taken.instruments = distinct(part.taken.instruments.iter().copied());
    }
    let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
    let share = |part: Part| match shared.get(&part) {
        Some(known) => known.clone(),
        None => {
            let part = Arc::new(part);
            shared.insert(part.clone());
            part
        }
    };
    Ok(Outline {
        path: path.to_owned(),
        created: stored.created,
        environment: stored.environment,
        whole: is_whole(stored.quick, &stored.asked),
        parts: parts.into_iter().map(share).collect(),
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
        let read = outline(&path, &Shared::default()).expect("a record");
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
            outline(&path, &Shared::default())
                .expect_err("unknown")
                .ends_with("one.json: there is no instrument `sundial`")
        );
    }
}
