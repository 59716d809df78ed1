//! Reads a part of a record: some rows with some readings. What is left out is skipped and never in memory, so that many
//! large records are read fast, one after the other.

use std::borrow::Cow;
use std::path::Path;

use harness_probe::{Instrument, Unit};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::file::KIND;
use crate::{
    About, Check, Data, Environment, Failure, FileError, FileProblem, Reading, Record, Row,
    RunScope,
};

/// The part of a record that is needed.
pub struct Part<'a> {
    /// The instruments whose readings are needed of the row of a workload in a phase; none if the row is not needed.
    pub instruments: &'a (dyn Fn(&str, &str) -> Option<&'a [Instrument]> + Sync),
}

/// The record as stored in its file. All other fields are skipped.
#[derive(Deserialize)]
struct Stored<'a> {
    schema: u32,
    created: String,
    #[serde(default)]
    command: String,
    quick: bool,
    #[serde(default)]
    asked: Vec<RunScope>,
    environment: Environment,
    #[serde(default)]
    about: About,
    #[serde(borrow)]
    rows: Vec<StoredRow<'a>>,
}

#[derive(Deserialize)]
struct StoredRow<'a> {
    #[serde(borrow)]
    workload: Cow<'a, str>,
    #[serde(borrow)]
    phase: Cow<'a, str>,
    #[serde(borrow)]
    unit: &'a RawValue,
    #[serde(borrow)]
    definition: Cow<'a, str>,
    #[serde(borrow)]
    answer: Cow<'a, str>,
    check: Check,
    #[serde(borrow)]
    readings: Vec<StoredReading<'a>>,
    #[serde(default, borrow)]
    failures: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct StoredReading<'a> {
    #[serde(borrow)]
    isa: Cow<'a, str>,
    threads: u32,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// The part of stored numbers that determines their instrument.
#[derive(Deserialize)]
pub struct InstrumentTag<'a> {
    /// The kind of the numbers: the name of an instrument, `counts` or `estimate`.
    #[serde(borrow, rename = "instrument")]
    pub kind: Cow<'a, str>,
    /// Only the generic counts have it.
    counted_by: Option<Instrument>,
}

impl InstrumentTag<'_> {
    /// The instrument; none if this version does not know it.
    pub fn instrument(&self) -> Option<Instrument> {
        self.counted_by
            .or_else(|| Instrument::by_name(&self.kind))
            // A time that another tool states without its samples stands for a reading of the clock.
            .or((self.kind == "estimate").then_some(Instrument::Clock))
    }
}

impl Record {
    /// Reads a part of a record: the needed rows with the needed readings, and without recounts, machine, sharding,
    /// costs and resumptions. What is left out is not examined.
    ///
    /// # Errors
    /// As for [`Record::read`], for what is read.
    pub fn read_part(path: &Path, part: &Part<'_>) -> Result<Self, FileError> {
        let text = KIND.read(path)?;
        let format = |error| KIND.error(path, FileProblem::Format(error));
        let stored: Stored<'_> = match serde_json::from_str(&text) {
            Ok(stored) => stored,
            // The whole reader knows the reason, such as another schema version.
            Err(error) => return Err(Self::parse(&text, path).err().unwrap_or(format(error))),
        };
        KIND.check_schema(stored.schema, path, None)?;
        let needed = stored.rows.iter().filter_map(|row| {
            let instruments = (part.instruments)(&row.workload, &row.phase)?;
            Some(row.read(instruments))
        });
        let rows: Result<Vec<Row>, _> = needed.collect();
        let record = Self {
            created: stored.created,
            command: stored.command,
            quick: stored.quick,
            asked: stored.asked,
            environment: stored.environment,
            machine: None,
            about: stored.about,
            rows: rows.map_err(format)?,
            sharding: None,
            spent: Vec::new(),
            resumed: Vec::new(),
        };
        record
            .consistent()
            .map_err(|what| KIND.error(path, FileProblem::Inconsistent(what)))?;
        Ok(record)
    }
}

