//! The roadmap: targets and schedules of phases, forecasts of single optimizations, and the log of decisions. Apart from
//! reading and writing the file, all functions are pure.
//!
//! `roadmap.toml` lies beside the baselines and is written by hand and reviewed like them. It names the phase that the
//! targets are relative to; no phase is hard-coded in the harness.

mod decision;
mod file;
mod machine_limits;
mod range;
mod schedule;

pub use decision::{Decision, Subject};
pub use file::SCHEMA_VERSION;
pub use machine_limits::{FILE as MACHINE_LIMITS, MachineLimits};
pub(crate) use range::units;
pub use range::{Range, RangeError};
pub use schedule::{PhaseStatus, Schedule};

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
    /// Workload whose instructions explain missed targets, if the workload itself is too large to be counted.
    pub counted: Option<String>,
    /// Least number of bytes that a unit of the workload must read, whatever the phase; none if unknown.
    pub bytes_per_unit: Option<f64>,
    /// Least number of floating-point operations that a unit of the workload needs; none if unknown.
    pub flops_per_unit: Option<f64>,
    /// The command that measures the limits of the machine.
    pub limits_command: Option<String>,
    /// The phases, in order.
    pub phases: Vec<Phase>,
    /// Forecasts of single optimizations.
    pub forecasts: Vec<Forecast>,
    /// Decisions, in the order of the file.
    pub decisions: Vec<Decision>,
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
    /// Owner, dates and status.
    pub schedule: Schedule,
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
