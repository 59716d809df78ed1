//! Compares a measured figure with a target or a forecast. The confidence interval decides, not the estimate.

use harness_record::metric::{Better, Figure, LEVEL, Metric};
use harness_record::roadmap::Range;

/// Status of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetStatus {
    /// The whole interval is beyond the far end.
    Ahead,
    /// The whole interval is at the near end or beyond it.
    Met,
    /// The whole interval falls short of the near end.
    Missed,
    /// The interval contains the near end, or there are too few rounds.
    Unclear,
}

/// Status of a forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audit {
    /// The whole interval is beyond the forecast.
    Beaten,
    /// The interval overlaps the forecast, excludes no change, and is narrow beside the forecast: see [`audit`].
    Held,
    /// The whole interval falls short of the forecast.
    Wrong,
    /// The interval overlaps the forecast but is too wide to call it held, or there are too few rounds.
    Unclear,
}

/// A figure with the ends of its confidence interval, if known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// The figure.
    pub figure: Figure,
    /// The worse and the better end of the interval; both are the figure itself for a count. None for too few rounds.
    ends: Option<(f64, f64)>,
}

/// Adds the ends of the interval to a figure, or a ratio of figures, if the interval reaches [`LEVEL`].
pub fn measure(figure: Figure, metric: &Metric) -> Measured {
    let ends = match figure.interval {
        Some(ends) if ends.level >= LEVEL => match metric.better() {
            Better::Higher => Some((ends.low, ends.high)),
            Better::Lower => Some((ends.high, ends.low)),
        },
        Some(_) => None,
        // Counts are exact.
        None => metric.portable().then_some((figure.value, figure.value)),
    };
    Measured { figure, ends }
}

/// Compares a figure with a target.
pub fn stand(measured: &Measured, wanted: &Range, better: Better) -> TargetStatus {
    let Some((worse, best)) = measured.ends else {
        return TargetStatus::Unclear;
    };
    if beyond(worse, wanted.far, better) {
        TargetStatus::Ahead
    } else if worse == wanted.near || beyond(worse, wanted.near, better) {
        TargetStatus::Met
    } else if beyond(wanted.near, best, better) {
        TargetStatus::Missed
    } else {
        TargetStatus::Unclear
    }
}

/// Smallest distance from a forecast that an end of a held interval may have, as a logarithm: 1 %.
const LEAST_SLACK: f64 = 0.01;

/// Compares a change with its forecast. A forecast is only held if no end of the interval is farther from it than half of the
/// forecast change, on a logarithmic scale: a wide interval overlaps any forecast.
pub fn audit(measured: &Measured, forecast: &Range, better: Better) -> Audit {
    let Some((worse, best)) = measured.ends else {
        return Audit::Unclear;
    };
    let within =
        |end: f64, mark: f64| (end / mark).ln().abs() <= (mark.ln().abs() / 2.0).max(LEAST_SLACK);
    let is_narrow = (!beyond(forecast.near, worse, better) || within(worse, forecast.near))
        && (!beyond(best, forecast.far, better) || within(best, forecast.far));
    if beyond(worse, forecast.far, better) {
        Audit::Beaten
    } else if beyond(forecast.near, best, better) {
        Audit::Wrong
    } else if is_narrow && (beyond(worse, 1.0, better) || forecast.near == 1.0) {
        Audit::Held
    } else {
        Audit::Unclear
    }
}

fn beyond(value: f64, mark: f64, better: Better) -> bool {
    match better {
        Better::Higher => value > mark,
        Better::Lower => value < mark,
    }
}

impl TargetStatus {
    /// The status, as printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ahead => "ahead",
            Self::Met => "met",
            Self::Missed => "missed",
            Self::Unclear => "unclear",
        }
    }
}

impl Audit {
    /// The status, as printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Beaten => "beaten",
            Self::Held => "held",
            Self::Wrong => "wrong",
            Self::Unclear => "unclear",
        }
    }
}

#[cfg(test)]
mod tests {
    use harness_abtest::Interval;
    use harness_record::metric;
    use proptest::prelude::*;

    use super::*;

    const LEVEL_OF_THREE: f64 = 0.75;

