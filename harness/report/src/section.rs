//! A section of a report: its findings, charts and tables, and the measurements that are missing.

use serde::Serialize;

use crate::charts::Named;
use crate::render::Table;

/// A section of a report.
#[derive(Debug, Serialize)]
pub struct Section {
    /// Its id on the page.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Its sentences: the finding first, then explanations.
    pub says: Vec<String>,
    /// Its charts.
    pub charts: Vec<Named>,
    /// Its tables; the last note of each is the provenance of its numbers.
    pub tables: Vec<Table>,
    /// Sentences on missing measurements, each with the command that takes them.
    pub missing: Vec<String>,
}

impl Section {
    /// An empty section.
    pub fn new(id: &'static str, title: &'static str) -> Self {
        Self { id, title, says: Vec::new(), charts: Vec::new(), tables: Vec::new(), missing: Vec::new() }
    }

    /// The sentence for missing measurements.
    pub fn not_measured(what: &str, command: &str) -> String {
        format!("{what} not measured. To fill this in: {command}")
    }
}

/// One sentence that counts outcomes; outcomes that did not occur are left out.
pub(super) fn counted(what: &str, counts: &[(usize, &str)]) -> String {
    let all: usize = counts.iter().map(|(count, _)| count).sum();
    let outcomes = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    format!("Of {all} {what}: {}.", outcomes.collect::<Vec<_>>().join(", "))
}
