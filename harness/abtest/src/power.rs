//! Power analysis: pairs still needed, and the minimum detectable effect.
//!
//! All figures here are estimates by simulation from the pairs so far. They are printed beside a verdict and carry no
//! error guarantee.

use crate::one_sided::OneSidedTest;
use crate::{Random, Rules, SequentialTest, hodges_lehmann};

/// Horizon of a forecast, in pairs.
pub const MAX_FORECAST_PAIRS: usize = 256;

/// Most pairs that [`minimum_detectable`] is evaluated for: its cost grows with their cube, and twice as many find
/// little more.
pub const MAX_POWER_PAIRS: usize = 60;

/// Simulated tests for each shift that is tried.
const DRAWS: usize = 200;

/// Simulated tests of an unchanged workload.
const SETTLED: usize = 50;

/// Probability with which the minimum detectable effect is found.
const FOUND: f64 = 0.95;

/// The largest shift that is tried, as a logarithm of a ratio.
const LARGEST: f64 = 0.5;

/// Bisection steps on a logarithmic scale: they locate the shift to about 1 % of it.
const HALVINGS: usize = 9;

/// Forecasts the number of further pairs until the test is settled, by replaying its pairs in their order. 0 if it is
/// settled; none if [`MAX_FORECAST_PAIRS`] more would not settle it, or if there are no pairs.
pub fn remaining_pairs(sequential_test: &SequentialTest) -> Option<usize> {
    let mut ahead = sequential_test.clone();
    let mut again = sequential_test.log_ratios().iter().cycle();
    for more in 0..=MAX_FORECAST_PAIRS {
        if ahead.is_settled() {
            return Some(more);
        }
        ahead.push(*again.next()?);
    }
    None
}

/// Estimates the number of pairs that settle an unchanged workload with probability 90 %, if they scatter like the
/// pairs of this test. None if there are no pairs to estimate the scatter from, or if [`MAX_FORECAST_PAIRS`] are not
/// enough.
///
/// Method: simulated tests of an unchanged workload, each run until it is settled.
pub fn pairs_to_settle(sequential_test: &SequentialTest) -> Option<usize> {
    let deviations = deviations(sequential_test)?;
    let mut random = Random::new(0x5EED);
    let mut needed: Vec<usize> = (0..SETTLED)
        .map(|_| {
            let mut unchanged = sequential_test.unmeasured();
            while unchanged.log_ratios().len() < MAX_FORECAST_PAIRS && !unchanged.is_settled() {
                unchanged.push(draw(&deviations, &mut random));
            }
            if unchanged.is_settled() {
                unchanged.log_ratios().len()
            } else {
                usize::MAX
            }
        })
        .collect();
    needed.sort_unstable();
    Some(needed[SETTLED * 9 / 10]).filter(|&pairs| pairs != usize::MAX)
}

/// Deviations of the pairs from their centre, widened by `sqrt((n + 1) / (n - 1))`: a new pair lies further from an
/// estimated centre than the pairs that it was estimated from.
fn deviations(sequential_test: &SequentialTest) -> Option<Vec<f64>> {
    let centre = hodges_lehmann(sequential_test.log_ratios())?;
    let count = sequential_test.log_ratios().len() as f64;
    let wider = ((count + 1.0) / (count - 1.0).max(1.0)).sqrt();
    Some(
        sequential_test
            .log_ratios()
            .iter()
            .map(|value| wider * (value - centre))
            .collect(),
    )
}

/// Draws one of the deviations, with a random sign.
fn draw(deviations: &[f64], random: &mut Random) -> f64 {
    let size = deviations[random.below(deviations.len())];
    if random.coin() { size } else { -size }
}

/// Estimates the minimum detectable effect: the smallest slowdown, as ln(head time / base time), that this many pairs
/// with the scatter of this test would find with probability 95 %. None if there are no pairs to estimate the scatter
/// from, or if not even a shift of 0.5 would be found.
///
/// Method: a bootstrap of symmetric errors, as the test assumes them. The deviations from the centre are drawn with
/// replacement and with random signs, shifted, and run through the same alarm and confirmation.
pub fn minimum_detectable(sequential_test: &SequentialTest, pairs: usize) -> Option<f64> {
    let deviations = deviations(sequential_test)?;
    // Without scatter all draws are equal.
    let draws = if deviations.iter().all(|&deviation| deviation == 0.0) {
        1
    } else {
        DRAWS
    };
    let is_found = |shift: f64| {
        // Every shift uses the same draws, so that chance does not miss a larger shift and find a smaller one.
        let mut random = Random::new(0x5EED);
        let found = (0..draws)
            .filter(|_| {
                // Always draws `pairs` values: the next simulated test then starts at the same place of the sequence
                // for every shift.
                let drawn: Vec<f64> = (0..pairs)
                    .map(|_| shift + draw(&deviations, &mut random))
                    .collect();
                finds(
                    &drawn,
                    sequential_test.confirmation(),
                    sequential_test.rules(),
                )
            })
            .count();
        found as f64 >= FOUND * draws as f64
    };
    if !is_found(LARGEST) {
        return None;
    }
    let (mut small, mut large) = (sequential_test.rules().log_minimum_effect() / 2.0, LARGEST);
    for _ in 0..HALVINGS {
        let middle = (small * large).sqrt();
        if is_found(middle) {
            large = middle
        } else {
            small = middle
        }
    }
    Some(large)
}

