//! Markdown: a heading, a pipe table and notes, for pull requests and documents.

use crate::render::{Align, Audience, Renderer, Table, Tone};

/// GitHub-flavoured Markdown. Cells with the tone bad or notice are bold, because Markdown has no colours.
pub(super) struct Markdown;

impl Renderer for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn help(&self) -> &'static str {
        "For pull requests and documents"
    }

    fn extension(&self) -> &'static str {
        "md"
    }

    fn audience(&self) -> Audience {
        Audience::Document
    }

    fn render(&self, tables: &[Table]) -> String {
        tables.iter().map(table).collect::<Vec<_>>().join("\n")
    }
}

fn table(table: &Table) -> String {
    let mut text = String::new();
    if !table.title.is_empty() {
        text += &format!("### {}\n\n", escape(&table.title));
    }
    // Without rows, there are no headings.
    if !table.rows.is_empty() {
        text += &line(table.columns.iter().map(|column| escape(&column.heading)));
        text += &line(table.columns.iter().map(|column| match column.align {
            Align::Left => ":---".to_owned(),
            Align::Right => "---:".to_owned(),
        }));
    }
    for row in &table.rows {
        text += &line(row.iter().map(|cell| match cell.tone {
            Tone::Bad | Tone::Notice if !cell.text.trim().is_empty() => {
                format!("**{}**", escape(&cell.text))
            }
            _ => escape(&cell.text),
        }));
    }
    if !table.notes.is_empty() {
        if !table.rows.is_empty() {
            text += "\n";
        }
        text += &table
            .notes
            .iter()
            .map(|note| escape(note))
            .collect::<Vec<_>>()
            .join("  \n");
        text += "\n";
    }
    text
}

fn line(cells: impl Iterator<Item = String>) -> String {
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

/// Escapes all Markdown and HTML syntax; control characters become spaces.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => escaped.extend(['\\', c]),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
