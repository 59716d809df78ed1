//! What a report takes from a record: of each workload, what some instruments read, with where it comes from.

use harness_probe::Instrument;
use harness_record::distinct::distinct;
use harness_record::{Check, Record, Row};

use crate::provenance;

/// A record that rows were taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name of its file; empty for a record that is in no file.
    pub name: String,
    /// Its provenance in one line.
    pub line: String,
    /// When it was measured, as people write it.
    pub created: String,
    /// The revision, as people write it.
    pub revision: String,
    /// When it was measured and the revision, `-dirty` where there were other changes, as programs read them.
    pub exact: (String, String),
    /// What was taken from it.
    pub taken: Vec<Taken>,
}

/// What was taken of a workload from a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The workload.
    pub workload: String,
    /// The instruments that read it.
    pub instruments: Vec<Instrument>,
}

impl Source {
    /// The workloads that something was taken of.
    pub fn workloads(&self) -> impl Iterator<Item = &str> {
        self.taken.iter().map(|taken| taken.workload.as_str())
    }

    /// Whether anything was taken of a workload, or what this instrument read of it.
    pub(super) fn has(&self, workload: &str, instrument: Option<Instrument>) -> bool {
        let wanted = |taken: &&Taken| taken.workload == workload;
        let by = |taken: &Taken| instrument.is_none_or(|instrument| taken.instruments.contains(&instrument));
        self.taken.iter().find(wanted).is_some_and(by)
    }

    pub(super) fn full(&self) -> String {
        if self.name.is_empty() { self.line.clone() } else { format!("{}, record {}", self.line, self.name) }
    }
}

/// Leaves of a record only what is taken of it.
pub(super) fn keep(record: &mut Record, taken: &[Taken]) {
    record.rows.retain_mut(|row| {
        let Some(taken) = taken.iter().find(|taken| taken.workload == row.workload) else { return false };
        row.readings.retain(|reading| taken.instruments.contains(&reading.data.instrument()));
        row.failures.retain(|failure| taken.instruments.contains(&failure.instrument));
        taken.instruments.is_empty() || !row.readings.is_empty() || !row.failures.is_empty()
    });
}

/// Everything that a record has of a workload.
pub(super) fn taken(record: &Record, workload: &str) -> Taken {
    let rows = record.rows.iter().filter(|row| row.workload == workload);
    let asked = rows.flat_map(|row| {
        let read = row.readings.iter().map(|reading| reading.data.instrument());
        read.chain(row.failures.iter().map(|failure| failure.instrument))
    });
    Taken { workload: workload.to_owned(), instruments: distinct(asked) }
}

/// Adds what other instruments read. An answer that was wrong with any of them is wrong.
pub(super) fn merge(row: &mut Row, other: Row) {
    row.readings.extend(other.readings);
    row.readings.sort_by_key(|reading| reading.data.instrument());
    row.failures.extend(other.failures);
    row.failures.sort_by_key(|failure| failure.instrument);
    if matches!(other.check, Check::Failed(_)) || matches!(row.check, Check::NotRun(_)) {
        row.check = other.check;
    }
}

/// What an instrument reads, in a word.
pub(super) fn what_is_read(instrument: Instrument) -> &'static str {
    match instrument {
        Instrument::Clock | Instrument::Criterion => "time",
        Instrument::Callgrind => "instructions",
        Instrument::Dhat => "heap",
    }
}

/// A record that this is taken from.
pub(super) fn source(name: &str, record: &Record, taken: Vec<Taken>) -> Source {
    let revision = record.environment.revision.clone().unwrap_or_default();
    let dirty = if record.environment.dirty { "-dirty" } else { "" };
    Source {
        exact: (record.created.clone(), format!("{revision}{dirty}")),
        name: name.to_owned(),
        line: provenance::line(record),
        created: provenance::created(record),
        revision: provenance::revision(record),
        taken,
    }
}
