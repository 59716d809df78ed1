//! The geometric mean of ratios that were measured independently of each other.

use crate::Interval;

/// A mean with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    /// The mean.
    pub value: f64,
    /// Where it lies; none where an end is not known at the level that intervals are asked for.
    pub interval: Option<Interval>,
}

/// The level below which an interval is too weak to be carried on.
const LEVEL: f64 = 0.95;

/// The geometric mean of ratios above zero. Each half of its interval is the root of the sum of the squares of the halves,
/// in logarithms, over their number: errors that do not depend on each other add that way (Taylor, An Introduction to Error
/// Analysis, 3.5). It has one only if all of them have. None without ratios, or if one is not
/// above zero.
pub fn geometric_mean(ratios: &[(f64, Option<Interval>)]) -> Option<Mean> {
    if ratios.is_empty() || ratios.iter().any(|(ratio, _)| !ratio.is_finite() || *ratio <= 0.0) {
        return None;
    }
    let n = ratios.len() as f64;
    let value = (ratios.iter().map(|(ratio, _)| ratio.ln()).sum::<f64>() / n).exp();
    let strong = |ends: &Interval| ends.level >= LEVEL && ends.low > 0.0;
    let known: Option<Vec<(f64, Interval)>> =
        ratios.iter().map(|(ratio, interval)| Some((*ratio, interval.filter(strong)?))).collect();
    let interval = known.map(|known| {
        let half = |end: fn(&Interval) -> f64| {
            known.iter().map(|(ratio, ends)| (end(ends) / ratio).ln().powi(2)).sum::<f64>().sqrt() / n
        };
        let level = known.iter().map(|(_, ends)| ends.level).fold(1.0, f64::min);
        Interval { low: value * (-half(|ends| ends.low)).exp(), high: value * half(|ends| ends.high).exp(), level }
    });
    Some(Mean { value, interval })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::Noise;
    use crate::{Random, median, median_interval};

    fn around(ratio: f64, factor: f64, level: f64) -> (f64, Option<Interval>) {
        (ratio, Some(Interval { low: ratio / factor, high: ratio * factor, level }))
    }

    #[test]
    fn errors_of_several_workloads_average_out() {
        let one = geometric_mean(&[around(2.0, 1.1, 0.97)]).expect("a mean");
        assert!((one.value - 2.0).abs() < 1e-12 && (one.interval.expect("known").high - 2.2).abs() < 1e-12, "{one:?}");
        let four = geometric_mean(&[
            around(1.0, 1.1, 0.97),
            around(16.0, 1.1, 0.96),
            around(4.0, 1.1, 0.97),
            around(4.0, 1.1, 0.97),
        ])
        .expect("a mean");
        let ends = four.interval.expect("known");
        assert!((four.value - 4.0).abs() < 1e-12 && (ends.high - 4.0 * 1.1_f64.sqrt()).abs() < 1e-9, "{four:?}");
        assert_eq!(ends.level, 0.96);
    }

    #[test]
    fn what_is_not_known_of_one_is_not_known_of_the_mean() {
        let mean = geometric_mean(&[around(2.0, 1.1, 0.97), around(2.0, 1.1, 0.75)]).expect("a mean");
        assert_eq!(mean.interval, None);
        assert_eq!(geometric_mean(&[(2.0, None), (8.0, None)]).map(|mean| mean.interval), Some(None));
        assert_eq!(geometric_mean(&[(0.0, None)]), None);
        assert_eq!(geometric_mean(&[]), None);
    }

    #[test]
    fn the_interval_holds_the_mean_about_as_often_as_it_says() {
        let mut random = Random::new(5);
        let held = (0..600)
            .filter(|_| {
                let ratios: Vec<_> = (0..8)
                    .map(|_| {
                        let logs: Vec<f64> = (0..12).map(|_| Noise::Shared.draw(&mut random)).collect();
                        let ends = median_interval(&logs, 0.95).map(|ends| Interval {
                            low: ends.low.exp(),
                            high: ends.high.exp(),
                            ..ends
                        });
                        (median(&logs).expect("values").exp(), ends)
                    })
                    .collect();
                let ends = geometric_mean(&ratios).and_then(|mean| mean.interval).expect("known");
                (ends.low..=ends.high).contains(&1.0)
            })
            .count();
        assert!(held >= 550, "{held} of 600");
    }
}
