//! Exact confidence interval of a proportion.

use crate::Interval;

/// Bisection steps for an end: they halve the range from 0 to 1 down to the resolution of `f64`.
const HALVINGS: usize = 60;

/// Returns the interval of Clopper and Pearson for the probability of an event that occurred `count` times in `of`
/// trials ("The use of confidence or fiducial limits illustrated in the case of the binomial", Biometrika 26, 1934).
/// Without trials it is 0 to 1.
///
/// Guarantee: for independent trials each end is wrong with probability at most `(1 - level) / 2`, whatever the true
/// probability is. At a level of 0.9 each end alone therefore holds at 95 %.
pub fn share_interval(count: usize, of: usize, level: f64) -> Interval {
    let beyond = (1.0 - level) / 2.0;
    let (mut low, mut high) = (0.0, 1.0);
    if count > 0 {
        // The share at which `count` or more events have probability `beyond`.
        low = root(|share| 1.0 - at_most(count - 1, of, share) >= beyond);
    }
    if count < of {
        // The share at which `count` or fewer events have probability `beyond`.
        high = root(|share| at_most(count, of, share) <= beyond);
    }
    Interval { low, high, level }
}

/// Finds the smallest share from which on `holds` is true, by bisection.
fn root(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut below, mut above) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(below, above);
        if holds(middle) {
            above = middle
        } else {
            below = middle
        }
    }
    f64::midpoint(below, above)
}

/// P(Bin(of, share) <= count), for a share strictly between 0 and 1.
fn at_most(count: usize, of: usize, share: f64) -> f64 {
    // In logarithms: a single term leaves the range of f64 from about 1000 trials on.
    let (log_yes, log_no) = (share.ln(), (-share).ln_1p());
    let mut log_term = of as f64 * log_no;
    let mut sum = log_term.exp();
    for i in 1..=count {
        log_term += ((of - i + 1) as f64 / i as f64).ln() + log_yes - log_no;
        sum += log_term.exp();
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Ends of the 95 % interval as printed in statistical tables, to four digits.
    #[test]
    fn agrees_with_the_published_tables() {
        for (count, of, low, high) in [
            (0, 10, 0.0, 0.3085),
            (1, 10, 0.0025, 0.4450),
            (5, 10, 0.1871, 0.8129),
            (10, 10, 0.6915, 1.0),
            (2, 20, 0.0123, 0.3170),
            (15, 20, 0.5090, 0.9134),
            (0, 30, 0.0, 0.1157),
            (1, 100, 0.0003, 0.0545),
            (50, 100, 0.3983, 0.6017),
        ] {
            let interval = share_interval(count, of, 0.95);
            let close = |found: f64, published: f64| (found - published).abs() < 6e-5;
            assert!(
                close(interval.low, low) && close(interval.high, high),
                "{count} of {of}: {interval:?}"
            );
        }
    }

    #[test]
    fn zero_events_have_a_bound_in_closed_form() {
        for of in [1_usize, 20, 300, 10_000] {
            let interval = share_interval(0, of, 0.9);
            let exact = 1.0 - 0.05_f64.powf(1.0 / of as f64);
            assert!(
                interval.low == 0.0 && (interval.high - exact).abs() < 1e-12,
                "{of}: {interval:?}"
            );
        }
        let nothing = share_interval(0, 0, 0.9);
        assert_eq!((nothing.low, nothing.high), (0.0, 1.0));
    }

    /// Exact, by summation over every outcome.
    #[test]
    fn each_end_is_wrong_at_most_at_its_rate() {
        let of = 40;
        let intervals: Vec<Interval> = (0..=of)
            .map(|count| share_interval(count, of, 0.9))
            .collect();
        for share in [0.001, 0.01, 0.1, 0.3, 0.5, 0.77, 0.99] {
            let mass = |count: usize| {
                let before = if count == 0 {
                    0.0
                } else {
                    at_most(count - 1, of, share)
                };
                at_most(count, of, share) - before
            };
            let wrong = |is_wrong: &dyn Fn(&Interval) -> bool| -> f64 {
                (0..=of)
                    .filter(|&count| is_wrong(&intervals[count]))
                    .map(mass)
                    .sum()
            };
            let (low, high) = (
                wrong(&|ends| ends.low > share),
                wrong(&|ends| ends.high < share),
            );
            assert!(
                low <= 0.05 + 1e-9 && high <= 0.05 + 1e-9,
                "{share}: {low} and {high}"
            );
        }
    }

    proptest! {
        #[test]
        fn the_interval_contains_the_share_and_mirrors_the_complement(of in 1..2000_usize, part in 0.0..=1.0f64) {
            let count = (of as f64 * part) as usize;
            let (yes, no) = (share_interval(count, of, 0.9), share_interval(of - count, of, 0.9));
            let share = count as f64 / of as f64;
            prop_assert!(yes.low <= share && share <= yes.high);
            prop_assert!((yes.low - (1.0 - no.high)).abs() < 1e-9 && (yes.high - (1.0 - no.low)).abs() < 1e-9);
        }
    }
}
