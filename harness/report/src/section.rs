//! A section of a report: its findings, charts and tables, and the measurements that are missing.

use std::fmt;

use serde::Serialize;

use crate::charts::Named;
use crate::render::{Cell, Table, Tone};

/// A section of a report.
#[derive(Debug, Default, Serialize)]
pub struct Section {
    /// Its id on the page.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Its sentences, at most two: the finding first.
    pub says: Vec<String>,
    /// Its charts; each belongs beside the table of the same index.
    pub charts: Vec<Named>,
    /// Its tables; the last note of each is the provenance of its numbers.
    pub tables: Vec<Table>,
    /// Missing measurements, which the report lists once at its end.
    pub missing: Vec<Gap>,
}

/// Measurements that are missing, with the command that takes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Subject and verb of a sentence, such as `The matrix is`.
    pub what: String,
    /// The command.
    pub command: String,
}

/// A sentence with the command.
impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} not measured: {}", self.what, self.command)
    }
}

impl Section {
    /// Missing measurements: the subject and verb of a sentence, and the command that takes them.
    pub fn not_measured(what: &str, command: &str) -> Gap {
        Gap {
            what: what.to_owned(),
            command: command.to_owned(),
        }
    }
}

/// The outcomes of a judgement with their names and tones, and the name of a missing one.
pub(super) struct Outcomes<S: 'static> {
    pub(super) all: [(S, &'static str, Tone); 4],
    pub(super) missing: &'static str,
}

impl<S: PartialEq> Outcomes<S> {
    /// One sentence that counts outcomes; those that did not occur are left out.
    pub(super) fn counted(&self, what: &str, found: &[Option<S>]) -> String {
        let possible = self
            .all
            .iter()
            .map(|(outcome, name, _)| (Some(outcome), name))
            .chain([(None, &self.missing)]);
        let counts = possible.filter_map(|(outcome, name)| {
            let count = found
                .iter()
                .filter(|found| found.as_ref() == outcome)
                .count();
            (count > 0).then(|| format!("{count} {name}"))
        });
        format!(
            "Of {} {what}: {}.",
            found.len(),
            counts.collect::<Vec<_>>().join(", ")
        )
    }

    /// The cell of an outcome.
    pub(super) fn cell(&self, found: Option<S>) -> Cell {
        let outcome = self
            .all
            .iter()
            .find(|(outcome, ..)| Some(outcome) == found.as_ref());
        outcome.map_or_else(
            || Cell::text(self.missing).toned(Tone::Notice),
            |(_, name, tone)| Cell::text(*name).toned(*tone),
        )
    }
}
