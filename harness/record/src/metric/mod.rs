//! Metrics: values that are computed from a row, with unit, interval and the direction that is better.
//!
//! A new metric is one line of the table behind [`all`], and a file with its computation unless another metric has it
//! already. Metrics are computed from raw readings each time they are
//! needed and are never stored.

mod clock;
mod count;

use std::fmt;

use harness_abtest::Interval;
use harness_probe::Instrument;

use crate::Row;
use crate::metric::clock::{PerSlice, first_token, rate, seconds};
use crate::metric::count::{HeapCount, instructions};
use crate::suggestion::suggestion;

/// Requested confidence level of intervals. An interval from fewer than six values cannot reach it: it spans all values
/// and has a lower level of its own. Only intervals that reach this level count as evidence of a difference.
pub const LEVEL: f64 = 0.95;

static METRICS: &[Metric] = &[
    Metric::new(
        "time",
        "total runtime",
        Quantity::Seconds,
        Source::Slices(seconds),
    ),
    Metric::new(
        "criterion-time",
        "time of one run (criterion)",
        Quantity::Seconds,
        Source::Criterion,
    ),
    Metric::new(
        "tokens-per-second",
        "tokens/s",
        Quantity::PerSecond,
        Source::Slices(rate),
    ),
    Metric::new(
        "time-to-first-token",
        "time to first token",
        Quantity::Seconds,
        Source::Slices(first_token),
    ),
    Metric::new(
        "latency-median",
        "latency per token, median",
        Quantity::Seconds,
        Source::Tokens(0.5),
    ),
    Metric::new(
        "latency-p95",
        "latency per token, 95th percentile",
        Quantity::Seconds,
        Source::Tokens(0.95),
    ),
    Metric::new(
        "latency-min",
        "latency per token, minimum",
        Quantity::Seconds,
        Source::Tokens(0.0),
    ),
    Metric::new(
        "latency-max",
        "latency per token, maximum",
        Quantity::Seconds,
        Source::Tokens(1.0),
    ),
    Metric::new(
        "instructions",
        "instructions per token",
        Quantity::Instructions,
        Source::Value(Instrument::Callgrind, instructions),
    ),
    Metric::heap(
        "bytes-per-token",
        "heap bytes per token",
        Quantity::Bytes,
        HeapCount::BytesPerUnit,
    ),
    Metric::heap(
        "allocations-per-token",
        "allocations per token",
        Quantity::Blocks,
        HeapCount::BlocksPerUnit,
    ),
    Metric::heap(
        "total-bytes",
        "heap bytes, total",
        Quantity::Bytes,
        HeapCount::TotalBytes,
    ),
    Metric::heap(
        "total-allocations",
        "allocations, total",
        Quantity::Blocks,
        HeapCount::TotalBlocks,
    ),
    Metric::heap(
        "peak-bytes",
        "heap bytes, peak",
        Quantity::Bytes,
        HeapCount::PeakBytes,
    ),
    Metric::heap(
        "leaked-bytes",
        "heap bytes not given back",
        Quantity::Bytes,
        HeapCount::LeakedBytes,
    ),
];

/// Returns all metrics, in the order of tables.
pub fn all() -> &'static [Metric] {
    METRICS
}

/// Returns the metric with this name.
pub fn by_name(name: &str) -> Option<&'static Metric> {
    all().iter().find(|metric| metric.name == name)
}

/// Returns the metric with this name, or one clause that suggests the nearest of these metrics.
pub(crate) fn find(
    name: &str,
    among: impl Iterator<Item = &'static Metric>,
) -> Result<&'static Metric, String> {
    let hint = || suggestion(name, among.map(Metric::name));
    by_name(name).ok_or_else(|| format!("there is no metric `{name}`; {}", hint()))
}

/// A value that is computed from a row.
pub struct Metric {
    name: &'static str,
    title: &'static str,
    quantity: Quantity,
    source: Source,
}

