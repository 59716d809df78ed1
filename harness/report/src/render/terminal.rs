//! Aligned columns for a terminal, coloured by the tone of the cells.

use anstyle::Style;
use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, CellAlignment, Color, LineStyle};

use crate::render::{Align, Audience, Renderer, Table, Tone};

const TITLE: Style = Style::new().bold();
const NOTE: Style = Style::new().dimmed();

/// Width in columns that the output of a gate fits in.
const WIDTH: usize = 100;

/// Characters that a long name is broken after.
const SEPARATORS: [char; 3] = [',', '/', '='];

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

/// Renders a table within [`WIDTH`] columns: cells of words are broken at spaces, and at commas, slashes and equals signs
/// if that is not enough. Numbers are never broken, so a table of many numbers can still be wider. Notes are wrapped.
pub(crate) fn fitted(wide: &Table) -> String {
    fitted_to(wide, WIDTH)
}

/// Renders a table within this number of columns, as [`fitted`] does.
pub(super) fn fitted_to(wide: &Table, most: usize) -> String {
    let mut narrow = wide.clone();
    for row in &mut narrow.rows {
        row.iter_mut()
            .for_each(|cell| cell.text = printable(&cell.text));
    }
    let widths = widths(&narrow, most);
    for row in &mut narrow.rows {
        for ((cell, column), width) in row.iter_mut().zip(&wide.columns).zip(&widths) {
            if column.align == Align::Left {
                cell.text = lines(&cell.text, *width, 0, &SEPARATORS).join("\n");
            }
        }
    }
    for (column, width) in narrow.columns.iter_mut().zip(&widths) {
        if column.align == Align::Left {
            column.heading = lines(&column.heading, *width, 0, &[]).join("\n");
        }
    }
    narrow.notes.clear();
    let notes = wide.notes.iter().map(|note| wrapped_to(note, NOTE, most));
    grid(&narrow, str::to_owned) + &notes.collect::<String>()
}

/// Wraps a sentence at [`WIDTH`] columns; all lines but the first are indented.
pub(crate) fn wrapped(sentence: &str, style: Style) -> String {
    wrapped_to(sentence, style, WIDTH)
}

fn wrapped_to(sentence: &str, style: Style, most: usize) -> String {
    let lines = lines(&printable(sentence), most, 2, &[]);
    lines
        .iter()
        .map(|line| format!("{style}{line}{style:#}\n"))
        .collect()
}

/// The widths of the columns at which the table fits. First columns with spaces become narrower, then other words, in
/// either case the widest one first.
fn widths(table: &Table, most: usize) -> Vec<usize> {
    let texts = |column: usize| {
        let cells = table.rows.iter().map(move |row| row[column].text.as_str());
        cells.chain(table.columns[column].heading.lines())
    };
    let widest = |texts: &mut dyn Iterator<Item = &str>| {
        texts.map(|text| text.chars().count()).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = (0..table.columns.len())
        .map(|column| widest(&mut texts(column)))
        .collect();
    let gaps = 2 * table.columns.len().saturating_sub(1);
    for within in [&[][..], &SEPARATORS] {
        let is_separator = |c: char| c == ' ' || within.contains(&c);
        let least = |column: usize| {
            let pieces = texts(column).flat_map(|text| text.split_inclusive(is_separator));
            widest(&mut pieces.map(str::trim_end))
        };
        let least: Vec<usize> = (0..widths.len()).map(least).collect();
        while widths.iter().sum::<usize>() + gaps > most {
            let can_shrink = |column: &usize| {
                table.columns[*column].align == Align::Left && widths[*column] > least[*column]
            };
            let columns = (0..widths.len()).filter(can_shrink);
            let Some(column) = columns.max_by_key(|column| widths[*column]) else {
                break;
            };
            widths[column] -= 1;
        }
    }
    widths
}

/// Breaks a text into lines of at most `width` characters: at spaces, and within a longer word after the characters in
/// `within`. All lines but the first are indented. A longer piece without a place to break has a line of its own.
fn lines(text: &str, width: usize, indent: usize, within: &[char]) -> Vec<String> {
    let size = |text: &str| text.trim_end().chars().count();
    let mut lines = vec![String::new()];
    for word in text.split_inclusive(' ') {
        let pieces: Vec<&str> = match size(word) + indent > width {
            true => word.split_inclusive(within).collect(),
            false => vec![word],
        };
        for piece in pieces {
            match lines.last_mut() {
                Some(line) if line.is_empty() || line.chars().count() + size(piece) <= width => {
                    *line += piece;
                }
                _ => lines.push(" ".repeat(indent) + piece),
            }
        }
    }
    lines
        .into_iter()
        .map(|line| line.trim_end().to_owned())
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
