//! The columns of the file: their schema, and the values of one row group.

use std::collections::HashMap;

use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::errors::Result;
use parquet::file::writer::SerializedColumnWriter;

/// Version of the layout, in the metadata of the file under the key `harness.layout`. A new version may add columns, but
/// not change or remove any.
pub const LAYOUT: &str = "1";

/// One value of a metric: a row of the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading<'a> {
    /// Revision of the measured sources, if it is known.
    pub commit: Option<&'a str>,
    /// Start of the measurement, in microseconds since 1970 in UTC.
    pub time: i64,
    /// The workload's id.
    pub workload: &'a str,
    /// The phase.
    pub phase: &'a str,
    /// Name of the metric, such as `instructions`.
    pub metric: &'a str,
    /// The value, in the unit.
    pub value: f64,
    /// The unit, such as `s` or `bytes`.
    pub unit: &'a str,
    /// Ends of the confidence interval; none for counts and for times with too few rounds.
    pub interval: Option<(f64, f64)>,
    /// Name of the instrument, such as `clock`.
    pub instrument: &'a str,
    /// Instruction set that the kernels used.
    pub isa: &'a str,
    /// Number of threads that computed.
    pub threads: i32,
    /// The machine. Times compare on one machine only.
    pub machine: &'a str,
    /// The portable key. Counts compare within one key only.
    pub key: &'a str,
    /// Digest of the workload's definition. Values of two definitions do not compare.
    pub definition: &'a str,
    /// Digest of the expected answer.
    pub answer: &'a str,
    /// Kind of the source: `record` or `baseline`.
    pub source: &'a str,
    /// File of the source, relative to the project.
    pub file: &'a str,
}

/// A column: its name, and the value of a row. Texts and numbers that are `Option` may be missing.
#[derive(Clone, Copy)]
enum Column {
    Text(&'static str, for<'a> fn(&Reading<'a>) -> &'a str),
    OptionalText(&'static str, for<'a> fn(&Reading<'a>) -> Option<&'a str>),
    Time(&'static str, fn(&Reading<'_>) -> i64),
    Integer(&'static str, fn(&Reading<'_>) -> i32),
    Number(&'static str, fn(&Reading<'_>) -> f64),
    OptionalNumber(&'static str, fn(&Reading<'_>) -> Option<f64>),
}

/// All columns, in their order.
const COLUMNS: [Column; 18] = [
    Column::OptionalText("commit", |row| row.commit),
    Column::Time("time", |row| row.time),
    Column::Text("workload", |row| row.workload),
    Column::Text("phase", |row| row.phase),
    Column::Text("metric", |row| row.metric),
    Column::Number("value", |row| row.value),
    Column::Text("unit", |row| row.unit),
    Column::OptionalNumber("low", |row| row.interval.map(|(low, _)| low)),
    Column::OptionalNumber("high", |row| row.interval.map(|(_, high)| high)),
    Column::Text("instrument", |row| row.instrument),
    Column::Text("isa", |row| row.isa),
    Column::Integer("threads", |row| row.threads),
    Column::Text("machine", |row| row.machine),
    Column::Text("key", |row| row.key),
    Column::Text("definition", |row| row.definition),
    Column::Text("answer", |row| row.answer),
    Column::Text("source", |row| row.source),
    Column::Text("file", |row| row.file),
];

/// The schema as a message of Parquet.
pub(crate) fn schema() -> String {
    let field = |column: &Column| match column {
        Column::Text(name, _) => format!("required binary {name} (STRING);"),
        Column::OptionalText(name, _) => format!("optional binary {name} (STRING);"),
        Column::Time(name, _) => format!("required int64 {name} (TIMESTAMP(MICROS,true));"),
        Column::Integer(name, _) => format!("required int32 {name};"),
        Column::Number(name, _) => format!("required double {name};"),
        Column::OptionalNumber(name, _) => format!("optional double {name};"),
    };
    let fields: Vec<String> = COLUMNS.iter().map(field).collect();
    format!("message readings {{ {} }}", fields.join(" "))
}

