//! Sparklines: a series as one line of bars.

/// Bars of eight heights, the lowest first.
pub const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws the last `longest` values as bars, scaled from the lowest to the highest. Equal values get bars of half height.
pub fn sparkline(values: &[f64], longest: usize) -> String {
    let shown = &values[values.len().saturating_sub(longest)..];
    let low = shown.iter().copied().fold(f64::INFINITY, f64::min);
    let high = shown.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let bar = |value: &f64| match high - low {
        range if range > 0.0 => BARS[((value - low) / range * 7.0).round() as usize % BARS.len()],
        _ => BARS[3],
    };
    shown.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bars_reach_from_the_lowest_to_the_highest() {
        assert_eq!(sparkline(&[0.0, 1.0, 2.0, 7.0], 9), "▁▂▃█");
        assert_eq!(sparkline(&[9.0, 0.0, 7.0], 2), "▁█");
        assert_eq!(sparkline(&[5.0, 5.0], 9), "▄▄");
        assert_eq!(sparkline(&[], 9), "");
    }

    proptest! {
        #[test]
        fn every_series_has_a_bar_for_each_value(values in prop::collection::vec(-1e300..1e300f64, 0..40)) {
            prop_assert_eq!(sparkline(&values, 24).chars().count(), values.len().min(24));
        }
    }
}
