//! Applies accepted regressions to the verdict on counts.

use harness_record::acceptance::Loss;
use harness_record::limits::Limit;
use harness_record::{Record, RowIndex};

use crate::acceptance::{Coverage, Ledger};
use crate::compare::Comparison;
use crate::counts::{CountVerdict, CountsVerdict};

impl CountsVerdict {
    /// Marks the regressions that the ledger excuses as accepted. `head` is the judged record; acceptances of counts
    /// apply to its toolchain only. A line also excuses a count above its budget, up to the level that it accepts.
    #[must_use]
    pub fn accept(mut self, ledger: &Ledger, head: &Record) -> Self {
        let index = head.index();
        for row in &mut self.rows {
            let Some(lost) = loss(&row.comparison, head, &index) else {
                continue;
            };
            let accepted = match &row.judgement {
                CountVerdict::Regressed(limit) => excused(ledger, &lost, limit),
                CountVerdict::OverBudget(_, otherwise) => {
                    ledger.reached(&lost).and_then(|line| {
                        match (otherwise.as_ref(), otherwise.limit()) {
                            // The budget is excused, but the change since the base may be another one.
                            (CountVerdict::Regressed(limit), _) => Some(
                                excused(ledger, &lost, limit)
                                    .unwrap_or_else(|| otherwise.as_ref().clone()),
                            ),
                            (_, limit) => Some(CountVerdict::Accepted(limit?.clone(), line)),
                        }
                    })
                }
                _ => None,
            };
            if let Some(accepted) = accepted {
                row.judgement = accepted;
            }
        }
        self
    }

    /// The regressions, as losses that can be accepted. `head` is the judged record. A count that is above its budget
    /// and no worse than the base is no loss.
    pub fn losses(&self, head: &Record) -> Vec<Loss> {
        let index = head.index();
        self.regressed()
            .filter_map(|row| loss(&row.comparison, head, &index))
            .filter(|loss| loss.metric.worse(loss.from, loss.to) > 0.0)
            .collect()
    }
}

/// The verdict on a count beyond its limit that an acceptance excuses; none if none does.
fn excused(ledger: &Ledger, lost: &Loss, limit: &Limit) -> Option<CountVerdict> {
    let within = |level: f64, value: f64| {
        let worse = lost.metric.worse(level, value);
        limit.tolerance.allows(worse, level)
    };
    match ledger.covers(lost, within) {
        Coverage::Excused(line) => Some(CountVerdict::Accepted(limit.clone(), line)),
        _ => None,
    }
}

/// The loss in a comparison of counts; none if the counts are not comparable. `head` is the judged record.
fn loss(comparison: &Comparison, head: &Record, index: &RowIndex<'_>) -> Option<Loss> {
    let (metric, base, value) = (comparison.metric?, comparison.base?, comparison.head?);
    let reading = index
        .row(&comparison.workload, &comparison.head_phase)?
        .reading(metric.instrument())?;
    Some(Loss {
        workload: comparison.workload.clone(),
        phase: comparison.head_phase.clone(),
        metric,
        from: base.value,
        to: value.value,
        key: Some(head.environment.portable_key(&reading.isa).to_string()),
    })
}
