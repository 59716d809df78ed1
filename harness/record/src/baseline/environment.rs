//! Reading and writing of `environment.json`: the origin of the counts in `counts.csv`.
//!
//! Two files cannot be replaced in one step. While a baseline is saved, this file describes both the new run and the
//! one that it replaces. The date in `counts.csv` selects one of them. So the baseline stays readable if saving is
//! interrupted at any moment.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::baseline::SCHEMA_VERSION;
use crate::baseline::error::{KIND, incomplete, mismatch};
use crate::stored_file::{Version, line};
use crate::{About, Environment, FileError, Record};

/// The content of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Origin {
    schema: u32,
    /// Instruction set that the counts were read with.
    pub(super) isa: String,
    /// Run that the counts come from.
    measurement: Measurement,
    /// Run of the counts that are being replaced; set only while a baseline is saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replacing: Option<Measurement>,
}

/// A run of the harness.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Measurement {
    /// Start of the run.
    created: String,
    command: String,
    quick: bool,
    pub(super) environment: Environment,
}

impl Origin {
    pub(super) fn of(record: &Record, isa: &str) -> Self {
        Self {
            schema: SCHEMA_VERSION,
            isa: isa.to_owned(),
            measurement: Measurement::of(record),
            replacing: None,
        }
    }

    /// Returns a copy for the time in which `counts.csv` still contains the counts of `old`.
    pub(super) fn replacing(&self, old: &Record) -> Self {
        Self {
            replacing: Some(Measurement::of(old)),
            ..self.clone()
        }
    }

    pub(super) fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("all keys are strings");
        text.push('\n');
        text
    }

    pub(super) fn parse(text: &str, path: &Path) -> Result<Self, FileError> {
        let wrong = |error: serde_json::Error| {
            let what = error.to_string();
            // The parser appends the position, which is reported separately.
            let what = what.split(" at line ").next().unwrap_or_default();
            let what = if error.is_eof() {
                incomplete(what)
            } else {
                what.to_owned()
            };
            KIND.content(path, Some(error.line().max(1) as u64), what)
        };
        let Version { schema } = serde_json::from_str(text).map_err(wrong)?;
        KIND.check_schema(
            schema,
            path,
            text.find("\"schema\"").map(|offset| line(text, offset)),
        )?;
        serde_json::from_str(text).map_err(wrong)
    }

    /// Returns the run of this date, which comes from `counts.csv`.
    pub(super) fn measured(self, date: &str, path: &Path) -> Result<Measurement, FileError> {
        let newest = self.measurement.created.clone();
        [Some(self.measurement), self.replacing].into_iter().flatten().find(|run| run.created == date).ok_or_else(
            || {
                let what = format!("it describes a run of {newest}, but counts.csv beside it was measured at {date}");
                KIND.error(path, mismatch(&what))
            },
        )
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

    /// Returns the record of the run, without rows.
    pub(super) fn into_record(self) -> Record {
        Record {
            created: self.created,
            command: self.command,
            quick: self.quick,
            asked: Vec::new(),
            machine: None,
            about: About::default(),
            environment: self.environment,
            rows: Vec::new(),
            sharding: None,
            spent: Vec::new(),
            resumed: Vec::new(),
        }
    }
}
