//! Aligned columns for a terminal, coloured by the tone of the cells.

use anstyle::Style;
use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, CellAlignment, Color, LineStyle};

use crate::render::{Align, Audience, Renderer, Table, Tone, fit};

const TITLE: Style = Style::new().bold();
const NOTE: Style = Style::new().dimmed();

/// Columns two spaces apart under a ruled heading; the title above and the notes below.
pub(super) struct Terminal;

impl Renderer for Terminal {
    fn name(&self) -> &'static str {
        "table"
    }

    fn help(&self) -> &'static str {
        "Aligned columns for a terminal"
    }

    fn extension(&self) -> &'static str {
        "txt"
    }

    fn audience(&self) -> Audience {
        Audience::Terminal
    }

    fn render(&self, tables: &[Table]) -> String {
        tables.iter().map(table).collect::<Vec<_>>().join("\n")
    }
}

/// Renders a table within this number of columns, as far as its numbers allow. Title and notes are wrapped.
pub(crate) fn fitted_to(wide: &Table, most: usize) -> String {
    let mut plain = wide.clone();
    for cell in plain.rows.iter_mut().flatten() {
        cell.text = printable(&cell.text);
    }
    let title = (!wide.title.is_empty()).then(|| wrapped_to(&wide.title, TITLE, most));
    let tables = fit::fitted(&plain, most);
    let grids: Vec<String> = tables.iter().map(|one| grid(one, str::to_owned)).collect();
    let notes = wide.notes.iter().map(|note| wrapped_to(note, NOTE, most));
    title.unwrap_or_default() + &grids.join("\n") + &notes.collect::<String>()
}

/// Wraps a sentence; all lines but the first are indented.
pub fn wrapped_to(sentence: &str, style: Style, most: usize) -> String {
    let lines = fit::sentence(&printable(sentence), most, 2);
    lines
        .iter()
        .map(|line| format!("{style}{line}{style:#}\n"))
        .collect()
}

fn table(table: &Table) -> String {
    grid(table, printable)
}

/// Draws the table. `shown` returns the text of a cell without control characters.
fn grid(table: &Table, shown: impl Fn(&str) -> String) -> String {
    let mut text = String::new();
    if !table.title.is_empty() {
        text += &format!("{TITLE}{}{TITLE:#}\n", printable(&table.title));
    }
    let mut grid = comfy_table::Table::new();
    grid.load_style(NOTHING.header_separator(LineStyle::none().fill('─').junction('─')))
        .enforce_styling();
    grid.style_text_only();
    grid.set_header(table.columns.iter().map(|column| {
        let lines: Vec<String> = column.heading.lines().map(printable).collect();
        comfy_table::Cell::new(lines.join("\n")).add_attribute(Attribute::Bold)
    }));
    for row in &table.rows {
        grid.add_row(
            row.iter()
                .map(|cell| toned(comfy_table::Cell::new(shown(&cell.text)), cell.tone)),
        );
    }
    for (index, column) in table.columns.iter().enumerate() {
        if let Some(drawn) = grid.column_mut(index) {
            drawn.set_padding((0, u16::from(index + 1 < table.columns.len())));
            drawn.set_cell_alignment(match column.align {
                Align::Left => CellAlignment::Left,
                Align::Right => CellAlignment::Right,
            });
        }
    }
    // Without rows, there are no headings.
    for line in grid.lines().filter(|_| !table.rows.is_empty()) {
        text += line.trim_end();
        text += "\n";
    }
    for note in &table.notes {
        text += &format!("{NOTE}{}{NOTE:#}\n", printable(note));
    }
    text
}

fn toned(cell: comfy_table::Cell, tone: Tone) -> comfy_table::Cell {
    match tone {
        Tone::Plain => cell,
        Tone::Good => cell.fg(Color::DarkGreen),
        Tone::Bad => cell.fg(Color::DarkRed).add_attribute(Attribute::Bold),
        Tone::Notice => cell.fg(Color::DarkYellow),
        Tone::Quiet => cell.add_attribute(Attribute::Dim),
    }
}

/// Replaces control characters: text from files may contain escape sequences and line breaks.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
