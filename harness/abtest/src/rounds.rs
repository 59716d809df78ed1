//! Means over rounds of measuring, and the ratio of two means: the one estimator for the phases of a run.
//!
//! In a round, every phase is measured once, within a short time. The model is additive in logarithms: a value is the
//! effect of the phase plus the effect of the round plus an error (randomized complete block design; Montgomery, Design
//! and Analysis of Experiments, chapter 4). Every phase takes part in every round, so the least-squares estimate of a
//! phase is its mean over the rounds, and the difference of two phases is the difference of their means. Ratios are
//! therefore transitive, and the ratio of two phases is the quotient of their values.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::Interval;

/// The fewest rounds that give an interval. Two rounds would give one that is 13 standard deviations wide.
pub const LEAST_ROUNDS: usize = 3;

/// The values of one phase, by round.
#[derive(Debug, Clone, PartialEq)]
pub struct Rounds {
    /// Numbers of the rounds and logarithms of the values, in the order of the rounds.
    logs: Vec<(u32, f64)>,
}

impl Rounds {
    /// Takes the number and the value of each round. None without values, or if a value is not finite and above zero.
    pub fn new(values: impl IntoIterator<Item = (u32, f64)>) -> Option<Self> {
        let logs: Vec<(u32, f64)> = values
            .into_iter()
            .map(|(round, value)| (round, value.ln()))
            .collect();
        let usable = !logs.is_empty() && logs.iter().all(|(_, log)| log.is_finite());
        usable.then_some(Self { logs })
    }

    /// Number of rounds.
    pub fn count(&self) -> usize {
        self.logs.len()
    }

    /// Geometric mean over the rounds.
    pub fn mean(&self) -> f64 {
        self.moments().mean.exp()
    }

    /// Confidence interval of the mean by Student's t over the rounds, in logarithms. None below [`LEAST_ROUNDS`].
    pub fn interval(&self, level: f64) -> Option<Interval> {
        let Moments { mean, variance, n } = self.moments();
        interval(mean, variance / n, n - 1.0, level)
    }

    /// The quotient of the means, `self` over `base`.
    pub fn over(&self, base: &Self) -> f64 {
        (self.moments().mean - base.moments().mean).exp()
    }

    /// Confidence interval of the quotient. If both took part in the same rounds, it comes from the differences within
    /// rounds, so that a drift of the machine cancels. Otherwise it is that of Welch for independent samples (Biometrika
    /// 34, 1947). None below [`LEAST_ROUNDS`].
    pub fn interval_over(&self, base: &Self, level: f64) -> Option<Interval> {
        let rounds =
            |phase: &Self| -> Vec<u32> { phase.logs.iter().map(|(round, _)| *round).collect() };
        if rounds(self) == rounds(base) {
            let pairs = self.logs.iter().zip(&base.logs);
            let logs = pairs.map(|((round, head), (_, base))| (*round, head - base));
            let differences = Self {
                logs: logs.collect(),
            };
            let Moments { variance, n, .. } = differences.moments();
            let difference = self.moments().mean - base.moments().mean;
            return interval(difference, variance / n, n - 1.0, level);
        }
        let (head, base) = (self.moments(), base.moments());
        if head.n.min(base.n) < LEAST_ROUNDS as f64 {
            return None;
        }
        let [of_head, of_base] = [&head, &base].map(|side| side.variance / side.n);
        let both = of_head + of_base;
        let freedom = if both > 0.0 {
            both.powi(2) / (of_head.powi(2) / (head.n - 1.0) + of_base.powi(2) / (base.n - 1.0))
        } else {
            head.n + base.n - 2.0
        };
        interval(head.mean - base.mean, both, freedom, level)
    }

    fn moments(&self) -> Moments {
        let n = self.logs.len() as f64;
        let mean = self.logs.iter().map(|(_, log)| log).sum::<f64>() / n;
        let squares: f64 = self.logs.iter().map(|(_, log)| (log - mean).powi(2)).sum();
        Moments {
            mean,
            variance: squares / (n - 1.0).max(1.0),
            n,
        }
    }
}

struct Moments {
    mean: f64,
    variance: f64,
    n: f64,
}

