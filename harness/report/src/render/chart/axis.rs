//! The logarithmic axis: equal distances are equal ratios.

/// Maps `low` to `high`, both above zero, onto 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LogAxis {
    low: f64,
    high: f64,
}

impl LogAxis {
    /// The axis from the round number (1, 2 or 5 times a power of ten) at or below the smallest value to the one at or above
    /// the largest. Values that are not above zero are ignored; none if no value is above zero.
    pub(super) fn over(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let placed = values
            .into_iter()
            .filter(|value| value.is_finite() && *value > 0.0);
        let (low, high) = placed.fold(None, |ends: Option<(f64, f64)>, value| {
            Some(ends.map_or((value, value), |(low, high)| {
                (low.min(value), high.max(value))
            }))
        })?;
        let (low, high) = (round_down(low), round_up(high));
        Some(if high / low < 1.5 {
            Self {
                low: round_down(low * 0.99),
                high: round_up(high * 1.01),
            }
        } else {
            Self { low, high }
        })
    }

    /// The position of a value, 0 to 1.
    pub(super) fn place(&self, value: f64) -> f64 {
        (value.ln() - self.low.ln()) / (self.high.ln() - self.low.ln())
    }

    /// The labelled values: about `wanted` powers of ten, or 1, 2 and 5 times powers of ten if the axis spans less than two
    /// decades.
    pub(super) fn ticks(&self, wanted: usize) -> Vec<f64> {
        let decades = self.high.log10() - self.low.log10();
        let inside = |value: &f64| *value >= self.low * 0.9999 && *value <= self.high * 1.0001;
        let (first, last) = (
            self.low.log10().floor() as i32,
            self.high.log10().ceil() as i32,
        );
        if decades < 2.0 {
            let steps = (first..=last)
                .flat_map(|power| [1.0, 2.0, 5.0].map(|step| step * 10f64.powi(power)));
            return steps.filter(inside).collect();
        }
        let stride = (decades / wanted.max(1) as f64).ceil().max(1.0) as usize;
        (first..=last)
            .step_by(stride)
            .map(|power| 10f64.powi(power))
            .filter(inside)
            .collect()
    }
}

fn round_down(value: f64) -> f64 {
    let power = 10f64.powi(value.log10().floor() as i32);
    [5.0, 2.0, 1.0]
        .map(|step| step * power)
        .into_iter()
        .find(|step| *step <= value * 1.0001)
        .unwrap_or(power)
}

/// The round number (1, 2 or 5 times a power of ten) at or above a value.
pub(super) fn round_up(value: f64) -> f64 {
    let power = 10f64.powi(value.log10().floor() as i32);
    let steps = [1.0, 2.0, 5.0].map(|step| step * power);
    steps
        .into_iter()
        .find(|step| *step >= value * 0.9999)
        .unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ends_are_round_numbers() {
        assert_eq!(
            LogAxis::over([3.1, 4620.0]),
            Some(LogAxis {
                low: 2.0,
                high: 5000.0
            })
        );
        assert_eq!(LogAxis::over([0.0, -1.0, f64::NAN]), None);
        let one = LogAxis::over([1.0]).expect("one value");
        assert!(one.place(1.0) > 0.1 && one.place(1.0) < 0.9, "{one:?}");
    }

    #[test]
    fn ticks_are_powers_of_ten_where_there_is_room() {
        let axis = LogAxis::over([3.1, 4620.0]).expect("values");
        assert_eq!(axis.ticks(6), [10.0, 100.0, 1000.0]);
        let narrow = LogAxis::over([120.0, 480.0]).expect("values");
        assert_eq!(narrow.ticks(6), [100.0, 200.0, 500.0]);
        let wide = LogAxis::over([1.0, 1e12]).expect("values");
        assert!(wide.ticks(6).len() <= 7);
    }

    proptest! {
        #[test]
        fn every_value_has_its_place(values in prop::collection::vec(1e-9..1e12f64, 1..20)) {
            let axis = LogAxis::over(values.iter().copied()).expect("all above zero");
            for value in values {
                let place = axis.place(value);
                prop_assert!((-0.001..=1.001).contains(&place), "{value} at {place}");
            }
            prop_assert!(!axis.ticks(6).is_empty());
        }
    }
}
