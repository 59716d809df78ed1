//! Fits tables and sentences into a number of columns.
//!
//! A table that is too wide becomes narrower in steps, and stops at the first one that is enough: words of text and of
//! headings go to further lines; names are broken after separators; long names lose their middle; and at last the columns
//! are divided into several tables, each with the names at its start. A number is never broken or shortened.

use crate::render::{Align, Table};

/// Characters that a long name is broken after.
const SEPARATORS: [char; 3] = [',', '/', '='];

/// The length down to which a part of a name is shortened.
const SHORTEST: usize = 12;

/// A step in which columns become narrower.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Spaces,
    Separators,
    Middles,
}

/// The table within this number of columns, as one table or several. Title and notes are left out.
pub(super) fn fitted(wide: &Table, most: usize) -> Vec<Table> {
    let groups = groups(wide, most);
    groups
        .iter()
        .map(|group| narrow(wide, group, most))
        .collect()
}

/// Breaks a sentence into lines; all but the first are indented. A word that is longer than a line is divided.
pub(super) fn sentence(text: &str, width: usize, indent: usize) -> Vec<String> {
    let mut lines = Lines::new(width, indent);
    for word in text.split_inclusive(' ') {
        if size(word) + indent <= width {
            lines.add(word);
            continue;
        }
        for piece in pieces(word) {
            let characters: Vec<char> = piece.chars().collect();
            let most = width.saturating_sub(indent).max(1);
            for part in characters.chunks(most) {
                lines.add(&part.iter().collect::<String>());
            }
        }
    }
    lines.finished()
}

/// The columns of each table that the wide one is divided into.
fn groups(table: &Table, most: usize) -> Vec<Vec<usize>> {
    let all: Vec<usize> = (0..table.columns.len()).collect();
    let least: Vec<usize> = all
        .iter()
        .map(|&column| least(table, column, Step::Middles))
        .collect();
    let width = |columns: &[usize]| {
        let gaps = 2 * columns.len().saturating_sub(1);
        columns.iter().map(|&column| least[column]).sum::<usize>() + gaps
    };
    if width(&all) <= most {
        return vec![all];
    }
    let is_name = |column: &&usize| table.columns[**column].align == Align::Left;
    let mut names: Vec<usize> = all.iter().take_while(is_name).copied().collect();
    // Numbers need room, too.
    while width(&names) > most * 2 / 3 && names.len() > 1 {
        names.pop();
    }
    if names.is_empty() {
        names.push(0);
    }
    let mut groups = vec![names.clone()];
    for &column in &all[names.len()..] {
        let last = groups.last_mut().expect("there is one");
        if last.len() > names.len() && width(&[last.as_slice(), &[column]].concat()) > most {
            groups.push([names.as_slice(), &[column]].concat());
        } else {
            last.push(column);
        }
    }
    groups
}

/// The table with these columns only, within the width.
fn narrow(wide: &Table, group: &[usize], most: usize) -> Table {
    let widths = widths(wide, group, most);
    let mut table = Table::new("", Vec::new());
    for (&index, &width) in group.iter().zip(&widths) {
        let mut column = wide.columns[index].clone();
        if is_drawn(wide, index) {
            table.columns.push(column);
            continue;
        }
        let heading: Vec<String> = column
            .heading
            .lines()
            .flat_map(|line| cell(line, width))
            .collect();
        column.heading = heading.join("\n");
        table.columns.push(column);
    }
    for row in &wide.rows {
        let cells = group.iter().zip(&widths).map(|(&column, &width)| {
            let mut one = row[column].clone();
            if wide.columns[column].align == Align::Left && !is_drawn(wide, column) {
                one.text = cell(&one.text, width).join("\n");
            }
            one
        });
        table.rows.push(cells.collect());
    }
    table
}

/// The widths of the columns at which the table fits, the widest one first made narrower in each step.
fn widths(table: &Table, group: &[usize], most: usize) -> Vec<usize> {
    let natural = |&column: &usize| texts(table, column).map(size).max().unwrap_or(0);
    let mut widths: Vec<usize> = group.iter().map(natural).collect();
    let gaps = 2 * group.len().saturating_sub(1);
    for step in [Step::Spaces, Step::Separators, Step::Middles] {
        let least: Vec<usize> = group
            .iter()
            .map(|&column| least(table, column, step))
            .collect();
        while widths.iter().sum::<usize>() + gaps > most {
            let columns = (0..widths.len()).filter(|&column| widths[column] > least[column]);
            let Some(column) = columns.max_by_key(|&column| widths[column]) else {
                break;
            };
            widths[column] -= 1;
        }
    }
    widths
}

