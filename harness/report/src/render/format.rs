//! The output formats of `--format`; each has a file of its own.

use crate::render::{Table, csv, json, markdown, terminal};

/// Output format of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// Aligned columns for a terminal.
    #[default]
    Table,
    /// Exact values for programs.
    Json,
    /// Exact values for spreadsheets, one header line.
    Csv,
    /// For pull requests and documents.
    Markdown,
}

impl Format {
    /// Renders the tables in this format. The text ends in a line break unless there are no tables. The terminal format contains colours as escape sequences: print it through
    /// `anstream`, which removes them if the output is not a terminal.
    pub fn render(self, tables: &[Table]) -> String {
        match self {
            Self::Table => terminal::render(tables),
            Self::Json => json::render(tables),
            Self::Csv => csv::render(tables),
            Self::Markdown => markdown::render(tables),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::render::{Cell, Column, Tone};

    /// Tables with ordinary cells and with text that every format must escape.
    fn awkward() -> Vec<Table> {
        let mut first = Table::new(
            "medium/inference",
            vec![Column::left("phase", "phase"), Column::right("time_seconds", "time"), Column::left("check", "check")],
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
        first.rows.push(vec![Cell::text("optimized"), Cell::missing(), Cell::text("not run").toned(Tone::Notice)]);
        first.notes.push("± is the wider half of the 95 % interval".to_owned());
        let mut second = Table::new("", vec![Column::left("phase", "phase"), Column::right("bytes", "bytes")]);
        second.rows.push(vec![Cell::text("pooled"), Cell::number(0.0, "0 B")]);
        vec![first, second]
    }

    #[test]
    fn terminal() {
        let colourless = anstream::adapter::strip_str(&Format::Table.render(&awkward())).to_string();
        insta::assert_snapshot!(colourless);
    }

    #[test]
    fn terminal_in_colour() {
        insta::assert_snapshot!(Format::Table.render(&awkward()).replace('\u{1b}', "ESC"));
    }

    #[test]
    fn csv() {
        insta::assert_snapshot!(Format::Csv.render(&awkward()));
        insta::assert_snapshot!("csv_of_one_table", Format::Csv.render(&awkward()[..1]));
    }

    #[test]
    fn markdown() {
        insta::assert_snapshot!(Format::Markdown.render(&awkward()));
    }

    #[test]
    fn json() {
        let text = Format::Json.render(&awkward());
        let read: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
        assert_eq!(read[0]["rows"][0]["time_seconds"], json!(1.234567890123));
        assert_eq!(read[0]["rows"][2]["time_seconds"], serde_json::Value::Null);
        insta::assert_snapshot!(text);
    }

    #[test]
    fn nothing_to_show_is_still_well_formed() {
        assert_eq!(Format::Table.render(&[]), "");
        assert_eq!(Format::Json.render(&[]), "[]\n");
        assert_eq!(Format::Csv.render(&[]), "");
        assert_eq!(Format::Markdown.render(&[]), "");
    }

    #[test]
    fn terminal_columns_line_up() {
        let text = anstream::adapter::strip_str(&Format::Table.render(&awkward()[..1])).to_string();
        let place = |word: &str| text.lines().find_map(|line| line.find(word).map(|at| line[..at].chars().count()));
        assert_eq!(place("check"), place("passed"), "{text}");
        assert_eq!(place("check"), place("failed"), "{text}");
        let end = |word: &str| place(word).map(|start| start + word.len());
        assert_eq!(end("time"), end("1.23 s"), "{text}");
        assert_eq!(end("time"), end("12 s"), "{text}");
    }
}
