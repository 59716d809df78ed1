//! The benchmark matrix: throughput and instructions of every measured combination, for each phase.

use harness_record::distinct::distinct;
use harness_record::metric::{self, Better, Metric};
use harness_record::number;

use crate::charts::{self, Named};
use crate::parameters::{Parameters, parameters};
use crate::render::{Cell, Column, Table};
use crate::{ReportData, Section, figures};

/// The metrics that are shown, with the names and headings of their charts.
pub(super) const SHOWN: [(&str, &str, &str); 2] = [
    ("tokens-per-second", "matrix-tokens-per-second", "Tokens/s of every combination"),
    ("instructions", "matrix-instructions", "Instructions of every combination"),
];

/// The combinations of a matrix that have figures of a metric, and the phases.
pub(super) struct Grid<'a> {
    pub(super) combinations: Vec<Parameters<'a>>,
    pub(super) phases: Vec<&'a str>,
}

/// The section of the report. Without measurements it has the command that takes them.
pub fn section(report_data: &ReportData) -> Option<Section> {
    let mut section = Section::new("matrix", "Benchmark matrix");
    for (metric, chart, heading) in SHOWN {
        let Some(metric) = metric::by_name(metric) else { continue };
        let Some(grid) = grid(report_data, metric) else { continue };
        section.says.extend(verdict(report_data, &grid, metric));
        let drawn = charts::matrix::chart(report_data, &grid, metric);
        section.charts.push(Named { name: chart, heading, chart: drawn });
        section.tables.push(table(report_data, &grid, metric));
    }
    if section.tables.is_empty() {
        section.missing.push(Section::not_measured("The matrix is", &report_data.commands.matrix));
    }
    Some(section)
}

fn grid<'a>(report_data: &'a ReportData, metric: &Metric) -> Option<Grid<'a>> {
    let rows = &report_data.record.rows;
    let all = report_data.record.workloads().into_iter().filter_map(parameters).filter(|names| names.pairs.len() > 1);
    // Keep combinations for which the instrument ran, even if it failed: their cells are shown as missing.
    let attempted = |combination: &Parameters<'_>| {
        let mut of = rows.iter().filter(|row| row.workload == combination.workload);
        let instrument = metric.instrument();
        of.any(|row| row.reading(instrument).is_some() || row.failure(instrument).is_some())
    };
    let combinations: Vec<Parameters<'a>> = all.filter(attempted).collect();
    let has = |phase: &&str| combinations.iter().any(|names| report_data.row(names.workload, phase).is_some());
    let phases = report_data.record.phases().into_iter().filter(has).collect();
    (!combinations.is_empty()).then_some(Grid { combinations, phases })
}

/// The name of a combination: its keys with their values.
pub(super) fn name(one: &Parameters<'_>) -> String {
    one.pairs.iter().map(|(key, value)| format!("{key} {value}")).collect::<Vec<_>>().join(", ")
}

/// The figure of a cell, or the reason why it is missing.
pub(super) fn figure(
    report_data: &ReportData,
    workload: &str,
    phase: &str,
    metric: &Metric,
) -> Result<metric::Figure, figures::Absent> {
    let row = report_data.row(workload, phase);
    if row.is_some_and(|row| !figures::trusted(row)) {
        return Err(figures::Absent::AnswerNotRight);
    }
    figures::figure(metric, row)
}

/// The sentence that counts the combinations in which the last phase is best.
pub(super) fn verdict(report_data: &ReportData, grid: &Grid<'_>, metric: &Metric) -> Option<String> {
    let last = *grid.phases.last()?;
    let best = |one: &&Parameters<'_>| {
        let value = |phase: &str| figure(report_data, one.workload, phase, metric).ok().map(|figure| figure.value);
        let others: Vec<f64> =
            grid.phases.iter().filter(|phase| **phase != last).filter_map(|phase| value(phase)).collect();
        // Without other phases there is no comparison.
        value(last).is_some_and(|value| {
            !others.is_empty()
                && others.iter().all(|&other| match metric.better() {
                    Better::Higher => value >= other,
                    Better::Lower => value <= other,
                })
        })
    };
    let count = grid.combinations.iter().filter(best).count();
    let what = match metric.better() {
        Better::Higher => format!("most {}", metric.title()),
        Better::Lower => format!("fewest {}", metric.title()),
    };
    Some(format!("{last} has the {what} in {count} of {} combinations.", grid.combinations.len()))
}

fn table(report_data: &ReportData, grid: &Grid<'_>, metric: &Metric) -> Table {
    let keys = distinct(grid.combinations.iter().flat_map(|one| one.pairs.iter().map(|(key, _)| *key)));
    let mut columns: Vec<Column> = keys.iter().map(|key| Column::left(key, key)).collect();
    columns.extend(grid.phases.iter().map(|phase| Column::right(phase, phase)));
    let mut table = Table::new(format!("{} of every combination", metric.title()), columns);
    for one in &grid.combinations {
        let value = |key: &&str| one.pairs.iter().find(|(name, _)| name == key).map_or("", |(_, value)| *value);
        let mut cells: Vec<Cell> = keys
            .iter()
            .map(|key| match value(key).parse::<f64>() {
                Ok(size) => Cell::number(size, value(key)),
                Err(_) => Cell::text(value(key)),
            })
            .collect();
        cells.extend(grid.phases.iter().map(|phase| match figure(report_data, one.workload, phase, metric) {
            Ok(figure) => Cell::number(figure.value, number::figure(metric.quantity(), &figure)),
            Err(_) => Cell::missing(),
        }));
        table.rows.push(cells);
    }
    table.notes.push(report_data.provenance_of(metric.instrument(), grid.combinations.iter().map(|one| one.workload)));
    table
}