/// The interval around a mean of logarithms with this squared standard error, as factors.
fn interval(mean: f64, squared_error: f64, freedom: f64, level: f64) -> Option<Interval> {
    if freedom < LEAST_ROUNDS as f64 - 1.0 {
        return None;
    }
    let t = StudentsT::new(0.0, 1.0, freedom)
        .ok()?
        .inverse_cdf((1.0 + level) / 2.0);
    let half = t * squared_error.sqrt();
    Some(Interval {
        low: (mean - half).exp(),
        high: (mean + half).exp(),
        level,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Random;
    use crate::noise::Noise;

    fn rounds(values: &[f64]) -> Rounds {
        Rounds::new((0..).zip(values.iter().copied())).expect("values")
    }

    /// Expected values computed by scipy 1.x: `stats.t.interval` and `stats.ttest_ind(equal_var=False)` on logarithms.
    #[test]
    fn agrees_with_another_implementation() {
        let close = |found: f64, expected: f64| (found / expected - 1.0).abs() < 1e-6;
        let (head, base) = (
            rounds(&[2.0, 2.2, 2.1, 2.4]),
            rounds(&[1.0, 1.05, 1.1, 1.0]),
        );
        let ends = head.interval(0.95).expect("four rounds");
        assert!(
            close(head.mean(), 2.170055310)
                && close(ends.low, 1.917965462)
                && close(ends.high, 2.455278858),
            "{} {ends:?}",
            head.mean()
        );
        let ends = head.interval_over(&base, 0.95).expect("four rounds");
        assert!(
            close(head.over(&base), 2.093270279)
                && close(ends.low, 1.788867021)
                && close(ends.high, 2.449472436),
            "{ends:?}"
        );
        let apart = rounds(&[1.0, 1.05, 1.1, 1.0, 1.02]);
        let ends = head.interval_over(&apart, 0.95).expect("enough rounds");
        assert!(
            close(head.over(&apart), 2.100072906)
                && close(ends.low, 1.870541198)
                && close(ends.high, 2.357770157),
            "{ends:?}"
        );
    }

    #[test]
    fn few_rounds_have_no_interval_and_no_rounds_no_mean() {
        let two = rounds(&[1.0, 2.0]);
        assert_eq!(
            (two.interval(0.95), two.interval_over(&two, 0.95)),
            (None, None)
        );
        assert!(rounds(&[1.0, 2.0, 3.0]).interval(0.95).is_some());
        assert_eq!(Rounds::new([]), None);
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Rounds::new([(0, 1.0), (1, wrong)]), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn ratios_are_transitive_and_quotients(
            values in proptest::collection::vec((1e-9..1e9f64, 1e-9..1e9f64, 1e-9..1e9f64), 1..9)
        ) {
            let phase = |which: fn(&(f64, f64, f64)) -> f64| rounds(&values.iter().map(which).collect::<Vec<_>>());
            let (a, b, c) = (phase(|v| v.0), phase(|v| v.1), phase(|v| v.2));
            let near = |x: f64, y: f64| (x / y - 1.0).abs() < 1e-9;
            prop_assert!(near(a.over(&b) * b.over(&c), a.over(&c)));
            prop_assert!(near(a.over(&b), a.mean() / b.mean()));
            if let Some(ends) = a.interval_over(&b, 0.95) {
                prop_assert!(ends.low <= a.over(&b) * (1.0 + 1e-12) && a.over(&b) <= ends.high * (1.0 + 1e-12));
            }
        }
    }

    /// A simulated machine: its speed drifts from round to round, every phase has its own error, and one process in
    /// twenty is slower by 3 %.
    #[test]
    fn the_interval_of_a_ratio_covers_at_its_level_on_a_drifting_machine() {
        let mut random = Random::new(3);
        for count in [3, 4, 6, 12] {
            let held = (0..2000)
                .filter(|_| {
                    let mut drift = 0.0;
                    let mut logs = [Vec::new(), Vec::new()];
                    for _ in 0..count {
                        drift += Noise::Normal(10.0).draw(&mut random);
                        for (phase, log) in logs.iter_mut().zip([0.0_f64, 5.0_f64.ln()]) {
                            let slow = if random.below(20) == 0 { 0.03 } else { 0.0 };
                            phase.push(
                                (log + drift + slow + Noise::Normal(1.0).draw(&mut random)).exp(),
                            );
                        }
                    }
                    let [base, head] = logs.map(|values| rounds(&values));
                    let ends = head.interval_over(&base, 0.95).expect("enough rounds");
                    (ends.low..=ends.high).contains(&5.0)
                })
                .count();
            // 95 % of 2000, less three standard errors.
            assert!(held >= 1870, "{held} of 2000 with {count} rounds");
        }
    }
}
