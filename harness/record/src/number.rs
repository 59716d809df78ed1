//! Numbers for people: three significant digits, with a unit that fits the size.
//!
//! For display only; computations use the exact value.

use harness_abtest::Interval;

use crate::metric::{Figure, Quantity};

/// The multiplication sign that ratios begin with.
const TIMES: char = 'x';

/// A figure with its unit, and its interval if it has one: `1.23 ms ±0.02`.
pub fn figure(quantity: Quantity, figure: &Figure) -> String {
    match figure.interval {
        Some(interval) => with_interval(quantity, figure.value, &interval),
        None => plain(quantity, figure.value),
    }
}

/// A value with its unit: `1.23 ms`, `51.5 MB`, `12.3 k`.
pub fn plain(quantity: Quantity, value: f64) -> String {
    let scale = Scale::of(quantity, value);
    join(&scale.digits(value), scale.unit)
}

/// A value and the ends of its interval, all in one unit: `1.23 ms [1.20, 1.31]`.
pub fn range(quantity: Quantity, value: f64, interval: &Interval) -> String {
    let scale = Scale::of(quantity, value);
    let decimals = scale.decimals(value, half_width(value, interval));
    let end = |value: f64| format!("{:.decimals$}", value / scale.factor);
    format!(
        "{} [{}, {}]",
        join(&end(value), scale.unit),
        end(interval.low),
        end(interval.high)
    )
}

/// `head / base` as a factor: `x12.3`, `x0.981`, `x812`; small ones as a fraction: `x1/30.1`, `x1/25.1k`.
pub fn ratio(ratio: f64) -> String {
    if ratio > 0.0 && ratio < 0.1 {
        return format!(
            "{TIMES}1/{}",
            plain(Quantity::PerSecond, 1.0 / ratio).replace(' ', "")
        );
    }
    format!("{TIMES}{}", significant(ratio))
}

/// `head / base` as a factor with the ends of its interval: `x12.3 [12.1, 12.6]`.
pub fn ratio_range(value: f64, interval: &Interval) -> String {
    if value > 0.0 && value < 0.1 && interval.low > 0.0 {
        let end = |end: f64| ratio(end).replacen(TIMES, "", 1);
        return format!(
            "{} [{}, {}]",
            ratio(value),
            end(interval.low),
            end(interval.high)
        );
    }
    let decimals = decimals_for(value, half_width(value, interval));
    format!(
        "{TIMES}{value:.decimals$} [{:.decimals$}, {:.decimals$}]",
        interval.low, interval.high
    )
}

/// `head / base` as a difference: `+1.2 %`, `-34 %`, `0 %`.
pub fn percent(ratio: f64) -> String {
    let percent = (ratio - 1.0) * 100.0;
    let decimals = match percent.abs() {
        0.0 => return "0 %".to_owned(),
        // Two significant digits, so that a small change is never shown as zero.
        size if size < 0.01 => 1 - size.log10().floor() as i32,
        size if size < 1.0 => 2,
        size if size < 10.0 => 1,
        _ => 0,
    };
    format!("{percent:+.0$} %", decimals as usize)
}

/// A number without a unit: a whole number below 10 000 in full, else three significant digits with `k`, `M`, `G`, `T`.
pub fn count(value: f64) -> String {
    plain(Quantity::Blocks, value)
}

