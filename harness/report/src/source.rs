//! The sources of a report: the workloads and instruments that were taken from a record, with its provenance.

use std::collections::HashMap;

use harness_probe::Instrument;
use harness_record::distinct::distinct;
use harness_record::{Check, Record, Row};

use crate::provenance;

/// A record that rows were taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name of its file; empty for a record without a file.
    pub name: String,
    /// Its provenance in one line.
    pub line: String,
    /// The time of measurement, for people.
    pub created: String,
    /// The revision, for people.
    pub revision: String,
    /// The time of measurement and the revision, for programs; `-dirty` marks uncommitted changes.
    pub exact: (String, String),
    /// The readings that were taken from it.
    pub taken: Vec<Taken>,
    /// The place of each workload among `taken`.
    places: HashMap<String, usize>,
}

/// The readings of one workload that were taken from a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Taken {
    /// The workload.
    pub workload: String,
    /// The instruments whose readings were taken.
    pub instruments: Vec<Instrument>,
}

impl Source {
    /// The workloads with readings from this source.
    pub fn workloads(&self) -> impl Iterator<Item = &str> {
        self.taken.iter().map(|taken| taken.workload.as_str())
    }

    /// Returns true if readings of a workload come from this source: by the given instrument, or by any.
    pub(super) fn has(&self, workload: &str, instrument: Option<Instrument>) -> bool {
        let by = |taken: &Taken| {
            instrument.is_none_or(|instrument| taken.instruments.contains(&instrument))
        };
        self.places
            .get(workload)
            .is_some_and(|&place| by(&self.taken[place]))
    }

    pub(super) fn full(&self) -> String {
        if self.name.is_empty() {
            self.line.clone()
        } else {
            format!("{}, record {}", self.line, self.name)
        }
    }
}

/// Removes everything from a record that is not taken.
pub(super) fn keep(record: &mut Record, taken: &[Taken]) {
    let places = places(taken);
    record.rows.retain_mut(|row| {
        let Some(taken) = places.get(&row.workload).map(|&place| &taken[place]) else {
            return false;
        };
        row.readings
            .retain(|reading| taken.instruments.contains(&reading.data.instrument()));
        row.failures
            .retain(|failure| taken.instruments.contains(&failure.instrument));
        taken.instruments.is_empty() || !row.readings.is_empty() || !row.failures.is_empty()
    });
}

/// All readings that a record contains, by workload.
pub(super) fn all_taken(record: &Record) -> Vec<Taken> {
    let mut instruments: HashMap<&str, Vec<Instrument>> = HashMap::new();
    for row in &record.rows {
        let read = row.readings.iter().map(|reading| reading.data.instrument());
        let read = read.chain(row.failures.iter().map(|failure| failure.instrument));
        instruments.entry(&row.workload).or_default().extend(read);
    }
    let taken = |workload: &str| Taken {
        workload: workload.to_owned(),
        instruments: distinct(instruments.remove(workload).unwrap_or_default()),
    };
    record.workloads().into_iter().map(taken).collect()
}

/// The place of each workload.
fn places(taken: &[Taken]) -> HashMap<String, usize> {
    let mut places = HashMap::new();
    for (place, taken) in taken.iter().enumerate() {
        places.entry(taken.workload.clone()).or_insert(place);
    }
    places
}

/// Adds the readings of other instruments. The answer is wrong if it was wrong under any of them.
pub(super) fn merge(row: &mut Row, other: Row) {
    row.readings.extend(other.readings);
    row.readings
        .sort_by_key(|reading| reading.data.instrument());
    row.failures.extend(other.failures);
    row.failures.sort_by_key(|failure| failure.instrument);
    if matches!(other.check, Check::Failed(_)) || matches!(row.check, Check::NotRun(_)) {
        row.check = other.check;
    }
}

/// Describes the record that readings are taken from.
pub(super) fn source(name: &str, record: &Record, taken: Vec<Taken>) -> Source {
    let revision = record.environment.revision.clone().unwrap_or_default();
    let dirty = if record.environment.is_dirty() {
        "-dirty"
    } else {
        ""
    };
    Source {
        exact: (record.created.clone(), format!("{revision}{dirty}")),
        name: name.to_owned(),
        line: provenance::line(record),
        created: provenance::created(record),
        revision: provenance::revision(record),
        places: places(&taken),
        taken,
    }
}
