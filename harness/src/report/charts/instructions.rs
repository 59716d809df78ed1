//! Instructions per token by phase.

use super::by_phase::{self, times};
use crate::metric;
use crate::record::Record;
use crate::render::chart::Chart;
use crate::report::Settings;

pub(super) fn chart(record: &Record, settings: &Settings) -> Option<Chart> {
    let metric = metric::by_name("instructions")?;
    let workload = by_phase::workload(record, settings, metric)?;
    let title = match by_phase::finding(record, settings, workload, metric) {
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
    by_phase::chart(record, settings, workload, metric, "instructions per token", title)
}
