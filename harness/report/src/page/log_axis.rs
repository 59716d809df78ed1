//! A logarithmic axis from 0 % to 100 % of a width, with marks at 1, 2 and 5 times powers of ten.

/// The axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LogAxis {
    /// The decimal logarithms of its ends.
    low: f64,
    high: f64,
}

/// The most marks on an axis: more would touch each other.
const MOST_TICKS: usize = 5;

/// Space at both ends, in percent, so that no dot is cut.
const MARGIN: f64 = 4.0;

impl LogAxis {
    /// An axis over all positive values; none if there are none.
    pub(super) fn over(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let logs = values
            .into_iter()
            .filter(|value| value.is_finite() && *value > 0.0)
            .map(f64::log10);
        let (low, high) = logs.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), log| {
            (low.min(log), high.max(log))
        });
        // Equal values have an axis too: a tenth of a decade around them.
        let widen = ((0.1 - (high - low)) / 2.0).max(0.0);
        low.is_finite().then_some(Self {
            low: low - widen,
            high: high + widen,
        })
    }

    /// The place of a positive value in percent of the width, to a tenth.
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = (value.log10() - self.low) / (self.high - self.low);
        let percent = MARGIN + share.clamp(0.0, 1.0) * (100.0 - 2.0 * MARGIN);
        (percent * 10.0).round() / 10.0
    }

    /// The marks within the axis, ascending: powers of ten, or also 2 and 5 times those if few powers are within. An axis
    /// between two of these has none.
    pub(super) fn ticks(&self) -> Vec<f64> {
        let decades = self.low.floor() as i32..=self.high.ceil() as i32;
        let within = |steps: &[i32]| -> Vec<f64> {
            let all = decades
                .clone()
                .flat_map(|power| steps.iter().map(move |step| mark(*step, power)));
            all.filter(|value| (self.low..=self.high).contains(&value.log10()))
                .collect()
        };
        let fine = within(&[1, 2, 5]);
        if fine.len() <= MOST_TICKS {
            return fine;
        }
        let coarse = within(&[1]);
        let every = coarse.len().div_ceil(MOST_TICKS).max(1);
        coarse.into_iter().step_by(every).collect()
    }
}

/// `step` times a power of ten, as the nearest floating-point number.
fn mark(step: i32, power: i32) -> f64 {
    format!("{step}e{power}").parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_are_few_and_round() {
        let ticks = |low, high| LogAxis::over([low, high]).expect("positive").ticks();
        assert_eq!(ticks(4.0, 5300.0), [10.0, 100.0, 1000.0]);
        assert_eq!(ticks(0.9, 12.0), [1.0, 2.0, 5.0, 10.0]);
        assert_eq!(ticks(1e-9, 1e9).len(), 5);
        assert_eq!(ticks(0.001, 0.001), [0.001]);
        assert!(ticks(2.3, 4.4).is_empty());
    }

    #[test]
    fn without_positive_values_there_is_no_axis() {
        assert_eq!(LogAxis::over([0.0, f64::NAN, -1.0]), None);
    }

    proptest! {
        #[test]
        fn everything_is_inside_and_in_order(a in 1e-9..1e12f64, b in 1e-9..1e12f64) {
            let axis = LogAxis::over([a, b, 0.0]).expect("positive");
            let (low, high) = (axis.at(a.min(b)), axis.at(a.max(b)));
            prop_assert!(MARGIN <= low && low <= high && high <= 100.0 - MARGIN);
            let ticks = axis.ticks();
            prop_assert!(ticks.len() <= MOST_TICKS && ticks.is_sorted(), "{ticks:?}");
        }
    }
}
