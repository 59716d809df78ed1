//! Metrics: values that are computed from a row, with unit, interval and the direction that is better.
//!
//! A new metric is one line of the table behind [`all`], and a file with its computation unless another metric has it
//! already. Metrics are computed from raw readings each time they are
//! needed and are never stored.

mod clock;
pub mod count;
pub mod events;
pub mod process;
pub mod program;

use std::fmt;

use harness_abtest::{Interval, Rounds};
use harness_probe::Instrument;

use crate::metric::clock::{PerSlice, first_token, rate, seconds};
use crate::metric::count::{HeapCount, instructions};
use crate::suggestion::suggestion;
use crate::{Reading, Row};

/// Confidence level of all intervals. A figure that has too few rounds for it has no interval.
pub const LEVEL: f64 = 0.95;

static METRICS: &[Metric] = &[
    Metric::new("time", "total runtime", Quantity::Seconds, Source::Time),
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
        "latency per unit, median",
        Quantity::Seconds,
        Source::Tokens(0.5),
    ),
    Metric::new(
        "latency-p95",
        "latency per unit, 95th percentile",
        Quantity::Seconds,
        Source::Tokens(0.95),
    ),
    Metric::new(
        "latency-min",
        "latency per unit, minimum",
        Quantity::Seconds,
        Source::Extreme(0.0),
    ),
    Metric::new(
        "latency-max",
        "latency per unit, maximum",
        Quantity::Seconds,
        Source::Extreme(1.0),
    ),
    Metric::new(
        "instructions",
        "instructions per unit",
        Quantity::Instructions,
        Source::Value(Instrument::Callgrind, instructions),
    ),
    Metric::heap(
        "bytes-per-unit",
        "heap bytes per unit",
        Quantity::Bytes,
        HeapCount::BytesPerUnit,
    ),
    Metric::heap(
        "allocations-per-unit",
        "allocations per unit",
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
    Metric::new(
        "code-size",
        "machine code of the program",
        Quantity::Bytes,
        Source::Value(Instrument::Size, program::code),
    ),
    Metric::new(
        "program-size",
        "program in memory",
        Quantity::Bytes,
        Source::Value(Instrument::Size, program::loaded),
    ),
    Metric::new(
        "build-time",
        "time to build the package again",
        Quantity::Seconds,
        Source::Value(Instrument::Build, program::build_time),
    ),
    Metric::new(
        "simulated-branch-misses",
        "branch misses per unit, simulated",
        Quantity::Events,
        Source::Value(Instrument::Misses, events::branch_misses),
    ),
    Metric::new(
        "simulated-l1-misses",
        "misses of the first-level data cache per unit, simulated",
        Quantity::Events,
        Source::Value(Instrument::Misses, events::l1_misses),
    ),
    Metric::new(
        "simulated-ll-misses",
        "misses of the last-level cache per unit, simulated",
        Quantity::Events,
        Source::Value(Instrument::Misses, events::ll_misses),
    ),
    Metric::new(
        "cycles",
        "cycles per unit",
        Quantity::Events,
        Source::Value(Instrument::Counters, events::cycles),
    ),
    Metric::new(
        "retired-instructions",
        "instructions per unit, counted by the processor",
        Quantity::Events,
        Source::Value(Instrument::Counters, events::retired_instructions),
    ),
    Metric::new(
        "branch-misses",
        "branch misses per unit",
        Quantity::Events,
        Source::Value(Instrument::Counters, events::retired_branch_misses),
    ),
    Metric::new(
        "cache-misses",
        "cache misses per unit",
        Quantity::Events,
        Source::Value(Instrument::Counters, events::cache_misses),
    ),
    Metric::new(
        "peak-rss",
        "peak resident memory",
        Quantity::Bytes,
        Source::Value(Instrument::Process, process::peak_rss),
    ),
    Metric::new(
        "user-time",
        "user time of one run",
        Quantity::Seconds,
        Source::Value(Instrument::Process, process::user_time),
    ),
    Metric::new(
        "system-time",
        "system time of one run",
        Quantity::Seconds,
        Source::Value(Instrument::Process, process::system_time),
    ),
];

/// Returns all metrics, in the order of tables.
pub fn all() -> &'static [Metric] {
    METRICS
}

/// Earlier names of metrics, which files may still contain, and their names now.
const RENAMED: [(&str, &str); 2] = [
    ("bytes-per-token", "bytes-per-unit"),
    ("allocations-per-token", "allocations-per-unit"),
];

