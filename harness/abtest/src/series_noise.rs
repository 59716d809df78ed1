//! Noise of a series that may have steps, outliers, and correlated neighbours.

use crate::median;

/// Values around a value whose median is its surroundings. Up to three wild ones are outvoted, and a step stays sharp.
const WINDOW: usize = 7;

/// Largest distance of a value from its surroundings, in standard deviations.
const REACH: f64 = 3.0;

/// Correlation of neighbours that is taken for chance, times the square root of the length: about one standard error of
/// the estimate. Two thirds of series of uncorrelated values are then taken as such.
const CHANCE: f64 = 2.0;

/// Largest correlation of neighbours that is corrected for. A series that wanders more has no level.
const MOST_CORRELATED: f64 = 0.9;

/// Median of absolute normal values -> standard deviation.
const NORMAL: f64 = 1.4826;

/// Robust standard deviation of the noise between neighbours: 1.4826 x median absolute difference / sqrt(2). A few
/// steps do not affect it. 0 for fewer than two values.
pub(crate) fn neighbour_noise(values: &[f64]) -> f64 {
    NORMAL * median_difference(values, 1) / std::f64::consts::SQRT_2
}

/// Standard deviation of the mean of many values, times the square root of their number. It exceeds the scatter of the
/// values if neighbours are alike, as on a machine that is slow for some days.
///
/// The noise is modelled as an autoregressive process of order 1, whose correlation and scatter follow from differences
/// over one and two places (Chakar, Lebarbier, Lévy-Leduc and Robin, "A robust approach for estimating change-points in
/// the mean of an AR(1) process", Bernoulli 23, 2017).
pub(crate) fn long_run_noise(values: &[f64]) -> f64 {
    let alike = correlation(values);
    // Differences of neighbours have the variance 2 (1 - r) s^2; the long-run variance is s^2 (1 + r) / (1 - r).
    neighbour_noise(values) * (1.0 + alike).sqrt() / (1.0 - alike)
}

/// Correlation of neighbours, from 0 to 0.9, less what chance explains. The variance of differences over two places is
/// 1 + r times that of neighbours.
fn correlation(values: &[f64]) -> f64 {
    let near = median_difference(values, 1);
    if near == 0.0 {
        return 0.0;
    }
    let seen = (median_difference(values, 2) / near).powi(2) - 1.0;
    (seen - CHANCE / (values.len() as f64).sqrt()).clamp(0.0, MOST_CORRELATED)
}

fn median_difference(values: &[f64], places: usize) -> f64 {
    let later = values.iter().skip(places);
    let apart: Vec<f64> = values
        .iter()
        .zip(later)
        .map(|(a, b)| (b - a).abs())
        .collect();
    median(&apart).unwrap_or(0.0)
}

/// Returns the values, each at most three times `noise` from the median of the seven around it. Fewer than seven values
/// stay as they are.
pub(crate) fn without_outliers(values: &[f64], noise: f64) -> Vec<f64> {
    let count = values.len();
    if count < WINDOW {
        return values.to_vec();
    }
    let limited = |(place, value): (usize, &f64)| {
        let start = place.saturating_sub(WINDOW / 2).min(count - WINDOW);
        let around = median(&values[start..start + WINDOW]).unwrap_or(*value);
        value.clamp(around - REACH * noise, around + REACH * noise)
    };
    values.iter().enumerate().map(limited).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Random;
    use crate::noise::Noise;

    /// Normal noise with a standard deviation of 1 and this correlation of neighbours.
    fn correlated(alike: f64, count: usize, random: &mut Random) -> Vec<f64> {
        let fresh = Noise::Normal(100.0);
        let mut last = fresh.draw(random);
        let mut next = || {
            last = alike * last + (1.0 - alike * alike).sqrt() * fresh.draw(random);
            last
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn the_noise_of_a_mean_grows_with_the_correlation() {
        let mut random = Random::new(5);
        for (alike, wanted) in [(0.0, 1.0), (0.5, 3.0_f64.sqrt()), (0.6, 2.0)] {
            let values = correlated(alike, 20_000, &mut random);
            let found = long_run_noise(&values);
            assert!((found / wanted - 1.0).abs() < 0.15, "{alike}: {found}");
        }
    }

    #[test]
    fn the_correlation_of_few_values_is_taken_for_chance() {
        let mut random = Random::new(6);
        let higher = (0..200).filter(|_| {
            let values = correlated(0.0, 60, &mut random);
            long_run_noise(&values) > neighbour_noise(&values)
        });
        let higher = higher.count();
        assert!(higher <= 90, "{higher} of 200");
    }

    #[test]
    fn one_wild_value_is_limited_and_a_step_is_not() {
        let wild = [5.0, 5.0, 5.0, 9.0, 5.0, 5.0, 5.0, 5.0];
        assert_eq!(without_outliers(&wild, 0.1)[3], 5.0 + REACH * 0.1);
        let step = [1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0];
        assert_eq!(without_outliers(&step, 0.1), step);
        assert_eq!(without_outliers(&wild[..4], 0.1), &wild[..4]);
    }

    #[test]
    fn no_difference_is_no_noise() {
        assert_eq!(long_run_noise(&[3.0; 20]), 0.0);
        assert_eq!(long_run_noise(&[]), 0.0);
    }
}
