//! Applies accepted regressions to the verdict on counts.

use harness_record::Record;
use harness_record::acceptance::Loss;

use crate::acceptance::{Coverage, Ledger};
use crate::compare::Comparison;
use crate::counts::{CountVerdict, CountsVerdict};

impl CountsVerdict {
    /// Marks the regressions that the ledger excuses as accepted. `head` is the judged record; acceptances of counts
    /// apply to its toolchain only.
    #[must_use]
    pub fn accept(mut self, ledger: &Ledger, head: &Record) -> Self {
        for row in &mut self.rows {
            let CountVerdict::Regressed(limit) = &row.judgement else {
                continue;
            };
            let Some(lost) = loss(&row.comparison, head) else {
                continue;
            };
            let within = |level: f64, value: f64| {
                limit
                    .tolerance
                    .allows(lost.metric.worse(level, value), level)
            };
            if let Coverage::Excused(acceptance) = ledger.covers(&lost, within) {
                row.judgement = CountVerdict::Accepted(limit.clone(), acceptance);
            }
        }
        self
    }

    /// The regressions, as losses that can be accepted. `head` is the judged record.
    pub fn losses(&self, head: &Record) -> Vec<Loss> {
        self.regressed()
            .filter_map(|row| loss(&row.comparison, head))
            .collect()
    }
}

/// The loss in a comparison of counts; none if the counts are not comparable. `head` is the judged record.
fn loss(comparison: &Comparison, head: &Record) -> Option<Loss> {
    let (metric, base, value) = (comparison.metric?, comparison.base?, comparison.head?);
    let reading = head
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
