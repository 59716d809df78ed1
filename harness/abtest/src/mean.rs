//! Geometric mean of ratios that were measured independently, and the interval of a mean from a standard deviation.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::{Interval, LEAST_ROUNDS};

/// A mean with its confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    /// The mean.
    pub value: f64,
    /// Confidence interval of the mean; none if a ratio has no interval of at least 95 %.
    pub interval: Option<Interval>,
}

/// Lowest level of an interval that is propagated.
const LEVEL: f64 = 0.95;

/// Returns the geometric mean of ratios above zero. None without ratios, or if a ratio is not finite and above zero.
///
/// The half-widths of the interval follow the propagation of independent errors (Taylor, An Introduction to Error
/// Analysis, 3.5): in logarithms, the root of the sum of the squared half-widths, divided by the number of ratios.
/// The mean has an interval only if all ratios have one. Its level is approximate; it holds for normal errors of the
/// logarithms.
pub fn geometric_mean(ratios: &[(f64, Option<Interval>)]) -> Option<Mean> {
    if ratios.is_empty()
        || ratios
            .iter()
            .any(|(ratio, _)| !ratio.is_finite() || *ratio <= 0.0)
    {
        return None;
    }
    let n = ratios.len() as f64;
    let value = (ratios.iter().map(|(ratio, _)| ratio.ln()).sum::<f64>() / n).exp();
    let strong = |ends: &Interval| ends.level >= LEVEL && ends.low > 0.0;
    let known: Option<Vec<(f64, Interval)>> = ratios
        .iter()
        .map(|(ratio, interval)| Some((*ratio, interval.filter(strong)?)))
        .collect();
    let interval = known.map(|known| {
        let half = |end: fn(&Interval) -> f64| {
            known
                .iter()
                .map(|(ratio, ends)| (end(ends) / ratio).ln().powi(2))
                .sum::<f64>()
                .sqrt()
                / n
        };
        let level = known.iter().map(|(_, ends)| ends.level).fold(1.0, f64::min);
        Interval {
            low: value * (-half(|ends| ends.low)).exp(),
            high: value * half(|ends| ends.high).exp(),
            level,
        }
    });
    Some(Mean { value, interval })
}

/// Student's t interval of the arithmetic mean of times from their standard deviation (Student, Biometrika 6, 1908). A
/// time is not negative, so neither is the lower end. None below [`LEAST_ROUNDS`] values.
pub fn interval_of_mean(mean: f64, deviation: f64, count: u64, level: f64) -> Option<Interval> {
    if count < LEAST_ROUNDS as u64 {
        return None;
    }
    let t = StudentsT::new(0.0, 1.0, count as f64 - 1.0)
        .ok()?
        .inverse_cdf((1.0 + level) / 2.0);
    let half = t * deviation / (count as f64).sqrt();
    Some(Interval {
        low: (mean - half).max(0.0),
        high: mean + half,
        level,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::Noise;
    use crate::{Random, median, median_interval};

    fn around(ratio: f64, factor: f64, level: f64) -> (f64, Option<Interval>) {
        (
            ratio,
            Some(Interval {
                low: ratio / factor,
                high: ratio * factor,
                level,
            }),
        )
    }

    #[test]
    fn errors_of_several_workloads_average_out() {
        let one = geometric_mean(&[around(2.0, 1.1, 0.97)]).expect("a mean");
        assert!(
            (one.value - 2.0).abs() < 1e-12
                && (one.interval.expect("known").high - 2.2).abs() < 1e-12,
            "{one:?}"
        );
        let four = geometric_mean(&[
            around(1.0, 1.1, 0.97),
            around(16.0, 1.1, 0.96),
            around(4.0, 1.1, 0.97),
            around(4.0, 1.1, 0.97),
        ])
        .expect("a mean");
        let ends = four.interval.expect("known");
        assert!(
            (four.value - 4.0).abs() < 1e-12 && (ends.high - 4.0 * 1.1_f64.sqrt()).abs() < 1e-9,
            "{four:?}"
        );
        assert_eq!(ends.level, 0.96);
    }

    #[test]
    fn one_missing_interval_leaves_the_mean_without_one() {
        let mean =
            geometric_mean(&[around(2.0, 1.1, 0.97), around(2.0, 1.1, 0.75)]).expect("a mean");
        assert_eq!(mean.interval, None);
        assert_eq!(
            geometric_mean(&[(2.0, None), (8.0, None)]).map(|mean| mean.interval),
            Some(None)
        );
        assert_eq!(geometric_mean(&[(0.0, None)]), None);
        assert_eq!(geometric_mean(&[]), None);
    }

    #[test]
    fn the_interval_covers_the_mean_at_about_its_level() {
        let mut random = Random::new(5);
        let held = (0..600)
            .filter(|_| {
                let ratios: Vec<_> = (0..8)
                    .map(|_| {
                        let logs: Vec<f64> =
                            (0..12).map(|_| Noise::Shared.draw(&mut random)).collect();
                        let ends = median_interval(&logs, 0.95).map(|ends| Interval {
                            low: ends.low.exp(),
                            high: ends.high.exp(),
                            ..ends
                        });
                        (median(&logs).expect("values").exp(), ends)
                    })
                    .collect();
                let ends = geometric_mean(&ratios)
                    .and_then(|mean| mean.interval)
                    .expect("known");
                (ends.low..=ends.high).contains(&1.0)
            })
            .count();
        assert!(held >= 550, "{held} of 600");
    }
}
