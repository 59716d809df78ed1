//! Metrics: what is read off a row, with its unit, its interval, and the direction that is better.
//!
//! One file per metric family, each implementing [`Metric`]; a new one is registered in [`all`]. Metrics are computed
//! from raw readings each time they are needed and are never stored.

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

/// Confidence level that intervals are asked for. One of fewer than six values cannot reach it: it then spans all of
/// them and its own level says how little that is. Only intervals that reach it say that something differs.
pub const LEVEL: f64 = 0.95;

/// Every metric, in the order they are shown.
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

/// The metric of that name.
pub fn by_name(name: &str) -> Option<&'static dyn Metric> {
    all().iter().copied().find(|metric| metric.name() == name)
}

/// Something that is read off a row.
pub trait Metric: Sync {
    /// Its name on the command line, in files and in limits, in kebab-case.
    fn name(&self) -> &'static str;
    /// Its name for people, such as `latency, median`.
    fn title(&self) -> &'static str;
    /// Its name for people where a run yields `unit`, such as `instructions per call`.
    fn title_per(&self, unit: &str) -> String {
        self.title().replace("per token", &format!("per {unit}"))
    }
    /// What it is counted in.
    fn quantity(&self) -> Quantity;
    /// Which direction is better.
    fn better(&self) -> Better;
    /// The instrument it is read from.
    fn instrument(&self) -> Instrument;
    /// The figure of a row; none if the row has no reading for it or the metric has no meaning for its workload.
    fn figure(&self, row: &Row) -> Option<Figure>;
    /// `head` over `base`. Counts divide. Wall times only compare in pairs: theirs is the median over rounds of the ratio
    /// within the round, which is not the ratio of the two figures, and there is none where the two rows were not
    /// measured side by side.
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
    /// No two metrics share a name.
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl fmt::Debug for dyn Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A derived number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// The number, in the metric's unit.
    pub value: f64,
    /// Where the true value lies, at the interval's own level; none for counts, and for samples too small to say.
    pub interval: Option<Interval>,
}

impl Figure {
    /// A count: no interval.
    pub fn exact(value: f64) -> Self {
        Self { value, interval: None }
    }
}

/// What a metric is counted in.
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

/// Which direction is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
}
