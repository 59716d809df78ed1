//! All figures of a record: a table per workload with metrics as rows, phases as columns, and the ratios to the anchors below
//! each figure.

use harness_record::metric::{self, Figure, Metric};
use harness_record::{Record, Row, number};

use crate::figures::{self, Absent};
use crate::render::{Cell, Column, Table, Tone};
use crate::{ReportData, problems};

/// Returns one table per workload, in the order of the record.
pub fn figure_tables(report_data: &ReportData) -> Vec<Table> {
    let table = |workload| {
        let mut table = table(&report_data.record, &report_data.anchors, workload);
        table.notes.push(report_data.provenance([workload]));
        if table.columns.len() > MOST_COLUMNS { turned(table) } else { table }
    };
    report_data.record.workloads().into_iter().map(table).collect()
}

/// With more columns than this, a table has phases as rows.
const MOST_COLUMNS: usize = 12;

/// Transposes a table: phases as rows and metrics as columns.
fn turned(table: Table) -> Table {
    let mut columns = vec![Column::left("phase", "phase")];
    columns.extend(table.rows.iter().map(|row| Column::right(&row[0].text, &row[0].text)));
    let mut turned = Table::new(table.title, columns);
    for (place, column) in table.columns.iter().enumerate().skip(1) {
        let cells = table.rows.iter().map(|row| row[place].clone());
        turned.rows.push(std::iter::once(Cell::text(&column.heading)).chain(cells).collect());
    }
    turned.notes = table.notes;
    turned
}

fn table(record: &Record, anchors: &[String], workload: &str) -> Table {
    let rows: Vec<&Row> = record.phases().into_iter().filter_map(|phase| record.row(workload, phase)).collect();
    let mut columns = vec![Column::left("metric", "metric")];
    columns.extend(rows.iter().map(|row| Column::right(&row.phase, &row.phase)));
    let mut table = Table::new(workload, columns);
    for metric in metric::all() {
        let has_content =
            |row: &&Row| !matches!(figures::figure(metric, Some(row)), Err(Absent::NotMeasured | Absent::NoMeaning));
        if rows.iter().any(has_content) {
            let name = Cell::text(metric.title_per(&rows[0].unit.name));
            let cells = rows.iter().map(|row| cell(record, anchors, metric, row));
            table.rows.push(std::iter::once(name).chain(cells).collect());
        }
    }
    let checks = rows.iter().map(|row| super::run_tables::check(row));
    table.rows.push(std::iter::once(Cell::text("check of the answer")).chain(checks).collect());
    table.notes = problems::of(rows.iter().copied()).iter().map(ToString::to_string).collect();
    table
}

/// The figure on the first line, its ratios to the anchors on the second.
fn cell(record: &Record, anchors: &[String], metric: &Metric, row: &Row) -> Cell {
    let figure = match figures::figure(metric, Some(row)) {
        Ok(figure) => figure,
        Err(Absent::Failed(_)) => return Cell { text: "failed".to_owned(), ..Cell::missing() }.toned(Tone::Bad),
        Err(_) => return Cell::missing(),
    };
    let ratios = anchors.iter().filter(|anchor| **anchor != row.phase).filter_map(|anchor| {
        match figures::ratio(metric, record.row(&row.workload, anchor), row) {
            // The figure itself already shows a zero.
            Ok(Figure { value: 0.0, .. }) => None,
            Ok(ratio) => Some(format!("{} {anchor}", number::ratio(ratio.value))),
            Err(Absent::OtherWork) => Some(format!("changed since {anchor}")),
            Err(_) => None,
        }
    });
    let lines: Vec<String> = std::iter::once(number::figure(metric.quantity(), &figure)).chain(ratios).collect();
    let tone = if figures::trusted(row) { Tone::Plain } else { Tone::Notice };
    Cell::number(figure.value, lines.join("\n")).toned(tone)
}
