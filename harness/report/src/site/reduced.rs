//! Reads one record and keeps only its figures.

use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use harness_record::{About, Environment, OLDEST_SCHEMA, Record, Row, SCHEMA_VERSION};
use jiff::Timestamp;
use serde::Deserialize;

use super::{Measure, Moment};

/// The figures of one record.
pub(super) struct Reduced {
    pub(super) moment: Moment,
    pub(super) environment: Environment,
    pub(super) quick: bool,
    pub(super) about: About,
    pub(super) rows: Vec<ReducedRow>,
}

pub(super) struct ReducedRow {
    pub(super) workload: String,
    pub(super) phase: String,
    pub(super) unit: String,
    /// One value for each measure.
    pub(super) values: Vec<Option<Value>>,
}

/// A value with a digest of everything that must be equal for it to compare with another one.
#[derive(Clone, Copy)]
pub(super) struct Value {
    pub(super) value: f64,
    pub(super) conditions: u64,
}

/// Reads a file, and computes the figures of its record.
///
/// # Errors
/// A message with the path, if the file is not a record of a known schema.
pub(super) fn read(path: &Path, measures: &[Measure], anchor: &str) -> Result<Reduced, String> {
    reduce(&name_of(path), stored(path)?, measures, anchor)
}

/// A record as stored in its file.
#[derive(Deserialize)]
struct Stored {
    schema: u32,
    created: String,
    quick: bool,
    environment: Environment,
    #[serde(default)]
    about: About,
    rows: Vec<Row>,
}

/// Reads a record in one pass. [`Record::read`] needs two, because it explains the differences of other schemas.
fn stored(path: &Path) -> Result<Record, String> {
    let problem = |cause: &dyn std::fmt::Display| format!("{}: {cause}", path.display());
    let text = fs::read(path).map_err(|error| problem(&error))?;
    let stored: Stored = serde_json::from_slice(&text).map_err(|error| problem(&error))?;
    if !(OLDEST_SCHEMA..=SCHEMA_VERSION).contains(&stored.schema) {
        return Err(problem(&format!("schema version {}", stored.schema)));
    }
    let record = Record {
        created: stored.created,
        command: String::new(),
        quick: stored.quick,
        asked: Vec::new(),
        environment: stored.environment,
        machine: None,
        about: stored.about,
        rows: stored.rows,
        sharding: None,
        spent: Vec::new(),
        resumed: Vec::new(),
    };
    record.consistent().map_err(|what| problem(&what))?;
    Ok(record)
}

fn reduce(
    name: &str,
    record: Record,
    measures: &[Measure],
    anchor: &str,
) -> Result<Reduced, String> {
    let date = record.created.parse::<Timestamp>();
    let date = date.map_err(|error| format!("{name}: the date of the run: {error}"))?;
    let key = record.environment.portable_key("");
    // An unknown part of the toolchain equals nothing.
    let toolchain = match key.unknown() {
        Some(_) => record.created.clone(),
        None => key.to_string(),
    };
    let anchors: HashMap<&str, &Row> = record
        .rows
        .iter()
        .filter(|row| row.phase == anchor)
        .map(|row| (row.workload.as_str(), row))
        .collect();
    let rows = record.rows.iter().map(|row| {
        let value = |measure: &Measure| {
            let value = measure.value(row, anchors.get(row.workload.as_str()).copied())?;
            let reading = row.reading(measure.metric.instrument())?;
            let mut hasher = DefaultHasher::new();
            (&row.definition, &row.answer, &reading.isa, reading.threads).hash(&mut hasher);
            measure.is_count().then_some(&toolchain).hash(&mut hasher);
            Some(Value {
                value,
                conditions: hasher.finish(),
            })
        };
        ReducedRow {
            workload: row.workload.clone(),
            phase: row.phase.clone(),
            unit: row.unit.name.clone(),
            values: measures.iter().map(value).collect(),
        }
    });
    let rows = rows.collect();
    Ok(Reduced {
        moment: Moment {
            date,
            record: Some(name.to_owned()),
            revision: record.environment.revision.clone(),
            subject: None,
            dirty: record.environment.is_dirty(),
        },
        quick: record.quick,
        about: record.about,
        environment: record.environment,
        rows,
    })
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
