//! Change points of a series: the best step function, with a penalty for every step.

use crate::median;

/// A segment of a series between two change points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangePoint {
    /// Index of the first value.
    pub start: usize,
    /// Index after the last value.
    pub end: usize,
    /// Mean of the values.
    pub level: f64,
}

/// Penalty of a step, in variances of the noise per ln(length): the modified BIC of Zhang and Siegmund ("A modified
/// Bayes information criterion", Biometrics 63, 2007).
const PRICE: f64 = 3.0;

/// Fits the step function that minimizes the penalized squared error (the Potts functional, Winkler and Liebscher
/// 2002). Returns its segments in order; the first value of each but the first is a change point.
///
/// Minimized: sum of squared residuals + steps x 3 s^2 ln(length). `noise` is s, the standard deviation of the noise,
/// which is known or estimated by [`noise_of`]. The minimum is exact, by dynamic programming over the place of the
/// last step (Jackson and others 2005); the time is quadratic in the length. Values must be finite. Fewer than two
/// values have no step.
pub fn change_points(values: &[f64], noise: f64) -> Vec<ChangePoint> {
    let count = values.len();
    let Some(centre) = median(values) else {
        return Vec::new();
    };
    let price = PRICE * noise.powi(2) * (count as f64).ln();
    // Sums of deviations from the centre: squares of large values would round the differences away.
    let mut sums = vec![(0.0, 0.0)];
    for value in values {
        let (sum, squares) = sums[sums.len() - 1];
        let apart = value - centre;
        sums.push((sum + apart, squares + apart * apart));
    }
    let residual = |start: usize, end: usize| {
        let (sum, squares) = (sums[end].0 - sums[start].0, sums[end].1 - sums[start].1);
        (squares - sum * sum / (end - start) as f64).max(0.0)
    };
    // For the first `end` values: the minimal cost, and the start of the last segment.
    let mut best = vec![(-price, 0)];
    for end in 1..=count {
        let costs = (0..end).map(|start| (best[start].0 + price + residual(start, end), start));
        best.push(costs.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((0.0, 0)));
    }
    let mut found = Vec::new();
    let mut end = count;
    while end > 0 {
        let start = best[end].1;
        let level = centre + (sums[end].0 - sums[start].0) / (end - start) as f64;
        found.push(ChangePoint { start, end, level });
        end = start;
    }
    found.reverse();
    found
}

/// Robust estimate of the standard deviation of the noise of a series: 1.4826 x median absolute difference of
/// neighbours / sqrt(2). A few steps do not affect it. 0 for fewer than two values.
pub fn noise_of(values: &[f64]) -> f64 {
    let apart: Vec<f64> = values
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .collect();
    1.4826 * median(&apart).unwrap_or(0.0) / std::f64::consts::SQRT_2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Random;
    use crate::noise::Noise;

    fn starts(values: &[f64], noise: f64) -> Vec<usize> {
        change_points(values, noise)
            .iter()
            .skip(1)
            .map(|step| step.start)
            .collect()
    }

    /// Annual flow of the Nile at Aswan, 1871 to 1970, in 10^8 m^3: the standard example of change point methods
    /// since Cobb (1978). It falls after 1898, when construction of the first dam began.
    const NILE: [u16; 100] = [
        1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960,
        1180, 799, 958, 1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694,
        940, 833, 701, 916, 692, 1020, 1050, 969, 831, 726, 456, 824, 702, 1120, 1100, 832, 764,
        821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759, 781, 865, 845, 944, 984, 897, 822,
        1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050,
        918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
    ];

    #[test]
    fn the_nile_falls_once_after_1898() {
        let flow = NILE.map(f64::from);
        assert_eq!(
            flow.iter().sum::<f64>(),
            91_935.0,
            "a digit is wrong in the series"
        );
        let found = change_points(&flow, noise_of(&flow));
        assert_eq!(
            found
                .iter()
                .map(|step| (step.start, step.end))
                .collect::<Vec<_>>(),
            [(0, 28), (28, 100)]
        );
        // Cobb's estimates: 1098 before and 850 after.
        assert!(
            (found[0].level - 1097.75).abs() < 1e-9 && (found[1].level - 849.97).abs() < 0.01,
            "{found:?}"
        );
    }

    #[test]
    fn counts_step_at_changes_larger_than_the_noise() {
        let counts = [
            1000.0, 1000.0, 1000.2, 1000.0, 1020.0, 1020.0, 1020.0, 990.0,
        ]
        .map(f64::ln);
        assert_eq!(starts(&counts, 5e-4), [4, 7]);
        assert_eq!(starts(&counts[3..5], 5e-4), [1]);
        assert!(starts(&[5.0; 20], 5e-4).is_empty());
        assert!(starts(&[5.0], 5e-4).is_empty() && change_points(&[], 5e-4).is_empty());
    }

    #[test]
    fn steps_in_noise_are_found_at_their_place_or_next_to_it() {
        let mut random = Random::new(3);
        let hits = (0..200).filter(|_| {
            let level = |i: usize| if (25..60).contains(&i) { 0.02 } else { 0.0 };
            let values: Vec<f64> = (0..100).map(|i| level(i) + Noise::Normal(0.5).draw(&mut random)).collect();
            matches!(starts(&values, noise_of(&values))[..], [a, b] if a.abs_diff(25) <= 1 && b.abs_diff(60) <= 1)
        });
        let hits = hits.count();
        assert!(hits >= 185, "{hits} of 200");
    }

    #[test]
    fn noise_alone_rarely_has_a_step() {
        let mut random = Random::new(4);
        let alarms = (0..200).filter(|_| {
            let values: Vec<f64> = (0..60)
                .map(|_| Noise::Normal(0.5).draw(&mut random))
                .collect();
            !starts(&values, noise_of(&values)).is_empty()
        });
        let alarms = alarms.count();
        assert!(alarms <= 16, "{alarms} of 200");
    }

    proptest! {
        #[test]
        fn segments_cover_the_series_in_order(values in prop::collection::vec(-1e6..1e6f64, 0..40), noise in 0.0..10.0f64) {
            let found = change_points(&values, noise);
            let mut next = 0;
            for step in &found {
                prop_assert!(step.start == next && step.end > step.start);
                next = step.end;
                let mean = values[step.start..step.end].iter().sum::<f64>() / (step.end - step.start) as f64;
                prop_assert!((mean - step.level).abs() < 1e-6);
            }
            prop_assert_eq!(next, values.len());
        }

        #[test]
        fn no_other_single_step_would_be_cheaper(values in prop::collection::vec(-10.0..10.0f64, 2..12), noise in 0.01..5.0f64) {
            let price = PRICE * noise.powi(2) * (values.len() as f64).ln();
            let residual = |part: &[f64]| {
                let mean = part.iter().sum::<f64>() / part.len() as f64;
                part.iter().map(|value| (value - mean).powi(2)).sum::<f64>()
            };
            let found = change_points(&values, noise);
            let cost = found.iter().map(|step| residual(&values[step.start..step.end])).sum::<f64>()
                + price * (found.len() - 1) as f64;
            prop_assert!(cost <= residual(&values) + 1e-9);
            for place in 1..values.len() {
                let (left, right) = values.split_at(place);
                prop_assert!(cost <= residual(left) + residual(right) + price + 1e-9);
            }
        }
    }
}
