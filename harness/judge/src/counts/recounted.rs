//! Counts that were taken more than once, because a program with random parts (such as a hash map with a random seed)
//! counts differently in each run.
//!
//! A gate counts each side once. Only a count that would be reported as worse or better is taken again, on both sides,
//! up to [`MOST_RECOUNTS`] times. If all counts of a side are equal, the verdict stays. If they scatter, the ranges
//! decide: the sides differ only if the gap between the ranges is larger than the limit and than either range.
//!
//! The ranges alone would not be enough: of two times five counts of the same program, all of one side are above all of
//! the other side in one of 252 cases. The condition on the gap makes that rarer than one in 5,000 (the tests below).

use harness_record::distinct::distinct;
use harness_record::limits::Limit;
use harness_record::metric::Metric;
use harness_record::number::exact;
use harness_record::{Instrument, Row};

use crate::counts::{CountVerdict, CountsVerdict};

/// Number of times that a count is taken again, at most, before it is reported as worse.
pub const MOST_RECOUNTS: usize = 4;

/// Every count of one figure on both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Recounted {
    /// The counts of the base, in the order in which they were taken.
    pub base: Vec<f64>,
    /// The counts of the head.
    pub head: Vec<f64>,
}

/// A count that is to be taken again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Suspect {
    /// Id of the workload.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// The instrument that counts.
    pub instrument: Instrument,
}

impl Recounted {
    /// The counts of two rows; none if both were counted once.
    pub(crate) fn of(metric: &Metric, base: &Row, head: &Row) -> Option<Self> {
        if base.recounts.is_empty() && head.recounts.is_empty() {
            return None;
        }
        let (base, head) = (metric.counts(base), metric.counts(head));
        let is_counted = !base.is_empty() && !head.is_empty();
        (is_counted && base.len().max(head.len()) > 1).then_some(Self { base, head })
    }

    /// True if the counts of a side differ from each other.
    pub(crate) fn scatter(&self) -> bool {
        self.spread() > 0.0
    }

    /// The lowest and the highest count of each side, such as `base 100 to 140, head 105 to 138`.
    pub(crate) fn ranges(&self) -> String {
        let range = |counts: &[f64]| {
            let (low, high) = ends(counts);
            match low == high {
                true => exact(low),
                false => format!("{} to {}", exact(low), exact(high)),
            }
        };
        format!("base {}, head {}", range(&self.base), range(&self.head))
    }

    /// The verdict on counts that scatter.
    pub(super) fn judgement(&self, metric: &Metric, limit: Limit) -> CountVerdict {
        let spread = self.spread();
        // A side that was counted once, such as a stored baseline, scatters as the other one does.
        let unknown = match self.base.len().min(self.head.len()) {
            1 => spread,
            _ => 0.0,
        };
        let base = ends(&self.base).1;
        let differs = |gap: f64| gap > spread && !limit.tolerance.allows(gap, base);
        let worse = self.smallest(|base, head| metric.worse(base, head)) - unknown;
        let better = self.smallest(|base, head| metric.worse(head, base)) - unknown;
        if differs(worse) {
            CountVerdict::Regressed(limit)
        } else if differs(better) {
            CountVerdict::Improved(limit)
        } else {
            CountVerdict::NotRepeatable(limit)
        }
    }

    /// Number of times that the figure was counted after the first time.
    fn times(&self) -> usize {
        self.base.len().max(self.head.len()) - 1
    }

    /// The larger of the two ranges.
    fn spread(&self) -> f64 {
        let width = |counts: &[f64]| {
            let (low, high) = ends(counts);
            high - low
        };
        width(&self.base).max(width(&self.head))
    }

    /// The smallest difference between a count of the base and one of the head.
    fn smallest(&self, difference: impl Fn(f64, f64) -> f64) -> f64 {
        let pairs = self.base.iter().flat_map(|&base| {
            let difference = &difference;
            self.head.iter().map(move |&head| difference(base, head))
        });
        pairs.fold(f64::INFINITY, f64::min)
    }
}

impl CountsVerdict {
    /// The counts that are to be taken once more before the verdict is reported. What is worse is counted
    /// [`MOST_RECOUNTS`] times again; what is better once, and as often as the worse if its counts scatter.
    pub fn suspects(&self) -> Vec<Suspect> {
        let suspects = self.rows.iter().filter_map(|row| {
            let recounted = row.comparison.recounted.as_ref();
            let wanted = match row.judgement {
                CountVerdict::Regressed(_) | CountVerdict::OverBudget(..) => MOST_RECOUNTS,
                CountVerdict::Improved(_) if recounted.is_some_and(Recounted::scatter) => {
                    MOST_RECOUNTS
                }
                CountVerdict::Improved(_) => 1,
                _ => 0,
            };
            (recounted.map_or(0, Recounted::times) < wanted).then_some(Suspect {
                workload: row.comparison.workload.clone(),
                phase: row.comparison.head_phase.clone(),
                instrument: row.comparison.metric?.instrument(),
            })
        });
        distinct(suspects)
    }
}

/// The lowest and the highest of some counts.
fn ends(counts: &[f64]) -> (f64, f64) {
    let ends = (f64::INFINITY, f64::NEG_INFINITY);
    counts.iter().fold(ends, |(low, high), &count| {
        (low.min(count), high.max(count))
    })
}

#[cfg(test)]
mod tests;
