//! The judged figures of a gate as one list, which the headline, every table and the exit status are drawn from.

use std::cmp::Ordering;

use harness_abtest::Verdict;

use crate::Standing;
use crate::compare::Comparability;
use crate::counts::JudgedCount;
use crate::gate::{GateVerdict, TimeOutcome, TimeVerdict};

/// A judged figure.
#[derive(Debug, Clone, Copy)]
pub struct JudgedFigure<'a> {
    /// Its standing.
    pub standing: Standing,
    /// The time or the count.
    pub measured: Measured<'a>,
}

/// A time or a count with its verdict.
#[derive(Debug, Clone, Copy)]
pub enum Measured<'a> {
    /// The time of a workload in a phase.
    Time(&'a TimeVerdict),
    /// A count of a workload in a phase.
    Count(&'a JudgedCount),
}

impl GateVerdict {
    /// Every judged figure: the times, then the counts.
    pub fn figures(&self) -> Vec<JudgedFigure<'_>> {
        let is_noisy = self.noise().is_some();
        let times = self.times.iter().map(|time| JudgedFigure {
            standing: time.standing(is_noisy),
            measured: Measured::Time(time),
        });
        let counts = self.counts.iter().flat_map(|counts| &counts.rows);
        let counts = counts.map(|row| JudgedFigure {
            standing: row.judgement.standing(),
            measured: Measured::Count(row),
        });
        times.chain(counts).collect()
    }

    /// The largest moves: what is worse or not judged, the worst first, then what is better, the best first. Equal
    /// counts are no moves. Two fifths of the places are kept for what is better.
    pub fn moves(&self, most: usize) -> Vec<JudgedFigure<'_>> {
        let moved = self.figures().into_iter();
        let moved = moved.filter(|figure| figure.is_move());
        let (mut better, mut worse): (Vec<_>, Vec<_>) = moved.partition(JudgedFigure::is_better);
        worse.sort_by(|a, b| a.attention(b).then(b.size().total_cmp(&a.size())));
        better.sort_by(|a, b| a.attention(b).then(a.size().total_cmp(&b.size())));
        worse.truncate(most - better.len().min(most * 2 / 5));
        better.truncate(most - worse.len());
        [worse, better].concat()
    }

    /// Number of figures with this standing.
    pub fn figures_that(&self, standing: Standing) -> usize {
        let figures = self.figures().into_iter();
        figures.filter(|figure| figure.standing == standing).count()
    }
}

impl TimeVerdict {
    /// The standing of the time. A slowdown on a machine that is too noisy is not judged.
    pub(super) fn standing(&self, is_noisy: bool) -> Standing {
        match self.outcome {
            _ if self.over_budget.is_some() && !is_noisy => Standing::OverBudget,
            TimeOutcome::Verdict(Verdict::Regressed) if is_noisy => Standing::NotJudged,
            TimeOutcome::Verdict(Verdict::Regressed) => Standing::Regressed,
            TimeOutcome::Accepted => Standing::Accepted,
            TimeOutcome::WithinLayoutLimit => Standing::WithinLayoutLimit,
            TimeOutcome::Failed => Standing::Failed,
            TimeOutcome::Verdict(Verdict::Inconclusive) => Standing::Inconclusive,
            TimeOutcome::Verdict(Verdict::Improved) => Standing::Improved,
            TimeOutcome::Verdict(Verdict::NotSlower) => Standing::NotSlower,
        }
    }
}

impl JudgedFigure<'_> {
    /// Id of the workload.
    pub fn workload(&self) -> &str {
        match self.measured {
            Measured::Time(time) => &time.workload,
            Measured::Count(row) => &row.comparison.workload,
        }
    }

    /// The phase.
    pub fn phase(&self) -> &str {
        match self.measured {
            Measured::Time(time) => &time.phase,
            Measured::Count(row) => &row.comparison.head_phase,
        }
    }

    /// The share by which the head is worse: negative if it is better, infinite if the base is zero. None if the sides
    /// cannot be compared.
    pub fn worse(&self) -> Option<f64> {
        match self.measured {
            Measured::Time(time) => Some(time.found?.change),
            Measured::Count(row) => {
                let one = &row.comparison;
                let (metric, base, head) = (one.metric?, one.base?.value, one.head?.value);
                let worse = metric.worse(base, head);
                match one.state == Comparability::Comparable {
                    false => None,
                    true if worse == 0.0 => Some(0.0),
                    true => Some(worse / base.abs()),
                }
            }
        }
    }

    /// For sorting: the share by which the head is worse; zero if unknown.
    fn size(&self) -> f64 {
        self.worse().unwrap_or_default()
    }

    fn is_better(&self) -> bool {
        match self.standing {
            Standing::Improved => true,
            Standing::Moved | Standing::NotSlower | Standing::Unchanged => self.size() < 0.0,
            Standing::Regressed
            | Standing::OverBudget
            | Standing::Accepted
            | Standing::WithinLayoutLimit
            | Standing::Failed
            | Standing::NotJudged
            | Standing::Inconclusive
            | Standing::NotRepeatable => false,
        }
    }

    fn is_move(&self) -> bool {
        match self.standing {
            Standing::Unchanged => false,
            Standing::NotSlower => self.size() != 0.0,
            _ => true,
        }
    }

    /// The order by standing, then times before counts. A count that moved and a time that is not slower are alike.
    fn attention(&self, other: &Self) -> Ordering {
        let rank = |one: &Self| {
            let standing = match one.standing {
                Standing::NotSlower => Standing::Moved,
                standing => standing,
            };
            (standing, matches!(one.measured, Measured::Count(_)))
        };
        rank(self).cmp(&rank(other))
    }
}