fn finds(log_ratios: &[f64], confirmation: f64, rules: &Rules) -> bool {
    let mut alarm = OneSidedTest::default();
    log_ratios.iter().any(|&value| {
        alarm.push(value, rules);
        alarm.is_confirmed(confirmation, rules)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Verdict;
    use crate::noise::Noise;

    fn sequential_test(seed: u64, pairs: usize, shift: f64, noise: Noise) -> SequentialTest {
        let mut random = Random::new(seed);
        let mut sequential_test = SequentialTest::new(Rules::default(), 4);
        (0..pairs).for_each(|_| sequential_test.push(shift + noise.draw(&mut random)));
        sequential_test
    }

    #[test]
    fn a_settled_test_needs_no_more_pairs() {
        let settled = sequential_test(1, 20, 0.0, Noise::Normal(0.3));
        assert_eq!(settled.verdict(), Verdict::NotSlower);
        assert_eq!(remaining_pairs(&settled), Some(0));
        assert_eq!(
            remaining_pairs(&SequentialTest::new(Rules::default(), 4)),
            None
        );
    }

    #[test]
    fn noisier_pairs_take_more_of_them() {
        let sum = |deviation| -> usize {
            let sequential_test = |seed| sequential_test(seed, 5, 0.0, Noise::Normal(deviation));
            (0..20)
                .map(|seed| remaining_pairs(&sequential_test(seed)).unwrap_or(MAX_FORECAST_PAIRS))
                .sum()
        };
        let (quiet, noisy) = (sum(0.3), sum(2.0));
        assert!(0 < quiet && 2 * quiet < noisy, "{quiet} and {noisy}");
    }

    #[test]
    fn more_pairs_and_less_noise_find_smaller_effects() {
        let quiet = sequential_test(3, 16, 0.0, Noise::Normal(0.3));
        let noisy = sequential_test(3, 16, 0.0, Noise::Normal(1.0));
        let found = |sequential_test: &SequentialTest, pairs| {
            minimum_detectable(sequential_test, pairs).expect("enough pairs")
        };
        assert!(found(&quiet, 60) < found(&quiet, 20));
        assert!(found(&quiet, 60) < found(&noisy, 60));
        assert_eq!(
            minimum_detectable(&quiet, 10),
            None,
            "too few for an alarm and its confirmation"
        );
        assert_eq!(
            minimum_detectable(&SequentialTest::new(Rules::default(), 4), 60),
            None
        );
    }

    #[test]
    fn noisier_workloads_take_longer_to_settle_and_as_long_as_predicted() {
        let predicted =
            |deviation| pairs_to_settle(&sequential_test(3, 40, 0.0, Noise::Normal(deviation)));
        let (quiet, noisy) = (
            predicted(0.3).expect("soon"),
            predicted(1.5).expect("later"),
        );
        assert!(quiet * 2 < noisy, "{quiet} and {noisy}");
        let settled = (0..200)
            .filter(|seed| sequential_test(500 + seed, noisy, 0.0, Noise::Normal(1.5)).is_settled())
            .count();
        assert!(
            (150..=199).contains(&settled),
            "{settled} of 200 were settled after {noisy} pairs"
        );
        assert_eq!(predicted(30.0), None);
        assert_eq!(
            pairs_to_settle(&SequentialTest::new(Rules::default(), 4)),
            None
        );
    }

    #[test]
    fn the_minimum_detectable_effect_is_found() {
        let smallest = minimum_detectable(&sequential_test(4, 40, 0.0, Noise::Normal(0.5)), 40)
            .expect("enough pairs");
        let found = (0..400)
            .filter(|seed| {
                let log_ratios = sequential_test(1000 + seed, 40, smallest, Noise::Normal(0.5));
                finds(
                    log_ratios.log_ratios(),
                    log_ratios.confirmation(),
                    log_ratios.rules(),
                )
            })
            .count();
        assert!(
            (350..=399).contains(&found),
            "a shift of {smallest} was found in {found} of 400"
        );
    }
}
