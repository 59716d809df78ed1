//! One workload's pairs as they come in, and what they show so far.
//!
//! Each pair of processes gives one logarithm of head time over base time. Under unchanged code the two labels could be
//! swapped, and the order in a pair is drawn at random, so these values are symmetric about zero: all that
//! [`SignedRankTest`] needs. (A layout that this one build always gets is no error in that sense but a difference between
//! the builds, and is found like one.) Four questions are asked of every pair: is it slower, is it faster, is it slower by less
//! than the margin, is it faster by less than the margin.

use crate::one_sided::OneSidedTest;
use crate::{Interval, Rules, SignedRankTest, hodges_lehmann, lower_bound, median, upper_bound};

/// Verdict on a workload's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Slower: suspected by some pairs, confirmed by fresh ones, and by at least the minimum effect.
    Regressed,
    /// Faster, by the same rules.
    Improved,
    /// Slower by less than the margin, or not at all.
    NotSlower,
    /// Too few pairs yet for any of these, or a suspicion that fresh pairs have not confirmed.
    Inconclusive,
}

impl Verdict {
    /// The verdict in the words of the glossary.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regressed => "regressed",
            Self::Improved => "improved",
            Self::NotSlower => "not slower",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// How strongly the pairs speak so far: for each question the smallest level at which it is answered with yes, which only
/// ever falls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Levels {
    /// Is it slower? By the pairs after the alarm, once that was raised.
    pub slower: f64,
    /// Is it faster? By the pairs after the alarm, once that was raised.
    pub faster: f64,
    /// Is it slower by less than the margin?
    pub not_slower: f64,
    /// Whether the alarm for slower was raised.
    pub slower_raised: bool,
    /// Whether the alarm for faster was raised.
    pub faster_raised: bool,
}

