//! Instructions per token by phase.

use super::by_phase::{self, times};
use crate::metric;
use crate::record::Record;
use crate::render::chart::Chart;

pub(super) fn chart(record: &Record, anchors: &[String]) -> Option<Chart> {
    let metric = metric::by_name("instructions")?;
    let workload = by_phase::workload(record, metric)?;
    let title = match by_phase::finding(record, anchors, workload, metric) {
        Some(found) if found.ratio.value <= 1.0 => format!(
            "{} needs {} fewer instructions per token than {}",
            found.head,
            times(1.0 / found.ratio.value),
            found.anchor
        ),
        Some(found) => {
            format!("{} needs {} the instructions per token of {}", found.head, times(found.ratio.value), found.anchor)
        }
        None => "Instructions per token by phase".to_owned(),
    };
    by_phase::chart(record, anchors, workload, metric, "instructions per token", title)
}
