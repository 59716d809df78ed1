//! Applies accepted regressions to the verdict on counts.

use super::{CountVerdict, CountsVerdict};
use crate::acceptance::{Coverage, Ledger, Loss};
use crate::record::Record;

impl CountsVerdict {
    /// Marks the regressions that the ledger excuses as accepted. `head` is the judged record; acceptances of counts
    /// apply to its toolchain only.
    #[must_use]
    pub fn accept(mut self, ledger: &Ledger, head: &Record) -> Self {
        for row in &mut self.rows {
            let CountVerdict::Regressed(limit) = &row.judgement else { continue };
            let Some(loss) = Loss::of(&row.comparison, head) else { continue };
            let worse = |level: f64, value: f64| super::worse(loss.metric, level, value);
            let within = |level: f64, value: f64| limit.tolerance.allows(worse(level, value), level);
            if let Coverage::Excused(acceptance) = ledger.covers(&loss, within) {
                row.judgement = CountVerdict::Accepted(limit.clone(), acceptance);
            }
        }
        self
    }

    /// The regressions, as losses that can be accepted. `head` is the judged record.
    pub fn losses(&self, head: &Record) -> Vec<Loss> {
        let regressed = self.rows.iter().filter(|row| matches!(row.judgement, CountVerdict::Regressed(_)));
        regressed.filter_map(|row| Loss::of(&row.comparison, head)).collect()
    }
}
