//! The charts of a report, computed from the record; one file per chart.

pub(super) mod ablation;
mod by_phase;
pub mod history;
mod instructions;
pub(super) mod latency;
pub(super) mod matrix;
mod memory;
pub(super) mod roadmap;
pub(super) mod sweeps;
mod throughput;

pub(super) use by_phase::{Finding, finding};

use crate::ReportData;
use crate::render::chart::Chart;

/// A chart of a report.
#[derive(Debug, Clone, PartialEq)]
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
    ("tokens-per-second", "Throughput by phase", throughput::chart),
    ("memory-per-token", "Memory by phase", memory::chart),
    ("latency-by-position", "Latency by position", latency::chart),
    ("instructions-per-token", "Instructions by phase", instructions::chart),
];

/// The charts by phase for which there are numbers, in display order.
pub fn all(report_data: &ReportData) -> Vec<Named> {
    let named = |&(name, heading, make): &(_, _, Make)| Some(Named { name, heading, chart: make(report_data)? });
    CHARTS.iter().filter_map(named).collect()
}

/// The names of all possible charts.
pub fn names() -> impl Iterator<Item = &'static str> {
    let by_phase = CHARTS.iter().map(|(name, ..)| *name);
    by_phase
        .chain(roadmap::names())
        .chain(ablation::CHARTS.map(|(name, _)| name))
        .chain(sweeps::names())
        .chain(matrix::names())
}
