//! CSV: exact values under one header line.

use harness_record::csv_table::guarded;
use harness_record::distinct::distinct;
use serde_json::Value;

use crate::render::{Audience, Renderer, Table};

/// All tables under one header line: the columns of all tables, each once, in order of appearance. With several tables, a
/// first column `table` has the title. Missing numbers are empty fields.
pub(super) struct Csv;

impl Renderer for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn help(&self) -> &'static str {
        "Exact values for spreadsheets, one header line"
    }

    fn extension(&self) -> &'static str {
        "csv"
    }

    fn audience(&self) -> Audience {
        Audience::Program
    }

    fn has_notes(&self) -> bool {
        false
    }

    fn render(&self, tables: &[Table]) -> String {
        let keys = distinct(
            tables
                .iter()
                .flat_map(|table| &table.columns)
                .map(|column| column.key.as_str()),
        );
        if keys.is_empty() {
            return String::new();
        }
        let titled = tables.len() > 1;
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        let mut write = |record: Vec<String>| {
            writer
                .write_record(&record)
                .expect("writing to memory does not fail")
        };
        write(
            titled
                .then_some("table")
                .into_iter()
                .chain(keys.iter().copied())
                .map(str::to_owned)
                .collect(),
        );
        for table in tables {
            for row in &table.rows {
                let field = |key: &&str| {
                    let place = table.columns.iter().position(|column| column.key == *key);
                    place
                        .and_then(|place| row.get(place))
                        .map(|cell| harmless(&cell.value))
                        .unwrap_or_default()
                };
                write(
                    titled
                        .then(|| table.title.clone())
                        .into_iter()
                        .chain(keys.iter().map(field))
                        .collect(),
                );
            }
        }
        let bytes = writer
            .into_inner()
            .expect("writing to memory does not fail");
        String::from_utf8(bytes).expect("fields are UTF-8")
    }
}

/// An exact value whose text no spreadsheet runs and no terminal obeys: names come from measured programs.
fn harmless(value: &Value) -> String {
    match value {
        Value::String(text) => guarded(&text.replace(char::is_control, " ")).into_owned(),
        other => exact(other),
    }
}

/// An exact value as text; empty if it is missing.
pub(crate) fn exact(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
