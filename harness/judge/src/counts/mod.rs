//! Judges comparisons of counts: unchanged, moved, improved, regressed or not judged, for each figure and for the suite.
//!
//! Pure functions over values. A count that got worse by more than its limit is a regression. A missing number, a
//! number that is not comparable, and a failed check never pass. Wall times are not judged here, because stored wall
//! times are no evidence about a change.

mod accepted;
mod budget;
mod explain;
mod recounted;

pub use recounted::{MOST_RECOUNTS, Recounted, Suspect};

use harness_record::acceptance::Acceptance;
use harness_record::limits::{Budget, Limit, Limits};

use crate::Standing;
use crate::compare::{Comparability, Comparison, grouped};

/// The verdict on the counts of a suite.
#[derive(Debug, Clone)]
pub struct CountsVerdict {
    /// One entry for each comparison that is judged, in their order.
    pub rows: Vec<JudgedCount>,
}

/// A comparison and its verdict.
#[derive(Debug, Clone)]
pub struct JudgedCount {
    /// The comparison.
    pub comparison: Comparison,
    /// The verdict.
    pub judgement: CountVerdict,
}

/// The verdict on one comparison.
#[derive(Debug, Clone)]
pub enum CountVerdict {
    /// Equal on both sides.
    Unchanged(Limit),
    /// Different, but neither better nor worse by more than the limit.
    Moved(Limit),
    /// Better by more than the limit.
    Improved(Limit),
    /// Worse by more than the limit.
    Regressed(Limit),
    /// Above its budget, and the verdict that it would have without the budget.
    OverBudget(Budget, Box<CountVerdict>),
    /// Worse by more than the limit, and accepted.
    Accepted(Limit, Acceptance),
    /// The counts of a side differ from each other, and the two sides are not further apart than that.
    NotRepeatable(Limit),
    /// Not judged, with the reason.
    Unjudged(String),
}

/// The verdict on the suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuiteVerdict {
    /// Every figure was judged and none is a regression that was not accepted.
    Passed,
    /// At least one regression. It outranks figures that were not judged; both are reported.
    Regressed,
    /// No regression, but some figures could not be judged, or there was nothing to judge.
    Unjudged,
}

impl SuiteVerdict {
    /// The word at the start of a summary.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Regressed => "REGRESSED",
            Self::Unjudged => "NOT JUDGED",
        }
    }
}

/// Number of figures for each verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Equal on both sides.
    pub unchanged: usize,
    /// Different, within their limits.
    pub moved: usize,
    /// Better by more than their limits.
    pub improved: usize,
    /// Worse by more than their limits.
    pub regressed: usize,
    /// Above their budgets.
    pub over_budget: usize,
    /// Worse by more than their limits or above their budgets, and accepted.
    pub accepted: usize,
    /// Not repeatable, and no further apart than their counts scatter.
    pub not_repeatable: usize,
    /// Not judged.
    pub unjudged: usize,
}

/// Judges comparisons of counts by limits. Comparisons of wall times are dropped.
pub fn judge(comparisons: Vec<Comparison>, limits: &Limits) -> CountsVerdict {
    let rows = comparisons
        .into_iter()
        .filter(|comparison| comparison.metric.is_none_or(|metric| metric.portable()))
        .map(|comparison| JudgedCount {
            judgement: judgement(&comparison, limits),
            comparison,
        })
        .collect();
    CountsVerdict { rows }
}

fn judgement(comparison: &Comparison, limits: &Limits) -> CountVerdict {
    let (Comparability::Comparable, Some(metric), Some(base), Some(head)) = (
        &comparison.state,
        comparison.metric,
        comparison.base,
        comparison.head,
    ) else {
        return CountVerdict::Unjudged(comparison.state.to_string());
    };
    let Some(limit) = limits.of(metric, &comparison.workload).cloned() else {
        return CountVerdict::Unjudged(format!("no limit is set for {}", metric.name()));
    };
    if let Some(recounted) = comparison.recounted.as_ref().filter(|all| all.scatter()) {
        return recounted.judgement(metric, limit);
    }
    let worse = metric.worse(base.value, head.value);
    if !limit.tolerance.allows(worse, base.value) {
        CountVerdict::Regressed(limit)
    } else if !limit.tolerance.allows(-worse, base.value) {
        CountVerdict::Improved(limit)
    } else if worse != 0.0 {
        CountVerdict::Moved(limit)
    } else {
        CountVerdict::Unchanged(limit)
    }
}

