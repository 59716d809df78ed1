//! The texts of a page, of its tables and of its charts.

use crate::attribution::Attribution;
use crate::markup::{Part, Tag, parts};
use crate::text::{Grid, Row, Text, collapsed};
use crate::written::groups;

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

/// A chart.
#[derive(Debug, Default)]
pub(crate) struct Chart {
    pub(crate) title: String,
    /// Labels with their places, in the order of the drawing.
    pub(crate) labels: Vec<Label>,
    /// The descriptions of marks.
    pub(crate) descriptions: Vec<String>,
}

/// A text of a chart.
#[derive(Debug)]
pub(crate) struct Label {
    pub(crate) x: String,
    pub(crate) y: f64,
    class: String,
    pub(crate) text: String,
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

/// The texts of a chart. Lines of one text are joined.
fn chart(svg: &Tag, parts: &[Part]) -> Chart {
    let mut chart = Chart {
        title: collapsed(svg.get("aria-label").unwrap_or_default()),
        ..Chart::default()
    };
    let mut open = Tag::default();
    for part in parts {
        match part {
            Part::Open(tag) if tag.name != "tspan" => open = tag.clone(),
            Part::Text(text) if open.name == "title" && !text.trim().is_empty() => {
                chart.descriptions.push(collapsed(text));
            }
            Part::Text(text) if open.name == "text" && !text.trim().is_empty() => {
                let get = |name: &str| open.get(name).unwrap_or_default().to_owned();
                let label = Label {
                    x: get("x"),
                    y: get("y").parse().unwrap_or_default(),
                    class: get("class") + &get("fill") + &get("font-size"),
                    text: collapsed(text),
                };
                match chart.labels.last_mut() {
                    Some(last)
                        if last.x == label.x
                            && last.class == label.class
                            && (label.y - last.y).abs() < 23.0 =>
                    {
                        last.text += " ";
                        last.text += &label.text;
                        last.y = label.y;
                    }
                    _ => chart.labels.push(label),
                }
            }
            Part::Close(_) => open = Tag::default(),
            _ => {}
        }
    }
    chart
}

impl Chart {
    /// Every text.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let labels = self.labels.iter().map(|label| &label.text);
        let all = std::iter::once(&self.title)
            .chain(&self.descriptions)
            .chain(labels);
        all.map(String::as_str)
    }

    /// The title and the words of the chart, which name its workload and its metric.
    fn words(&self) -> String {
        let labels = self.labels.iter().map(|label| label.text.as_str());
        let words: Vec<&str> = labels
            .filter(|text| groups(text).is_empty() || text.contains('/'))
            .collect();
        format!("{} | {}", self.title, words.join(" | "))
    }

    /// Checks the title, the labels and the descriptions. A label without a value is a tick of an axis: a round number in
    /// monotonic order.
    pub(crate) fn check(&self, attribution: &mut Attribution<'_>) {
        let around = self.words();
        attribution.check("title", &Text::new(&around, &self.title));
        for description in &self.descriptions {
            attribution.check("description", &Text::new(&around, description));
        }
        let mut ticks: Vec<(&Label, f64)> = Vec::new();
        let mut name = String::new();
        for label in &self.labels {
            if !attribution.has_numbers(&label.text) {
                // The mark of the CPUs is on the axis.
                if !label.text.ends_with(" CPUs") {
                    name.clone_from(&label.text);
                }
                continue;
            }
            if self.title.contains(&label.text) {
                continue;
            }
            let groups = groups(&label.text);
            let text = Text {
                row: name.clone(),
                ..Text::new(&around, &label.text)
            };
            let problems = attribution.problems(&text);
            match groups.as_slice() {
                [one] if !problems.is_empty() && is_round(one.value.value) => {
                    ticks.push((label, one.value.value))
                }
                _ => attribution
                    .wrong
                    .extend(problems.into_iter().map(|problem| {
                        format!(
                            "label: {problem}\n    in \"{}\" beside \"{name}\" of \"{}\"",
                            label.text, self.title
                        )
                    })),
            }
        }
        for line in ticks.chunk_by(|a, b| a.0.y == b.0.y || a.0.x == b.0.x) {
            let values: Vec<f64> = line.iter().map(|(_, value)| *value).collect();
            if !(values.is_sorted() || values.iter().rev().is_sorted()) {
                attribution.wrong.push(format!(
                    "ticks {values:?} of \"{}\" are not in order",
                    self.title
                ));
            }
        }
    }
}

/// True for a number with one significant digit, for 15 and 25 times a power of ten, and for zero.
fn is_round(value: f64) -> bool {
    let mantissa = value.abs() / 10f64.powf(value.abs().log10().floor());
    let is_whole = (mantissa - mantissa.round()).abs() < 1e-9;
    value == 0.0
        || is_whole
        || [1.5, 2.5]
            .iter()
            .any(|round| (mantissa - round).abs() < 1e-9)
}
