//! Difference in time between two builds of one workload, as `watch` shows it: an estimate, no verdict of the gate.

use harness_abtest::{Pair, Rules, SequentialTest, TimedPhase, WorkloadPairs, median};
use harness_record::metric::{Figure, LEVEL};

/// The measured time of a workload.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeChange {
    /// The side.
    pub timed: TimedPhase,
    /// Number of pairs of processes.
    pub pairs: usize,
    /// Seconds of a run: before, as the median over the pairs, and after, which is that times the ratio. None without a
    /// pair.
    pub seconds: Option<(f64, f64)>,
    /// Time after divided by time before, with an anytime-valid 95 % confidence interval; none without a pair.
    pub ratio: Option<Figure>,
    /// Largest change in either direction that the interval allows, as a share; none with too few pairs.
    pub within: Option<f64>,
    /// True if the interval excludes 1, or the rules of the gate confirm a change.
    pub differs: bool,
    /// Reason why it could not be measured.
    pub failure: Option<String>,
}

impl TimeChange {
    /// Judges the pairs of a workload by these rules.
    pub fn of(measured: &WorkloadPairs, rules: Rules) -> Self {
        let estimates: Vec<_> = measured.pairs.iter().filter_map(Pair::estimate).collect();
        let sequential_test = SequentialTest::of(
            rules,
            1,
            estimates.iter().map(|estimate| estimate.log_ratio),
        );
        let before = median(
            &estimates
                .iter()
                .map(|estimate| estimate.base * 1e-9)
                .collect::<Vec<_>>(),
        );
        let ratio = sequential_test.estimate().map(f64::exp);
        let interval = sequential_test
            .interval(LEVEL)
            .map(|ends| ends.map(f64::exp));
        Self {
            timed: measured.timed.clone(),
            pairs: estimates.len(),
            seconds: before
                .zip(ratio)
                .map(|(before, ratio)| (before, before * ratio)),
            ratio: ratio.map(|value| Figure::with_interval(value, interval)),
            within: interval
                .map(|interval| (1.0 - interval.low).abs().max((interval.high - 1.0).abs())),
            differs: sequential_test.verdict().is_change()
                || interval.is_some_and(|interval| interval.excludes(1.0, LEVEL)),
            failure: measured.failure.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use harness_abtest::noise::Noise;
    use harness_abtest::{Random, Side, Slice};

    use super::*;

    fn timed(pairs: usize, shift: f64, noise: Noise) -> TimeChange {
        let mut random = Random::new(5);
        let mut pair = || {
            let factor = (shift + noise.draw(&mut random)).exp();
            let slice = |side| {
                let nanoseconds = if side == Side::Head {
                    1e9 * factor
                } else {
                    1e9
                } as u64;
                Slice {
                    side,
                    iterations: 1000,
                    nanoseconds,
                    waited: 0,
                }
            };
            Pair {
                seconds: 0.1,
                rounds: vec![vec![
                    [Side::Base, Side::Head, Side::Head, Side::Base].map(slice),
                ]],
            }
        };
        let timed = TimedPhase {
            workload: "kernel/gelu".to_owned(),
            phase: "optimized".to_owned(),
        };
        TimeChange::of(
            &WorkloadPairs {
                timed,
                pairs: (0..pairs).map(|_| pair()).collect(),
                failure: None,
            },
            Rules::default(),
        )
    }

    #[test]
    fn a_large_change_is_found_and_a_small_one_is_bounded() {
        let slower = timed(20, 0.05, Noise::Normal(0.3));
        assert!(
            slower.differs
                && slower
                    .ratio
                    .is_some_and(|ratio| (1.04..1.06).contains(&ratio.value)),
            "{slower:?}"
        );
        assert!(timed(20, -0.05, Noise::Normal(0.3)).differs);
        let same = timed(20, 0.0, Noise::Normal(0.3));
        let interval = same
            .ratio
            .and_then(|ratio| ratio.interval)
            .expect("enough pairs");
        assert!(
            !same.differs
                && same.within < Some(0.01)
                && interval.low < 1.0
                && interval.high > 1.0
                && interval.high < 1.01,
            "{same:?}"
        );
        let (before, after) = same.seconds.expect("pairs");
        let ratio = same.ratio.map_or(0.0, |ratio| ratio.value);
        assert!(
            (before - 1e-3).abs() < 1e-9 && (after / before - ratio).abs() < 1e-9,
            "{before} {after}"
        );
    }

    #[test]
    fn three_pairs_have_no_interval_and_no_pairs_have_no_estimate() {
        let few = timed(3, 0.02, Noise::Normal(0.3));
        assert!(
            !few.differs && few.ratio.is_some_and(|ratio| ratio.interval.is_none()),
            "{few:?}"
        );
        let none = timed(0, 0.0, Noise::Normal(0.3));
        assert_eq!(
            (none.pairs, none.seconds, none.ratio, none.differs),
            (0, None, None, false)
        );
    }
}
