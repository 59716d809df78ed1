//! Anytime-valid sequential test of one workload: is the head slower than the base, faster, or not slower?
//!
//! Each pair of processes gives one log ratio, ln(head time / base time). After every pair four one-sided tests are
//! updated: slower, faster, slower by less than the margin, and faster by less than the margin. Each is
//! built on [`SignedRankTest`].
//!
//! # Assumption
//! Given the earlier pairs, each log ratio is symmetric about the true effect. Under unchanged code the labels of the
//! two sides could be exchanged, and the order within a pair is random, so the effect is zero. No distribution, no
//! variance and no equal scatter of the pairs is assumed. A property that one build has in every pair, such as its
//! layout, counts as a difference between the builds and is found like one.
//!
//! # Guarantees
//! All of them hold at every number of pairs, for any rule of when to stop (Ville 1939; Ramdas, Ruf, Larsson and
//! Koolen 2020).
//!
//! - Regressed: a suite in which nothing changed ever contains this verdict with probability at most
//!   [`Rules::false_alarm`], by the union bound ([`Rules::confirmation`]). The same holds for improved.
//! - Not slower: a workload that is slower by the margin or more ever gets this verdict with probability at most
//!   [`Rules::false_assurance`]. This is a rate per workload.
//! - Interval: see [`SequentialTest::interval`].
//!
//! # Not guaranteed
//! The probability that a real slowdown is found depends on the scatter of the pairs; `minimum_detectable` estimates
//! it. The estimate of a confirmed change uses only the pairs after the alarm, which were not selected for it;
//! stopping at the confirmation still favours large estimates.

use crate::one_sided::OneSidedTest;
use crate::{Interval, Rules, SignedRankTest, hodges_lehmann, lower_bound, median, upper_bound};

/// Verdict on a workload's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Slower by at least the minimum effect: some pairs raised the alarm and fresh pairs confirmed it.
    Regressed,
    /// Faster, by the same rules.
    Improved,
    /// Slower by less than the margin, or not at all.
    NotSlower,
    /// None of these was shown, or fresh pairs have not confirmed an alarm.
    Inconclusive,
}

impl Verdict {
    /// True if a change was confirmed, in either direction.
    pub fn is_change(self) -> bool {
        matches!(self, Self::Regressed | Self::Improved)
    }

    /// The name of the verdict in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regressed => "regressed",
            Self::Improved => "improved",
            Self::NotSlower => "not slower",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// Evidence so far: for each question the smallest level at which "yes" is shown (an anytime-valid p-value). Further
/// pairs only lower it, except that the alarm restarts it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Levels {
    /// Is it slower? Once the alarm was raised, from the pairs after it.
    pub slower: f64,
    /// Is it faster? Once the alarm was raised, from the pairs after it.
    pub faster: f64,
    /// Is it slower by less than the margin?
    pub not_slower: f64,
    /// True if the alarm for slower was raised.
    pub slower_raised: bool,
    /// True if the alarm for faster was raised.
    pub faster_raised: bool,
}

/// Sequential test of one workload, with its pairs in the order of measurement.
#[derive(Debug, Clone)]
pub struct SequentialTest {
    rules: Rules,
    confirmation: f64,
    log_ratios: Vec<f64>,
    slower: OneSidedTest,
    faster: OneSidedTest,
    not_slower: SignedRankTest,
    not_faster: SignedRankTest,
    verdict: Verdict,
    is_settled: bool,
}

impl SequentialTest {
    /// Creates a test without pairs. `workloads` is the number of workloads that the suite judges by time; it sets
    /// the confirmation level.
    pub fn new(rules: Rules, workloads: usize) -> Self {
        Self::before(rules, rules.confirmation(workloads))
    }

    /// Creates a test with these pairs; see [`Self::new`] and [`Self::push`].
    pub fn of(rules: Rules, workloads: usize, log_ratios: impl IntoIterator<Item = f64>) -> Self {
        let mut test = Self::new(rules, workloads);
        log_ratios
            .into_iter()
            .for_each(|log_ratio| test.push(log_ratio));
        test
    }

    /// Returns the same test without its pairs.
    pub(super) fn unmeasured(&self) -> Self {
        Self::before(self.rules, self.confirmation)
    }

