//! All figures of a record: a table per workload with metrics as rows, phases as columns, and the ratios to the anchors below
//! each figure.

use harness_record::metric::{self, Figure, Metric};
use harness_record::{Record, Row, number};

use crate::figures::{self, Absent};
use crate::render::{Cell, Table, Tone};
use crate::{ReportData, problems};

/// Returns one table per workload, in the order of the record.
pub fn figure_tables(report_data: &ReportData) -> Vec<Table> {
    report_data
        .record
        .workloads()
        .into_iter()
        .map(|workload| table(report_data, workload))
        .collect()
}

/// With more columns than this, a table has phases as rows.
const MOST_COLUMNS: usize = 12;

fn table(report_data: &ReportData, workload: &str) -> Table {
    let (record, anchors) = (&report_data.record, &report_data.anchors);
    let rows: Vec<&Row> = record
        .phases()
        .into_iter()
        .filter_map(|phase| record.row(workload, phase))
        .collect();
    let mut table = Table::of(workload, rows.clone()).left("phase", "phase", |row| &row.phase);
    for metric in metric::all() {
        let has_content = |row: &&Row| {
            !matches!(
                figures::figure(metric, Some(row)),
                Err(Absent::NotMeasured | Absent::NoMeaning)
            )
        };
        if rows.iter().any(has_content) {
            let title = metric.title_per(&rows[0].unit.name);
            table = table.right(&title, &title, |row| cell(record, anchors, metric, row));
        }
    }
    let problems = problems::of(rows.iter().copied()).into_iter();
    let table = table
        .right("check of the answer", "check of the answer", |row| {
            super::run_tables::check(row)
        })
        .notes(problems.chain([report_data.provenance([workload])]));
    if rows.len() < MOST_COLUMNS {
        table.transposed("metric")
    } else {
        table
    }
}

/// The figure on the first line, its ratios to the anchors on the second.
fn cell(record: &Record, anchors: &[String], metric: &Metric, row: &Row) -> Cell {
    let figure = match figures::figure(metric, Some(row)) {
        Ok(figure) => figure,
        Err(Absent::Failed(_)) => return Cell::no_number("failed").toned(Tone::Bad),
        Err(_) => return Cell::missing(),
    };
    let ratios = anchors
        .iter()
        .filter(|anchor| **anchor != row.phase)
        .filter_map(|anchor| {
            match figures::ratio(metric, record.row(&row.workload, anchor), row) {
                // The figure itself already shows a zero.
                Ok(Figure { value: 0.0, .. }) => None,
                Ok(ratio) => Some(format!("{} {anchor}", number::ratio(ratio.value))),
                Err(Absent::OtherWork) => Some(format!("changed since {anchor}")),
                Err(_) => None,
            }
        });
    let lines: Vec<String> = std::iter::once(number::figure(metric.quantity(), &figure))
        .chain(ratios)
        .collect();
    let tone = if figures::trusted(row) {
        Tone::Plain
    } else {
        Tone::Notice
    };
    Cell::number(figure.value, lines.join("\n")).toned(tone)
}