impl CountVerdict {
    /// The standing of the figure, with its printed word.
    pub fn standing(&self) -> Standing {
        match self {
            Self::Unchanged(_) => Standing::Unchanged,
            Self::Moved(_) => Standing::Moved,
            Self::Improved(_) => Standing::Improved,
            Self::Regressed(_) => Standing::Regressed,
            Self::OverBudget(..) => Standing::OverBudget,
            Self::Accepted(..) => Standing::Accepted,
            Self::NotRepeatable(_) => Standing::NotRepeatable,
            Self::Unjudged(_) => Standing::NotJudged,
        }
    }

    /// The limit that was applied; none if not judged. A count above its budget has the limit of its other verdict.
    pub fn limit(&self) -> Option<&Limit> {
        match self {
            Self::Unchanged(limit)
            | Self::Moved(limit)
            | Self::Improved(limit)
            | Self::Regressed(limit)
            | Self::NotRepeatable(limit)
            | Self::Accepted(limit, _) => Some(limit),
            Self::OverBudget(_, otherwise) => otherwise.limit(),
            Self::Unjudged(_) => None,
        }
    }

    /// The rule that decided, as it is written in the file: `0.1 %`, `exact` or `max 64 MB`; none if not judged.
    pub fn rule(&self) -> Option<String> {
        match self {
            Self::OverBudget(budget, _) => Some(budget.max.to_string()),
            _ => self.limit().map(|limit| limit.tolerance.to_string()),
        }
    }
}

impl CountsVerdict {
    /// Counts the figures for each verdict.
    pub fn counts(&self) -> Tally {
        let mut counts = Tally::default();
        for row in &self.rows {
            *match row.judgement {
                CountVerdict::Unchanged(_) => &mut counts.unchanged,
                CountVerdict::Moved(_) => &mut counts.moved,
                CountVerdict::Improved(_) => &mut counts.improved,
                CountVerdict::Regressed(_) => &mut counts.regressed,
                CountVerdict::OverBudget(..) => &mut counts.over_budget,
                CountVerdict::Accepted(..) => &mut counts.accepted,
                CountVerdict::NotRepeatable(_) => &mut counts.not_repeatable,
                CountVerdict::Unjudged(_) => &mut counts.unjudged,
            } += 1;
        }
        counts
    }

    /// The regressions that are not accepted, in the order of the suite.
    pub(crate) fn regressed(&self) -> impl Iterator<Item = &JudgedCount> + Clone {
        self.rows
            .iter()
            .filter(|row| row.judgement.standing().is_regression())
    }

    /// One sentence for each regression, in the order of the suite.
    pub fn regressions(&self) -> Vec<String> {
        self.regressed().map(JudgedCount::explanation).collect()
    }

    /// One sentence for each accepted regression, in the order of the suite.
    pub fn accepted(&self) -> Vec<String> {
        let accepted = self
            .rows
            .iter()
            .filter(|row| matches!(row.judgement, CountVerdict::Accepted(..)));
        accepted.map(JudgedCount::explanation).collect()
    }

    /// One sentence for each count that does not repeat, in the order of the suite.
    pub fn not_repeatable(&self) -> Vec<String> {
        let scattered = self
            .rows
            .iter()
            .filter(|row| matches!(row.judgement, CountVerdict::NotRepeatable(_)));
        scattered.map(JudgedCount::explanation).collect()
    }

    /// One sentence for each reason why figures were not judged.
    pub fn unjudged(&self) -> Vec<String> {
        grouped(self.rows.iter().filter_map(|row| match &row.judgement {
            CountVerdict::Unjudged(why) => Some((row.comparison.place(), why.clone())),
            _ => None,
        }))
    }

    /// The verdict on the suite.
    pub fn conclusion(&self) -> SuiteVerdict {
        match self.counts() {
            Tally { regressed: 1.., .. }
            | Tally {
                over_budget: 1.., ..
            } => SuiteVerdict::Regressed,
            Tally { unjudged: 1.., .. } => SuiteVerdict::Unjudged,
            Tally {
                unchanged: 0,
                moved: 0,
                improved: 0,
                accepted: 0,
                not_repeatable: 0,
                ..
            } => SuiteVerdict::Unjudged,
            _ => SuiteVerdict::Passed,
        }
    }
}

#[cfg(test)]
mod tests;
