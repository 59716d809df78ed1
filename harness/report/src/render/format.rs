//! The output formats of `--format`. Each has a file of its own with all of its properties.

use std::fmt;

use clap::builder::PossibleValue;

use crate::render::terminal::fitted_to;
use crate::render::{FORMATS, Table, csv, json, markdown, terminal};

/// An output format: renders tables as text.
pub trait Renderer: Sync {
    /// Name on the command line, in kebab-case.
    fn name(&self) -> &'static str;
    /// One line for the help of the command line.
    fn help(&self) -> &'static str;
    /// Extension of files in this format, without the dot.
    fn extension(&self) -> &'static str;
    /// The reader of this format, who decides how much is shown.
    fn audience(&self) -> Audience;
    /// Whether the titles and notes of the tables are part of the output. If not, commands print them on standard error.
    fn has_notes(&self) -> bool {
        true
    }
    /// Renders the tables. The text ends in a line break unless there are no tables.
    fn render(&self, tables: &[Table]) -> String;
}

/// The reader of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// A person at a terminal: rounded values, remarkable rows, messages around the tables.
    Terminal,
    /// A person who reads a document: rounded values, all messages in the notes of the tables.
    Document,
    /// A program: all rows with exact values.
    Program,
}

/// Output format of results: one of the registered renderers.
#[derive(Clone, Copy)]
pub struct Format(pub(super) &'static dyn Renderer);

impl Format {
    /// Aligned columns for a terminal, the default.
    pub const TABLE: Self = Self(&terminal::Terminal);
    /// JSON.
    pub const JSON: Self = Self(&json::Json);
    /// CSV.
    pub const CSV: Self = Self(&csv::Csv);
    /// Markdown.
    pub const MARKDOWN: Self = Self(&markdown::Markdown);

    /// Renders the tables in this format. The terminal format contains colours as escape sequences: print it through
    /// `anstream`, which removes them if the output is not a terminal.
    pub fn render(self, tables: &[Table]) -> String {
        self.0.render(tables)
    }

    /// The tables as text, for a terminal of this many columns: formats for a terminal break words of wide tables.
    pub fn render_within(self, tables: &[Table], columns: usize) -> String {
        match self.audience() {
            Audience::Terminal => {
                let fitted = tables.iter().map(|table| fitted_to(table, columns));
                fitted.collect::<Vec<_>>().join("\n")
            }
            Audience::Document | Audience::Program => self.render(tables),
        }
    }

    /// Extension of files in this format, without the dot.
    pub fn extension(self) -> &'static str {
        self.0.extension()
    }

    /// The reader of this format.
    pub fn audience(self) -> Audience {
        self.0.audience()
    }

    /// Returns true if the format is for programs, which get all rows with exact values.
    pub fn is_exact(self) -> bool {
        self.audience() == Audience::Program
    }

    /// Whether the titles and notes of the tables are part of the output.
    pub fn has_notes(self) -> bool {
        self.0.has_notes()
    }
}

impl Default for Format {
    fn default() -> Self {
        Self::TABLE
    }
}

impl PartialEq for Format {
    /// Compares the names, which are unique.
    fn eq(&self, other: &Self) -> bool {
        self.0.name() == other.0.name()
    }
}

impl Eq for Format {}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

/// The choices of the command line come from the registry.
impl clap::ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        FORMATS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()).help(self.0.help()))
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;
    use serde_json::json;

    use super::*;
    use crate::render::{Cell, Column, Tone};

    /// Tables with ordinary cells and with text that every format must escape.
    fn awkward() -> Vec<Table> {
        let mut first = Table::new(
            "medium/inference",
            vec![
                Column::left("phase", "phase"),
                Column::right("time_seconds", "time"),
                Column::left("check", "check"),
            ],
        );
        first.rows.push(vec![
            Cell::text("naive"),
            Cell::number(1.234567890123, "1.23 s"),
            Cell::text("passed").toned(Tone::Good),
        ]);
        first.rows.push(vec![
            Cell::text("a|b, \"c\"\n<d> `e` *f* \u{1b}[31m"),
            Cell::number(12.0, "12 s"),
            Cell::text("failed: wrong").toned(Tone::Bad),
        ]);
        first.rows.push(vec![
            Cell::text("optimized"),
            Cell::missing(),
            Cell::text("not run").toned(Tone::Notice),
        ]);
        first
            .notes
            .push("± is the wider half of the 95 % interval".to_owned());
        let mut second = Table::new(
            "",
            vec![
                Column::left("phase", "phase"),
                Column::right("bytes", "bytes"),
            ],
        );
        second
            .rows
            .push(vec![Cell::text("pooled"), Cell::number(0.0, "0 B")]);
        vec![first, second]
    }

    #[test]
    fn formats_are_found_by_unique_names() {
        for &format in FORMATS {
            assert_eq!(
                Format::from_str(format.0.name(), false),
                Ok(format),
                "another format has this name"
            );
            assert_eq!(
                Format::from_str(&format.0.name().to_uppercase(), true),
                Ok(format)
            );
        }
        assert_eq!(
            Format::from_str("yaml", false),
            Err("invalid variant: yaml".to_owned())
        );
    }

    #[test]
    fn terminal() {
        let colourless =
            anstream::adapter::strip_str(&Format::TABLE.render(&awkward())).to_string();
        insta::assert_snapshot!(colourless);
    }

    #[test]
    fn terminal_in_colour() {
        insta::assert_snapshot!(Format::TABLE.render(&awkward()).replace('\u{1b}', "ESC"));
    }

    #[test]
    fn csv() {
        insta::assert_snapshot!(Format::CSV.render(&awkward()));
        insta::assert_snapshot!("csv_of_one_table", Format::CSV.render(&awkward()[..1]));
    }

    #[test]
    fn markdown() {
        insta::assert_snapshot!(Format::MARKDOWN.render(&awkward()));
    }

    #[test]
    fn json() {
        let text = Format::JSON.render(&awkward());
        let read: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
        assert_eq!(read[0]["rows"][0]["time_seconds"], json!(1.234567890123));
        assert_eq!(read[0]["rows"][2]["time_seconds"], serde_json::Value::Null);
        insta::assert_snapshot!(text);
    }

    #[test]
    fn nothing_to_show_is_still_well_formed() {
        assert_eq!(Format::TABLE.render(&[]), "");
        assert_eq!(Format::JSON.render(&[]), "[]\n");
        assert_eq!(Format::CSV.render(&[]), "");
        assert_eq!(Format::MARKDOWN.render(&[]), "");
    }

    #[test]
    fn terminal_columns_line_up() {
        let text = anstream::adapter::strip_str(&Format::TABLE.render(&awkward()[..1])).to_string();
        let place = |word: &str| {
            text.lines()
                .find_map(|line| line.find(word).map(|at| line[..at].chars().count()))
        };
        assert_eq!(place("check"), place("passed"), "{text}");
        assert_eq!(place("check"), place("failed"), "{text}");
        let end = |word: &str| place(word).map(|start| start + word.len());
        assert_eq!(end("time"), end("1.23 s"), "{text}");
        assert_eq!(end("time"), end("12 s"), "{text}");
    }
}
