//! Reading and writing of records as JSON files with a schema version.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use harness_probe::Instrument;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Data, Record, Run, atomic_file};

/// Version of the record format that this build writes. Version 2 added the scope of the run.
pub const SCHEMA_VERSION: u32 = 2;

/// The oldest version of the record format that this build reads.
pub const OLDEST_SCHEMA: u32 = 1;

/// A record that cannot be read or written.
#[derive(Debug, Error)]
pub enum RecordError {
    /// The file is missing or not readable.
    #[error("cannot read record {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Error of the system.
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write record {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Error of the system.
        source: std::io::Error,
    },
    /// The text is not a record.
    #[error("{path} is not a record: {source}; records are written by `harness run`")]
    Format {
        /// The file.
        path: PathBuf,
        /// Error of the JSON parser, with its position.
        source: serde_json::Error,
    },
    /// The record has an unsupported format version.
    #[error(
        "{path} has schema version {found}, this harness reads {OLDEST_SCHEMA} to {SCHEMA_VERSION}; measure again with this version"
    )]
    Schema {
        /// The file.
        path: PathBuf,
        /// Version in the file.
        found: u32,
    },
    /// The record contradicts itself.
    #[error("{path} is inconsistent: {what}")]
    Inconsistent {
        /// The file.
        path: PathBuf,
        /// Description of the contradiction, without a full stop.
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
    /// If the file cannot be read, is not a record, has an unsupported schema version or contradicts itself.
    pub fn read(path: &Path) -> Result<Self, RecordError> {
        let text = fs::read_to_string(path).map_err(|source| RecordError::Read { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// Reads a record from JSON text; `path` appears in error messages only.
    ///
    /// # Errors
    /// As for [`Record::read`], except for reading the file.
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

    /// Returns the record as JSON text.
    pub fn to_json(&self) -> String {
        let outgoing = Outgoing { schema: SCHEMA_VERSION, record: self };
        let mut text = serde_json::to_string_pretty(&outgoing).expect("a record has no map keys that are not strings");
        text.push('\n');
        text
    }

    /// Writes the record to a file atomically. Creates the folder if it is missing.
    ///
    /// # Errors
    /// If the folder or the file cannot be written. An older file of that name then stays unchanged.
    pub fn write(&self, path: &Path) -> Result<(), RecordError> {
        atomic_file::write(path, self.to_json().as_bytes())
            .map_err(|source| RecordError::Write { path: path.to_owned(), source })
    }

    /// Refuses a record that `harness run` cannot have written.
    fn consistent(&self) -> Result<(), String> {
        let mut seen = HashSet::new();
        for row in &self.rows {
            let name = format!("{} in phase {}", row.workload, row.phase);
            if !seen.insert((&row.workload, &row.phase)) {
                return Err(format!("{name} occurs twice"));
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
    use std::collections::BTreeMap;

    use crate::Reading;
    use crate::sample::{clock, record, row};

    #[test]
    fn counts_of_any_instrument_are_stored_under_its_name() {
        let values = BTreeMap::from([("pages".to_owned(), u64::MAX)]);
        let data = Data::Counts { counted_by: Instrument::Dhat, values };
        let record = record(vec![row("w", "naive", vec![Reading { isa: "avx2".to_owned(), threads: 1, data }])]);
        let text = record.to_json();
        assert!(text.contains(r#""counted_by": "dhat""#), "{text}");
        assert_eq!(Record::parse(&text, Path::new("x")).expect("our own text"), record);
        assert!(record.rows[0].reading(Instrument::Dhat).is_some());
    }

    /// Reads a record after `change` was applied to its only slice.
    fn read_changed(change: fn(&mut Run)) -> Result<(), String> {
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
    fn token_times_do_not_decrease_and_belong_to_one_run() {
        assert_eq!(read_changed(|run| run.tokens_at = vec![10, 10, 100]), Ok(()));
        let refused = |what: &str| Err(format!("x is inconsistent: w in phase naive: {what}"));
        let falling = refused("the token times of round 0 decrease");
        assert_eq!(read_changed(|run| run.tokens_at = vec![10, 20, 19]), falling);
        let late = refused("round 0 has a token after its end");
        assert_eq!(read_changed(|run| run.tokens_at = vec![10, 101]), late);
        let several = refused("round 0 has token times, but 2 iterations");
        assert_eq!(read_changed(|run| (run.iterations, run.tokens_at) = (2, vec![10])), several);
        assert_eq!(read_changed(|run| run.iterations = 0), refused("round 0 has no iterations"));
    }
}
