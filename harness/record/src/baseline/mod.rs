//! Baselines: the counts that later runs are held against, promoted on purpose and reviewed like code.
//!
//! A baseline is a folder named by its [`PortableKey`], with `counts.csv`, the raw integers in lines that a person can
//! review in a diff, and `environment.json`, where they come from. Wall times are not part of it: they say nothing about
//! another day or another machine. A baseline turns back into a [`Record`], so that it is compared like one.

mod counts;
mod environment;
mod error;
mod store;

pub use error::BaselineError;
pub use store::{COUNTS, ENVIRONMENT, Matching, Store};

use std::path::Path;

use harness_probe::Instrument;

use crate::distinct::distinct;
use crate::{Check, PortableKey, Reading, Record, Row};

/// Version of the baseline format that this build writes, and the only one it reads.
pub const SCHEMA_VERSION: u64 = 1;

/// The counts of one environment, read with one instruction set.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// The instruction set that the counts were read with.
    pub isa: String,
    /// The rows, with the readings of [`Instrument::Callgrind`] and [`Instrument::Dhat`] only, and where they come from.
    pub record: Record,
}

impl Baseline {
    /// The counts of a record: one baseline per instruction set they were read with.
    ///
    /// # Errors
    /// [`BaselineError::Refused`] if the record has no counts, if an instrument failed or a check did not pass, if
    /// counts come from more than one thread, or if part of the toolchain is unknown: such a record is nothing to hold others against.
    pub fn promote(record: &Record) -> Result<Vec<Self>, BaselineError> {
        if record.created.contains(char::is_control) {
            return Err(BaselineError::Refused("its date is not a date".to_owned()));
        }
        for row in &record.rows {
            promotable(row).map_err(BaselineError::Refused)?;
        }
        let isas = isas(record);
        if isas.is_empty() {
            return Err(BaselineError::Refused(no_counts(record)));
        }
        let baselines: Vec<Self> = isas.into_iter().map(|isa| Self::of_isa(record, isa)).collect();
        match baselines.iter().find_map(|baseline| baseline.key().unknown()) {
            Some(part) => Err(BaselineError::Refused(format!(
                "the {part} it was measured with is unknown, so no later run could be held against it"
            ))),
            None => Ok(baselines),
        }
    }

    /// The baseline in the texts of its two files, each with the path to name in errors, which must tell of this key.
    ///
    /// # Errors
    /// If they cannot be trusted.
    pub fn parse(counts: (&str, &Path), origin: (&str, &Path), key: &str) -> Result<Self, BaselineError> {
        let ((counts, counts_path), (origin, origin_path)) = (counts, origin);
        let origin = environment::Origin::parse(origin, origin_path)?;
        let isa = origin.isa.clone();
        let (measured, rows) = counts::read(counts, counts_path, &isa)?;
        let record = Record { rows, ..origin.measured(&measured, origin_path)?.into_record() };
        let baseline = Self { isa, record };
        let told = baseline.key().to_string();
        if told != key {
            let what = format!("it tells of {told}, but its folder is {key}");
            return Err(BaselineError::Mismatch { path: origin_path.to_owned(), what });
        }
        Ok(baseline)
    }

    /// Names the environment that the counts belong to.
    pub fn key(&self) -> PortableKey {
        self.record.environment.portable_key(&self.isa)
    }

    fn of_isa(record: &Record, isa: &str) -> Self {
        let readings = |row: &Row| -> Vec<Reading> {
            Instrument::COUNTED
                .iter()
                .filter_map(|&counted| row.reading(counted))
                .filter(|r| r.isa == isa)
                .cloned()
                .collect()
        };
        let rows = record
            .rows
            .iter()
            .map(|row| Row { readings: readings(row), failures: Vec::new(), ..row.clone() })
            .filter(|row| !row.readings.is_empty())
            .collect();
        Self { isa: isa.to_owned(), record: Record { rows, ..record.clone() } }
    }
}

/// The instruction sets that the counts of a record were read with, each once.
fn isas(record: &Record) -> Vec<&str> {
    let counts = |row| Instrument::COUNTED.into_iter().filter_map(move |counted| Row::reading(row, counted));
    distinct(record.rows.iter().flat_map(counts).map(|reading| reading.isa.as_str()))
}

/// Why a record without counts has none.
fn no_counts(record: &Record) -> String {
    let failure = record
        .rows
        .iter()
        .flat_map(|row| &row.failures)
        .find(|failure| Instrument::COUNTED.contains(&failure.instrument));
    match failure {
        Some(failure) => format!("{} gave none: {}", failure.instrument.name(), failure.message),
        None => "it was measured without instructions and heap".to_owned(),
    }
}

fn promotable(row: &Row) -> Result<(), String> {
    let name = format!("{} in phase {}", row.workload, row.phase);
    match &row.check {
        Check::Passed => {}
        Check::Failed(message) => return Err(format!("{name} failed its check: {message}")),
        Check::NotRun(message) => return Err(format!("the check of {name} did not come to an end: {message}")),
    }
    for instrument in Instrument::COUNTED {
        if let Some(message) = row.failure(instrument) {
            return Err(format!("{name} has no numbers of {}: {message}", instrument.name()));
        }
        if let Some(reading) = row.reading(instrument).filter(|reading| reading.threads != 1) {
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
