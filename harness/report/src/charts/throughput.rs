//! Tokens per second by phase.

use harness_record::metric;

use crate::ReportData;
use crate::charts::by_phase::{self, times};
use crate::render::chart::Chart;

pub(super) fn chart(report_data: &ReportData) -> Option<Chart> {
    let record = &report_data.record;
    let metric = metric::by_name("tokens-per-second")?;
    let workload = by_phase::workload(report_data, metric)?;
    let title = match by_phase::finding(record, &report_data.anchors, workload, metric) {
        Some(found) if found.ratio.value >= 1.0 => {
            format!("{} generates {} the tokens per second of {}", found.head, times(found.ratio.value), found.anchor)
        }
        Some(found) => format!(
            "{} is {} slower than {} in tokens per second",
            found.head,
            times(1.0 / found.ratio.value),
            found.anchor
        ),
        None => "Tokens per second by phase".to_owned(),
    };
    by_phase::chart(report_data, workload, metric, "tokens per second", title)
}
