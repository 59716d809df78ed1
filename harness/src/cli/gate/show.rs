//! Prints the verdict of a gate in every format.

use anyhow::Result;
use harness::terminal::{ALARM, WARNING, labelled, notice, print, show};
use harness_report::render::{Audience, Format, Table};

/// Sentences of one kind, with the label in front of each.
pub(super) type Labelled = (&'static str, Vec<String>);

/// The verdict of a gate, as sentences and tables.
#[derive(Default)]
pub(super) struct Printout {
    /// The conclusion in one line.
    pub(super) summary: String,
    /// The command that reproduces it.
    pub(super) command: String,
    /// The judged figures.
    pub(super) tables: Vec<Table>,
    /// The functions behind regressions of instructions.
    pub(super) functions: Vec<Table>,
    pub(super) regressed: Vec<String>,
    pub(super) improved: Vec<String>,
    /// Figures that were not judged. The tables for programs have them, too.
    pub(super) open: Labelled,
    /// Workloads that cannot be compared; they are in no table.
    pub(super) unmatched: Vec<String>,
    /// Acceptances and changed rules.
    pub(super) rules: Vec<Labelled>,
    /// Conditions of the measurement.
    pub(super) circumstances: Vec<String>,
}

impl Printout {
    /// Prints regressions, tables, improvements, open points, the summary, and the command that reproduces it.
    pub(super) fn print(self, format: Format) -> Result<()> {
        match format.audience() {
            Audience::Program => self.print_exact(format),
            Audience::Document => self.print_document(format),
            Audience::Terminal => self.print_text(format),
        }
    }

    fn print_exact(mut self, format: Format) -> Result<()> {
        let again = self.again();
        let mut notes = self.circumstances;
        notes.extend(self.unmatched);
        notes.extend(self.rules.iter().flat_map(prefixed));
        match self.tables.first_mut().filter(|_| format.has_notes()) {
            Some(first) => {
                notes.push(again.clone());
                (first.title, first.notes) = (self.summary.clone(), notes);
            }
            // Some formats have no notes, and without tables there is nowhere to put them.
            None => notes.iter().for_each(|note| notice(note)),
        }
        self.tables.extend(self.functions);
        show(&self.tables, format)?;
        notice(&self.summary);
        notice(&again);
        Ok(())
    }

    fn print_document(mut self, format: Format) -> Result<()> {
        let again = self.again();
        let mut notes = [self.regressed, self.improved].concat();
        self.open.1.extend(self.unmatched);
        notes.extend([self.open].iter().chain(&self.rules).flat_map(prefixed));
        notes.extend(self.circumstances);
        notes.push(again);
        match self.tables.last_mut() {
            Some(last) => last.notes = notes,
            None => self.tables.push(Table {
                notes,
                ..Default::default()
            }),
        }
        self.tables[0].title = self.summary;
        self.tables.extend(self.functions);
        show(&self.tables, format)
    }

    fn print_text(mut self, format: Format) -> Result<()> {
        let again = self.again();
        self.open.1.extend(self.unmatched);
        self.tables.retain(|table| !table.rows.is_empty());
        let mut text = labelled(ALARM, "regressed", &self.regressed);
        text += &format.render(&self.tables);
        text += &self
            .improved
            .iter()
            .map(|sentence| format!("improved: {sentence}\n"))
            .collect::<String>();
        for (label, sentences) in [self.open].iter().chain(&self.rules) {
            text += &labelled(WARNING, label, sentences);
        }
        for line in self.circumstances.iter().chain([&self.summary]) {
            text += &format!("{line}\n");
        }
        for table in self.functions {
            text += &format!("\n{}", format.render(&[table]));
        }
        print(&format!("{text}{again}\n"))
    }

    fn again(&self) -> String {
        format!("reproduce with: {}", self.command)
    }
}

fn prefixed((label, sentences): &Labelled) -> impl Iterator<Item = String> {
    sentences
        .iter()
        .map(move |sentence| format!("{label}: {sentence}"))
}
