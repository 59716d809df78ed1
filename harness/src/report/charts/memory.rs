//! Heap bytes per generated token by phase.

use super::by_phase;
use crate::metric::{self, Quantity};
use crate::record::Record;
use crate::render::chart::Chart;
use crate::render::number;

pub(super) fn chart(record: &Record, anchors: &[String]) -> Option<Chart> {
    let metric = metric::by_name("bytes-per-token")?;
    let workload = by_phase::workload(record, metric)?;
    let title = match by_phase::finding(record, anchors, workload, metric) {
        Some(found) => {
            let bytes = |value| number::plain(Quantity::Bytes, value);
            let (from, to) = (bytes(found.base_figure.value), bytes(found.head_figure.value));
            match found.ratio.value {
                1.0 => format!("{} allocates {to} per token, the same as {}", found.head, found.anchor),
                _ => format!("{} allocates {to} per token, {} {from}", found.head, found.anchor),
            }
        }
        None => "Heap bytes per token by phase".to_owned(),
    };
    by_phase::chart(record, anchors, workload, metric, "heap bytes allocated per token", title)
}
