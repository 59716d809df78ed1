//! The noise floor: the estimate and the scatter of a build compared with itself.
//!
//! The same build runs on both sides, measured and judged by the code that judges a change. Every difference is then
//! noise of the machine, and the scatter of the pairs gives the smallest effect that can be found on it.

use crate::power::{MAX_POWER_PAIRS, minimum_detectable, pairs_to_settle};
use crate::{Interval, Rules, SequentialTest, TimedPhase, WorkloadPairs};

/// Coverage of the reported interval.
const LEVEL: f64 = 0.95;

/// The pairs of a build compared with itself, and the statistics on them.
#[derive(Debug, Clone)]
pub struct NoiseFloor {
    timed: TimedPhase,
    sequential_test: SequentialTest,
    /// Mean cost of a pair, in seconds.
    each: f64,
    failure: Option<String>,
}

impl NoiseFloor {
    /// Judges the pairs of a build compared with itself by these rules, for a suite of this many workloads.
    pub fn of(measured: &WorkloadPairs, rules: Rules, workloads: usize) -> Self {
        let sequential_test = SequentialTest::of(rules, workloads, measured.log_ratios());
        let each = measured.seconds() / measured.pairs.len().max(1) as f64;
        Self {
            timed: measured.timed.clone(),
            sequential_test,
            each,
            failure: measured.failure.clone(),
        }
    }

    /// The workload and phase that were measured.
    pub fn timed(&self) -> &TimedPhase {
        &self.timed
    }

    /// Number of pairs.
    pub fn pairs(&self) -> usize {
        self.sequential_test.log_ratios().len()
    }

    /// Estimated slowdown of the build relative to itself, as a share (0.01 is 1 %); none without a pair.
    pub fn change(&self) -> Option<f64> {
        self.sequential_test.estimate().map(f64::exp_m1)
    }

    /// Anytime-valid 95 % confidence interval of [`Self::change`]; none for too few pairs.
    pub fn interval(&self) -> Option<Interval> {
        Some(self.sequential_test.interval(LEVEL)?.map(f64::exp_m1))
    }

    /// Robust estimate of the standard deviation of single pairs, as a share; none without a pair.
    pub fn spread(&self) -> Option<f64> {
        self.sequential_test.spread()
    }

    /// True if the build was shown to differ from itself by the rules that judge a change. Then the measurement is
    /// biased, and a verdict on a change would not be about the code.
    pub fn differs(&self) -> bool {
        self.sequential_test.verdict().is_change()
    }

    /// Number of pairs that fit into this many seconds.
    pub fn pairs_in(&self, seconds: f64) -> usize {
        if self.each > 0.0 {
            (seconds / self.each) as usize
        } else {
            0
        }
    }

    /// The minimum detectable effect, as a share: the smallest slowdown that would be found with probability 95 % in
    /// this many seconds of measuring, or in [`MAX_POWER_PAIRS`] pairs if those are fewer. None if not even a
    /// slowdown of 64 % would be found.
    pub fn minimum_detectable(&self, seconds: f64) -> Option<f64> {
        minimum_detectable(
            &self.sequential_test,
            self.pairs_in(seconds).min(MAX_POWER_PAIRS),
        )
        .map(f64::exp_m1)
    }

    /// Seconds of measuring that settle an unchanged workload of this noise with probability 90 %; none if the
    /// forecast finds no end.
    pub fn seconds_to_settle(&self) -> Option<f64> {
        pairs_to_settle(&self.sequential_test).map(|pairs| pairs as f64 * self.each)
    }

    /// Reason that the measurement failed or ended early.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::Noise;
    use crate::{Pair, Random, Side, Slice};

    /// Pairs that cost a quarter of a second each and whose heads take `shift` longer, plus noise.
    fn measured(pairs: usize, shift: f64, noise: Noise) -> WorkloadPairs {
        let mut random = Random::new(11);
        let pair = |ratio: f64| {
            let slice = |side| {
                let factor = if side == Side::Head { ratio } else { 1.0 };
                Slice {
                    side,
                    iterations: 1,
                    nanoseconds: (1e9 * factor) as u64,
                    waited: 0,
                }
            };
            let block = [Side::Base, Side::Head, Side::Head, Side::Base].map(slice);
            Pair {
                seconds: 0.25,
                rounds: vec![vec![block; 4]],
            }
        };
        WorkloadPairs {
            timed: TimedPhase {
                workload: "kernel/gelu".to_owned(),
                phase: "optimized".to_owned(),
            },
            pairs: (0..pairs)
                .map(|_| pair((shift + noise.draw(&mut random)).exp()))
                .collect(),
            failure: None,
        }
    }

    #[test]
    fn a_quiet_machine_finds_smaller_effects_than_a_noisy_one_and_more_time_smaller_ones() {
        let quiet = NoiseFloor::of(&measured(24, 0.0, Noise::Normal(0.3)), Rules::default(), 4);
        let noisy = NoiseFloor::of(&measured(24, 0.0, Noise::Normal(3.0)), Rules::default(), 4);
        assert!(!quiet.differs() && !noisy.differs());
        assert!(quiet.spread() < noisy.spread());
        assert_eq!((quiet.pairs(), quiet.pairs_in(15.0)), (24, 60));
        let found =
            |floor: &NoiseFloor, seconds| floor.minimum_detectable(seconds).expect("enough pairs");
        assert!(found(&quiet, 15.0) < 0.01, "{}", found(&quiet, 15.0));
        assert!(found(&quiet, 15.0) < found(&noisy, 15.0));
        assert!(found(&quiet, 15.0) <= found(&quiet, 6.0));
        assert_eq!(
            quiet.minimum_detectable(0.5),
            None,
            "two pairs find nothing"
        );
    }

    #[test]
    fn a_build_that_differs_from_itself_is_noticed() {
        let crooked = NoiseFloor::of(&measured(60, 0.03, Noise::Normal(0.3)), Rules::default(), 4);
        assert!(crooked.differs());
        let change = crooked.change().expect("pairs");
        assert!((0.02..0.04).contains(&change), "{change}");
    }

    #[test]
    fn without_pairs_there_is_no_estimate() {
        let nothing = NoiseFloor::of(&measured(0, 0.0, Noise::Normal(0.3)), Rules::default(), 4);
        assert!(!nothing.differs());
        assert_eq!(
            (
                nothing.change(),
                nothing.spread(),
                nothing.minimum_detectable(60.0)
            ),
            (None, None, None)
        );
        assert!(nothing.interval().is_none());
    }
}