impl StoredRow<'_> {
    fn read(&self, instruments: &[Instrument]) -> Result<Row, serde_json::Error> {
        let mut readings = Vec::new();
        for reading in &self.readings {
            readings.extend(reading.read(instruments)?);
        }
        let failures: Vec<Failure> = match self.failures {
            Some(failures) => serde_json::from_str(failures.get())?,
            None => Vec::new(),
        };
        Ok(Row {
            workload: self.workload.clone().into_owned(),
            phase: self.phase.clone().into_owned(),
            unit: serde_json::from_str::<Unit>(self.unit.get())?,
            definition: self.definition.clone().into_owned(),
            answer: self.answer.clone().into_owned(),
            check: self.check.clone(),
            readings,
            recounts: Vec::new(),
            failures,
        })
    }
}

impl StoredReading<'_> {
    /// The reading; none if it is of another instrument.
    fn read(&self, instruments: &[Instrument]) -> Result<Option<Reading>, serde_json::Error> {
        let tag: InstrumentTag<'_> = serde_json::from_str(self.data.get())?;
        let other = |instrument: Instrument| !instruments.contains(&instrument);
        if tag.instrument().is_some_and(other) {
            return Ok(None);
        }
        Ok(Some(Reading {
            isa: self.isa.clone().into_owned(),
            threads: self.threads,
            data: serde_json::from_str::<Data>(self.data.get())?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::sample::{callgrind, clock, counts, dhat, record, row};

    const ALL: Part<'_> = Part {
        instruments: &|_, _| Some(&Instrument::ALL),
    };

    /// A record with two workloads, a failure and counts with names.
    fn sample() -> Record {
        let mut record = record(vec![
            row(
                "v",
                "naive",
                vec![clock("a", &[1, 2]), callgrind(7), dhat(8, 1)],
            ),
            row(
                "v \"quoted\"",
                "fast",
                vec![counts(Instrument::Dhat, &[("pages", 3)])],
            ),
        ]);
        record.rows[1].check = Check::Failed("no".to_owned());
        record.rows[1].failures = vec![Failure {
            instrument: Instrument::Clock,
            message: "it stopped".to_owned(),
        }];
        record
    }

    fn read(text: &str, part: &Part<'_>) -> Result<Record, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("one.json");
        fs::write(&path, text).expect("written");
        Record::read_part(&path, part).map_err(|error| error.to_string())
    }

    #[test]
    fn with_every_row_and_instrument_it_is_the_whole_record() {
        let record = sample();
        assert_eq!(read(&record.to_json(), &ALL), Ok(record));
    }

    #[test]
    fn readings_and_rows_that_are_not_needed_are_left_out() {
        let part = Part {
            instruments: &|workload, phase| {
                let needed = (workload, phase) == ("v", "naive");
                needed.then_some(&[Instrument::Callgrind])
            },
        };
        let found = read(&sample().to_json(), &part).expect("read");
        let expected = row("v", "naive", vec![callgrind(7)]);
        assert_eq!(found.rows, [expected]);
    }

    #[test]
    fn the_instrument_need_not_come_first() {
        let text = sample().to_json();
        let first = "\"instrument\": \"callgrind\",\n            \"instructions\": 7";
        assert!(text.contains(first), "{text}");
        let last = "\"instructions\": 7, \"instrument\": \"callgrind\"";
        assert_eq!(read(&text.replace(first, last), &ALL), Ok(sample()));
    }

    #[test]
    fn errors_are_those_of_the_whole_reader() {
        let text = sample().to_json();
        let schema = format!("\"schema\": {}", crate::SCHEMA_VERSION);
        for (name, broken) in [
            ("later schema", text.replace(&schema, "\"schema\": 99")),
            ("no record", "{}".to_owned()),
            ("no JSON", text[..text.len() / 2].to_owned()),
            (
                "a row twice",
                text.replace("v \\\"quoted\\\"", "v")
                    .replace("fast", "naive"),
            ),
            ("unknown instrument", text.replace("callgrind", "sundial")),
        ] {
            assert_ne!(broken, text, "{name}");
            assert!(Record::parse(&broken, Path::new("x")).is_err(), "{name}");
            assert!(read(&broken, &ALL).is_err(), "{name}");
        }
    }
}
