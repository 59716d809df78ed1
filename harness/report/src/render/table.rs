//! A table of results, independent of the output format.
//!
//! Every command that prints results builds tables; the formats (`table`, `json`, `csv`, `markdown`) render them. A cell has
//! the exact value for programs and the text for people.

use harness_judge::Standing;
use harness_record::metric::{Better, Figure, LEVEL, Metric, Quantity};
use harness_record::number;
use serde::Serialize;

/// A table with a title and notes.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Key in JSON and CSV: `snake_case`, with the unit in it (`time_seconds`).
    pub key: String,
    /// Heading for people.
    pub heading: String,
    /// Alignment of its cells.
    pub align: Align,
}

/// Alignment of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Align {
    /// For words.
    Left,
    /// For numbers.
    Right,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Cell {
    /// The text for people: rounded, with its unit; a dash if a number is missing.
    pub text: String,
    /// The exact value for programs; null if a number is missing.
    pub value: serde_json::Value,
    /// The meaning that a colour shows.
    pub tone: Tone,
}

/// The meaning of a cell, shown as a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
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

impl Tone {
    /// The tone of a change of a metric.
    pub fn of_change(metric: &Metric, difference: f64) -> Self {
        match (metric.better(), difference) {
            (_, 0.0) => Self::Plain,
            (Better::Lower, 0.0..) | (Better::Higher, ..0.0) => Self::Bad,
            (Better::Higher, 0.0..) | (Better::Lower, ..0.0) => Self::Good,
            _ => Self::Plain,
        }
    }

    /// The tone of a verdict: bad only if it makes the gate exit with 1.
    pub fn of_standing(standing: Standing) -> Self {
        match standing {
            Standing::Regressed | Standing::OverBudget => Self::Bad,
            Standing::Accepted
            | Standing::WithinLayoutLimit
            | Standing::Failed
            | Standing::NotJudged
            | Standing::Inconclusive
            | Standing::NotRepeatable => Self::Notice,
            Standing::Improved => Self::Good,
            Standing::Moved | Standing::NotSlower | Standing::Unchanged => Self::Plain,
        }
    }

    /// The tone of a speedup: good or bad if its interval excludes 1 at the confidence level.
    pub fn of_speed(speed: &Figure) -> Self {
        match speed.interval.filter(|ends| ends.excludes(1.0, LEVEL)) {
            Some(_) if speed.value > 1.0 => Self::Good,
            Some(_) => Self::Bad,
            None => Self::Plain,
        }
    }
}