    fn before(rules: Rules, confirmation: f64) -> Self {
        Self {
            rules,
            confirmation,
            log_ratios: Vec::new(),
            slower: OneSidedTest::default(),
            faster: OneSidedTest::default(),
            not_slower: SignedRankTest::default(),
            not_faster: SignedRankTest::default(),
            verdict: Verdict::Inconclusive,
            is_settled: false,
        }
    }

    /// Takes ln(head time / base time) of the next pair, a finite number.
    pub fn push(&mut self, log_ratio: f64) {
        self.log_ratios.push(log_ratio);
        self.slower.push(log_ratio, &self.rules);
        self.faster.push(-log_ratio, &self.rules);
        self.not_slower.push(self.rules.log_margin() - log_ratio);
        self.not_faster.push(self.rules.log_margin() + log_ratio);
        self.verdict = self.decide();
        self.is_settled = self.settle();
    }

    /// The verdict on the pairs so far. Its error rates hold however often it is read.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// True if more pairs are not worth their time. A workload that is not slower but looks faster by the minimum
    /// effect stays open until faster is confirmed, faster by the margin is rejected, or it no longer looks faster.
    pub fn is_settled(&self) -> bool {
        self.is_settled
    }

    /// True if an alarm in either direction awaits its confirmation.
    pub fn is_suspect(&self) -> bool {
        !self.is_settled && (self.slower.is_raised() || self.faster.is_raised())
    }

    /// The estimated effect, ln(head time / base time): the Hodges-Lehmann estimate of the pairs that the verdict
    /// rests on. None before the first pair.
    pub fn estimate(&self) -> Option<f64> {
        hodges_lehmann(self.judged())
    }

    /// Confidence interval for the true ln(head time / base time), by inversion of the test. None while the pairs are
    /// too few.
    ///
    /// Guarantee: the probability that the interval ever misses the true value, at any number of pairs, is at most
    /// `1 - level` (union bound over the two ends). After a confirmed change the interval is computed from the pairs
    /// after the alarm alone, which is a separate interval with a guarantee of its own.
    pub fn interval(&self, level: f64) -> Option<Interval> {
        let beyond = (1.0 - level) / 2.0;
        let low = lower_bound(self.judged(), beyond)?;
        let high = upper_bound(self.judged(), beyond)?;
        // A bound keeps the values that earlier pairs excluded, so later pairs can move the estimate, or the other
        // bound, past it. The interval then extends to them: a wider interval covers the true value no less often.
        let estimate = self.estimate()?;
        Some(Interval {
            low: low.min(high).min(estimate),
            high: high.max(low).max(estimate),
            level,
        })
    }

    /// Robust estimate of the standard deviation of single pairs: 1.4826 times the median absolute deviation, which
    /// is consistent for normal values (Hampel 1974). None before the first pair.
    pub fn spread(&self) -> Option<f64> {
        let centre = median(&self.log_ratios)?;
        let deviations: Vec<f64> = self
            .log_ratios
            .iter()
            .map(|value| (value - centre).abs())
            .collect();
        Some(1.4826 * median(&deviations)?)
    }

    /// The evidence so far.
    pub fn levels(&self) -> Levels {
        Levels {
            slower: self.slower.level(),
            faster: self.faster.level(),
            not_slower: self.not_slower.p_value(),
            slower_raised: self.slower.is_raised(),
            faster_raised: self.faster.is_raised(),
        }
    }

    /// The log ratio of every pair so far, in order.
    pub fn log_ratios(&self) -> &[f64] {
        &self.log_ratios
    }

    /// The rules of the verdict.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The level at which fresh pairs confirm an alarm.
    pub fn confirmation(&self) -> f64 {
        self.confirmation
    }

    fn decide(&self) -> Verdict {
        if self.slower.is_confirmed(self.confirmation, &self.rules) {
            Verdict::Regressed
        } else if self.faster.is_confirmed(self.confirmation, &self.rules) {
            Verdict::Improved
        } else if self.not_slower.proves(self.rules.false_assurance) {
            Verdict::NotSlower
        } else {
            Verdict::Inconclusive
        }
    }

    fn settle(&self) -> bool {
        match self.verdict {
            Verdict::Regressed | Verdict::Improved => true,
            Verdict::NotSlower => {
                !self.looks_faster() || self.not_faster.proves(self.rules.false_assurance)
            }
            Verdict::Inconclusive => false,
        }
    }

