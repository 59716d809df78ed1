//! Reads and writes records as JSON files with a schema version.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use harness_probe::Instrument;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Data, Record, Run, atomic_file};

/// Version of the record format that this build writes. Since version 2 a record may say what was asked for.
pub const SCHEMA_VERSION: u32 = 2;

/// The oldest version of the record format that this build reads.
pub const OLDEST_SCHEMA: u32 = 1;

/// A record that cannot be read or written.
#[derive(Debug, Error)]
pub enum RecordError {
    /// The file is not there or not readable.
    #[error("cannot read record {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write record {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is not a record.
    #[error("{path} is not a record: {source}; a record is what `harness run` writes")]
    Format {
        /// The file.
        path: PathBuf,
        /// Where the text went wrong.
        source: serde_json::Error,
    },
    /// The record is of another format version.
    #[error(
        "{path} has schema version {found}, this harness reads {OLDEST_SCHEMA} to {SCHEMA_VERSION}; measure again with this version"
    )]
    Schema {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// The record contradicts itself.
    #[error("{path} cannot be trusted: {what}")]
    Inconsistent {
        /// The file.
        path: PathBuf,
        /// One clause: what is wrong.
        what: String,
    },
}

#[derive(Serialize)]
struct Outgoing<'a> {
    schema: u32,
    #[serde(flatten)]
    record: &'a Record,
}

#[derive(Deserialize)]
struct Version {
    schema: u32,
}

impl Record {
    /// Reads a record from a file.
    ///
    /// # Errors
    /// If the file cannot be read, is no record, has another schema version or contradicts itself.
    pub fn read(path: &Path) -> Result<Self, RecordError> {
        let text = fs::read_to_string(path).map_err(|source| RecordError::Read { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// Reads a record from JSON text; `path` is named in errors.
    ///
    /// # Errors
    /// As [`Record::read`], but for reading the file.
    pub fn parse(text: &str, path: &Path) -> Result<Self, RecordError> {
        let format = |source| RecordError::Format { path: path.to_owned(), source };
        let mut value: serde_json::Value = serde_json::from_str(text).map_err(format)?;
        let Version { schema } = Version::deserialize(&value).map_err(format)?;
        if !(OLDEST_SCHEMA..=SCHEMA_VERSION).contains(&schema) {
            return Err(RecordError::Schema { path: path.to_owned(), found: schema });
        }
        if let Some(fields) = value.as_object_mut() {
            fields.remove("schema");
        }
        let record = Self::deserialize(value).map_err(format)?;
        record.consistent().map_err(|what| RecordError::Inconsistent { path: path.to_owned(), what })?;
        Ok(record)
    }

    /// The record as JSON text.
    pub fn to_json(&self) -> String {
        let outgoing = Outgoing { schema: SCHEMA_VERSION, record: self };
        let mut text = serde_json::to_string_pretty(&outgoing).expect("a record has no map keys that are not strings");
        text.push('\n');
        text
    }

    /// Writes the record to a file, whole or not at all, making the folder if it is missing.
    ///
    /// # Errors
    /// If the folder or the file cannot be written; an older file of that name is then left as it was.
    pub fn write(&self, path: &Path) -> Result<(), RecordError> {
        atomic_file::write(path, self.to_json().as_bytes())
            .map_err(|source| RecordError::Write { path: path.to_owned(), source })
    }

    /// Refuses what no run of ours can have written.
    fn consistent(&self) -> Result<(), String> {
        let mut seen = HashSet::new();
        for row in &self.rows {
            let name = format!("{} in phase {}", row.workload, row.phase);
            if !seen.insert((&row.workload, &row.phase)) {
                return Err(format!("{name} stands in it twice"));
            }
            if row.unit.per_run == 0 {
                return Err(format!("{name} yields no {} per run", row.unit.name));
            }
            let mut instruments = HashSet::<Instrument>::new();
            for reading in &row.readings {
                let instrument = reading.data.instrument();
                if !instruments.insert(instrument) {
                    return Err(format!("{name} has two readings of {}", instrument.name()));
                }
                if let Data::Clock { runs, .. } = &reading.data {
                    runs.iter().try_for_each(Run::check).map_err(|what| format!("{name}: {what}"))?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{clock, record, row};

    /// What is said of a record whose only run was changed.
    fn said(change: fn(&mut Run)) -> Result<(), String> {
        let mut record = record(vec![row("w", "naive", vec![clock("a", &[100])])]);
        let Data::Clock { runs, .. } = &mut record.rows[0].readings[0].data else { unreachable!("a clock") };
        change(&mut runs[0]);
        Record::parse(&record.to_json(), Path::new("x")).map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn a_record_of_the_first_version_is_read_and_one_of_the_next_is_not() {
        let written = record(vec![row("w", "naive", vec![clock("a", &[100])])]);
        let of = |schema: u32| written.to_json().replacen("\"schema\": 2", &format!("\"schema\": {schema}"), 1);
        assert_eq!(Record::parse(&of(1), Path::new("x")).expect("read"), written);
        let refused = Record::parse(&of(3), Path::new("x")).expect_err("too new").to_string();
        assert_eq!(refused, "x has schema version 3, this harness reads 1 to 2; measure again with this version");
    }

    #[test]
    fn tokens_come_one_after_the_other() {
        assert_eq!(said(|run| run.tokens_at = vec![10, 10, 100]), Ok(()));
        let refused = |what: &str| Err(format!("x cannot be trusted: w in phase naive: {what}"));
        let falling = refused("in round 0 a token is there before the one it follows");
        assert_eq!(said(|run| run.tokens_at = vec![10, 20, 19]), falling);
        let late = refused("in round 0 a token is there after the end of the run");
        assert_eq!(said(|run| run.tokens_at = vec![10, 101]), late);
        let several = refused("round 0 tells the tokens of 2 runs apart");
        assert_eq!(said(|run| (run.iterations, run.tokens_at) = (2, vec![10])), several);
        assert_eq!(said(|run| run.iterations = 0), refused("round 0 has no run"));
    }
}
