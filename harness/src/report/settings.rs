//! What a report compares with and puts first. The harness knows no phase and no workload by name: these are
//! configuration, with defaults that suit a ladder of phases.

use serde::{Deserialize, Serialize};

use crate::record::{Instrument, Record};

/// What a report compares with and puts first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Phases that every phase is held against, each giving a ratio.
    pub anchors: Vec<String>,
    /// The workload that the headline, the ladder and the charts are about; if none is named, the first of the record
    /// that generates tokens, else the first.
    pub headline: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { anchors: vec!["naive".to_owned(), "reference".to_owned()], headline: None }
    }
}

impl Settings {
    /// The headline workload of a record; none if the record has no rows.
    pub fn headline<'a>(&self, record: &'a Record) -> Option<&'a str> {
        let named = self.headline.as_deref();
        let rows = &record.rows;
        let row = named
            .and_then(|name| rows.iter().find(|row| row.workload == name))
            .or_else(|| rows.iter().find(|row| generates(row)))
            .or_else(|| rows.iter().find(|row| row.unit.name == "token"))
            .or_else(|| rows.first())?;
        Some(&row.workload)
    }
}

fn generates(row: &crate::record::Row) -> bool {
    use crate::record::Data;
    match row.reading(Instrument::Clock).map(|reading| &reading.data) {
        Some(Data::Clock { runs, .. }) => runs.iter().any(|run| run.tokens_at.len() > 1),
        _ => false,
    }
}
