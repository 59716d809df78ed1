//! The roadmap: what was promised for each phase and forecast for each optimization, and how the measured figures stand
//! to it. Pure functions over values, but for the reading of the file.
//!
//! `roadmap.toml` lies beside the baselines, is written by people and reviewed like them. It says what the targets are held
//! against; the harness knows no phase by name.

mod file;
mod range;

pub use file::{RoadmapError, SCHEMA_VERSION};
pub use range::{Range, RangeError};

use crate::metric::Metric;

/// What was promised.
#[derive(Debug, Clone)]
pub struct Roadmap {
    /// Where the promises come from, in one line.
    pub source: String,
    /// The workload that the phases are measured with.
    pub workload: String,
    /// The phase that relative targets are held against.
    pub against: String,
    /// The phases, in order.
    pub phases: Vec<Phase>,
    /// What was forecast of single optimizations.
    pub forecasts: Vec<Forecast>,
}

/// A phase of the roadmap.
#[derive(Debug, Clone)]
pub struct Phase {
    /// Its name, as records have it.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// When it is due, for people: `weeks 1-2`.
    pub when: String,
    /// The week at whose end it is due; 0 is the beginning.
    pub week: f64,
    /// What it is to reach; none where nothing was promised.
    pub targets: Vec<Target>,
}

/// What a phase is to reach.
#[derive(Debug, Clone)]
pub struct Target {
    /// The metric.
    pub metric: &'static dyn Metric,
    /// What is to be reached.
    pub range: Range,
    /// What the source says in figures of its own machine, which are shown and never compared; may be empty.
    pub stated: String,
}

/// What was forecast of one optimization.
#[derive(Debug, Clone)]
pub struct Forecast {
    /// What it is about.
    pub name: String,
    /// The metric it is about.
    pub metric: &'static dyn Metric,
    /// The change that was forecast.
    pub range: Range,
    /// What tests it, or why nothing does.
    pub test: Result<Comparison, String>,
}

/// Two phases of a workload, one held against the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The workload.
    pub workload: String,
    /// The phase without the optimization.
    pub base: String,
    /// The phase with it.
    pub head: String,
}
