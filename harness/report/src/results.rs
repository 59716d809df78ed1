//! The figures for programs and spreadsheets: one line each, exact and not rounded.

use harness_record::metric::{self, Figure, Metric};
use harness_record::{Check, Row, number};

use crate::render::{Cell, Column, Table};
use crate::{ReportData, figures};

/// Returns one row per workload, phase and metric. A missing figure has a reason. A metric that does not apply to a workload
/// has no row.
pub fn results(report_data: &ReportData) -> Table {
    let (record, anchors) = (&report_data.record, &report_data.anchors);
    let mut columns: Vec<Column> =
        ["workload", "phase", "metric", "value", "low", "high", "unit"].map(|key| Column::left(key, key)).into();
    for anchor in anchors {
        for part in ["", "_low", "_high"] {
            let key = format!("ratio_to_{anchor}{part}");
            columns.push(Column::left(&key, &key));
        }
    }
    let tail =
        ["check", "missing", "instrument", "isa", "threads", "definition", "answer", "created", "revision", "record"];
    columns.extend(tail.map(|key| Column::left(key, key)));
    let mut table = Table::new("results", columns);
    for row in &record.rows {
        table.rows.extend(metric::all().iter().filter_map(|metric| line(report_data, row, metric)));
    }
    table
}

fn line(report_data: &ReportData, row: &Row, metric: &Metric) -> Option<Vec<Cell>> {
    let (record, anchors) = (&report_data.record, &report_data.anchors);
    let figure = figures::figure(metric, Some(row));
    let missing = match &figure {
        Ok(_) => String::new(),
        Err(figures::Absent::NoMeaning) => return None,
        Err(absent) => absent.to_string(),
    };
    let mut cells = vec![Cell::text(&row.workload), Cell::text(&row.phase), Cell::text(metric.name())];
    cells.extend(numbers(figure.ok()));
    cells.push(Cell::text(number::base_unit(metric.quantity())));
    for anchor in anchors {
        cells.extend(numbers(figures::ratio(metric, record.row(&row.workload, anchor), row).ok()));
    }
    let reading = row.reading(metric.instrument());
    let source = report_data.source(&row.workload, metric.instrument());
    cells.extend([
        Cell::text(match &row.check {
            Check::Passed => "passed",
            Check::Failed(_) => "failed",
            Check::NotRun(_) => "not run",
        }),
        Cell::text(missing),
        Cell::text(metric.instrument().name()),
        Cell::text(reading.map(|reading| reading.isa.clone()).unwrap_or_default()),
        reading.map_or_else(Cell::missing, |reading| Cell::number(f64::from(reading.threads), "")),
        Cell::text(&row.definition),
        Cell::text(&row.answer),
        Cell::text(source.map_or("", |source| &source.exact.0)),
        Cell::text(source.map_or("", |source| &source.exact.1)),
        Cell::text(source.map_or("", |source| &source.name)),
    ]);
    Some(cells)
}

/// The value and the ends of its interval; empty cells if there are none.
fn numbers(figure: Option<Figure>) -> [Cell; 3] {
    let cell = |value: Option<f64>| value.map_or_else(Cell::missing, |value| Cell::number(value, ""));
    let interval = figure.and_then(|figure| figure.interval);
    [figure.map(|figure| figure.value), interval.map(|ends| ends.low), interval.map(|ends| ends.high)].map(cell)
}
