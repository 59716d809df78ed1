//! Instructions per unit by phase.

use super::by_phase::{self, share, times};
use crate::metric;
use crate::render::chart::Chart;
use crate::report::Dossier;
use crate::report::headline::unit;

pub(super) fn chart(dossier: &Dossier) -> Option<Chart> {
    let record = &dossier.record;
    let metric = metric::by_name("instructions")?;
    let workload = by_phase::workload(dossier, metric)?;
    let unit = unit(record, workload);
    let title = match by_phase::finding(record, &dossier.anchors, workload, metric) {
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
    by_phase::chart(dossier, workload, metric, &metric.title_per(unit), title)
}
