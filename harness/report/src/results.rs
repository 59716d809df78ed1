//! The figures for programs and spreadsheets: one line each, exact and not rounded.

use harness_record::metric::{self, Figure, Metric};
use harness_record::{Check, Reading, Row, RowIndex, number};

use crate::render::{Cell, Format, Table, TableOf};
use crate::source::Source;
use crate::{ReportData, figures};

/// Returns one row per workload, phase and metric. A missing figure has a reason. A metric that does not apply to a workload
/// has no row.
pub fn results(report_data: &ReportData) -> Table {
    let record = &report_data.record;
    table(report_data, &record.index(), &record.rows)
}

/// Number of rows of a record whose table is in memory at once: it takes twenty times the memory of its text.
const ROWS: usize = 500;

/// The text of [`results`] as CSV.
pub(super) fn results_csv(report_data: &ReportData) -> String {
    let record = &report_data.record;
    let rows = record.index();
    let render = |part| Format::CSV.render(&[table(report_data, &rows, part)]);
    let mut text = render(&[]);
    let header = text.len();
    for part in record.rows.chunks(ROWS) {
        text.push_str(&render(part)[header..]);
    }
    text
}

fn table(report_data: &ReportData, rows: &RowIndex<'_>, part: &[Row]) -> Table {
    let lines = part.iter().flat_map(|row| {
        metric::all()
            .iter()
            .filter_map(|metric| Line::new(metric, row))
    });
    let mut table = Table::of("results", lines)
        .left("workload", "workload", |line| &line.row.workload)
        .left("phase", "phase", |line| &line.row.phase)
        .left("metric", "metric", |line| line.metric.name());
    table = figure_columns(table, ["value", "low", "high"].map(str::to_owned), |line| {
        line.figure.as_ref().ok().copied()
    });
    table = table.left("unit", "unit", |line| {
        number::base_unit(line.metric.quantity())
    });
    for anchor in &report_data.anchors {
        let keys = ["", "_low", "_high"].map(|part| format!("ratio_to_{anchor}{part}"));
        table = figure_columns(table, keys, |line| {
            figures::ratio(line.metric, rows.row(&line.row.workload, anchor), line.row).ok()
        });
    }
    let source = |line: &Line<'_>, text: fn(&Source) -> &String| {
        let source = report_data.source(&line.row.workload, line.metric.instrument());
        Cell::text(source.map_or("", |source| text(source)))
    };
    table
        .left("check", "check", |line| match line.row.check {
            Check::Passed => "passed",
            Check::Unchecked => "none",
            Check::Failed(_) => "failed",
            Check::NotRun(_) => "not run",
        })
        .left("missing", "missing", |line| {
            line.figure
                .as_ref()
                .err()
                .map(ToString::to_string)
                .unwrap_or_default()
        })
        .left("instrument", "instrument", |line| {
            line.metric.instrument().name()
        })
        .left("isa", "isa", |line| {
            line.reading().map_or("", |reading| &reading.isa)
        })
        .left("threads", "threads", |line| {
            line.reading().map(|reading| reading.threads)
        })
        .left("definition", "definition", |line| &line.row.definition)
        .left("answer", "answer", |line| &line.row.answer)
        .left("created", "created", |line| {
            source(line, |source| &source.exact.0)
        })
        .left("revision", "revision", |line| {
            source(line, |source| &source.exact.1)
        })
        .left("record", "record", |line| {
            source(line, |source| &source.name)
        })
        .table
}

/// A metric of a row.
struct Line<'a> {
    row: &'a Row,
    metric: &'static Metric,
    figure: Result<Figure, figures::Absent>,
}

impl<'a> Line<'a> {
    /// The line; none if the metric does not apply.
    fn new(metric: &'static Metric, row: &'a Row) -> Option<Self> {
        let figure = figures::figure(metric, Some(row));
        (figure != Err(figures::Absent::NoMeaning)).then_some(Self {
            row,
            metric,
            figure,
        })
    }

    fn reading(&self) -> Option<&'a Reading> {
        self.row.reading(self.metric.instrument())
    }
}

/// Adds columns for a value and for the ends of its interval.
fn figure_columns<'a>(
    mut table: TableOf<Line<'a>>,
    keys: [String; 3],
    figure: impl Fn(&Line<'a>) -> Option<Figure>,
) -> TableOf<Line<'a>> {
    let parts: [fn(Figure) -> Option<f64>; 3] = [
        |figure| Some(figure.value),
        |figure| Some(figure.interval?.low),
        |figure| Some(figure.interval?.high),
    ];
    for (key, part) in keys.iter().zip(parts) {
        table = table.left(key, key, |line| figure(line).and_then(part));
    }
    table
}

#[cfg(test)]
mod tests {
    use harness_record::sample::{callgrind, clock, record, row};

    use super::*;
    use crate::Commands;

    #[test]
    fn the_text_in_parts_is_that_of_the_whole_table() {
        let rows = (0..2 * ROWS + 1).map(|number| {
            let readings = vec![clock("s", &[number as u64 + 1; 3]), callgrind(7)];
            row(
                &format!("w{}", number / 2),
                ["naive", "fast"][number % 2],
                readings,
            )
        });
        let commands = Commands {
            ablation: String::new(),
            growth: String::new(),
            matrix: String::new(),
        };
        let record = record(rows.collect());
        let report_data = ReportData::new("one.json", record, &["naive".to_owned()], commands);
        let whole = Format::CSV.render(&[results(&report_data)]);
        assert_eq!(results_csv(&report_data), whole);
        assert!(whole.lines().count() > 2 * ROWS);
    }
}