    fn looks_faster(&self) -> bool {
        hodges_lehmann(&self.log_ratios)
            .is_some_and(|estimate| -estimate >= self.rules.log_minimum_effect())
    }

    /// The pairs that the verdict rests on. A confirmed change rests on the pairs after the alarm, which did not
    /// contribute to raising it; all other verdicts rest on all pairs.
    fn judged(&self) -> &[f64] {
        match self.verdict {
            Verdict::Regressed => &self.log_ratios[self.slower.screened()..],
            Verdict::Improved => &self.log_ratios[self.faster.screened()..],
            _ => &self.log_ratios,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Random;
    use crate::noise::Noise;

    fn sequential_test(log_ratios: &[f64]) -> SequentialTest {
        let mut sequential_test = SequentialTest::new(Rules::default(), 4);
        log_ratios
            .iter()
            .for_each(|&log_ratio| sequential_test.push(log_ratio));
        sequential_test
    }

    /// Simulates pairs until the test is settled or `most` pairs are spent.
    fn measured(shift: f64, noise: Noise, most: usize, random: &mut Random) -> SequentialTest {
        let mut sequential_test = SequentialTest::new(Rules::default(), 4);
        while sequential_test.log_ratios().len() < most && !sequential_test.is_settled() {
            sequential_test.push(shift.ln_1p() + noise.draw(random));
        }
        sequential_test
    }

    fn share(of: usize, is_so: impl Fn(&mut Random) -> bool) -> f64 {
        let mut random = Random::new(2024);
        (0..of).filter(|_| is_so(&mut random)).count() as f64 / of as f64
    }

    #[test]
    fn a_slowdown_is_suspected_then_confirmed_by_fresh_pairs() {
        let mut pairs = vec![0.030; 8];
        assert_eq!(
            sequential_test(&pairs[..1]).verdict(),
            Verdict::Inconclusive
        );
        assert_eq!(sequential_test(&pairs).verdict(), Verdict::Inconclusive);
        assert!(sequential_test(&pairs).is_suspect());
        pairs.extend([0.020; 12]);
        let confirmed = sequential_test(&pairs);
        assert_eq!(confirmed.verdict(), Verdict::Regressed);
        assert!(confirmed.is_settled() && !confirmed.is_suspect());
        let estimate = confirmed.estimate().expect("pairs");
        assert!(
            (0.020..0.022).contains(&estimate),
            "the estimate excludes the pairs before the alarm: {estimate}"
        );
        let interval = confirmed.interval(0.98).expect("enough pairs");
        assert!(
            interval.low > 0.0 && interval.low <= estimate && estimate <= interval.high,
            "{interval:?}"
        );
    }

    #[test]
    fn an_alarm_that_fresh_pairs_do_not_confirm_is_dropped() {
        let mut pairs = vec![0.008; 7];
        assert_eq!(sequential_test(&pairs).verdict(), Verdict::Inconclusive);
        pairs.extend([0.001, -0.001].repeat(12));
        assert_eq!(sequential_test(&pairs).verdict(), Verdict::NotSlower);
    }

    #[test]
    fn certain_but_small_is_no_regression() {
        assert_eq!(sequential_test(&[0.004; 40]).verdict(), Verdict::NotSlower);
        assert_eq!(sequential_test(&[0.006; 40]).verdict(), Verdict::Regressed);
        assert_eq!(sequential_test(&[-0.006; 40]).verdict(), Verdict::Improved);
    }

    #[test]
    fn a_workload_that_looks_faster_stays_open() {
        // Not slower is shown while the alarm for faster still awaits its fresh pairs.
        let early = sequential_test(&[-0.02; 11]);
        assert_eq!(early.verdict(), Verdict::NotSlower);
        assert!(!early.is_settled() && early.is_suspect());
        assert_eq!(sequential_test(&[-0.02; 20]).verdict(), Verdict::Improved);
    }

    #[test]
    fn without_pairs_there_is_no_verdict() {
        let empty = sequential_test(&[]);
        assert_eq!(empty.verdict(), Verdict::Inconclusive);
        assert_eq!(
            (empty.estimate(), empty.interval(0.9), empty.spread()),
            (None, None, None)
        );
    }

    #[test]
    fn pairs_that_change_direction_widen_the_interval() {
        let mut pairs = vec![0.001; 20];
        pairs.extend([0.0045; 60]);
        let bound = upper_bound(&pairs[..], 0.05).expect("enough pairs");
        let turned = sequential_test(&pairs);
        let (estimate, interval) = (
            turned.estimate().expect("pairs"),
            turned.interval(0.9).expect("enough pairs"),
        );
        assert!(bound < estimate, "{bound} {estimate}");
        assert!(
            interval.low <= bound && estimate <= interval.high,
            "{interval:?} {estimate} {bound}"
        );
    }

    #[test]
    fn slower_by_the_margin_is_rarely_called_not_slower() {
        for noise in [Noise::Normal(0.5), Noise::Shared, Noise::HeavyTailed] {
            let wrong = share(1000, |random| {
                measured(0.01, noise, 60, random).verdict() == Verdict::NotSlower
            });
            // 1 % is allowed; 1000 at 1 % give at most 2 % with probability 0.998.
            assert!(wrong <= 0.02, "{noise:?}: {wrong}");
        }
    }

    /// At a quarter of a second per pair, 60 pairs are 15 s, 32 are 8 s, 20 are 5 s.
    #[test]
    fn slowdowns_are_found_within_their_time() {
        for noise in [Noise::Normal(0.5), Noise::Shared, Noise::HeavyTailed] {
            for (shift, within, wanted) in [(0.01, 60, 0.95), (0.02, 32, 0.99), (0.05, 20, 0.99)] {
                let found = share(300, |random| {
                    measured(shift, noise, within, random).verdict() == Verdict::Regressed
                });
                assert!(
                    found >= wanted,
                    "{noise:?}: +{shift} found in {found} within {within} pairs"
                );
            }
        }
    }

    #[test]
    fn unchanged_code_ends_not_slower() {
        for noise in [Noise::Normal(0.5), Noise::Shared, Noise::HeavyTailed] {
            let assured = share(300, |random| {
                measured(0.0, noise, 60, random).verdict() == Verdict::NotSlower
            });
            assert!(assured >= 0.99, "{noise:?}: {assured}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn swapping_the_sides_swaps_the_verdict(pairs in prop::collection::vec(-0.03..0.05f64, 1..40)) {
            let plain = sequential_test(&pairs);
            let swapped = sequential_test(&pairs.iter().map(|pair| -pair).collect::<Vec<_>>());
            prop_assert_eq!(plain.verdict() == Verdict::Regressed, swapped.verdict() == Verdict::Improved);
            if let (Some(one), Some(other)) = (plain.interval(0.9), swapped.interval(0.9)) {
                prop_assert!((one.low + other.high).abs() < 1e-9 || plain.verdict() == Verdict::NotSlower);
            }
            let spreads = (plain.spread().expect("pairs"), swapped.spread().expect("pairs"));
            prop_assert!((spreads.0 - spreads.1).abs() < 1e-12);
        }

        #[test]
        fn not_slower_agrees_with_the_upper_bound(pairs in prop::collection::vec(-0.02..0.02f64, 9..40)) {
            let sequential_test = sequential_test(&pairs);
            let rules = Rules::default();
            let bound = upper_bound(&pairs, rules.false_assurance);
            let is_below = bound.is_some_and(|bound| bound < rules.log_margin());
            prop_assert_eq!(sequential_test.not_slower.proves(rules.false_assurance), is_below);
        }

        #[test]
        fn the_estimate_lies_in_its_interval(pairs in prop::collection::vec(-0.03..0.05f64, 9..60), level in 0.5..0.99f64) {
            let sequential_test = sequential_test(&pairs);
            if let (Some(interval), Some(estimate)) = (sequential_test.interval(level), sequential_test.estimate()) {
                prop_assert!((interval.low..=interval.high).contains(&estimate), "{:?} {}", interval, estimate);
            }
        }

        #[test]
        fn a_regression_is_never_smaller_than_the_minimum_effect(pairs in prop::collection::vec(-0.01..0.03f64, 1..60)) {
            let sequential_test = sequential_test(&pairs);
            if sequential_test.verdict() == Verdict::Regressed {
                prop_assert!(sequential_test.estimate().expect("pairs") >= sequential_test.rules().log_minimum_effect());
            }
        }
    }
}
