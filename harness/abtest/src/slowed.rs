//! Odds that a program is slower than a threshold, from pairs of times.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::{hodges_lehmann, median};

/// Fewest pairs whose scatter is trusted.
const LEAST_PAIRS: usize = 6;

/// Efficiency of the median absolute deviation on normal values: it is as certain as the standard deviation of 37 % of
/// the values.
const SCATTER_EFFICIENCY: f64 = 0.37;

/// Standard deviation of what two builds of equal code differ by, such as their layout in memory: a share of the time.
const BUILD_NOISE: f64 = 5e-4;

/// Largest share of certainty from one measurement. The rest is the probability that its conditions were wrong all the
/// time, as when another program ran.
const MOST_CERTAIN: f64 = 0.995;

/// Centre of log ratios, with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Centre {
    /// The Hodges-Lehmann estimate, ln(head time / base time).
    pub value: f64,
    /// Its standard error.
    pub error: f64,
    /// Number of pairs.
    pub pairs: usize,
}

impl Centre {
    /// The centre of these log ratios; none for fewer than six, whose scatter is unknown.
    ///
    /// The standard error follows from the median absolute deviation, because some pairs are far off. On normal values
    /// the estimate has 95.5 % of the efficiency of the mean.
    pub fn of(log_ratios: &[f64]) -> Option<Self> {
        if log_ratios.len() < LEAST_PAIRS {
            return None;
        }
        let middle = median(log_ratios)?;
        let apart: Vec<f64> = log_ratios.iter().map(|one| (one - middle).abs()).collect();
        // Of few values it is too small on average (Croux and Rousseeuw, "Time-efficient algorithms for two highly robust
        // estimators of scale", 1992).
        let count = log_ratios.len() as f64;
        let scatter = 1.4826 * median(&apart)? * count / (count - 0.8);
        Some(Self {
            value: hodges_lehmann(log_ratios)?,
            error: scatter / (0.955 * count).sqrt(),
            pairs: log_ratios.len(),
        })
    }

    /// Natural logarithm of the odds that the head is slower than by half of what `bad` is slower: above 0 it rather is.
    /// Before the measurement both were equally probable (a flat prior for the effect), so it is a Bayes factor.
    ///
    /// The uncertainty of `bad` and differences between builds of equal code are part of the error. One measurement
    /// never gives more than odds of 199 to 1.
    pub fn log_odds_of_half(&self, bad: &Self) -> f64 {
        let error = (self.error.powi(2) + (bad.error / 2.0).powi(2) + BUILD_NOISE.powi(2)).sqrt();
        let apart = (self.value - bad.value / 2.0) / error;
        let freedom = SCATTER_EFFICIENCY * (self.pairs.min(bad.pairs) as f64 - 1.0);
        let most = (MOST_CERTAIN / (1.0 - MOST_CERTAIN)).ln();
        let Ok(scaled) = StudentsT::new(0.0, 1.0, freedom) else {
            return 0.0;
        };
        let (slower, faster) = (scaled.cdf(apart), scaled.cdf(-apart));
        (slower / faster).ln().clamp(-most, most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Random;
    use crate::noise::Noise;

    fn pairs(effect: f64, noise: Noise, count: usize, random: &mut Random) -> Centre {
        let pairs: Vec<f64> = (0..count).map(|_| effect + noise.draw(random)).collect();
        Centre::of(&pairs).expect("enough pairs")
    }

    #[test]
    fn half_of_the_slowdown_is_a_toss_and_both_ends_are_sure() {
        let exact = |value| Centre {
            value,
            error: 0.0,
            pairs: 20,
        };
        let bad = exact(0.02);
        assert!(exact(0.01).log_odds_of_half(&bad).abs() < 1e-9);
        let most = 199.0_f64.ln();
        assert!((exact(0.02).log_odds_of_half(&bad) - most).abs() < 1e-9);
        assert!((exact(0.0).log_odds_of_half(&bad) + most).abs() < 1e-9);
        assert_eq!(Centre::of(&[0.02; 5]), None);
    }

    #[test]
    fn odds_are_no_higher_than_the_measurements_justify() {
        let mut random = Random::new(9);
        for noise in [Noise::Normal(2.0), Noise::Shared, Noise::HeavyTailed] {
            let (mut stated, mut right) = (0.0, 0.0);
            for _ in 0..2000 {
                let bad = pairs(0.01, noise, 15, &mut random);
                let is_bad = random.coin();
                let effect = if is_bad { 0.01 } else { 0.0 };
                let odds = pairs(effect, noise, 10, &mut random).log_odds_of_half(&bad);
                let probability = 1.0 / (1.0 + (-odds.abs()).exp());
                stated += probability;
                right += f64::from(u8::from((odds > 0.0) == is_bad));
            }
            assert!(stated <= right + 40.0, "{noise:?}: {stated} and {right}");
        }
    }
}