impl Table {
    /// A table without rows.
    pub fn new(title: impl Into<String>, columns: Vec<Column>) -> Self {
        Self {
            title: title.into(),
            columns,
            rows: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// A table with one row for each item of `data`; its columns are added one by one.
    pub fn of<R>(title: impl Into<String>, data: impl IntoIterator<Item = R>) -> TableOf<R> {
        let data: Vec<R> = data.into_iter().collect();
        let rows = data.iter().map(|_| Vec::new()).collect();
        TableOf {
            table: Self {
                rows,
                ..Self::new(title, Vec::new())
            },
            data,
        }
    }

    /// Removes the columns without any value.
    #[must_use]
    pub fn without_empty_columns(self) -> Self {
        self.without_columns_of(|cell| cell.value.is_null())
    }

    /// Removes the columns whose cells are all empty.
    #[must_use]
    pub fn without_columns_of(mut self, is_empty: impl Fn(&Cell) -> bool) -> Self {
        for index in (0..self.columns.len()).rev() {
            if self.rows.iter().all(|row| is_empty(&row[index])) {
                self.columns.remove(index);
                self.rows.iter_mut().for_each(|row| drop(row.remove(index)));
            }
        }
        self
    }

    /// Turns rows into columns. The first column has the headings of the columns so far, under `heading`.
    #[must_use]
    pub fn transposed(self, heading: &str) -> Self {
        let names = self
            .rows
            .iter()
            .map(|row| Column::right(&row[0].text, &row[0].text));
        let columns = std::iter::once(Column::left(heading, heading))
            .chain(names)
            .collect();
        let rows = self
            .columns
            .iter()
            .enumerate()
            .skip(1)
            .map(|(index, column)| {
                let cells = self.rows.iter().map(|row| row[index].clone());
                std::iter::once(Cell::text(&column.heading))
                    .chain(cells)
                    .collect()
            });
        Self {
            columns,
            rows: rows.collect(),
            ..self
        }
    }
}

/// A table under construction: each column comes with the function that computes its cells from the data of a row.
#[derive(Debug)]
pub struct TableOf<R> {
    /// The table with the columns so far.
    pub table: Table,
    data: Vec<R>,
}

impl<R> TableOf<R> {
    /// Adds a column of words.
    #[must_use]
    pub fn left<C: Into<Cell>>(self, key: &str, heading: &str, cell: impl FnMut(&R) -> C) -> Self {
        self.column(Column::left(key, heading), cell)
    }

    /// Adds a column of numbers.
    #[must_use]
    pub fn right<C: Into<Cell>>(self, key: &str, heading: &str, cell: impl FnMut(&R) -> C) -> Self {
        self.column(Column::right(key, heading), cell)
    }

    fn column<C: Into<Cell>>(mut self, column: Column, mut cell: impl FnMut(&R) -> C) -> Self {
        self.table.columns.push(column);
        for (cells, data) in self.table.rows.iter_mut().zip(&self.data) {
            cells.push(cell(data).into());
        }
        self
    }

    /// Adds a column of words if it is `shown`.
    #[must_use]
    pub fn left_if<C: Into<Cell>>(
        self,
        shown: bool,
        key: &str,
        heading: &str,
        cell: impl FnMut(&R) -> C,
    ) -> Self {
        if shown {
            self.left(key, heading, cell)
        } else {
            self
        }
    }

    /// Adds a column of numbers if it is `shown`.
    #[must_use]
    pub fn right_if<C: Into<Cell>>(
        self,
        shown: bool,
        key: &str,
        heading: &str,
        cell: impl FnMut(&R) -> C,
    ) -> Self {
        if shown {
            self.right(key, heading, cell)
        } else {
            self
        }
    }

    /// Returns the table with these notes.
    pub fn notes(self, notes: impl IntoIterator<Item = String>) -> Table {
        Table {
            notes: notes.into_iter().collect(),
            ..self.table
        }
    }
}

impl Column {
    /// A column of words.
    pub fn left(key: &str, heading: &str) -> Self {
        Self {
            key: key.to_owned(),
            heading: heading.to_owned(),
            align: Align::Left,
        }
    }

    /// A column of numbers.
    pub fn right(key: &str, heading: &str) -> Self {
        Self {
            key: key.to_owned(),
            heading: heading.to_owned(),
            align: Align::Right,
        }
    }
}

/// A missing number becomes a dash.
impl<C: Into<Cell>> From<Option<C>> for Cell {
    fn from(cell: Option<C>) -> Self {
        cell.map_or_else(Self::missing, Into::into)
    }
}

/// Defines cells of words and of numbers with all their digits.
macro_rules! cell_from {
    ($($type:ty: $value:ident => $cell:expr),* $(,)?) => {
        $(impl From<$type> for Cell {
            fn from($value: $type) -> Self {
                $cell
            }
        })*
    };
}

cell_from! {
    &str: text => Self::text(text),
    &String: text => Self::text(text),
    String: text => Self::text(text),
    f64: value => Self::number(value, value.to_string()),
    u32: count => Self::from(f64::from(count)),
    u64: count => Self::from(count as f64),
    usize: count => Self::from(count as f64),
}

impl Cell {
    /// A cell with the same text for people and programs.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            value: text.clone().into(),
            text,
            tone: Tone::Plain,
        }
    }

    /// A number and its text for people. The exact value of a whole number has no decimal point.
    pub fn number(value: f64, text: impl Into<String>) -> Self {
        /// 2^53: f64 represents every whole number up to here.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let whole = value.fract() == 0.0 && value.abs() <= EXACT;
        let value = if whole {
            (value as i64).into()
        } else {
            value.into()
        };
        Self {
            text: text.into(),
            value,
            tone: Tone::Plain,
        }
    }

    /// A value with its unit.
    pub fn plain(quantity: Quantity, value: f64) -> Self {
        Self::number(value, number::plain(quantity, value))
    }

    /// A figure with its unit and its interval.
    pub fn figure(metric: &Metric, figure: &Figure) -> Self {
        Self::number(figure.value, number::figure(metric.quantity(), figure))
    }

    /// A ratio with its interval.
    pub fn ratio(ratio: Figure) -> Self {
        Self::number(ratio.value, number::ratio_figure(&ratio))
    }

    /// A text for people in place of a missing number.
    pub fn no_number(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::missing()
        }
    }

    /// A cell for a missing number.
    pub fn missing() -> Self {
        Self {
            text: "-".to_owned(),
            value: serde_json::Value::Null,
            tone: Tone::Quiet,
        }
    }

    /// The word of a verdict, in its tone.
    pub fn standing(standing: Standing) -> Self {
        Self::text(standing.name()).toned(Tone::of_standing(standing))
    }

    /// The same cell with another tone.
    #[must_use]
    pub fn toned(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }
}
