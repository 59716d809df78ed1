//! Change points of a series: the best step function, with a penalty for every step.

use crate::median;
use crate::series_noise::{long_run_noise, neighbour_noise, without_outliers};

/// A segment of a series between two change points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangePoint {
    /// Index of the first value.
    pub start: usize,
    /// Index after the last value.
    pub end: usize,
    /// Level of the values: their mean if the noise is known, their median if it is estimated.
    pub level: f64,
}

/// Penalty of a step, in variances of the noise per ln(length): the modified BIC of Zhang and Siegmund ("A modified
/// Bayes information criterion", Biometrics 63, 2007).
const PRICE: f64 = 3.0;

/// Fits a step function to values whose noise is unknown: may be correlated, have heavy tails, and include outliers.
/// Returns its segments as [`change_points`] does.
///
/// Before the fit, outliers are limited to a few standard deviations from the running median, so that one or two wild
/// values are no level of their own. The noise is that of a mean of correlated values (its long-run standard
/// deviation), because a slow wander of the values is no step; it is at least `least_noise`. Values must be finite.
pub fn noisy_change_points(values: &[f64], least_noise: f64) -> Vec<ChangePoint> {
    let limited = without_outliers(values, neighbour_noise(values).max(least_noise));
    let mut found = change_points(&limited, long_run_noise(values).max(least_noise));
    for segment in &mut found {
        // The limited values are nearer to the old level than the real ones where a step is close to an end.
        segment.level = median(&values[segment.start..segment.end]).unwrap_or(segment.level);
    }
    found
}

/// Fits the step function that minimizes the penalized squared error (the Potts functional, Winkler and Liebscher
/// 2002). Returns its segments in order; the first value of each but the first is a change point.
///
/// Minimized: sum of squared residuals + steps x 3 s^2 ln(length), where s is `noise`, the known standard deviation of
/// the noise. The minimum is exact, by dynamic programming over the place of the last step (Jackson and others 2005).
/// Only those places are kept that are best for some level of the last segment (Maidstone, Hocking, Rigaill and
/// Fearnhead, "On optimal multiple changepoint algorithms for large data", Statistics and Computing 27, 2017): the time
/// is about linear in the length. Values must be finite. Fewer than two values have no step.
pub fn change_points(values: &[f64], noise: f64) -> Vec<ChangePoint> {
    let Some(sums) = Sums::of(values) else {
        return Vec::new();
    };
    let count = values.len();
    let price = PRICE * noise.powi(2) * (count as f64).ln();
    // For the first `end` values: the minimal cost, and the start of the last segment.
    let mut best = vec![(-price, 0)];
    let mut ranges = vec![LevelRange {
        low: f64::NEG_INFINITY,
        high: f64::INFINITY,
        start: 0,
    }];
    for end in 1..=count {
        let cost = |start: usize| best[start].0 + price + sums.residual(start, end);
        let costs = ranges.iter().map(|range| (cost(range.start), range.start));
        let least = costs.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let (least, start) = least.unwrap_or((0.0, 0));
        ranges = with_step(&ranges, end, least + price, &sums, cost);
        best.push((least, start));
    }
    let mut found = Vec::new();
    let mut end = count;
    while end > 0 {
        let start = best[end].1;
        let level = sums.centre + sums.mean(start, end);
        found.push(ChangePoint { start, end, level });
        end = start;
    }
    found.reverse();
    found
}

/// Levels of the last segment for which one start of that segment is the best. Levels count from the centre.
#[derive(Clone, Copy)]
struct LevelRange {
    low: f64,
    high: f64,
    start: usize,
}

/// Takes from each range the levels for which a new segment at `end` is better: those at which the cost of the range
/// exceeds `step_cost`. The cost of a start is a parabola in the level, with its minimum `cost` at the mean.
fn with_step(
    ranges: &[LevelRange],
    end: usize,
    step_cost: f64,
    sums: &Sums,
    cost: impl Fn(usize) -> f64,
) -> Vec<LevelRange> {
    let mut kept: Vec<LevelRange> = Vec::with_capacity(ranges.len() + 2);
    let step = |kept: &mut Vec<LevelRange>, low: f64, high: f64| match kept.last_mut() {
        Some(last) if last.start == end => last.high = high,
        _ if low < high => kept.push(LevelRange {
            low,
            high,
            start: end,
        }),
        _ => {}
    };
    for &LevelRange { low, high, start } in ranges {
        let spare = step_cost - cost(start);
        let half_width = (spare.max(0.0) / (end - start) as f64).sqrt();
        let mean = sums.mean(start, end);
        let (from, to) = (low.max(mean - half_width), high.min(mean + half_width));
        if spare < 0.0 || from > to {
            step(&mut kept, low, high);
            continue;
        }
        step(&mut kept, low, from);
        kept.push(LevelRange {
            low: from,
            high: to,
            start,
        });
        step(&mut kept, to, high);
    }
    kept
}

