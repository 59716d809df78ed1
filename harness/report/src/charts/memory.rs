//! Heap bytes per unit by phase; the unit is the generated token if the workload generates text.

use harness_record::metric::{self, Quantity};
use harness_record::number;

use crate::ReportData;
use crate::charts::by_phase;
use crate::headline::unit;
use crate::render::chart::Chart;

pub(super) fn chart(report_data: &ReportData) -> Option<Chart> {
    let record = &report_data.record;
    let metric = metric::by_name("bytes-per-token")?;
    let workload = by_phase::workload(report_data, metric)?;
    let unit = unit(record, workload);
    let title = match by_phase::finding(record, &report_data.anchors, workload, metric) {
        Some(found) => {
            let bytes = |value| number::plain(Quantity::Bytes, value);
            let (from, to) = (bytes(found.base_figure.value), bytes(found.head_figure.value));
            match found.ratio.value {
                1.0 => format!("{} allocates {to} per {unit}, the same as {}", found.head, found.anchor),
                _ => format!("{} allocates {to} per {unit}, {} {from}", found.head, found.anchor),
            }
        }
        None => format!("Heap bytes per {unit} by phase"),
    };
    by_phase::chart(report_data, workload, metric, &format!("heap bytes allocated per {unit}"), title)
}
