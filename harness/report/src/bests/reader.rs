//! Reads the rows of one workload from the file of a record and skips all others, so that a thousand records take seconds.

use std::fmt;
use std::fs;
use std::path::Path;

use harness_probe::Unit;
use harness_record::{Check, Reading, Row};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The command of a record, and the rows of a workload in it. None if the file cannot be read: the outline of the record
/// reports the reason. Rows are recognized by their first field, which is the workload in every file that the harness writes.
pub(crate) fn rows_of(path: &Path, workload: &str) -> Option<(String, Vec<Row>)> {
    let text = fs::read(path).ok()?;
    let mut json = serde_json::Deserializer::from_slice(&text);
    TheRecord(workload).deserialize(&mut json).ok()
}

/// A record, of which the command and the rows of the workload are read.
struct TheRecord<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for TheRecord<'_> {
    type Value = (String, Vec<Row>);

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for TheRecord<'_> {
    type Value = (String, Vec<Row>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let (mut command, mut rows) = (String::new(), Vec::new());
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "command" => command = map.next_value()?,
                "rows" => rows = map.next_value_seed(Rows(self.0))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok((command, rows))
    }
}

/// The rows of the workload.
struct Rows<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Rows<'_> {
    type Value = Vec<Row>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = Vec<Row>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut all: S) -> Result<Self::Value, S::Error> {
        let mut rows = Vec::new();
        while let Some(row) = all.next_element_seed(OneRow(self.0))? {
            rows.extend(row);
        }
        Ok(rows)
    }
}

/// A row; none if it is of another workload.
struct OneRow<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for OneRow<'_> {
    type Value = Option<Row>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OneRow<'_> {
    type Value = Option<Row>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let first: Option<(String, String)> = map.next_entry()?;
        let Some((_, workload)) = first.filter(|(key, name)| key == "workload" && name == self.0)
        else {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(None);
        };
        let rest = Rest::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Some(Row {
            workload,
            phase: rest.phase,
            unit: rest.unit,
            definition: rest.definition,
            answer: rest.answer,
            check: rest.check,
            readings: rest.readings,
            recounts: Vec::new(),
            failures: Vec::new(),
        }))
    }
}

/// The fields of a row after the workload; failures do not matter here.
#[derive(Deserialize)]
struct Rest {
    phase: String,
    unit: Unit,
    definition: String,
    answer: String,
    check: Check,
    readings: Vec<Reading>,
}

#[cfg(test)]
mod tests {
    use harness_record::sample::{callgrind, clock, record, row};

    use super::*;

    #[test]
    fn the_rows_of_a_workload_are_those_of_the_record() {
        let record = record(vec![
            row("w", "naive", vec![clock("s", &[10, 11]), callgrind(7)]),
            row("v", "naive", vec![clock("s", &[3])]),
            row("w", "fast", vec![clock("s", &[5, 6])]),
        ]);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("one.json");
        record.write(&path).expect("written");
        let (command, rows) = rows_of(&path, "w").expect("a record");
        assert_eq!(command, record.command);
        assert_eq!(rows, [record.rows[0].clone(), record.rows[2].clone()]);
        assert_eq!(
            rows_of(&path, "nothing").map(|(_, rows)| rows.len()),
            Some(0)
        );
    }

    #[test]
    fn a_file_that_is_no_record_has_no_rows() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("one.json");
        for text in ["{\"rows\": [{\"workload\": 3}]}", "[]", "{"] {
            fs::write(&path, text).expect("written");
            assert_eq!(rows_of(&path, "w"), None, "{text}");
        }
        assert_eq!(rows_of(&folder.path().join("none.json"), "w"), None);
    }
}
