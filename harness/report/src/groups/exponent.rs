//! The exponent of a cost as a power of a size: 1 is proportional, 2 is quadratic, 0 is constant.

use harness_abtest::line;
use harness_record::metric::Figure;

/// Fewest sizes for which Sen's method gives a 95 % interval.
pub(super) const FEWEST_SIZES: usize = 5;

/// The slope of a Theil-Sen line through the logarithms, with its interval; with fewer than [`FEWEST_SIZES`] points, the slope
/// from the first to the last without an interval. None for fewer than two values above zero.
pub(super) fn of(points: &[(f64, Figure)]) -> Option<Figure> {
    let positive = points.iter().filter(|(_, y)| y.value > 0.0);
    let logs: Vec<(f64, f64)> = positive.map(|(x, y)| (x.ln(), y.value.ln())).collect();
    if logs.len() >= FEWEST_SIZES {
        return line(&logs).map(|line| Figure::with_interval(line.slope, Some(line.interval)));
    }
    let ((from, low), (to, high)) = (logs.first()?, logs.last()?);
    (to > from).then(|| Figure::exact((high - low) / (to - from)))
}

/// An exponent as text: `1.04 [0.98, 1.11]`.
pub(super) fn text(exponent: &Figure) -> String {
    let interval = exponent
        .interval
        .map(|ends| format!(" [{:.2}, {:.2}]", ends.low, ends.high));
    format!("{:.2}{}", exponent.value, interval.unwrap_or_default())
}
