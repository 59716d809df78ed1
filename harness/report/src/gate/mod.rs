//! The verdict of a gate as text: for a terminal, for a pull request, and as tables for programs.
//!
//! All three are drawn from one [`GateVerdict`]. Their order is the same: the headline, the largest moves, the details.

mod document;
mod sentences;
mod text;

use harness_judge::gate::{GateVerdict, JudgedFigure, Measured};
use harness_record::session::Session;

use crate::render::Table;
use crate::tables::moves::moves_table;
use crate::tables::{counts, times};
use sentences::Sentences;

/// Columns of the text for a terminal, if that has not fewer.
pub const COLUMNS: usize = 100;

/// Number of rows in the table of the largest moves.
const MOVES: usize = 10;

/// The verdict of a gate, and what is printed beside it.
#[derive(Debug)]
pub struct GateReport<'a> {
    /// The verdict.
    pub verdict: &'a GateVerdict,
    /// The session of a gate against a revision; none for a gate against the stored baseline.
    pub session: Option<&'a Session>,
    /// The command that reproduces the verdict.
    pub command: String,
    /// The functions behind regressions of instructions, one table for each workload.
    pub functions: Vec<Table>,
    /// True if every figure and every sentence is shown on a terminal.
    pub all: bool,
}

impl GateReport<'_> {
    /// The text for a terminal of this many columns, with colours as escape sequences. Text is easier to read in lines
    /// that are not longer than [`COLUMNS`].
    pub fn terminal(&self, columns: Option<usize>) -> String {
        text::terminal(self, columns.unwrap_or(COLUMNS).min(COLUMNS))
    }

    /// The text for a pull request: Markdown of at most 65,000 characters, the size of a comment on GitHub.
    pub fn markdown(&self) -> String {
        document::markdown(self)
    }

    /// The tables for programs, with the headline and notes in the first one. The second value is the notes that the
    /// format has no room for; `has_notes` is false if it has none for any.
    pub fn tables(&self, has_notes: bool) -> (Vec<Table>, Vec<String>) {
        let sentences = Sentences::of(self, true);
        let mut tables = Vec::new();
        if !self.verdict.times.is_empty() {
            tables.push(times::times_table(self.verdict, true));
        }
        let counts = self.verdict.counts.iter();
        let counts = counts.filter(|counts| !counts.rows.is_empty());
        tables.extend(counts.map(|counts| counts::table(counts, true)));
        let mut notes = sentences.circumstances;
        notes.extend(sentences.unmatched);
        notes.extend(sentences.rules.iter().flat_map(Labelled::prefixed));
        if let Some(first) = tables.first_mut().filter(|_| has_notes) {
            notes.push(format!("reproduce with: {}", self.command));
            first.title = self.verdict.summary();
            first.notes = std::mem::take(&mut notes);
        }
        tables.extend(self.functions.iter().cloned());
        (tables, notes)
    }

    /// Sentences that belong to no figure: on acceptances, rules and the machine; and on workloads without a counterpart.
    pub(crate) fn notes(&self) -> (Vec<String>, Vec<String>) {
        let sentences = Sentences::of(self, true);
        let rules = sentences.rules.iter().flat_map(Labelled::prefixed);
        let notes = rules.chain(sentences.circumstances);
        (notes.collect(), sentences.unmatched)
    }

    /// The table of the largest moves, and sentences below it.
    fn moves(&self) -> Table {
        let moves = self.verdict.moves(MOVES);
        let figures = self.verdict.figures();
        let is_regression = |one: &&JudgedFigure<'_>| one.standing.is_regression();
        let all = figures.iter().filter(is_regression).count();
        let regressed = |figures: usize| all.saturating_sub(figures);
        let shown = moves.iter().filter(is_regression).count();
        let more = match regressed(shown) {
            0 => None,
            1 => Some("1 more figure regressed.".to_owned()),
            more => Some(format!("{more} more figures regressed.")),
        };
        let has_interval = moves.iter().any(|one| match one.measured {
            Measured::Time(time) => time.found.is_some_and(|found| found.interval.is_some()),
            Measured::Count(_) => false,
        });
        let level = has_interval.then(|| "[low, high] is the 95 % interval.".to_owned());
        Table {
            notes: more.into_iter().chain(level).collect(),
            ..moves_table(&moves)
        }
    }

    /// The tables of every figure for people.
    fn every_figure(&self) -> Vec<Table> {
        let times =
            (!self.verdict.times.is_empty()).then(|| times::times_table(self.verdict, false));
        let counts = self.verdict.counts.iter();
        let counts = counts.filter(|counts| !counts.rows.is_empty());
        let counts = counts.map(|counts| counts::table(counts, false));
        times.into_iter().chain(counts).collect()
    }
}

/// Sentences of one kind, with the label in front of each.
#[derive(Debug)]
struct Labelled {
    label: &'static str,
    sentences: Vec<String>,
}

impl Labelled {
    fn new(label: &'static str, sentences: Vec<String>) -> Self {
        Self { label, sentences }
    }

    fn prefixed(&self) -> impl Iterator<Item = String> {
        let label = self.label;
        self.sentences
            .iter()
            .map(move |sentence| format!("{label}: {sentence}"))
    }
}

#[cfg(test)]
mod tests;
