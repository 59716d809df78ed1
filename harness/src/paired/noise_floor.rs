//! The noise floor: what a machine makes of no change at all.
//!
//! One build on both sides, measured and judged by the code that judges a change. Whatever differs then is the machine,
//! and the scatter of these pairs says how small an effect could be found on it.

use super::{
    MAX_POWER_PAIRS, Rules, SequentialTest, TimedPhase, Verdict, WorkloadPairs, minimum_detectable, pairs_to_settle,
};
use crate::statistics::Interval;

/// Level of the interval that is told.
const LEVEL: f64 = 0.95;

/// The pairs of a build against itself.
#[derive(Debug, Clone)]
pub struct NoiseFloor {
    timed: TimedPhase,
    sequential_test: SequentialTest,
    /// What a pair took, in seconds.
    each: f64,
    failure: Option<String>,
}

impl NoiseFloor {
    /// What the pairs of a build against itself say to a suite of this many workloads under these rules.
    pub fn of(measured: &WorkloadPairs, rules: Rules, workloads: usize) -> Self {
        let mut sequential_test = SequentialTest::new(rules, workloads);
        measured.log_ratios().for_each(|log_ratio| sequential_test.push(log_ratio));
        let seconds = measured.pairs.iter().fold(0.0, |sum, pair| sum + pair.seconds);
        let each = seconds / measured.pairs.len().max(1) as f64;
        Self { timed: measured.timed.clone(), sequential_test, each, failure: measured.failure.clone() }
    }

    /// What was measured against itself.
    pub fn timed(&self) -> &TimedPhase {
        &self.timed
    }

    /// How many pairs it rests on.
    pub fn pairs(&self) -> usize {
        self.sequential_test.log_ratios().len()
    }

    /// How much slower the build is than itself, as a share; none without a pair.
    pub fn change(&self) -> Option<f64> {
        self.sequential_test.estimate().map(f64::exp_m1)
    }

    /// Where that lies with 95 % probability; none for too few pairs.
    pub fn interval(&self) -> Option<Interval> {
        let Interval { low, high, level } = self.sequential_test.interval(LEVEL)?;
        Some(Interval { low: low.exp_m1(), high: high.exp_m1(), level })
    }

    /// How far a single pair lies from the centre (standard deviation, estimated robustly), as a share; none without a pair.
    pub fn spread(&self) -> Option<f64> {
        self.sequential_test.spread()
    }

    /// Whether the build was shown to differ from itself, by the rules that a change is held to: then what is measured
    /// here is not the code.
    pub fn differs(&self) -> bool {
        matches!(self.sequential_test.verdict(), Verdict::Regressed | Verdict::Improved)
    }

    /// How many pairs fit into so many seconds.
    pub fn pairs_in(&self, seconds: f64) -> usize {
        if self.each > 0.0 { (seconds / self.each) as usize } else { 0 }
    }

    /// The smallest slowdown, as a share, that would be found with probability 95 % in so many seconds of measuring, or in
    /// sixty pairs if those are fewer. None if not even one of 64 % is.
    pub fn minimum_detectable(&self, seconds: f64) -> Option<f64> {
        minimum_detectable(&self.sequential_test, self.pairs_in(seconds).min(MAX_POWER_PAIRS)).map(f64::exp_m1)
    }

    /// Seconds of measuring that settle an unchanged workload of this noise with probability 90 %; none where no end is in sight.
    pub fn seconds_to_settle(&self) -> Option<f64> {
        pairs_to_settle(&self.sequential_test).map(|pairs| pairs as f64 * self.each)
    }

    /// Why it could not be measured, or not to its end.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paired::{Pair, Side, Slice};
    use crate::statistics::Random;
    use crate::statistics::noise::Noise;

    /// Pairs of a quarter of a second whose heads take `shift` longer, give or take the noise.
    fn measured(pairs: usize, shift: f64, noise: Noise) -> WorkloadPairs {
        let mut random = Random::new(11);
        let pair = |ratio: f64| {
            let slice = |side| {
                let factor = if side == Side::Head { ratio } else { 1.0 };
                Slice { side, iterations: 1, nanoseconds: (1e9 * factor) as u64, waited: 0 }
            };
            let block = [Side::Base, Side::Head, Side::Head, Side::Base].map(slice);
            Pair { seconds: 0.25, rounds: vec![vec![block; 4]] }
        };
        WorkloadPairs {
            timed: TimedPhase { workload: "kernel/gelu".to_owned(), phase: "optimized".to_owned() },
            pairs: (0..pairs).map(|_| pair((shift + noise.draw(&mut random)).exp())).collect(),
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
        let found = |floor: &NoiseFloor, seconds| floor.minimum_detectable(seconds).expect("enough pairs");
        assert!(found(&quiet, 15.0) < 0.01, "{}", found(&quiet, 15.0));
        assert!(found(&quiet, 15.0) < found(&noisy, 15.0));
        assert!(found(&quiet, 15.0) <= found(&quiet, 6.0));
        assert_eq!(quiet.minimum_detectable(0.5), None, "two pairs find nothing");
    }

    #[test]
    fn a_build_that_differs_from_itself_is_noticed() {
        let crooked = NoiseFloor::of(&measured(60, 0.03, Noise::Normal(0.3)), Rules::default(), 4);
        assert!(crooked.differs());
        let change = crooked.change().expect("pairs");
        assert!((0.02..0.04).contains(&change), "{change}");
    }

    #[test]
    fn without_pairs_nothing_is_said() {
        let nothing = NoiseFloor::of(&measured(0, 0.0, Noise::Normal(0.3)), Rules::default(), 4);
        assert!(!nothing.differs());
        assert_eq!((nothing.change(), nothing.spread(), nothing.minimum_detectable(60.0)), (None, None, None));
        assert!(nothing.interval().is_none());
    }
}