/// The texts of a column, one for each line.
fn texts(table: &Table, column: usize) -> impl Iterator<Item = &str> {
    let cells = table.rows.iter().map(move |row| row[column].text.as_str());
    cells.chain(table.columns[column].heading.lines())
}

/// The least width of a column after a step. Cells on the right are numbers.
fn least(table: &Table, column: usize, step: Step) -> usize {
    let of_words = |text: &str, step: Step| {
        let words = text.split(' ').flat_map(|word| match step {
            Step::Spaces => vec![word],
            Step::Separators | Step::Middles => pieces(word),
        });
        let sizes = words.map(|word| match step {
            Step::Middles if !is_number(word) => size(word).min(SHORTEST),
            _ => size(word),
        });
        sizes.max().unwrap_or(0)
    };
    if is_drawn(table, column) {
        return texts(table, column).map(size).max().unwrap_or(0);
    }
    let cells = table.rows.iter().map(|row| {
        let text = &row[column].text;
        match table.columns[column].align {
            Align::Left => of_words(text, step),
            Align::Right => size(text),
        }
    });
    let headings = table.columns[column].heading.lines();
    let headings = headings.map(|line| of_words(line, Step::Spaces));
    cells.chain(headings).max().unwrap_or(0)
}

/// Returns true for a column of plots: the spaces of a plot, and of the axis above it, are places.
fn is_drawn(table: &Table, column: usize) -> bool {
    let mut cells = table.rows.iter().map(|row| &row[column].text);
    cells.any(|text| text.contains('│'))
}

/// A cell in lines of at most `width` characters, as far as its numbers allow.
fn cell(text: &str, width: usize) -> Vec<String> {
    let mut lines = Lines::new(width, 0);
    for word in text.split_inclusive(' ') {
        if size(word) <= width {
            lines.add(word);
            continue;
        }
        for piece in pieces(word) {
            match size(piece) > width && !is_number(piece) {
                true => lines.add(&without_middle(piece.trim_end(), width)),
                false => lines.add(piece),
            }
        }
    }
    lines.finished()
}

/// The parts of a word that may stand on lines of their own.
fn pieces(word: &str) -> Vec<&str> {
    match is_number(word) {
        true => vec![word],
        false => word.split_inclusive(SEPARATORS).collect(),
    }
}

/// Returns true for a word that is a number, with its sign, brackets, factor or percent sign.
fn is_number(word: &str) -> bool {
    let word = word.trim();
    word.contains(|c: char| c.is_ascii_digit())
        && word
            .chars()
            .all(|c| c.is_ascii_digit() || ".,%x/×+-−±~≤≥<>[]()".contains(c))
}

/// The beginning and the end of a name, with three dots as one character between them.
fn without_middle(name: &str, width: usize) -> String {
    let characters: Vec<char> = name.chars().collect();
    let kept = width.saturating_sub(1);
    let end = kept / 2;
    let begin: String = characters[..kept - end].iter().collect();
    let rest: String = characters[characters.len() - end..].iter().collect();
    format!("{begin}…{rest}")
}

/// The number of characters without spaces at the end.
fn size(text: &str) -> usize {
    text.trim_end().chars().count()
}

/// Lines that are filled word by word.
struct Lines {
    lines: Vec<String>,
    width: usize,
    indent: usize,
}

impl Lines {
    fn new(width: usize, indent: usize) -> Self {
        Self {
            lines: vec![String::new()],
            width,
            indent,
        }
    }

    fn add(&mut self, piece: &str) {
        match self.lines.last_mut() {
            Some(line) if line.is_empty() || line.chars().count() + size(piece) <= self.width => {
                *line += piece;
            }
            _ => self.lines.push(" ".repeat(self.indent) + piece),
        }
    }

    fn finished(self) -> Vec<String> {
        let trimmed = self
            .lines
            .into_iter()
            .map(|line| line.trim_end().to_owned());
        trimmed.collect()
    }
}

#[cfg(test)]
mod tests;
