//! `environment.json`: where the counts beside it come from.
//!
//! Two files cannot be replaced in one step. While a baseline is saved, this one tells of both the new counts and the
//! ones they replace; `counts.csv` says which of the two it holds. So the baseline can be read after an interruption at
//! any moment.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::baseline::{BaselineError, SCHEMA_VERSION};
use crate::{Environment, Record};

/// The content of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Origin {
    schema: u64,
    /// The instruction set that the counts were read with.
    pub(super) isa: String,
    /// The run the counts come from.
    measurement: Measurement,
    /// The run that the counts come from which are being replaced; only while a baseline is saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replacing: Option<Measurement>,
}

/// The run of the harness that the counts come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Measurement {
    /// When it began.
    created: String,
    command: String,
    quick: bool,
    pub(super) environment: Environment,
}

#[derive(Deserialize)]
struct Version {
    schema: u64,
}

impl Origin {
    pub(super) fn of(record: &Record, isa: &str) -> Self {
        Self { schema: SCHEMA_VERSION, isa: isa.to_owned(), measurement: Measurement::of(record), replacing: None }
    }

    /// The same, while the counts of another run are still beside it.
    pub(super) fn replacing(&self, old: &Record) -> Self {
        Self { replacing: Some(Measurement::of(old)), ..self.clone() }
    }

    pub(super) fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("all keys are strings");
        text.push('\n');
        text
    }

    pub(super) fn parse(text: &str, path: &Path) -> Result<Self, BaselineError> {
        let wrong = |error: serde_json::Error| {
            let line = error.line() as u64;
            let what = error.to_string();
            // The parser appends the place, which is already said.
            let what = what.split(" at line ").next().unwrap_or_default().to_owned();
            let path = path.to_owned();
            if error.is_eof() {
                return BaselineError::CutOff { path, line: line.max(1), what };
            }
            BaselineError::Line { path, line, what }
        };
        let Version { schema } = serde_json::from_str(text).map_err(wrong)?;
        if schema != SCHEMA_VERSION {
            let before = text.split("\"schema\"").next().unwrap_or_default();
            let line = before.matches('\n').count() as u64 + 1;
            return Err(BaselineError::Schema { path: path.to_owned(), line, found: schema });
        }
        serde_json::from_str(text).map_err(wrong)
    }

    /// The run that was measured at that date: `counts.csv` says when.
    pub(super) fn measured(self, date: &str, path: &Path) -> Result<Measurement, BaselineError> {
        let newest = self.measurement.created.clone();
        [Some(self.measurement), self.replacing]
            .into_iter()
            .flatten()
            .find(|measurement| measurement.created == date)
            .ok_or_else(|| BaselineError::Mismatch {
                path: path.to_owned(),
                what: format!("it tells of a run of {newest}, but the counts beside it were measured at {date}"),
            })
    }
}

impl Measurement {
    fn of(record: &Record) -> Self {
        Self {
            created: record.created.clone(),
            command: record.command.clone(),
            quick: record.quick,
            environment: record.environment.clone(),
        }
    }

    /// The record of that run, without rows.
    pub(super) fn into_record(self) -> Record {
        Record {
            created: self.created,
            command: self.command,
            quick: self.quick,
            asked: Vec::new(),
            environment: self.environment,
            rows: Vec::new(),
        }
    }
}
