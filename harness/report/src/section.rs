//! A part of a report: what it finds, its charts and tables, and what is missing in it and how to get it.

use crate::charts::Named;
use crate::render::Table;

/// A part of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Its anchor on the page.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Sentences that say what it is about and what was found.
    pub says: Vec<String>,
    /// Its charts.
    pub charts: Vec<Named>,
    /// Its tables; the last note of each says where its numbers come from.
    pub tables: Vec<Table>,
    /// What is not there, and the command that fills it.
    pub missing: Vec<String>,
}

impl Section {
    /// A part with nothing in it yet.
    pub fn new(id: &'static str, title: &'static str) -> Self {
        Self { id, title, says: Vec::new(), charts: Vec::new(), tables: Vec::new(), missing: Vec::new() }
    }

    /// What is said where measurements are missing.
    pub fn not_measured(what: &str, command: &str) -> String {
        format!("{what} not measured. To fill this in: {command}")
    }
}

/// How many of something ended how, in one sentence; what ended in no way is not told.
pub(super) fn counted(what: &str, counts: &[(usize, &str)]) -> String {
    let all: usize = counts.iter().map(|(count, _)| count).sum();
    let told = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    format!("Of {all} {what}: {}.", told.collect::<Vec<_>>().join(", "))
}