/// The pairs of one workload in the order they were measured.
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
    /// No pairs yet; `workloads` is how many the suite judges by time.
    pub fn new(rules: Rules, workloads: usize) -> Self {
        Self::before(rules, rules.confirmation(workloads))
    }

    /// The same question before the first pair.
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

    /// Takes the next pair's ln(head time / base time), a finite number as [`super::Pair::estimate`] gives it.
    pub fn push(&mut self, log_ratio: f64) {
        self.log_ratios.push(log_ratio);
        self.slower.push(log_ratio, &self.rules);
        self.faster.push(-log_ratio, &self.rules);
        self.not_slower.push(self.rules.log_margin() - log_ratio);
        self.not_faster.push(self.rules.log_margin() + log_ratio);
        self.verdict = self.decide();
        self.is_settled = self.settle();
    }

    /// What the pairs show so far. Its error rates hold however often it is asked.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Whether more pairs are not worth their time. What is not slower but looks faster by the minimum effect goes on until
    /// that is confirmed, or it is shown not to be faster by the margin, or it no longer looks so.
    pub fn is_settled(&self) -> bool {
        self.is_settled
    }

    /// Whether a change in either direction awaits its confirmation.
    pub fn is_suspect(&self) -> bool {
        !self.is_settled && (self.slower.is_raised() || self.faster.is_raised())
    }

    /// How much slower the head is, as ln(head time / base time): the Hodges-Lehmann estimate of the pairs that the
    /// standing rests on. None before the first pair.
    pub fn estimate(&self) -> Option<f64> {
        hodges_lehmann(self.judged())
    }

    /// An interval that holds the true ln(head time / base time) with probability `level`, however often it is asked for.
    /// None while the pairs are too few for one.
    pub fn interval(&self, level: f64) -> Option<Interval> {
        let beyond = (1.0 - level) / 2.0;
        let low = lower_bound(self.judged(), beyond)?;
        let high = upper_bound(self.judged(), beyond)?;
        // A bound keeps what earlier pairs excluded, so later ones can carry the estimate, or the other bound, past it. The interval
        // then reaches as far as they do: a wider one holds the truth no less often.
        let estimate = self.estimate()?;
        Some(Interval { low: low.min(high).min(estimate), high: high.max(low).max(estimate), level })
    }

    /// How far one pair lies from the centre: the median absolute deviation, scaled so that it is the standard deviation
    /// where pairs are normal (Hampel 1974). None before the first pair.
    pub fn spread(&self) -> Option<f64> {
        let centre = median(&self.log_ratios)?;
        let deviations: Vec<f64> = self.log_ratios.iter().map(|value| (value - centre).abs()).collect();
        Some(1.4826 * median(&deviations)?)
    }

    /// How strongly the pairs speak so far.
    pub fn levels(&self) -> Levels {
        Levels {
            slower: self.slower.level(),
            faster: self.faster.level(),
            not_slower: self.not_slower.p_value(),
            slower_raised: self.slower.is_raised(),
            faster_raised: self.faster.is_raised(),
        }
    }

    /// Every pair so far, in order.
    pub fn log_ratios(&self) -> &[f64] {
        &self.log_ratios
    }

    /// The rules it is judged by.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The level at which a suspicion of this course is confirmed.
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
            Verdict::NotSlower => !self.looks_faster() || self.not_faster.proves(self.rules.false_assurance),
            Verdict::Inconclusive => false,
        }
    }

    fn looks_faster(&self) -> bool {
        hodges_lehmann(&self.log_ratios).is_some_and(|estimate| -estimate >= self.rules.log_minimum_effect())
    }

    /// A confirmed change rests on the pairs after the alarm, which were not selected for what they show; everything else
    /// on all of them.
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
        log_ratios.iter().for_each(|&log_ratio| sequential_test.push(log_ratio));
        sequential_test
    }

    /// Measures until the course is settled or `most` pairs are spent.
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
        assert_eq!(sequential_test(&pairs[..1]).verdict(), Verdict::Inconclusive);
        assert_eq!(sequential_test(&pairs).verdict(), Verdict::Inconclusive);
        assert!(sequential_test(&pairs).is_suspect());
        pairs.extend([0.020; 12]);
        let confirmed = sequential_test(&pairs);
        assert_eq!(confirmed.verdict(), Verdict::Regressed);
        assert!(confirmed.is_settled() && !confirmed.is_suspect());
        let estimate = confirmed.estimate().expect("pairs");
        assert!((0.020..0.022).contains(&estimate), "what raised the alarm is not in the estimate: {estimate}");
        let interval = confirmed.interval(0.98).expect("enough pairs");
        assert!(interval.low > 0.0 && interval.low <= estimate && estimate <= interval.high, "{interval:?}");
    }

    #[test]
    fn an_alarm_that_fresh_pairs_do_not_bear_out_is_dropped() {
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
    fn what_looks_faster_is_measured_until_that_is_known() {
        // Shown to be slower by less than the margin while the alarm for faster still awaits its fresh pairs.
        let early = sequential_test(&[-0.02; 11]);
        assert_eq!(early.verdict(), Verdict::NotSlower);
        assert!(!early.is_settled() && early.is_suspect());
        assert_eq!(sequential_test(&[-0.02; 20]).verdict(), Verdict::Improved);
    }

    #[test]
    fn nothing_is_said_of_nothing() {
        let empty = sequential_test(&[]);
        assert_eq!(empty.verdict(), Verdict::Inconclusive);
        assert_eq!((empty.estimate(), empty.interval(0.9), empty.spread()), (None, None, None));
    }

    #[test]
    fn pairs_that_turn_round_carry_the_interval_along() {
        let mut pairs = vec![0.001; 20];
        pairs.extend([0.0045; 60]);
        let bound = upper_bound(&pairs[..], 0.05).expect("enough pairs");
        let turned = sequential_test(&pairs);
        let (estimate, interval) = (turned.estimate().expect("pairs"), turned.interval(0.9).expect("enough pairs"));
        assert!(bound < estimate, "{bound} {estimate}");
        assert!(interval.low <= bound && estimate <= interval.high, "{interval:?} {estimate} {bound}");
    }

    #[test]
    fn slower_by_the_margin_is_rarely_called_not_slower() {
        for noise in [Noise::Normal(0.5), Noise::Shared, Noise::HeavyTailed] {
            let wrong = share(1000, |random| measured(0.01, noise, 60, random).verdict() == Verdict::NotSlower);
            // 1 % is allowed; 1000 at 1 % give at most 2 % with probability 0.998.
            assert!(wrong <= 0.02, "{noise:?}: {wrong}");
        }
    }

    /// At a quarter of a second a pair: 60 pairs are 15 s, 32 are 8 s, 20 are 5 s.
    #[test]
    fn slowdowns_are_found_within_their_time() {
        for noise in [Noise::Normal(0.5), Noise::Shared, Noise::HeavyTailed] {
            for (shift, within, wanted) in [(0.01, 60, 0.95), (0.02, 32, 0.99), (0.05, 20, 0.99)] {
                let found = share(300, |random| measured(shift, noise, within, random).verdict() == Verdict::Regressed);
                assert!(found >= wanted, "{noise:?}: +{shift} found in {found} within {within} pairs");
            }
        }
    }

    #[test]
    fn unchanged_code_ends_not_slower() {
        for noise in [Noise::Normal(0.5), Noise::Shared, Noise::HeavyTailed] {
            let assured = share(300, |random| measured(0.0, noise, 60, random).verdict() == Verdict::NotSlower);
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
        fn not_slower_is_what_the_upper_bound_says(pairs in prop::collection::vec(-0.02..0.02f64, 9..40)) {
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
