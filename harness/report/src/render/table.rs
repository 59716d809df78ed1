//! A table of results, before any format has punctuated it.
//!
//! Every command that prints results builds one of these; the formats (`table`, `json`, `csv`, `markdown`) each turn it
//! into text. Cells carry the exact value for machines and the words for people.

/// A table: columns, rows, and what is said around it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// One line above it.
    pub title: String,
    /// The columns, left to right.
    pub columns: Vec<Column>,
    /// The rows; each has as many cells as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// Lines below it.
    pub notes: Vec<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Key in JSON and CSV: `snake_case`, with the unit in it (`time_seconds`).
    pub key: String,
    /// Heading for people.
    pub heading: String,
    /// Which side its cells lean to.
    pub align: Align,
}

/// Which side cells lean to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cell {
    /// For people: rounded, with its unit; a dash where a number is missing.
    pub text: String,
    /// For machines: the exact value; null where a number is missing.
    pub value: serde_json::Value,
    /// What colour would say.
    pub tone: Tone,
}

/// What a cell means to the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Nothing in particular.
    #[default]
    Plain,
    /// An improvement, or all is well.
    Good,
    /// A regression or a failure.
    Bad,
    /// Worth a look: changed, missing, inconclusive.
    Notice,
    /// Of lesser weight.
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
    /// The same words for people and machines.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { value: text.clone().into(), text, tone: Tone::Plain }
    }

    /// A number with the words people read it by. Whole numbers are written as such, without a decimal point.
    pub fn number(value: f64, text: impl Into<String>) -> Self {
        /// Up to here f64 holds every whole number.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let whole = value.fract() == 0.0 && value.abs() <= EXACT;
        let value = if whole { (value as i64).into() } else { value.into() };
        Self { text: text.into(), value, tone: Tone::Plain }
    }

    /// A number that is missing.
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
