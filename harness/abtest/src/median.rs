//! Medians and quantiles, with distribution-free intervals.
//!
//! Wall times have long tails and steps; medians and order statistics represent both. The interval is the standard
//! one from the binomial distribution. If the values are independent and have the same continuous distribution, the
//! median lies between the k-th smallest and the k-th largest of n values with probability 1 - 2 P(Bin(n, 1/2) < k)
//! (Conover, Practical Nonparametric Statistics, 3.2).

use serde::{Deserialize, Serialize};

/// A confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Confidence level: the probability that such an interval contains the true value, 0 to 1.
    pub level: f64,
}

impl Interval {
    /// True if the interval has at least this level and does not contain `value`.
    pub fn excludes(&self, value: f64, level: f64) -> bool {
        self.level >= level && !(self.low..=self.high).contains(&value)
    }

    /// Converts both ends by an increasing function, such as `f64::exp`. The level stays.
    #[must_use]
    pub fn map(self, increasing: impl Fn(f64) -> f64) -> Self {
        Self {
            low: increasing(self.low),
            high: increasing(self.high),
            level: self.level,
        }
    }
}

/// Returns the median; none if there are no values.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// Returns the `q` quantile, `q` from 0 to 1, by linear interpolation between order statistics (type 7 of Hyndman and
/// Fan 1996). None if there are no values.
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    let sorted = sorted(values);
    let last = sorted.len().checked_sub(1)?;
    let place = q.clamp(0.0, 1.0) * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    Some(sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64))
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// Returns the narrowest order-statistic interval of the median that reaches `level`. If there are too few values,
/// returns the widest interval, whose own `level` is then lower. None for fewer than two values.
pub fn median_interval(values: &[f64], level: f64) -> Option<Interval> {
    let n = values.len();
    if n < 2 {
        return None;
    }
    let sorted = sorted(values);
    // P(Bin(n, 1/2) = i), summed from i = 0: the probability that the median lies below the (i + 1)-th smallest
    // value. In logarithms because 2^-n is below the range of f64 from n = 1075 on.
    let mut log_term = -(n as f64) * std::f64::consts::LN_2;
    let mut tail = log_term.exp();
    let mut best = (0, 1.0 - 2.0 * tail);
    for i in 1..n.div_ceil(2) {
        log_term += ((n - i + 1) as f64 / i as f64).ln();
        tail += log_term.exp();
        let reached = 1.0 - 2.0 * tail;
        if reached < level {
            break;
        }
        best = (i, reached);
    }
    Some(Interval {
        low: sorted[best.0],
        high: sorted[n - 1 - best.0],
        level: best.1,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn interpolates_as_type_seven() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(median(&values), Some(2.5));
        assert_eq!(quantile(&values, 0.0), Some(1.0));
        assert_eq!(quantile(&values, 1.0), Some(4.0));
        assert_eq!(quantile(&values, 0.25), Some(1.75));
        assert_eq!(median(&[]), None);
    }

    /// Published table of ranks for the 95 % interval of a median: n, rank of the lower end, level reached.
    #[test]
    fn agrees_with_the_published_ranks() {
        for (n, rank, reached) in [
            (6, 1, 0.969),
            (8, 1, 0.992),
            (9, 2, 0.961),
            (10, 2, 0.979),
            (15, 4, 0.965),
            (20, 6, 0.959),
            (30, 10, 0.957),
        ] {
            let values: Vec<f64> = (1..=n).map(f64::from).collect();
            let interval = median_interval(&values, 0.95).expect("enough values");
            assert_eq!(
                (interval.low, interval.high),
                (f64::from(rank), f64::from(n + 1 - rank)),
                "n = {n}"
            );
            assert!(
                (interval.level - reached).abs() < 6e-4,
                "n = {n}: {}",
                interval.level
            );
        }
    }

    #[test]
    fn too_few_values_reach_a_lower_level() {
        let interval = median_interval(&[3.0, 1.0, 2.0], 0.95).expect("three values");
        assert_eq!(
            interval,
            Interval {
                low: 1.0,
                high: 3.0,
                level: 0.75
            }
        );
        assert_eq!(median_interval(&[1.0], 0.95), None);
        assert!(interval.excludes(4.0, 0.75) && !interval.excludes(2.0, 0.75));
        assert!(
            !interval.excludes(4.0, 0.95),
            "three values prove nothing at that level"
        );
    }

    proptest! {
        #[test]
        fn the_interval_contains_the_median(values in prop::collection::vec(-1e9..1e9f64, 2..2000)) {
            let middle = median(&values).expect("not empty");
            let interval = median_interval(&values, 0.95).expect("at least two");
            prop_assert!(interval.low <= middle && middle <= interval.high);
            prop_assert!(interval.level >= 0.5 && interval.level <= 1.0);
        }
    }
}
