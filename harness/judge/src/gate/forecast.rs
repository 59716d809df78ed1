//! Forecast of the time that a gate needs on this machine.

use harness_abtest::Verdict;
use harness_record::session::FLOOR_SHARE;

use crate::gate::{GateVerdict, TimeOutcome, TimeVerdict};

impl GateVerdict {
    /// Forecast: the budget that would settle every workload on this machine; none if every workload is settled, or if
    /// the forecast of one has no end.
    pub(super) fn needs(&self) -> Option<String> {
        let open: Vec<&TimeVerdict> = self
            .times
            .iter()
            .filter(|time| time.outcome == TimeOutcome::Verdict(Verdict::Inconclusive))
            .collect();
        if open.is_empty() {
            return None;
        }
        let spent: f64 = self.times.iter().map(|time| time.seconds).sum();
        // A fixed share of every budget goes to the noise floor.
        let of_budget = 1.0 / (1.0 - FLOOR_SHARE);
        // A workload without pairs is assumed to need as much as the others.
        let known: Vec<f64> = open
            .iter()
            .filter(|time| time.pairs > 0)
            .map(|time| time.remaining_seconds)
            .collect::<Option<_>>()?;
        let each = match known.len() {
            0 => spent / self.times.len() as f64,
            count => known.iter().sum::<f64>() / count as f64,
        };
        let more: f64 = known.iter().sum::<f64>() + each * (open.len() - known.len()) as f64;
        let total = (spent + more) * of_budget;
        let duration = match total < 90.0 {
            true => format!("{:.0} s", (total / 10.0).ceil() * 10.0),
            false => format!("{:.0} min", (total / 60.0).ceil()),
        };
        Some(format!(
            "this machine needs a budget of about {duration} to settle every workload"
        ))
    }
}