/// Returns the metric with this name, or with this earlier name.
pub fn by_name(name: &str) -> Option<&'static Metric> {
    let renamed = RENAMED.iter().find(|(earlier, _)| *earlier == name);
    let name = renamed.map_or(name, |(_, now)| now);
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
    /// The clock: in a round, the median over its slices of the seconds of one iteration; or the time that another tool
    /// states without its samples.
    Time,
    /// The clock: in a round, the median over its slices of this value. Over rounds, see [`harness_abtest::Rounds`].
    Slices(PerSlice),
    /// The clock: in a round, this quantile of the latency of its tokens. Over rounds, see [`harness_abtest::Rounds`].
    Tokens(f64),
    /// The clock: the smallest (0) or largest (1) latency of all tokens, without an interval.
    Extreme(f64),
    /// Criterion's estimate of the time of one run. It has no ratio: two estimates of criterion are minutes apart, and
    /// the speed of the machine drifts in between.
    Criterion,
    /// Any value that this instrument's reading of a row determines, without an interval. Counts have a ratio; values of
    /// an instrument that runs alone have none.
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

    /// Name in tables and sentences where the unit of work is not known, such as `latency per unit, median`.
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// Title for a workload whose unit is `unit`, such as `instructions per call`.
    pub fn title_per(&self, unit: &str) -> String {
        self.title.replace("per unit", &format!("per {unit}"))
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
            Source::Time | Source::Slices(_) | Source::Tokens(_) | Source::Extreme(_) => {
                Instrument::Clock
            }
            Source::Criterion => Instrument::Criterion,
            Source::Value(instrument, _) => instrument,
            Source::Heap(_) => Instrument::Dhat,
        }
    }

    /// Computes the value of a row. Returns `None` if the row has no reading for it, or if the metric does not apply to
    /// the workload.
    pub fn figure(&self, row: &Row) -> Option<Figure> {
        match &self.source {
            Source::Time => clock::estimate(row).or_else(|| clock::mean(&self.rounds(row)?.1)),
            Source::Slices(_) | Source::Tokens(_) => clock::mean(&self.rounds(row)?.1),
            Source::Extreme(q) => clock::extreme(row, *q).map(Figure::exact),
            Source::Criterion => clock::criterion(row),
            Source::Value(_, value) => value(row).map(Figure::exact),
            Source::Heap(count) => count.of(row).map(Figure::exact),
        }
    }

    /// The value of a count from the first reading of a row, and from each later one. Empty for times, and if the row
    /// has no reading for it.
    pub fn counts(&self, row: &Row) -> Vec<f64> {
        if !self.portable() {
            return Vec::new();
        }
        let alone = |reading: &Reading| Row {
            readings: vec![reading.clone()],
            recounts: Vec::new(),
            ..row.clone()
        };
        let later = row.recounts.iter();
        let later = later.filter_map(|reading| self.figure(&alone(reading)));
        let first = self.figure(row);
        first
            .into_iter()
            .chain(later)
            .map(|figure| figure.value)
            .collect()
    }

    /// Computes `head` / `base`: the quotient of the two figures. For wall times, its interval comes from the rounds. It
    /// is `None` if the two rows were not measured in turn.
    pub fn ratio(&self, base: &Row, head: &Row) -> Option<Figure> {
        match &self.source {
            Source::Time | Source::Slices(_) | Source::Tokens(_) => {
                let ((base_session, base), (head_session, head)) =
                    (self.rounds(base)?, self.rounds(head)?);
                (base_session == head_session).then(|| clock::quotient(&base, &head))
            }
            Source::Extreme(q) => {
                let in_turn = clock::session(base)? == clock::session(head)?;
                let quotient = clock::extreme(head, *q)? / clock::extreme(base, *q)?;
                in_turn.then_some(Figure::exact(quotient))
            }
            Source::Criterion => None,
            Source::Value(instrument, _) if instrument.runs_alone() => None,
            Source::Value(..) | Source::Heap(_) => {
                let (base, head) = (self.figure(base)?.value, self.figure(head)?.value);
                (base != 0.0).then(|| Figure::exact(head / base))
            }
        }
    }

    /// The value of [`figure`](Self::figure). An interval takes most of the time of a figure.
    pub fn value(&self, row: &Row) -> Option<f64> {
        match &self.source {
            Source::Time => match clock::estimate(row) {
                Some(figure) => Some(figure.value),
                None => Some(self.rounds(row)?.1.mean()),
            },
            Source::Slices(_) | Source::Tokens(_) => Some(self.rounds(row)?.1.mean()),
            _ => Some(self.figure(row)?.value),
        }
    }

    /// The value of [`ratio`](Self::ratio), without its interval.
    pub fn ratio_value(&self, base: &Row, head: &Row) -> Option<f64> {
        match &self.source {
            Source::Time | Source::Slices(_) | Source::Tokens(_) => {
                let ((base_session, base), (head_session, head)) =
                    (self.rounds(base)?, self.rounds(head)?);
                (base_session == head_session).then(|| head.over(&base))
            }
            _ => Some(self.ratio(base, head)?.value),
        }
    }

    /// The session of a row's clock, and the value of each round.
    fn rounds<'a>(&self, row: &'a Row) -> Option<(&'a str, Rounds)> {
        let values = match self.source {
            Source::Time => clock::slices_by_round(row, seconds),
            Source::Slices(value) => clock::slices_by_round(row, value),
            Source::Tokens(q) => clock::tokens_by_round(row, q),
            _ => None,
        };
        Some((clock::session(row)?, Rounds::new(values?)?))
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
    /// Confidence interval. `None` for counts, and for times with too few rounds.
    pub interval: Option<Interval>,
    /// Number of rounds that a time is the mean of; none for counts.
    pub rounds: Option<usize>,
}

impl Figure {
    /// Creates a figure without an interval.
    pub fn exact(value: f64) -> Self {
        Self {
            value,
            interval: None,
            rounds: None,
        }
    }

    /// Creates a figure with an interval.
    pub fn with_interval(value: f64, interval: Option<Interval>) -> Self {
        Self {
            interval,
            ..Self::exact(value)
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
    /// Events of a processor, such as cycles or cache misses.
    Events,
}

/// The direction of improvement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
}
