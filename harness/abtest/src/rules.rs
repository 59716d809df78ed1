//! What a verdict on time promises: the error rates and the effects that matter.

use serde::{Deserialize, Serialize};

/// Error rates (probabilities, 0 to 1) and effects (shares of the base's time, 0.01 is 1 %) of a time gate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// Probability that any workload of the suite ends regressed although none changed; the same again for improved.
    pub false_alarm: f64,
    /// Probability that an unchanged workload ever becomes a suspect, which costs time and no more.
    pub screening: f64,
    /// Probability that a workload slower by the margin is called not slower.
    pub false_assurance: f64,
    /// A confirmed change whose estimate is smaller than this share is not reported as one.
    pub minimum_effect: f64,
    /// Not slower means: slower by less than this share.
    pub margin: f64,
}

impl Default for Rules {
    fn default() -> Self {
        Self { false_alarm: 0.01, screening: 0.05, false_assurance: 0.01, minimum_effect: 0.005, margin: 0.01 }
    }
}

impl Rules {
    /// The level at which one suspect's fresh pairs must confirm it, in a suite of this many workloads.
    ///
    /// An unchanged workload ends regressed only if its first pairs raise the alarm (probability at most
    /// `screening`) and its fresh pairs, independent of those, confirm it (at most this level). Summed over the workloads
    /// that must stay within `false_alarm`: the union bound, which holds whatever the workloads have in common and
    /// whichever of them did change. Never looser than `false_alarm` itself, so that a single
    /// suspect is held to the rate promised for the suite. Holm's correction among the suspects would be stricter
    /// than needed: it makes no use of the alarm's having been rare.
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
            assert!(any <= rules.false_alarm * (1.0 + 1e-12), "{workloads} workloads: {any}");
            assert!(level <= rules.false_alarm, "{workloads} workloads: {level}");
        }
        assert_eq!(rules.confirmation(12), 0.01);
    }
}
