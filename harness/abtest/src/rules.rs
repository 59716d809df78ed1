//! Rules of a verdict on time: its error rates, and the effects that matter.

use serde::{Deserialize, Serialize};

/// Error rates (probabilities, 0 to 1) and effects (shares of the base's time, 0.01 is 1 %) of a time gate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rules {
    /// Largest probability that any workload of the suite ever ends regressed although none changed. The same bound
    /// holds separately for improved.
    pub false_alarm: f64,
    /// Largest probability that an unchanged workload ever raises the alarm in one direction. A false alarm costs
    /// time and nothing else.
    pub screening: f64,
    /// Largest probability that a workload slower by the margin or more is ever called not slower.
    pub false_assurance: f64,
    /// Smallest estimate, as a share, of a change that is reported.
    pub minimum_effect: f64,
    /// Not slower means slower by less than this share.
    pub margin: f64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            false_alarm: 0.01,
            screening: 0.05,
            false_assurance: 0.01,
            minimum_effect: 0.005,
            margin: 0.01,
        }
    }
}

impl Rules {
    /// Returns the level at which the fresh pairs of a suspect must confirm it, in a suite of this many workloads:
    /// `false_alarm / max(1, workloads * screening)`.
    ///
    /// Guarantee: the probability that any unchanged workload ever ends regressed is at most `false_alarm`. An
    /// unchanged workload must first raise the alarm (probability at most `screening`), and its fresh pairs must then
    /// confirm it (probability at most this level, given the alarm). The union bound sums the product over the
    /// workloads. It needs no independence between workloads, and it holds whichever of them did change.
    ///
    /// The level is never above `false_alarm`, so a single suspect meets the rate of the suite. Holm's correction
    /// among the suspects would be stricter than needed: it does not use that alarms are rare.
    pub fn confirmation(&self, workloads: usize) -> f64 {
        self.false_alarm / (workloads as f64 * self.screening).max(1.0)
    }

    /// The minimum effect as a logarithm of a ratio.
    pub(super) fn log_minimum_effect(&self) -> f64 {
        self.minimum_effect.ln_1p()
    }

    /// The margin as a logarithm of a ratio.
    pub(super) fn log_margin(&self) -> f64 {
        self.margin.ln_1p()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suite_keeps_its_rate_whatever_its_size() {
        let rules = Rules::default();
        for workloads in [1, 4, 12, 20, 21, 100, 5000] {
            let level = rules.confirmation(workloads);
            let any = workloads as f64 * rules.screening * level;
            assert!(
                any <= rules.false_alarm * (1.0 + 1e-12),
                "{workloads} workloads: {any}"
            );
            assert!(level <= rules.false_alarm, "{workloads} workloads: {level}");
        }
        assert_eq!(rules.confirmation(12), 0.01);
    }
}
