//! Regressions that somebody has accepted.

use super::{CountVerdict, CountsVerdict};
use crate::acceptance::{Coverage, Ledger, Loss};
use crate::compare::Comparison;
use crate::record::Record;

impl CountsVerdict {
    /// The same verdict, where what the ledger excuses is accepted. The head is the record that was judged: it says with which
    /// toolchain its counts were read.
    #[must_use]
    pub fn accept(mut self, ledger: &Ledger, head: &Record) -> Self {
        for row in &mut self.rows {
            let CountVerdict::Regressed(limit) = &row.judgement else { continue };
            let Some(lost) = loss(&row.comparison, head) else { continue };
            let worse = |level: f64, value: f64| super::worse(lost.metric, level, value);
            let within = |level: f64, value: f64| limit.tolerance.allows(worse(level, value), level);
            if let Coverage::Excused(acceptance) = ledger.covers(&lost, within) {
                row.judgement = CountVerdict::Accepted(limit.clone(), acceptance);
            }
        }
        self
    }

    /// What regressed, as losses that can be accepted. The head is the record that was judged.
    pub fn losses(&self, head: &Record) -> Vec<Loss> {
        let regressed = self.rows.iter().filter(|row| matches!(row.judgement, CountVerdict::Regressed(_)));
        regressed.filter_map(|row| loss(&row.comparison, head)).collect()
    }
}

/// What a comparison of counts lost; none if it does not compare. The head is the record that was judged.
fn loss(comparison: &Comparison, head: &Record) -> Option<Loss> {
    let (metric, base, value) = (comparison.metric?, comparison.base?, comparison.head?);
    let reading = head.row(&comparison.workload, &comparison.head_phase)?.reading(metric.instrument())?;
    Some(Loss {
        workload: comparison.workload.clone(),
        phase: comparison.head_phase.clone(),
        metric,
        from: base.value,
        to: value.value,
        key: Some(head.environment.portable_key(&reading.isa).to_string()),
    })
}