/// All digits of a number, in groups of three before the point.
pub fn exact(value: f64) -> String {
    let text = value.to_string();
    let (whole, fraction) = text
        .split_once('.')
        .map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let mut grouped = String::new();
    for (place, digit) in whole.char_indices() {
        if place > 0
            && (whole.len() - place).is_multiple_of(3)
            && digit.is_ascii_digit()
            && !grouped.ends_with('-')
        {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    fraction.map_or(grouped.clone(), |fraction| format!("{grouped}.{fraction}"))
}

/// The base unit of a quantity.
pub fn base_unit(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Seconds => "s",
        Quantity::PerSecond => "1/s",
        Quantity::Bytes => "B",
        Quantity::Instructions => "Ir",
        Quantity::Blocks => "blocks",
    }
}

/// A unit and its size in base units.
struct Scale {
    unit: &'static str,
    factor: f64,
    /// True if the value is shown as a whole number, without decimals.
    whole: bool,
}

impl Scale {
    fn of(quantity: Quantity, value: f64) -> Self {
        const TIME: [(&str, f64); 4] = [("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)];
        const BYTES: [(&str, f64); 5] = [
            ("TB", 1e12),
            ("GB", 1e9),
            ("MB", 1e6),
            ("KB", 1e3),
            ("B", 1.0),
        ];
        const COUNT: [(&str, f64); 5] =
            [("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3), ("", 1.0)];
        let size = value.abs();
        let (units, exact_below, whole): (&[(&str, f64)], f64, bool) = match quantity {
            Quantity::Seconds => (&TIME, 0.0, false),
            Quantity::Bytes => (&BYTES, 1e3, true),
            Quantity::Instructions | Quantity::Blocks => (&COUNT, 1e4, true),
            Quantity::PerSecond => (&COUNT, 1e4, false),
        };
        let smallest = units.len() - 1;
        if size < exact_below {
            let (unit, factor) = units[smallest];
            return Self {
                unit,
                factor,
                whole: whole && value.fract() == 0.0,
            };
        }
        // 999.6 ms rounds to 1000 ms, which is written as 1.00 s.
        let fits = |&&(_, factor): &&(&str, f64)| size / factor >= 0.9995;
        let zero = if quantity == Quantity::Seconds {
            units[0]
        } else {
            units[smallest]
        };
        let (unit, factor) = match size {
            0.0 => zero,
            _ => units.iter().find(fits).copied().unwrap_or(units[smallest]),
        };
        Self {
            unit,
            factor,
            whole: false,
        }
    }

    fn digits(&self, value: f64) -> String {
        if self.whole {
            format!("{value:.0}")
        } else {
            significant(value / self.factor)
        }
    }

    fn decimals(&self, value: f64, half_width: f64) -> usize {
        if self.whole {
            0
        } else {
            decimals_for(value / self.factor, half_width / self.factor)
        }
    }
}

fn with_interval(quantity: Quantity, value: f64, interval: &Interval) -> String {
    let scale = Scale::of(quantity, value);
    let half = half_width(value, interval);
    let decimals = scale.decimals(value, half);
    let middle = format!("{:.decimals$}", value / scale.factor);
    format!(
        "{} ±{:.decimals$}",
        join(&middle, scale.unit),
        half / scale.factor
    )
}

/// The wider half of an interval, so that `±` covers both halves.
fn half_width(value: f64, interval: &Interval) -> f64 {
    (value - interval.low)
        .abs()
        .max((interval.high - value).abs())
}

fn join(digits: &str, unit: &str) -> String {
    if unit.is_empty() {
        digits.to_owned()
    } else {
        format!("{digits} {unit}")
    }
}

/// Three significant digits, or all digits of a longer whole part; zero without decimals.
fn significant(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if value.abs() < 1e-3 {
        return format!("{value:.1e}");
    }
    format!("{value:.*}", decimals_for(value, f64::INFINITY))
}

/// The number of decimals for three significant digits, and up to two more if the half-width of the interval would otherwise
/// round to zero.
fn decimals_for(value: f64, half_width: f64) -> usize {
    let three = |value: f64| {
        if value == 0.0 {
            0
        } else {
            (2 - value.abs().log10().floor() as i32).clamp(0, 6)
        }
    };
    let mut decimals = three(value);
    // 9.996 has two decimals by its size but becomes 10.00 when rounded: one digit too many.
    let rounded = format!("{value:.*}", decimals as usize)
        .parse()
        .unwrap_or(value);
    decimals = decimals.min(three(rounded));
    let widest = decimals + 2;
    while half_width > 0.0 && decimals < widest && half_width < 0.5 * 10f64.powi(-decimals) {
        decimals += 1;
    }
    decimals as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_exact() {
        assert_eq!(exact(0.0), "0");
        assert_eq!(exact(123.0), "123");
        assert_eq!(exact(1_234_567.0), "1,234,567");
        assert_eq!(exact(1234.5), "1,234.5");
        assert_eq!(exact(-1234.0), "-1,234");
        assert_eq!(exact(-123.0), "-123");
        assert_eq!(exact(9_007_199_254_740_991.0), "9,007,199,254,740,991");
    }

    #[test]
    fn durations_choose_their_unit() {
        let seconds = |value| plain(Quantity::Seconds, value);
        let expected = [
            (0.0, "0 s"),
            (2.5e-10, "0.250 ns"),
            (4.56e-9, "4.56 ns"),
            (1.234e-6, "1.23 µs"),
            (12.34e-3, "12.3 ms"),
            (0.16512, "165 ms"),
            (0.9996, "1.00 s"),
            (9.996e-3, "10.0 ms"),
            (25.453, "25.5 s"),
            (1234.5, "1234 s"),
        ];
        for (value, text) in expected {
            assert_eq!(seconds(value), text, "{value}");
        }
    }

    #[test]
    fn bytes_are_decimal_and_whole_when_small() {
        let bytes = |value| plain(Quantity::Bytes, value);
        let expected = [
            (0.0, "0 B"),
            (1.0, "1 B"),
            (0.5, "0.500 B"),
            (999.0, "999 B"),
            (1000.0, "1.00 KB"),
            (51.5e6, "51.5 MB"),
            (7_579.78e6, "7.58 GB"),
        ];
        for (value, text) in expected {
            assert_eq!(bytes(value), text, "{value}");
        }
    }

    #[test]
    fn counts_are_exact_below_ten_thousand() {
        let expected = [
            (0.0, "0"),
            (7.0, "7"),
            (9999.0, "9999"),
            (10_000.0, "10.0 k"),
            (1_234_567.0, "1.23 M"),
            (1.0e9, "1.00 G"),
            (2.5, "2.50"),
        ];
        for (value, text) in expected {
            assert_eq!(count(value), text, "{value}");
        }
        assert_eq!(plain(Quantity::PerSecond, 6.4), "6.40");
        assert_eq!(plain(Quantity::PerSecond, 4321.0), "4321");
    }

    #[test]
    fn ratios_and_differences() {
        assert_eq!(ratio(12.34), "x12.3");
        assert_eq!(ratio(1.0), "x1.00");
        assert_eq!(ratio(0.123), "x0.123");
        assert_eq!(ratio(0.0123), "x1/81.3");
        assert_eq!(ratio(812.4), "x812");
        assert_eq!(ratio(0.0), "x0");
        assert_eq!(ratio(0.00001), "x1/100k");
        assert_eq!(percent(1.0123), "+1.2 %");
        assert_eq!(percent(0.66), "-34 %");
        assert_eq!(percent(1.0), "0 %");
        assert_eq!(percent(1.001), "+0.10 %");
        assert_eq!(percent(1.00002), "+0.0020 %");
        assert_eq!(percent(1.0 - 1.0 / 4e9), "-0.000000025 %");
    }

    #[test]
    fn intervals_are_in_the_value_s_unit() {
        let interval = Interval {
            low: 1.21e-3,
            high: 1.24e-3,
            level: 0.95,
        };
        assert_eq!(
            figure(
                Quantity::Seconds,
                &Figure {
                    value: 1.23e-3,
                    interval: Some(interval)
                }
            ),
            "1.23 ms ±0.02"
        );
        assert_eq!(
            range(Quantity::Seconds, 1.23e-3, &interval),
            "1.23 ms [1.21, 1.24]"
        );
        assert_eq!(
            figure(Quantity::Seconds, &Figure::exact(1.23e-3)),
            "1.23 ms"
        );
        let narrow = Interval {
            low: 1.2299,
            high: 1.2302,
            level: 0.95,
        };
        assert_eq!(
            figure(
                Quantity::Seconds,
                &Figure {
                    value: 1.23,
                    interval: Some(narrow)
                }
            ),
            "1.2300 s ±0.0002"
        );
        let factor = Interval {
            low: 12.1,
            high: 12.6,
            level: 0.95,
        };
        assert_eq!(ratio_range(12.3, &factor), "x12.3 [12.1, 12.6]");
        let fraction = Interval {
            low: 0.0328,
            high: 0.0334,
            level: 0.95,
        };
        assert_eq!(ratio_range(0.0333, &fraction), "x1/30.0 [1/30.5, 1/29.9]");
    }

    proptest! {
        #[test]
        fn a_change_is_never_shown_as_zero(base in 1..=(1_u64 << 50), change in 1..1000_u64) {
            let text = percent((base + change) as f64 / base as f64);
            prop_assert!(text.starts_with('+') && text.contains(|c| ('1'..='9').contains(&c)), "{}", text);
        }

        /// For every magnitude, parsing the text gives the value to within half of its third digit.
        #[test]
        fn three_digits_survive(exponent in -8.0..11.0f64, quantity in prop::sample::select(vec![
            Quantity::Seconds, Quantity::PerSecond, Quantity::Bytes, Quantity::Instructions, Quantity::Blocks,
        ])) {
            let value = 10f64.powf(exponent);
            prop_assume!(quantity == Quantity::Seconds || value >= 1.0);
            let text = plain(quantity, value);
            let mut parts = text.split(' ');
            let digits: f64 = parts.next().unwrap_or_default().parse().expect("a number");
            let factor = match parts.next().unwrap_or_default() {
                "ns" => 1e-9, "µs" => 1e-6, "ms" => 1e-3,
                "k" | "KB" => 1e3, "M" | "MB" => 1e6, "G" | "GB" => 1e9, "T" | "TB" => 1e12,
                _ => 1.0,
            };
            prop_assert!((digits * factor / value - 1.0).abs() < 0.0051, "{value} became {text}");
        }
    }
}
