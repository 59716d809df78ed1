//! Accepted regressions. Each is a line in `baselines/accepted.csv` with a reason, so that reviewers see it in the
//! diff.
//!
//! # Scope of a line
//! A line names one figure (workload, phase, metric) and two levels, **from** and **to**. It excuses a regression of
//! that figure up to the level **to**, provided that the base is no better than **from**. Both comparisons use the
//! tolerance that the figure is judged by. A further loss is not excused, nor is a loss of later improvements. Lines of
//! one figure chain: one may begin at the level at which another ends. Levels of counts belong to one toolchain
//! ([`PortableKey`](crate::PortableKey)) and excuse nothing under another.
//!
//! Absolute times do not carry over to another day. Therefore the level of a time is its ratio to the base it was
//! measured with, and its tolerance is the margin of "not slower". A line about time excuses only the change that adds
//! it: once the base has the line, it has the slowdown too, and the same ratio again would be a second slowdown.
//!
//! # Lines of base and head
//! The rules for judging a change are read from the base, so that a change cannot excuse itself. A line that only the
//! head has is *pending*: it is printed, and counts once a reviewer has approved it. A gate against the stored baseline
//! reads limits, counts and acceptances from the same checkout, and all of them count. An expired line excuses nothing,
//! and the gate prints a complaint.

mod file;
mod loss;

pub use file::{FILE, SCHEMA_VERSION, text};
pub use loss::Loss;

use harness_probe::Instrument;
use jiff::civil::Date;

use crate::metric::{self, Metric};
use crate::number;

/// Every acceptance of a project, in the order of its file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Acceptances {
    lines: Vec<Acceptance>,
}

/// One accepted regression.
#[derive(Debug, Clone, PartialEq)]
pub struct Acceptance {
    /// The accepted regression.
    pub loss: Loss,
    /// Day of the acceptance.
    pub accepted: Date,
    /// Last day of validity, in UTC; none if it does not expire.
    pub expires: Option<Date>,
    /// Reason for the acceptance.
    pub reason: String,
}

impl Acceptances {
    /// All acceptances.
    pub fn lines(&self) -> &[Acceptance] {
        &self.lines
    }

    /// Adds an acceptance. It replaces an older one of the same figure from the same level.
    pub fn add(&mut self, new: Acceptance) {
        match self.lines.iter_mut().find(|old| old.replaced_by(&new)) {
            Some(old) => *old = new,
            None => self.lines.push(new),
        }
    }
}

impl Acceptance {
    /// True if `new` is about the same figure from the same level.
    fn replaced_by(&self, new: &Self) -> bool {
        self.loss.same_figure(&new.loss) && self.loss.from == new.loss.from
    }

    /// The regression and the reason: `kernel/gelu in phase naive: instructions 1,000 -> 1,050 (+5.0 %), because ...`.
    pub fn sentence(&self) -> String {
        format!(
            "{}, because {}",
            self.loss,
            self.reason.trim().trim_end_matches('.')
        )
    }
}

/// The metrics that a gate judges, and whose regressions can be accepted: every count, and time.
pub fn judged() -> impl Iterator<Item = &'static Metric> {
    metric::all().iter().filter(|metric| is_judged(metric))
}

fn is_judged(metric: &Metric) -> bool {
    metric.portable() || is_time(metric)
}

/// True for the metric of time that a gate judges.
pub fn is_time(metric: &Metric) -> bool {
    metric.instrument() == Instrument::Clock && metric.name() == "time"
}

impl std::fmt::Display for Loss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            workload,
            phase,
            metric,
            from,
            to,
            ..
        } = self;
        write!(f, "{workload} in phase {phase}: {}", metric.name())?;
        if is_time(metric) {
            return write!(f, " {}", number::percent(to / from));
        }
        write!(f, " {} -> {}", number::exact(*from), number::exact(*to))?;
        if *from == 0.0 {
            Ok(())
        } else {
            write!(f, " ({})", number::percent(to / from))
        }
    }
}