/// Source of a metric's value.
enum Source {
    /// The clock: the median over slices of this value. Its ratio is paired within rounds.
    Slices(PerSlice),
    /// The clock: this quantile of the latency of single tokens. Its ratio is paired within rounds.
    Tokens(f64),
    /// Criterion's estimate of the time of one run. It has no ratio: two estimates of criterion are minutes apart, and
    /// the speed of the machine drifts in between.
    Criterion,
    /// Any value that this instrument's reading of a row determines, without an interval. Counts have a ratio; values of
    /// an instrument that times have none.
    Value(Instrument, fn(&Row) -> Option<f64>),
    /// A count of dhat.
    Heap(HeapCount),
}

impl Metric {
    const fn new(
        name: &'static str,
        title: &'static str,
        quantity: Quantity,
        source: Source,
    ) -> Self {
        Self {
            name,
            title,
            quantity,
            source,
        }
    }

    const fn heap(
        name: &'static str,
        title: &'static str,
        quantity: Quantity,
        count: HeapCount,
    ) -> Self {
        Self::new(name, title, quantity, Source::Heap(count))
    }

    /// Name on the command line, in files and in limits, in kebab-case.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Name in tables and sentences, such as `latency per token, median`.
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// Title for a workload whose unit is `unit`, such as `instructions per call`.
    pub fn title_per(&self, unit: &str) -> String {
        self.title.replace("per token", &format!("per {unit}"))
    }

    /// Physical quantity of the value.
    pub fn quantity(&self) -> Quantity {
        self.quantity
    }

    /// Direction that is better: higher for rates, lower for costs.
    pub fn better(&self) -> Better {
        if self.quantity == Quantity::PerSecond {
            Better::Higher
        } else {
            Better::Lower
        }
    }

    /// Instrument that the value is computed from.
    pub fn instrument(&self) -> Instrument {
        match self.source {
            Source::Slices(_) | Source::Tokens(_) => Instrument::Clock,
            Source::Criterion => Instrument::Criterion,
            Source::Value(instrument, _) => instrument,
            Source::Heap(_) => Instrument::Dhat,
        }
    }

    /// Computes the value of a row. Returns `None` if the row has no reading for it, or if the metric does not apply to
    /// the workload.
    pub fn figure(&self, row: &Row) -> Option<Figure> {
        match &self.source {
            Source::Slices(value) => clock::over_slices(row, *value),
            Source::Tokens(quantile) => clock::over_tokens(row, *quantile),
            Source::Criterion => clock::criterion(row),
            Source::Value(_, value) => value(row).map(Figure::exact),
            Source::Heap(count) => count.of(row).map(Figure::exact),
        }
    }

    /// Computes `head` / `base`. Counts are divided. For wall times it is the median over rounds of the ratio within a
    /// round, which differs from the ratio of the two figures. It is `None` if the two rows were not measured in pairs.
    pub fn ratio(&self, base: &Row, head: &Row) -> Option<Figure> {
        match &self.source {
            Source::Slices(value) => clock::paired_ratio(base, head, value),
            Source::Tokens(quantile) => {
                clock::paired_ratio(base, head, |row, run| clock::latency(row, run, *quantile))
            }
            Source::Criterion => None,
            Source::Value(instrument, _) if !instrument.is_counted() => None,
            Source::Value(..) | Source::Heap(_) => {
                let (base, head) = (self.figure(base)?.value, self.figure(head)?.value);
                (base != 0.0).then(|| Figure::exact(head / base))
            }
        }
    }

    /// Whether the figure is a count that compares between machines of one
    /// [`PortableKey`](crate::PortableKey).
    pub fn portable(&self) -> bool {
        self.instrument().is_counted()
    }

    /// Units by which `to` is worse than `from`; negative if it is better.
    pub fn worse(&self, from: f64, to: f64) -> f64 {
        match self.better() {
            Better::Lower => to - from,
            Better::Higher => from - to,
        }
    }
}

impl PartialEq for Metric {
    /// Compares the names, which are unique.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
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
        Self {
            value,
            interval: None,
        }
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
