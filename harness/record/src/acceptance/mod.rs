//! Accepted regressions: losses that somebody decided to live with, each a line in `baselines/accepted.csv` that a reviewer
//! sees in the diff.
//!
//! # What a line excuses
//! It names one figure (a workload in a phase, by a metric) and the level it went **from** and **to**. A figure is excused up
//! to the accepted level, with the tolerance it is judged by anyway, and only where the base is no better than the level it
//! went from, with the same tolerance: a further loss is not excused, and neither is one that eats up what was gained since. Lines
//! of one figure add up where one begins at the level that another ends at. Levels of counts are those of one toolchain
//! ([`PortableKey`](crate::PortableKey)) and excuse nothing under another.
//!
//! Time has no level that holds another day, so that its level is a ratio to the base it was measured against, and its tolerance the
//! margin of "not slower". A line about time excuses the change that brings it and no other: once the base has the line, it has
//! the loss too, and the same ratio again would be a second loss.
//!
//! # Whose line counts
//! What judges a change is read from the base, so that a change cannot excuse itself. A line that only the head has is *pending*:
//! it is shown, and counts once a reviewer has approved. Against the stored baseline, limits, counts and acceptances all lie in the
//! same checkout, and count as they lie there. An expired line excuses nothing and is complained of.

mod file;
mod loss;

pub use file::{AcceptanceError, FILE, SCHEMA_VERSION, text};
pub use loss::Loss;

use harness_probe::Instrument;
use jiff::civil::Date;

use crate::metric::{self, Better, Metric};
use crate::number;

/// Every acceptance of a project, in the order of its file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Acceptances {
    lines: Vec<Acceptance>,
}

/// One accepted regression.
#[derive(Debug, Clone, PartialEq)]
pub struct Acceptance {
    /// What was accepted.
    pub loss: Loss,
    /// The day it was.
    pub accepted: Date,
    /// The last day it counts on, in UTC; none if it counts for good.
    pub expires: Option<Date>,
    /// Why, for whoever reads the file next.
    pub reason: String,
}

impl Acceptances {
    /// All of them.
    pub fn lines(&self) -> &[Acceptance] {
        &self.lines
    }

    /// Adds one, in the place of an older one about the same figure that begins at the same level.
    pub fn add(&mut self, new: Acceptance) {
        match self.lines.iter_mut().find(|old| old.loss.same_figure(&new.loss) && old.loss.from == new.loss.from) {
            Some(old) => *old = new,
            None => self.lines.push(new),
        }
    }
}

impl Acceptance {
    /// What was accepted and why, as in `kernel/gelu in phase naive: instructions 1,000 -> 1,050 (+5.0 %), because ...`.
    pub fn sentence(&self) -> String {
        format!("{}, because {}", self.loss, self.reason.trim().trim_end_matches('.'))
    }
}

/// The metrics that a gate judges, which are those whose loss can be accepted: every count, and time.
pub fn judged() -> impl Iterator<Item = &'static dyn Metric> {
    metric::all().iter().copied().filter(|metric| is_judged(*metric))
}

fn is_judged(metric: &dyn Metric) -> bool {
    metric.portable() || is_time(metric)
}

/// Whether a metric is the one that gates hold side by side.
pub fn is_time(metric: &dyn Metric) -> bool {
    metric.instrument() == Instrument::Clock && metric.name() == "time"
}

/// By how much `to` is worse than `from`; negative if it is better.
pub fn worse(metric: &dyn Metric, from: f64, to: f64) -> f64 {
    match metric.better() {
        Better::Lower => to - from,
        Better::Higher => from - to,
    }
}

impl std::fmt::Display for Loss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { workload, phase, metric, from, to, .. } = self;
        write!(f, "{workload} in phase {phase}: {}", metric.name())?;
        if is_time(*metric) {
            return write!(f, " {}", number::percent(to / from));
        }
        write!(f, " {} -> {}", number::exact(*from), number::exact(*to))?;
        if *from == 0.0 { Ok(()) } else { write!(f, " ({})", number::percent(to / from)) }
    }
}