/// Sums and sums of squares of the first values, as deviations from the median: squares of large values would round
/// the differences away.
struct Sums {
    centre: f64,
    sums: Vec<(f64, f64)>,
}

impl Sums {
    /// None without values.
    fn of(values: &[f64]) -> Option<Self> {
        let centre = median(values)?;
        let mut sums = Vec::with_capacity(values.len() + 1);
        let (mut sum, mut squares) = (0.0, 0.0);
        sums.push((sum, squares));
        for value in values {
            let apart = value - centre;
            sum += apart;
            squares += apart * apart;
            sums.push((sum, squares));
        }
        Some(Self { centre, sums })
    }

    /// Mean deviation from the centre.
    fn mean(&self, start: usize, end: usize) -> f64 {
        (self.sums[end].0 - self.sums[start].0) / (end - start) as f64
    }

    /// Sum of squared deviations from the mean.
    fn residual(&self, start: usize, end: usize) -> f64 {
        let sum = self.sums[end].0 - self.sums[start].0;
        let squares = self.sums[end].1 - self.sums[start].1;
        (squares - sum * sum / (end - start) as f64).max(0.0)
    }
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
        let found = change_points(&flow, neighbour_noise(&flow));
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
            matches!(starts(&values, neighbour_noise(&values))[..], [a, b] if a.abs_diff(25) <= 1 && b.abs_diff(60) <= 1)
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
            !starts(&values, neighbour_noise(&values)).is_empty()
        });
        let alarms = alarms.count();
        assert!(alarms <= 16, "{alarms} of 200");
    }

    #[test]
    fn values_that_wander_or_are_wild_cause_few_steps() {
        let mut random = Random::new(5);
        let (mut seen, mut naive) = (0, 0);
        for _ in 0..100 {
            let mut wander = 0.0;
            let values: Vec<f64> = (0..100)
                .map(|place| {
                    wander = 0.5 * wander + Noise::HeavyTailed.draw(&mut random);
                    wander + if place % 23 == 11 { 0.2 } else { 0.0 }
                })
                .collect();
            seen += usize::from(noisy_change_points(&values, 0.0).len() > 1);
            naive += usize::from(!starts(&values, neighbour_noise(&values)).is_empty());
        }
        assert!(seen <= 25 && naive >= 90, "{seen} and {naive} of 100");
    }

    #[test]
    fn the_level_after_a_late_step_is_that_of_its_own_values() {
        let values = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0];
        let found = noisy_change_points(&values, 0.01);
        assert_eq!((found.len(), found[1].start, found[1].level), (2, 8, 2.0));
    }

    /// The same minimum without leaving out any place of the last step.
    fn minimal_cost(values: &[f64], noise: f64) -> f64 {
        let price = PRICE * noise.powi(2) * (values.len() as f64).ln();
        let sums = Sums::of(values).expect("values");
        let mut best = vec![-price];
        for end in 1..=values.len() {
            let costs = (0..end).map(|start| best[start] + price + sums.residual(start, end));
            best.push(costs.fold(f64::INFINITY, f64::min));
        }
        best[values.len()]
    }

    proptest! {
        #[test]
        fn the_minimum_is_exact(values in prop::collection::vec(-10.0..10.0f64, 1..80), noise in 0.0..5.0f64) {
            let price = PRICE * noise.powi(2) * (values.len() as f64).ln();
            let sums = Sums::of(&values).expect("values");
            let found = change_points(&values, noise);
            let cost = found.iter().map(|step| sums.residual(step.start, step.end)).sum::<f64>()
                + price * (found.len() - 1) as f64;
            prop_assert!((cost - minimal_cost(&values, noise)).abs() < 1e-6);
        }

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
