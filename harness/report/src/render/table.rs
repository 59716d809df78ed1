//! A table of results, independent of the output format.
//!
//! Every command that prints results builds tables; the formats (`table`, `json`, `csv`, `markdown`) render them. A cell has
//! the exact value for programs and the text for people.

/// A table with a title and notes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// The line above the table.
    pub title: String,
    /// The columns, left to right.
    pub columns: Vec<Column>,
    /// The rows; each has as many cells as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// The lines below the table.
    pub notes: Vec<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Key in JSON and CSV: `snake_case`, with the unit in it (`time_seconds`).
    pub key: String,
    /// Heading for people.
    pub heading: String,
    /// Alignment of its cells.
    pub align: Align,
}

/// Alignment of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// For words.
    Left,
    /// For numbers.
    Right,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cell {
    /// The text for people: rounded, with its unit; a dash if a number is missing.
    pub text: String,
    /// The exact value for programs; null if a number is missing.
    pub value: serde_json::Value,
    /// The meaning that a colour shows.
    pub tone: Tone,
}

/// The meaning of a cell, shown as a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Neutral.
    #[default]
    Plain,
    /// An improvement or a success.
    Good,
    /// A regression or a failure.
    Bad,
    /// Needs attention: changed, missing, inconclusive.
    Notice,
    /// Less important.
    Quiet,
}

impl Table {
    /// A table without rows.
    pub fn new(title: impl Into<String>, columns: Vec<Column>) -> Self {
        Self { title: title.into(), columns, rows: Vec::new(), notes: Vec::new() }
    }
}

impl Column {
    /// A column of words.
    pub fn left(key: &str, heading: &str) -> Self {
        Self { key: key.to_owned(), heading: heading.to_owned(), align: Align::Left }
    }

    /// A column of numbers.
    pub fn right(key: &str, heading: &str) -> Self {
        Self { key: key.to_owned(), heading: heading.to_owned(), align: Align::Right }
    }
}

impl Cell {
    /// A cell with the same text for people and programs.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { value: text.clone().into(), text, tone: Tone::Plain }
    }

    /// A number and its text for people. The exact value of a whole number has no decimal point.
    pub fn number(value: f64, text: impl Into<String>) -> Self {
        /// 2^53: f64 represents every whole number up to here.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let whole = value.fract() == 0.0 && value.abs() <= EXACT;
        let value = if whole { (value as i64).into() } else { value.into() };
        Self { text: text.into(), value, tone: Tone::Plain }
    }

    /// A cell for a missing number.
    pub fn missing() -> Self {
        Self { text: "-".to_owned(), value: serde_json::Value::Null, tone: Tone::Quiet }
    }

    /// The same cell with another tone.
    #[must_use]
    pub fn toned(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }
}
