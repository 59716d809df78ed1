//! The roadmap: targets of phases and forecasts of single optimizations, and the comparison of measured figures with
//! them. Apart from reading the file, all functions are pure.
//!
//! `roadmap.toml` lies beside the baselines and is written by hand and reviewed like them. It names the phase that the
//! targets are relative to; no phase is hard-coded in the harness.

mod file;
mod range;

pub use file::SCHEMA_VERSION;
pub use range::{Range, RangeError};

use crate::metric::Metric;

/// A roadmap with targets and forecasts.
#[derive(Debug, Clone)]
pub struct Roadmap {
    /// Source of the targets and forecasts, in one line.
    pub source: String,
    /// The workload that the phases are measured with.
    pub workload: String,
    /// The phase that relative targets are compared with.
    pub against: String,
    /// The phases, in order.
    pub phases: Vec<Phase>,
    /// Forecasts of single optimizations.
    pub forecasts: Vec<Forecast>,
}

/// A phase of the roadmap.
#[derive(Debug, Clone)]
pub struct Phase {
    /// Name, as in records.
    pub name: String,
    /// Title for readers.
    pub title: String,
    /// Due date for readers, such as `weeks 1-2`.
    pub when: String,
    /// Week at whose end it is due; 0 is the start.
    pub week: f64,
    /// Targets; empty if there are none.
    pub targets: Vec<Target>,
}

/// A target of a phase.
#[derive(Debug, Clone)]
pub struct Target {
    /// The metric.
    pub metric: &'static Metric,
    /// The targeted range.
    pub range: Range,
    /// Figures of the source on its own machine, which are shown and never compared; may be empty.
    pub stated: String,
}

/// A forecast of one optimization.
#[derive(Debug, Clone)]
pub struct Forecast {
    /// Name of the optimization.
    pub name: String,
    /// The metric.
    pub metric: &'static Metric,
    /// The change that was forecast.
    pub range: Range,
    /// The comparison that tests it, or the reason why nothing does.
    pub test: Result<Comparison, String>,
}

/// Two phases of a workload to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The workload.
    pub workload: String,
    /// The phase without the optimization.
    pub base: String,
    /// The phase with it.
    pub head: String,
}
