//! Metrics: values that are computed from a row, with unit, interval and the direction that is better.
//!
//! Each file contains one family of metrics that implement [`Metric`]. A new metric is registered in [`all`]. Metrics
//! are computed from raw readings each time they are needed and are never stored.

mod criterion_time;
mod heap;
mod instructions;
mod latency;
mod time;
mod tokens_per_second;

use std::fmt;

use harness_abtest::Interval;
use harness_probe::Instrument;

use crate::Row;

/// Requested confidence level of intervals. An interval from fewer than six values cannot reach it: it spans all values
/// and has a lower level of its own. Only intervals that reach this level count as evidence of a difference.
pub const LEVEL: f64 = 0.95;

/// Returns all metrics, in the order of tables.
pub fn all() -> &'static [&'static dyn Metric] {
    &[
        &time::Time,
        &criterion_time::CriterionTime,
        &tokens_per_second::TokensPerSecond,
        &latency::FirstToken,
        &latency::Latency::Median,
        &latency::Latency::P95,
        &latency::Latency::Min,
        &latency::Latency::Max,
        &instructions::Instructions,
        &heap::Heap::BytesPerUnit,
        &heap::Heap::AllocationsPerUnit,
        &heap::Heap::TotalBytes,
        &heap::Heap::TotalAllocations,
        &heap::Heap::PeakBytes,
        &heap::Heap::LeakedBytes,
    ]
}

/// Returns the metric with this name.
pub fn by_name(name: &str) -> Option<&'static dyn Metric> {
    all().iter().copied().find(|metric| metric.name() == name)
}

/// A value that is computed from a row.
pub trait Metric: Sync {
    /// Name on the command line, in files and in limits, in kebab-case.
    fn name(&self) -> &'static str;
    /// Name in tables and sentences, such as `latency per token, median`.
    fn title(&self) -> &'static str;
    /// Title for a workload whose unit is `unit`, such as `instructions per call`.
    fn title_per(&self, unit: &str) -> String {
        self.title().replace("per token", &format!("per {unit}"))
    }
    /// Physical quantity of the value.
    fn quantity(&self) -> Quantity;
    /// Direction that is better.
    fn better(&self) -> Better;
    /// Instrument that the value is computed from.
    fn instrument(&self) -> Instrument;
    /// Computes the value of a row. Returns `None` if the row has no reading for it, or if the metric does not apply to
    /// the workload.
    fn figure(&self, row: &Row) -> Option<Figure>;
    /// Computes `head` / `base`. Counts are divided. For wall times it is the median over rounds of the ratio within a
    /// round, which differs from the ratio of the two figures. It is `None` if the two rows were not measured in pairs.
    fn ratio(&self, base: &Row, head: &Row) -> Option<Figure> {
        let (base, head) = (self.figure(base)?, self.figure(head)?);
        (self.portable() && base.value != 0.0).then(|| Figure::exact(head.value / base.value))
    }
    /// Whether the figure is a count that compares between machines of one
    /// [`PortableKey`](crate::PortableKey).
    fn portable(&self) -> bool {
        Instrument::COUNTED.contains(&self.instrument())
    }
}

impl PartialEq for dyn Metric {
    /// Compares the names, which are unique.
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl fmt::Debug for dyn Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A computed value with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// Value in the unit of the metric.
    pub value: f64,
    /// Confidence interval, with its own level. `None` for counts, and for samples that are too small.
    pub interval: Option<Interval>,
}

impl Figure {
    /// Creates a figure without an interval.
    pub fn exact(value: f64) -> Self {
        Self { value, interval: None }
    }
}

/// The quantity that a metric measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Seconds.
    Seconds,
    /// Per second.
    PerSecond,
    /// Instructions (Ir).
    Instructions,
    /// Bytes.
    Bytes,
    /// Heap blocks.
    Blocks,
}

/// The direction of improvement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
}
