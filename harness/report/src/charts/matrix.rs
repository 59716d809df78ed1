//! The benchmark matrix as a heat map: combinations as rows, phases as columns.

use harness_record::metric::Metric;
use harness_record::number;

use crate::matrix::{Grid, SHOWN, figure, name, verdict};
use crate::render::chart::{Chart, HeatCell, HeatMap};
use crate::{ReportData, provenance};

/// The names of all possible charts.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    SHOWN.iter().map(|(_, name, _)| *name)
}

pub(crate) fn chart(report_data: &ReportData, grid: &Grid<'_>, metric: &Metric) -> Chart {
    let rows = grid.combinations.iter().map(|combination| {
        let cells = grid.phases.iter().map(|phase| match figure(report_data, combination.workload, phase, metric) {
            Ok(figure) => {
                let text = number::plain(metric.quantity(), figure.value).replace(' ', "");
                HeatCell { value: Some(figure.value), text }
            }
            Err(_) => HeatCell { value: None, text: "-".to_owned() },
        });
        (name(combination), cells.collect())
    });
    let measured = grid
        .combinations
        .iter()
        .flat_map(|one| report_data.record.rows.iter().filter(|row| row.workload == one.workload));
    let title = verdict(report_data, grid, metric).unwrap_or_else(|| metric.title().to_owned());
    Chart::HeatMap(HeatMap {
        title: title.trim_end_matches('.').to_owned(),
        subtitle: format!(
            "{}, {}. {}.",
            grid.combinations[0].name,
            provenance::conditions(measured, &[metric.instrument()]),
            report_data.provenance_of(metric.instrument(), grid.combinations.iter().map(|one| one.workload))
        ),
        axis: metric.title().to_owned(),
        columns: grid.phases.iter().map(|phase| (*phase).to_owned()).collect(),
        rows: rows.collect(),
    })
}
