//! JSON: an array of tables, with rows as objects of exact values.

use serde::Serialize;
use serde::ser::Serializer;

use crate::render::{Audience, Cell, Column, Renderer, Table};

/// `[{"title", "rows": [{column key: exact value}], "notes"}]` for any number of tables.
pub(super) struct Json;

impl Renderer for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn help(&self) -> &'static str {
        "Exact values for programs"
    }

    fn extension(&self) -> &'static str {
        "json"
    }

    fn audience(&self) -> Audience {
        Audience::Program
    }

    fn render(&self, tables: &[Table]) -> String {
        let tables: Vec<Outgoing<'_>> = tables
            .iter()
            .map(|table| Outgoing {
                title: &table.title,
                rows: table
                    .rows
                    .iter()
                    .map(|cells| Row {
                        columns: &table.columns,
                        cells,
                    })
                    .collect(),
                notes: &table.notes,
            })
            .collect();
        let mut text = serde_json::to_string_pretty(&tables).expect("all keys are strings");
        text.push('\n');
        text
    }
}

#[derive(Serialize)]
struct Outgoing<'a> {
    title: &'a str,
    rows: Vec<Row<'a>>,
    notes: &'a [String],
}

struct Row<'a> {
    columns: &'a [Column],
    cells: &'a [Cell],
}

impl Serialize for Row<'_> {
    /// Written by hand because a map of `serde_json` would sort the columns.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let keys = self.columns.iter().map(|column| &column.key);
        serializer.collect_map(keys.zip(self.cells.iter().map(|cell| &cell.value)))
    }
}
