//! A straight line through points that may contain outliers.

use crate::{Interval, median};

/// `y = level + slope x`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LineFit {
    /// `y` at `x = 0`.
    pub level: f64,
    /// Change of `y` per unit of `x`.
    pub slope: f64,
    /// Sen's 95 % confidence interval of the slope. Its coverage is approximate and assumes independent deviations.
    pub interval: Interval,
}

/// Fits the line of Theil and Sen: the slope is the median of the slopes between all pairs of points, the level the
/// median of the residuals (Sen, "Estimates of the regression coefficient based on Kendall's tau", Journal of the
/// American Statistical Association 63, 1968). Up to 29 % of the points may be arbitrary. None if fewer than three
/// pairs of points differ in `x`.
pub fn line(points: &[(f64, f64)]) -> Option<LineFit> {
    let mut slopes: Vec<f64> = Vec::new();
    for (i, &(x, y)) in points.iter().enumerate() {
        slopes.extend(
            points[..i]
                .iter()
                .filter(|(before, _)| *before != x)
                .map(|(u, v)| (y - v) / (x - u)),
        );
    }
    let slope = median(&slopes)?;
    let rests: Vec<f64> = points.iter().map(|(x, y)| y - slope * x).collect();
    let n = points.len() as f64;
    if slopes.len() < 3 {
        return None;
    }
    slopes.sort_by(f64::total_cmp);
    // Standard deviation of Kendall's S for independent points, times the normal quantile for 95 %.
    let reach = 1.96 * (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt();
    let count = slopes.len() as f64;
    let place = |rank: f64| slopes[(rank.round().max(0.0) as usize).min(slopes.len() - 1)];
    let interval = Interval {
        low: place((count - reach) / 2.0 - 1.0),
        high: place((count + reach) / 2.0),
        level: 0.95,
    };
    Some(LineFit {
        level: median(&rests)?,
        slope,
        interval,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Random;

    #[test]
    fn outliers_do_not_move_the_line() {
        let mut points: Vec<(f64, f64)> = (0..20)
            .map(|x| (f64::from(x), 3.0 + 0.5 * f64::from(x)))
            .collect();
        for place in [3, 7, 11, 19] {
            points[place].1 = 1e6;
        }
        let line = line(&points).expect("enough points");
        assert!(
            (line.slope - 0.5).abs() < 1e-9 && (line.level - 3.0).abs() < 1e-9,
            "{line:?}"
        );
    }

    /// Expected values computed by scipy 1.x: `theilslopes(y, x, 0.95, method="joint")`.
    #[test]
    fn agrees_with_another_implementation() {
        let y = [2.1, 3.9, 6.2, 7.8, 30.0, 12.1, 13.8, 16.3, 18.1, 19.7];
        let points: Vec<(f64, f64)> = (1..).zip(y).map(|(x, y)| (f64::from(x), y)).collect();
        let line = line(&points).expect("enough points");
        let close = |found: f64, expected: f64| (found - expected).abs() < 1e-9;
        assert!(close(line.slope, 1.983_333_333_333_333_2), "{line:?}");
        assert!(
            close(line.interval.low, 1.9) && close(line.interval.high, 2.06),
            "{line:?}"
        );
        assert!(close(line.level, 0.158_333_333_333_334), "{line:?}");
    }

    #[test]
    fn the_interval_covers_the_slope_at_about_its_level() {
        let mut random = Random::new(11);
        let held = (0..1000)
            .filter(|_| {
                let noise = |random: &mut Random| (0..6).map(|_| random.share() - 0.5).sum::<f64>();
                let points: Vec<(f64, f64)> = (0..20)
                    .map(|x| (f64::from(x), 0.1 * f64::from(x) + noise(&mut random)))
                    .collect();
                let Interval { low, high, .. } = line(&points).expect("enough points").interval;
                (low..=high).contains(&0.1)
            })
            .count();
        assert!((930..=985).contains(&held), "{held} of 1000");
    }

    #[test]
    fn too_few_points_have_no_line() {
        assert_eq!(line(&[(1.0, 2.0), (2.0, 3.0)]), None);
        assert_eq!(line(&[(1.0, 2.0), (1.0, 3.0), (1.0, 4.0)]), None);
    }
}
