//! CSV: one line for each figure.

use super::row::Change;
use super::{Better, Exporter, Outcome, Results, Row};

/// One header line, then one line for each figure. A number that is missing is an empty field.
pub(super) struct Csv;

/// The columns, in the order of the fields of [`fields`].
const COLUMNS: [&str; 18] = [
    "workload",
    "phase",
    "metric",
    "value",
    "low",
    "high",
    "unit",
    "better",
    "base",
    "change",
    "change_low",
    "change_high",
    "outcome",
    "verdict",
    "limit",
    "reason",
    "file",
    "line",
];

impl Exporter for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn help(&self) -> &'static str {
        "One line for each figure, for spreadsheets"
    }

    fn export(&self, results: &Results) -> String {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        let rows = results.rows.iter().map(fields);
        let header = COLUMNS.map(str::to_owned);
        for record in std::iter::once(header).chain(rows) {
            let written = writer.write_record(&record);
            written.expect("writing to memory does not fail");
        }
        let bytes = writer.into_inner().expect("memory is always flushed");
        String::from_utf8(bytes).expect("fields are UTF-8")
    }
}

fn fields(row: &Row) -> [String; COLUMNS.len()] {
    let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    let change = |part: fn(&Change) -> Option<f64>| number(row.change.as_ref().and_then(part));
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        row.workload.clone(),
        row.phase.clone(),
        text(&row.metric),
        number(row.value),
        number(row.low),
        number(row.high),
        row.unit.clone(),
        match row.better {
            Better::Lower => "lower".to_owned(),
            Better::Higher => "higher".to_owned(),
        },
        number(row.base),
        change(|change| Some(change.share)),
        change(|change| change.low),
        change(|change| change.high),
        word(row.outcome),
        row.verdict.clone(),
        text(&row.limit),
        text(&row.reason),
        text(&row.file),
        row.line.map_or(String::new(), |line| line.to_string()),
    ]
}

/// The word for an outcome, as in the JSON export.
fn word(outcome: Outcome) -> String {
    let value = serde_json::to_value(outcome).ok();
    let word = value.as_ref().and_then(serde_json::Value::as_str);
    word.unwrap_or_default().to_owned()
}
