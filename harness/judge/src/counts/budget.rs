//! Budgets of counts. A count above its budget is a regression, wherever it was before; a count of a new workload has a
//! budget, too, although there is nothing to compare it with.

use harness_record::limits::Limits;
use harness_record::metric::{self, Figure, Metric};
use harness_record::{Record, Row};

use crate::compare::{Comparability, Comparison};
use crate::counts::{CountVerdict, CountsVerdict, JudgedCount};

impl CountsVerdict {
    /// Marks the counts of the head that are above their budgets. `head` is the judged record.
    #[must_use]
    pub fn hold(mut self, limits: &Limits, head: &Record) -> Self {
        let counts = || metric::all().iter().filter(|metric| metric.portable());
        let fine = head.rows.iter().filter(|row| row.check.is_fine());
        for (row, metric) in fine.flat_map(|row| counts().map(move |metric| (row, metric))) {
            let Some(budget) = limits.budget(metric, &row.workload) else {
                continue;
            };
            // Counts that scatter are above the budget only if all of them are.
            let lowest = metric.counts(row).into_iter().reduce(f64::min);
            let Some(value) = lowest.filter(|value| *value > budget.max.value) else {
                continue;
            };
            let judged = self.judged(row, metric, value);
            let before = judged.judgement.clone();
            judged.judgement = CountVerdict::OverBudget(budget.clone(), Box::new(before));
        }
        self
    }

    /// The verdict on a count of the head. A count that is not compared with the base gets an entry of its own.
    fn judged(&mut self, row: &Row, metric: &'static Metric, value: f64) -> &mut JudgedCount {
        let is_row = |one: &JudgedCount| {
            let compared = &one.comparison;
            compared.workload == row.workload && compared.head_phase == row.phase
        };
        let is_figure = |one: &JudgedCount| is_row(one) && one.comparison.metric == Some(metric);
        let place = self.rows.iter().position(is_figure).unwrap_or_else(|| {
            let whole = self.rows.iter().find(|one| is_row(one));
            let state = whole.map_or(Comparability::New, |one| one.comparison.state.clone());
            let judgement = CountVerdict::Unjudged(state.to_string());
            let comparison = Comparison {
                workload: row.workload.clone(),
                base_phase: row.phase.clone(),
                head_phase: row.phase.clone(),
                unit: row.unit.clone(),
                metric: Some(metric),
                base: None,
                head: Some(Figure::exact(value)),
                ratio: None,
                recounted: None,
                state,
            };
            self.rows.push(JudgedCount {
                comparison,
                judgement,
            });
            self.rows.len() - 1
        });
        &mut self.rows[place]
    }
}

impl CountVerdict {
    /// True if the count got worse by more than its limit, and that is not accepted.
    pub fn is_beyond_limit(&self) -> bool {
        match self {
            Self::Regressed(_) => true,
            Self::OverBudget(_, otherwise) => otherwise.is_beyond_limit(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
