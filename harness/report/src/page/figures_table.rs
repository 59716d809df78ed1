//! All figures as one table, grouped by workload and phase: each figure with its interval and its ratios to the anchors.

use harness_record::metric::{self, Figure, Metric};
use harness_record::{Row, RowIndex, number};
use serde::Serialize;

use super::ladder::Text;
use crate::ReportData;
use crate::figures::{self, Absent};
use crate::groups::parameters;
use crate::render::{Cell, Tone};
use crate::run_tables::check;

/// The table.
#[derive(Debug, Serialize)]
pub(super) struct FiguresTable {
    anchors: Vec<String>,
    groups: Vec<Group>,
    /// The number of figures in the table.
    count: usize,
    /// The number of figures that are only in the file of exact values: sizes of sweeps and combinations of the matrix.
    left_out: usize,
    /// The number of rows that are only in that file, because there are too many for a page.
    beyond: usize,
}

/// Largest number of rows of a record in the table. A page with ten thousand takes a gigabyte to make, and no browser shows it
/// well.
const MOST_GROUPS: usize = 1000;

/// The figures of one workload in one phase.
#[derive(Debug, Serialize)]
struct Group {
    workload: String,
    phase: String,
    check: Cell,
    lines: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    metric: String,
    value: Text,
    /// One for each anchor; empty for the anchor itself and without a ratio.
    ratios: Vec<String>,
}

/// The table of a report. Extremes, and figures that add nothing to another one, stand in the file of exact values only.
pub(super) fn figures_table(report_data: &ReportData) -> FiguresTable {
    let record = &report_data.record;
    let measured = |anchor: &&String| record.rows.iter().any(|row| row.phase == **anchor);
    let anchors: Vec<String> = report_data
        .anchors
        .iter()
        .filter(measured)
        .cloned()
        .collect();
    let rows = record.index();
    let (left_out, shown): (Vec<&Row>, Vec<&Row>) = record
        .rows
        .iter()
        .partition(|row| parameters(&row.workload).is_some());
    let group = |row: &&Row| group(&rows, &anchors, row);
    let groups: Vec<Group> = shown.iter().take(MOST_GROUPS).map(group).collect();
    let lines = |group: &Group| group.lines.len();
    FiguresTable {
        count: groups.iter().map(lines).sum(),
        left_out: left_out.iter().map(|row| lines(&group(row))).sum(),
        beyond: shown.len() - groups.len(),
        groups,
        anchors: anchors.clone(),
    }
}

/// True for figures that stand in the file of exact values only, to keep the page small: extremes of single tokens, no
/// leak, and the total of a run of one unit.
fn is_redundant(metric: &Metric, row: &Row) -> bool {
    let equals = |other: &str| {
        metric::by_name(other).map(|other| other.figure(row)) == Some(metric.figure(row))
    };
    match metric.name() {
        "latency-min" | "latency-max" => true,
        "leaked-bytes" => metric.figure(row) == Some(Figure::exact(0.0)),
        "total-bytes" => metric.figure(row).is_some() && equals("bytes-per-unit"),
        "total-allocations" => metric.figure(row).is_some() && equals("allocations-per-unit"),
        _ => false,
    }
}

fn group(rows: &RowIndex<'_>, anchors: &[String], row: &Row) -> Group {
    let line = |metric: &'static Metric| {
        let value = match figures::figure(metric, Some(row)) {
            Ok(figure) => Cell::figure(metric, &figure),
            Err(Absent::Failed(_)) => Cell::no_number("failed").toned(Tone::Bad),
            Err(_) => return None,
        };
        let ratio = |anchor: &String| {
            let base = rows.row(&row.workload, anchor);
            let ratio = figures::ratio(metric, base, row)
                .ok()
                .filter(|_| *anchor != row.phase);
            ratio.map_or_else(String::new, |ratio| number::ratio(ratio.value))
        };
        Some(Line {
            metric: metric.title_per(&row.unit.name),
            value: Text::of(&value),
            ratios: anchors.iter().map(ratio).collect(),
        })
    };
    Group {
        workload: row.workload.clone(),
        phase: row.phase.clone(),
        check: check(row),
        lines: metric::all()
            .iter()
            .filter(|metric| !is_redundant(metric, row))
            .filter_map(line)
            .collect(),
    }
}
