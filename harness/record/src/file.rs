//! Reading and writing of records as JSON files with a schema version.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use harness_probe::Instrument;

use crate::stored_file::FileKind;
use crate::{Data, FileError, FileProblem, Record, Run};

/// Version of the record format that this build writes. Version 2 added the scope of the run, version 3 several slices in
/// a round, the state of the machine, and one line on each workload and phase, version 4 shards and the time spent.
pub const SCHEMA_VERSION: u32 = 4;

/// The oldest version of the record format that this build reads.
pub const OLDEST_SCHEMA: u32 = 1;

pub(crate) static KIND: FileKind = FileKind {
    mismatch: "is not a record",
    origin: "; records are written by `harness run`",
    schemas: OLDEST_SCHEMA..=SCHEMA_VERSION,
    update: "; measure again with this version",
    ..FileKind::new("record ", SCHEMA_VERSION)
};

impl Record {
    /// Reads a record from a file.
    ///
    /// # Errors
    /// If the file cannot be read, is not a record, has an unsupported schema version or contradicts itself.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        Self::parse(&KIND.read(path)?, path)
    }

    /// Reads a record from JSON text; `path` appears in error messages only.
    ///
    /// # Errors
    /// As for [`Record::read`], except for reading the file.
    pub fn parse(text: &str, path: &Path) -> Result<Self, FileError> {
        let record: Self = KIND.parse_json(text, path)?;
        record
            .consistent()
            .map_err(|what| KIND.error(path, FileProblem::Inconsistent(what)))?;
        Ok(record)
    }

    /// Returns the record as JSON text.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(&KIND.versioned(self))
            .expect("all keys of a record are strings");
        text.push('\n');
        text
    }

    /// Writes the record to a file atomically. Creates the folder if it is missing.
    ///
    /// # Errors
    /// If the folder or the file cannot be written. An older file of that name then stays unchanged.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        KIND.write(path, &self.to_json())
    }

    /// Replaces the file `out` by the record, or else writes a new file: `default`, or the next free name with a number.
    /// Returns its path.
    ///
    /// # Errors
    /// If the folder or the file cannot be written.
    pub fn store(&self, out: Option<&Path>, default: &Path) -> Result<PathBuf, FileError> {
        KIND.store(out, default, &self.to_json())
    }

    /// Refuses a record that `harness run` cannot have written. [`Record::read`] has done this already.
    ///
    /// # Errors
    /// A description of the first contradiction.
    pub fn consistent(&self) -> Result<(), String> {
        let mut seen = HashSet::new();
        for row in &self.rows {
            let name = row.place();
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
                let at_row = |what| format!("{name}: {what}");
                match &reading.data {
                    Data::Clock { runs, .. } => {
                        runs.iter().try_for_each(Run::check).map_err(at_row)?;
                        if !runs.is_sorted_by_key(|run| run.round) {
                            return Err(at_row(
                                "the slices of a round are not adjacent".to_owned(),
                            ));
                        }
                    }
                    Data::Estimate {
                        picoseconds,
                        spread: Some(spread),
                        ..
                    } => spread.check(*picoseconds).map_err(at_row)?,
                    _ => {}
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
        let data = Data::Counts {
            counted_by: Instrument::Dhat,
            values,
        };
        let record = record(vec![row(
            "w",
            "naive",
            vec![Reading {
                isa: "avx2".to_owned(),
                threads: 1,
                data,
            }],
        )]);
        let text = record.to_json();
        assert!(text.contains(r#""counted_by": "dhat""#), "{text}");
        assert_eq!(
            Record::parse(&text, Path::new("x")).expect("our own text"),
            record
        );
        assert!(record.rows[0].reading(Instrument::Dhat).is_some());
    }

    /// Reads a record after `change` was applied to its only slice.
    fn read_changed(change: fn(&mut Run)) -> Result<(), String> {
        let mut record = record(vec![row("w", "naive", vec![clock("a", &[100])])]);
        let Data::Clock { runs, .. } = &mut record.rows[0].readings[0].data else {
            unreachable!("a clock")
        };
        change(&mut runs[0]);
        Record::parse(&record.to_json(), Path::new("x"))
            .map(drop)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_record_of_the_first_version_is_read_and_one_of_the_next_is_not() {
        let written = record(vec![row("w", "naive", vec![clock("a", &[100])])]);
        let of = |schema: u32| {
            written.to_json().replacen(
                &format!("\"schema\": {SCHEMA_VERSION}"),
                &format!("\"schema\": {schema}"),
                1,
            )
        };
        assert_eq!(
            Record::parse(&of(1), Path::new("x")).expect("read"),
            written
        );
        let refused = Record::parse(&of(SCHEMA_VERSION + 1), Path::new("x"))
            .expect_err("too new")
            .to_string();
        assert_eq!(
            refused,
            "x has schema version 5, this harness reads 1 to 4; measure again with this version"
        );
    }

    #[test]
    fn slices_of_a_round_are_adjacent() {
        let mut record = record(vec![row("w", "naive", vec![clock("a", &[100, 100, 100])])]);
        let Data::Clock { runs, .. } = &mut record.rows[0].readings[0].data else {
            unreachable!("a clock")
        };
        runs[2].round = 0;
        let refused = Record::parse(&record.to_json(), Path::new("x"));
        assert!(refused.is_err(), "{refused:?}");
    }

    #[test]
    fn token_times_do_not_decrease_and_belong_to_one_run() {
        assert_eq!(
            read_changed(|run| run.tokens_at = vec![10, 10, 100]),
            Ok(())
        );
        let refused = |what: &str| Err(format!("x is inconsistent: w in phase naive: {what}"));
        let falling = refused("the token times of round 0 decrease");
        assert_eq!(
            read_changed(|run| run.tokens_at = vec![10, 20, 19]),
            falling
        );
        let late = refused("round 0 has a token after its end");
        assert_eq!(read_changed(|run| run.tokens_at = vec![10, 101]), late);
        let several = refused("round 0 has token times, but 2 iterations");
        assert_eq!(
            read_changed(|run| (run.iterations, run.tokens_at) = (2, vec![10])),
            several
        );
        assert_eq!(
            read_changed(|run| run.iterations = 0),
            refused("round 0 has no iterations")
        );
    }
}