/// The values of one column in a row group. The numbers beside optional values are 1 for each row that has one.
enum Values {
    /// Each distinct text is stored once, because most of them repeat.
    Text(Vec<ByteArray>, HashMap<String, ByteArray>, Vec<i16>),
    Time(Vec<i64>),
    Integer(Vec<i32>),
    Number(Vec<f64>, Vec<i16>),
}

/// The rows of a row group, by column.
pub(crate) struct Rows {
    columns: Vec<Values>,
    count: usize,
}

impl Rows {
    /// No rows yet.
    pub(crate) fn new() -> Self {
        let empty = |column: &Column| match column {
            Column::Text(..) | Column::OptionalText(..) => {
                Values::Text(Vec::new(), HashMap::new(), Vec::new())
            }
            Column::Time(..) => Values::Time(Vec::new()),
            Column::Integer(..) => Values::Integer(Vec::new()),
            Column::Number(..) | Column::OptionalNumber(..) => {
                Values::Number(Vec::new(), Vec::new())
            }
        };
        Self {
            columns: COLUMNS.iter().map(empty).collect(),
            count: 0,
        }
    }

    /// The number of rows.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, row: &Reading<'_>) {
        for (column, values) in COLUMNS.iter().zip(&mut self.columns) {
            match (column, values) {
                (Column::Text(_, get), Values::Text(all, distinct, _)) => {
                    all.push(shared(get(row), distinct));
                }
                (Column::OptionalText(_, get), Values::Text(all, distinct, levels)) => {
                    let text = get(row);
                    levels.push(text.is_some().into());
                    all.extend(text.map(|text| shared(text, distinct)));
                }
                (Column::Time(_, get), Values::Time(all)) => all.push(get(row)),
                (Column::Integer(_, get), Values::Integer(all)) => all.push(get(row)),
                (Column::Number(_, get), Values::Number(all, _)) => all.push(get(row)),
                (Column::OptionalNumber(_, get), Values::Number(all, levels)) => {
                    let number = get(row);
                    levels.push(number.is_some().into());
                    all.extend(number);
                }
                _ => unreachable!("values are those of their column"),
            }
        }
        self.count += 1;
    }

    /// Writes the column with this place.
    pub(crate) fn write(
        &self,
        place: usize,
        column: &mut SerializedColumnWriter<'_>,
    ) -> Result<()> {
        match &self.columns[place] {
            Values::Text(all, _, optional) => {
                let column = column.typed::<ByteArrayType>();
                column.write_batch(all, present(optional), None)?;
            }
            Values::Time(all) => {
                column.typed::<Int64Type>().write_batch(all, None, None)?;
            }
            Values::Integer(all) => {
                column.typed::<Int32Type>().write_batch(all, None, None)?;
            }
            Values::Number(all, optional) => {
                let column = column.typed::<DoubleType>();
                column.write_batch(all, present(optional), None)?;
            }
        }
        Ok(())
    }

    /// Removes all rows, and keeps the memory for the next ones.
    pub(crate) fn clear(&mut self) {
        for values in &mut self.columns {
            match values {
                Values::Text(all, distinct, levels) => {
                    all.clear();
                    distinct.clear();
                    levels.clear();
                }
                Values::Time(all) => all.clear(),
                Values::Integer(all) => all.clear(),
                Values::Number(all, levels) => {
                    all.clear();
                    levels.clear();
                }
            }
        }
        self.count = 0;
    }
}

/// The bytes of a text, which equal texts of a row group share.
fn shared(text: &str, distinct: &mut HashMap<String, ByteArray>) -> ByteArray {
    if let Some(value) = distinct.get(text) {
        return value.clone();
    }
    let value = ByteArray::from(text);
    distinct.insert(text.to_owned(), value.clone());
    value
}

/// The levels of an optional column; none for a required one.
fn present(levels: &[i16]) -> Option<&[i16]> {
    (!levels.is_empty()).then_some(levels)
}
