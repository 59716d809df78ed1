//! A cost as a power of a size: 1 is proportional, 2 is quadratic, 0 is constant. An exponent is only stated where a power law
//! fits the points.

use harness_abtest::{Interval, line};
use harness_record::metric::{Figure, LEVEL};

/// Fewest sizes that a power law is fitted to.
pub(super) const FEWEST_SIZES: usize = 4;

/// The smallest ratio of the largest to the smallest size that a power law is fitted to.
pub(super) const SMALLEST_SPAN: f64 = 4.0;

/// The largest deviation of a point from a line that is called a power law, as a share.
pub(super) const LARGEST_DEVIATION: f64 = 0.1;

/// Fewest sizes for which Sen's method gives a 95 % interval.
const FEWEST_FOR_INTERVAL: usize = 5;

/// The line through the logarithms of a cost and of a size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PowerLaw {
    /// The slope; with its interval from five sizes on.
    exponent: Figure,
    /// The largest factor between a point and the line, minus 1.
    pub(super) deviation: f64,
}

impl PowerLaw {
    /// The exponent; none if a point deviates from the line by more than [`LARGEST_DEVIATION`].
    pub(super) fn exponent(&self) -> Option<Figure> {
        (self.deviation <= LARGEST_DEVIATION).then_some(self.exponent)
    }

    /// The exponent in words, or that there is none: `exponent 1.04 [0.98, 1.11]`.
    pub(super) fn words(&self) -> String {
        match self.exponent() {
            Some(exponent) => format!("exponent {}", text(&exponent)),
            None => format!(
                "no power law (points deviate up to {:.0} %)",
                self.deviation * 100.0
            ),
        }
    }
}

/// Fits the line of Theil and Sen through the logarithms. None for fewer than [`FEWEST_SIZES`] sizes, for sizes that span less
/// than [`SMALLEST_SPAN`], or if a value is not above zero.
pub(super) fn fit(points: &[(f64, Figure)]) -> Option<PowerLaw> {
    let ((first, _), (last, _)) = (points.first()?, points.last()?);
    let fits = points.len() >= FEWEST_SIZES && last / first >= SMALLEST_SPAN;
    if !fits || points.iter().any(|(_, y)| y.value <= 0.0) {
        return None;
    }
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.value.ln())).collect();
    let line = line(&logs)?;
    let away = |(x, y): &(f64, f64)| (y - line.level - line.slope * x).abs();
    Some(PowerLaw {
        exponent: Figure::with_interval(
            line.slope,
            (points.len() >= FEWEST_FOR_INTERVAL).then_some(line.interval),
        ),
        deviation: logs.iter().map(away).fold(0.0, f64::max).exp_m1(),
    })
}

/// The quotient of two figures that were measured independently of each other. In logarithms, the half-widths of its interval
/// are the roots of the sums of the squared half-widths (Taylor, An Introduction to Error Analysis, 3.5). None if the
/// denominator is not above zero.
pub(super) fn quotient(head: &Figure, base: &Figure) -> Option<Figure> {
    let known = |figure: &Figure| {
        figure
            .interval
            .filter(|ends| ends.level >= LEVEL && ends.low > 0.0)
    };
    let value = head.value / base.value;
    let interval = known(head).zip(known(base)).map(|(head_ends, base_ends)| {
        let root = |a: f64, b: f64| a.ln().hypot(b.ln()).exp();
        Interval {
            low: value / root(head.value / head_ends.low, base_ends.high / base.value),
            high: value * root(head_ends.high / head.value, base.value / base_ends.low),
            level: head_ends.level.min(base_ends.level),
        }
    });
    (base.value > 0.0).then_some(Figure::with_interval(value, interval))
}

/// An exponent as text: `1.04 [0.98, 1.11]`.
pub(super) fn text(exponent: &Figure) -> String {
    let interval = exponent
        .interval
        .map(|ends| format!(" [{:.2}, {:.2}]", ends.low, ends.high));
    format!("{:.2}{}", exponent.value, interval.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn points(sizes: &[f64], cost: impl Fn(f64) -> f64) -> Vec<(f64, Figure)> {
        sizes
            .iter()
            .map(|&size| (size, Figure::exact(cost(size))))
            .collect()
    }

    const SIZES: [f64; 5] = [8.0, 16.0, 32.0, 64.0, 128.0];

    #[test]
    fn a_constant_with_one_step_at_the_end_is_no_power_law() {
        let points = points(&SIZES, |size| if size > 100.0 { 2.91 } else { 1.0 });
        let law = fit(&points).expect("enough sizes");
        assert_eq!(law.exponent(), None, "{law:?}");
        assert!(law.deviation > 1.0, "{law:?}");
        assert!(law.words().contains("no power law"), "{}", law.words());
    }

    #[test]
    fn few_or_near_sizes_have_no_exponent() {
        let linear = |size: f64| size;
        assert_eq!(fit(&points(&SIZES[..3], linear)), None, "three sizes");
        assert_eq!(fit(&points(&[10.0, 12.0, 14.0, 16.0], linear)), None);
        assert_eq!(fit(&points(&SIZES, |_| 0.0)), None, "zeros");
        let four = fit(&points(&SIZES[..4], linear)).expect("enough");
        let exponent = four.exponent().expect("a line");
        assert_eq!((exponent.value, exponent.interval), (1.0, None));
    }

    #[test]
    fn a_quotient_has_the_wider_interval() {
        let figure = |value: f64, share: f64| {
            let ends = Interval {
                low: value / (1.0 + share),
                high: value * (1.0 + share),
                level: 0.96,
            };
            Figure::with_interval(value, Some(ends))
        };
        let found = quotient(&figure(6.0, 0.1), &figure(2.0, 0.1)).expect("above zero");
        let ends = found.interval.expect("both are known");
        assert!((found.value - 3.0).abs() < 1e-12);
        let wider = (1.1_f64.ln() * 2.0_f64.sqrt()).exp();
        assert!((ends.high / 3.0 - wider).abs() < 1e-9 && (3.0 / ends.low - wider).abs() < 1e-9);
        let exact = quotient(&figure(6.0, 0.1), &Figure::exact(2.0)).expect("above zero");
        assert_eq!(exact.interval, None);
        assert_eq!(quotient(&figure(6.0, 0.1), &Figure::exact(0.0)), None);
    }

    proptest! {
        /// Where an exponent is stated, it agrees with the ratio of the ends: both ends lie near the line.
        #[test]
        fn an_exponent_agrees_with_the_ends(costs in prop::collection::vec(1.0..2.0f64, 5), power in -1.0..3.0f64) {
            let points: Vec<(f64, Figure)> = SIZES
                .iter()
                .zip(&costs)
                .map(|(&size, cost)| (size, Figure::exact(size.powf(power) * cost)))
                .collect();
            let law = fit(&points).expect("enough sizes");
            if let Some(exponent) = law.exponent() {
                let by_law = (SIZES[4] / SIZES[0]).powf(exponent.value);
                let measured = points[4].1.value / points[0].1.value;
                let most = 2.0 * LARGEST_DEVIATION.ln_1p() + 1e-9;
                prop_assert!((by_law / measured).ln().abs() <= most, "{by_law} {measured}");
            }
        }
    }
}
