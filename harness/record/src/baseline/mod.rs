//! Baselines: stored counts that later runs are compared with. They are saved explicitly and reviewed like code.
//!
//! A baseline is a folder named by its [`PortableKey`] with two files. `counts.csv` contains the raw integers, one per
//! line, so that a diff is easy to review. `environment.json` contains their origin. Wall times are excluded, because
//! they are not comparable with another day or another machine. A baseline is read as a [`Record`] and compared like
//! one.

mod counts;
pub(crate) mod environment;
mod error;
mod known;
mod lowered;
mod store;

pub use error::BaselineError;
pub use known::KnownRows;
pub use lowered::Gain;
pub use store::{COUNTS, ENVIRONMENT, Matching, Store};

use std::path::Path;

use harness_probe::Instrument;

use crate::baseline::error::{KIND, mismatch};
use crate::distinct::distinct;
use crate::{Check, FileError, PortableKey, Reading, Record, Row};

/// Version of `environment.json` that this build writes, and the only one it reads.
pub const SCHEMA_VERSION: u32 = 1;

/// Version of `counts.csv` that this build writes. Version 2 added the checksum of each row.
pub const COUNTS_SCHEMA: u32 = 2;

/// The version of `counts.csv` without checksums, which this build reads, too.
const WITHOUT_CHECKSUMS: u32 = 1;

/// The counts of one environment, read with one instruction set.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// Instruction set that the counts were read with.
    pub isa: String,
    /// The rows and their origin. The rows contain readings of [`Instrument::COUNTED`] only.
    pub record: Record,
}

impl Baseline {
    /// Extracts the counts of a record: one baseline per instruction set that they were read with.
    ///
    /// # Errors
    /// [`BaselineError::Refused`] if the record has no counts, if an instrument failed or a check did not pass, if
    /// counts come from more than one thread or from another tool, or if part of the toolchain is unknown.
    pub fn promote(record: &Record) -> Result<Vec<Self>, BaselineError> {
        if record.created.contains(char::is_control) {
            return Err(BaselineError::Refused("its date is invalid".to_owned()));
        }
        if let Some(import) = &record.environment.import {
            return Err(BaselineError::Refused(format!(
                "it was {import}, and a baseline contains counts that this harness measured"
            )));
        }
        for row in &record.rows {
            promotable(row).map_err(BaselineError::Refused)?;
        }
        let isas = isas(record);
        if isas.is_empty() {
            return Err(BaselineError::Refused(no_counts(record)));
        }
        let baselines: Vec<Self> = isas
            .into_iter()
            .map(|isa| Self::of_isa(record, isa))
            .collect();
        match baselines
            .iter()
            .find_map(|baseline| baseline.key().unknown())
        {
            Some(part) => Err(BaselineError::Refused(format!(
                "the {part} it was measured with is unknown, so no later run could be compared with it"
            ))),
            None => Ok(baselines),
        }
    }

    /// Parses the texts of the two files, which must describe `key`. The paths appear in error messages only.
    ///
    /// # Errors
    /// If a text is invalid, or if the texts and the key contradict each other.
    pub fn parse(
        counts: (&str, &Path),
        origin: (&str, &Path),
        key: &str,
    ) -> Result<Self, FileError> {
        Self::parse_with(counts, origin, key, counts::read)
    }

    /// Parses the texts of a state after others of the same key, whose rows are known. Only rows that changed are examined.
    ///
    /// # Errors
    /// As for [`Baseline::parse`].
    pub fn parse_next(
        counts: (&str, &Path),
        origin: (&str, &Path),
        key: &str,
        known: &mut KnownRows,
    ) -> Result<Self, FileError> {
        Self::parse_with(counts, origin, key, |text, path, isa| {
            known.read(text, path, isa)
        })
    }

    fn parse_with(
        counts: (&str, &Path),
        origin: (&str, &Path),
        key: &str,
        read: impl FnOnce(&str, &Path, &str) -> Result<(String, Vec<Row>), FileError>,
    ) -> Result<Self, FileError> {
        let ((counts, counts_path), (origin, origin_path)) = (counts, origin);
        let origin = environment::Origin::parse(origin, origin_path)?;
        let isa = origin.isa.clone();
        let (measured, rows) = read(counts, counts_path, &isa)?;
        let record = Record {
            rows,
            ..origin.measured(&measured, origin_path)?.into_record()
        };
        let baseline = Self { isa, record };
        let described = baseline.key().to_string();
        if described != key {
            let what = format!("it describes {described}, but its folder is {key}");
            return Err(KIND.error(origin_path, mismatch(&what)));
        }
        Ok(baseline)
    }

    /// Returns the key of the environment that the counts belong to.
    pub fn key(&self) -> PortableKey {
        self.record.environment.portable_key(&self.isa)
    }

    fn of_isa(record: &Record, isa: &str) -> Self {
        let readings = |row: &Row| -> Vec<Reading> {
            let counts = Instrument::COUNTED
                .into_iter()
                .filter_map(|counted| row.reading(counted));
            counts
                .filter(|reading| reading.isa == isa)
                .cloned()
                .collect()
        };
        let rows = record.rows.iter().map(|row| Row {
            readings: readings(row),
            recounts: Vec::new(),
            failures: Vec::new(),
            ..row.clone()
        });
        let rows = rows.filter(|row| !row.readings.is_empty()).collect();
        Self {
            isa: isa.to_owned(),
            record: Record {
                rows,
                ..record.clone()
            },
        }
    }
}

/// Returns the distinct instruction sets that the counts of a record were read with.
fn isas(record: &Record) -> Vec<&str> {
    let counts = |row| {
        Instrument::COUNTED
            .into_iter()
            .filter_map(move |counted| Row::reading(row, counted))
    };
    distinct(
        record
            .rows
            .iter()
            .flat_map(counts)
            .map(|reading| reading.isa.as_str()),
    )
}

/// Returns the reason why a record has no counts.
fn no_counts(record: &Record) -> String {
    let mut failures = record.rows.iter().flat_map(|row| &row.failures);
    match failures.find(|failure| Instrument::COUNTED.contains(&failure.instrument)) {
        Some(failure) => format!("{} failed: {}", failure.instrument.name(), failure.message),
        None => "it was measured without instructions and heap".to_owned(),
    }
}

fn promotable(row: &Row) -> Result<(), String> {
    let name = row.place();
    match &row.check {
        Check::Passed | Check::Unchecked => {}
        Check::Failed(message) => return Err(format!("{name} failed its check: {message}")),
        Check::NotRun(message) => {
            return Err(format!("the check of {name} did not finish: {message}"));
        }
    }
    for instrument in Instrument::COUNTED {
        if let Some(message) = row.failure(instrument) {
            return Err(format!(
                "{name} has no numbers of {}: {message}",
                instrument.name()
            ));
        }
        if let Some(reading) = row
            .reading(instrument)
            .filter(|reading| reading.threads != 1)
        {
            return Err(format!(
                "{} counted {name} with {} threads, and counts of more than one do not repeat",
                instrument.name(),
                reading.threads
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
