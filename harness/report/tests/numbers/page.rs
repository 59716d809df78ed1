//! The texts of a page, of its tables and of its charts.

use crate::charts::{Chart, chart};
use crate::markup::{Part, Tag, parts};
use crate::text::{Grid, Row, Text, collapsed};

/// Tags inside a sentence. All others end a text.
const INLINE: [&str; 12] = [
    "a", "b", "i", "em", "strong", "span", "code", "small", "sub", "sup", "wbr", "tspan",
];

/// The texts of an HTML document.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) texts: Vec<Text>,
    pub(crate) grids: Vec<Grid>,
    /// Each chart as its title and its texts.
    pub(crate) charts: Vec<Chart>,
    /// Data for the script.
    pub(crate) data: Vec<String>,
    heading: String,
    text: String,
    grid: Option<Grid>,
    group: String,
    is_in_head: bool,
    cell: Option<Cell>,
}

#[derive(Debug)]
struct Cell {
    is_heading: bool,
    is_group: bool,
    is_number: bool,
}

/// Reads a page, or a chart of its own.
pub(crate) fn read(document: &str) -> Page {
    let mut page = Page::default();
    let parts = parts(document);
    let mut at = 0;
    while let Some(part) = parts.get(at) {
        at += 1;
        match part {
            Part::Open(tag) if tag.name == "svg" => {
                page.flush();
                let length = parts[at..]
                    .iter()
                    .position(|part| *part == Part::Close("svg".to_owned()));
                let length = length.unwrap_or(parts.len() - at);
                page.charts.push(chart(tag, &parts[at..at + length]));
                at += length;
            }
            Part::Open(tag) if tag.name == "script" => {
                if let Some(Part::Text(text)) = parts.get(at) {
                    page.data.push(text.clone());
                    at += 1;
                }
            }
            Part::Open(tag) if tag.has_class("axis") => {
                // Ticks with their places in styles; a span without spans inside.
                while parts
                    .get(at)
                    .is_some_and(|part| *part != Part::Close("th".to_owned()))
                {
                    at += 1;
                }
            }
            Part::Open(tag) => page.open(tag),
            Part::Close(name) => page.close(name),
            Part::Text(text) => page.text += text,
        }
    }
    page.flush();
    page
}

impl Page {
    /// All texts but those of charts. The title of a chart stands for the whole chart.
    pub(crate) fn all_texts(&self, charts: &[Chart]) -> Vec<Text> {
        let texts = self
            .texts
            .iter()
            .cloned()
            .chain(self.grids.iter().flat_map(Grid::texts));
        texts
            .map(
                |text| match charts.iter().find(|chart| chart.title == text.text) {
                    Some(chart) => Text::new(&chart.words(), &text.text),
                    None => text,
                },
            )
            .collect()
    }

    fn open(&mut self, tag: &Tag) {
        match tag.name.as_str() {
            "small" => self.text.push(' '),
            name if INLINE.contains(&name) => {
                if tag.has_class("detail") || tag.has_class("topic") {
                    self.flush();
                }
            }
            "table" => {
                self.flush();
                self.group.clear();
                self.grid = Some(Grid {
                    around: self.heading.clone(),
                    ..Grid::default()
                });
            }
            "thead" | "tbody" => {
                self.flush();
                self.is_in_head = tag.name == "thead";
            }
            "tr" => {
                self.flush();
                let group = self.group.clone();
                if let Some(grid) = self.grid.as_mut().filter(|_| !self.is_in_head) {
                    grid.rows.push(Row {
                        group,
                        cells: Vec::new(),
                    });
                }
            }
            "td" | "th" => {
                self.flush();
                self.cell = Some(Cell {
                    is_heading: self.is_in_head,
                    is_group: tag.get("scope") == Some("rowgroup"),
                    is_number: tag.name == "td" && !tag.has_class("left"),
                });
            }
            _ => self.flush(),
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "small" => self.text.push(' '),
            name if INLINE.contains(&name) => {}
            "table" => {
                self.flush();
                self.grids.extend(self.grid.take());
            }
            "h1" | "h2" | "h3" | "caption" => {
                let heading = collapsed(&self.text);
                self.flush();
                self.heading.clone_from(&heading);
                if let Some(grid) = &mut self.grid {
                    grid.around = heading;
                }
            }
            _ => self.flush(),
        }
    }

    /// Ends a text.
    fn flush(&mut self) {
        let text = collapsed(&std::mem::take(&mut self.text));
        match (&mut self.grid, self.cell.take()) {
            (Some(grid), Some(cell)) if cell.is_heading => grid.headings.push(text),
            (Some(_), Some(cell)) if cell.is_group => self.group = text,
            (Some(grid), Some(cell)) => {
                if let Some(row) = grid.rows.last_mut() {
                    row.cells.push((text, cell.is_number));
                }
            }
            _ if text.is_empty() => {}
            _ => self.texts.push(Text::new(&self.heading, &text)),
        }
    }
}