    fn speed(low: f64, high: f64, level: f64) -> Measured {
        let figure = Figure::with_interval((low + high) / 2.0, Some(Interval { low, high, level }));
        measure(
            figure,
            metric::by_name("tokens-per-second").expect("a metric"),
        )
    }

    fn wanted(near: f64, far: f64) -> Range {
        Range {
            near,
            far,
            relative: true,
        }
    }

    /// One target, and intervals that yield each status.
    #[test]
    fn the_interval_decides_the_status_of_a_target() {
        let stands =
            |low, high, level| stand(&speed(low, high, level), &wanted(2.5, 3.1), Better::Higher);
        assert_eq!(stands(1.0, 2.4, 0.97), TargetStatus::Missed);
        assert_eq!(stands(2.4, 2.6, 0.97), TargetStatus::Unclear);
        assert_eq!(stands(2.5, 2.9, 0.97), TargetStatus::Met);
        assert_eq!(
            stands(2.6, 4.0, 0.97),
            TargetStatus::Met,
            "the interval contains the far end"
        );
        assert_eq!(stands(3.2, 4.0, 0.97), TargetStatus::Ahead);
        assert_eq!(
            stands(3.2, 4.0, LEVEL_OF_THREE),
            TargetStatus::Unclear,
            "three rounds are too few"
        );
    }

    #[test]
    fn the_interval_flips_a_forecast() {
        let audited =
            |low, high| audit(&speed(low, high, 0.97), &wanted(1.15, 1.2), Better::Higher);
        assert_eq!(audited(1.0, 1.1), Audit::Wrong);
        assert_eq!(audited(1.08, 1.16), Audit::Held);
        assert_eq!(
            audited(1.02, 1.16),
            Audit::Unclear,
            "most of the interval falls short"
        );
        assert_eq!(
            audited(1.16, 2.0),
            Audit::Unclear,
            "far above the forecast, too"
        );
        assert_eq!(audited(1.16, 1.3), Audit::Held);
        assert_eq!(audited(1.21, 1.3), Audit::Beaten);
        assert_eq!(
            audited(0.95, 1.4),
            Audit::Unclear,
            "the interval contains no change, too"
        );
        let few = speed(1.21, 1.3, LEVEL_OF_THREE);
        assert_eq!(
            audit(&few, &wanted(1.15, 1.2), Better::Higher),
            Audit::Unclear
        );
    }

    #[test]
    fn a_count_is_exact() {
        let bytes = metric::by_name("bytes-per-unit").expect("a metric");
        let stands = |ratio: f64| {
            stand(
                &measure(Figure::exact(ratio), bytes),
                &wanted(0.2, 0.2),
                Better::Lower,
            )
        };
        assert_eq!(
            [0.21, 0.2, 0.19, 0.0].map(stands),
            [
                TargetStatus::Missed,
                TargetStatus::Met,
                TargetStatus::Ahead,
                TargetStatus::Ahead
            ]
        );
        let unchanged = measure(Figure::exact(1.0), bytes);
        assert_eq!(
            stand(&unchanged, &wanted(1.0, 1.0), Better::Lower),
            TargetStatus::Met
        );
        assert_eq!(
            audit(&unchanged, &wanted(1.0, 1.0), Better::Lower),
            Audit::Held
        );
        // A time without an interval is from one round.
        let time = metric::by_name("time").expect("a metric");
        assert_eq!(
            stand(
                &measure(Figure::exact(0.1), time),
                &wanted(0.2, 0.2),
                Better::Lower
            ),
            TargetStatus::Unclear
        );
    }

    proptest! {
        /// A better figure never has a worse status.
        #[test]
        fn a_better_interval_never_has_a_worse_status(
            low in 0.1..5.0f64, width in 0.0..1.0f64, by in 0.0..3.0f64, near in 0.5..3.0f64, more in 0.0..1.0f64,
        ) {
            let rank = |status| match status {
                TargetStatus::Missed => 0, TargetStatus::Unclear => 1, TargetStatus::Met => 2, TargetStatus::Ahead => 3,
            };
            let at = |shift: f64| stand(
                &speed(low + shift, low + width + shift, 0.97), &wanted(near, near + more), Better::Higher,
            );
            prop_assert!(rank(at(by)) >= rank(at(0.0)));
        }
    }
}
