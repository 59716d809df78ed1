//! Instructions per unit by phase.

use harness_record::metric;

use crate::ReportData;
use crate::charts::by_phase::{self, share, times};
use crate::headline::unit;
use crate::render::chart::Chart;

pub(super) fn chart(report_data: &ReportData) -> Option<Chart> {
    let record = &report_data.record;
    let metric = metric::by_name("instructions")?;
    let workload = by_phase::workload(report_data, metric)?;
    let unit = unit(record, workload);
    let title = match by_phase::finding(record, &report_data.anchors, workload, metric) {
        Some(found) if found.ratio.value < 1.0 => format!(
            "{} needs {} of the instructions per {unit} of {}",
            found.head,
            share(found.ratio.value),
            found.anchor
        ),
        Some(found) => {
            format!("{} needs {} the instructions per {unit} of {}", found.head, times(found.ratio.value), found.anchor)
        }
        None => format!("Instructions per {unit} by phase"),
    };
    by_phase::chart(report_data, workload, metric, &metric.title_per(unit), title)
}
