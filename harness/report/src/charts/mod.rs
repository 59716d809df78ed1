//! The charts of a report, computed from the record. Those of groups are beside their tables.

mod by_phase;
pub mod history;
mod latency;
pub(super) mod roadmap;

pub(super) use by_phase::{Finding, finding, times};
pub(super) use latency::points;

use serde::Serialize;

use crate::render::chart::Chart;
use crate::{ReportData, groups};

/// A chart of a report.
#[derive(Debug, Serialize)]
pub struct Named {
    /// Its file name without extension.
    pub name: &'static str,
    /// Its heading, the topic.
    pub heading: &'static str,
    /// The chart; its title is the finding.
    pub chart: Chart,
}

type Make = fn(&ReportData) -> Option<Chart>;

const CHARTS: [(&str, &str, Make); 4] = [
    (
        "tokens-per-second",
        "Throughput by phase",
        by_phase::throughput,
    ),
    ("memory", "Memory by phase", by_phase::memory),
    ("latency-by-position", "Latency by position", latency::chart),
    (
        "instructions",
        "Instructions by phase",
        by_phase::instructions,
    ),
];

/// The charts by phase for which there are numbers, in display order.
pub fn all(report_data: &ReportData) -> Vec<Named> {
    let named = |&(name, heading, make): &(_, _, Make)| {
        Some(Named {
            name,
            heading,
            chart: make(report_data)?,
        })
    };
    CHARTS.iter().filter_map(named).collect()
}

/// The names of all possible charts.
pub fn names() -> impl Iterator<Item = &'static str> {
    CHARTS
        .iter()
        .map(|(name, ..)| *name)
        .chain(roadmap::names())
        .chain(crate::history::names())
        .chain(groups::chart_names())
}
