//! Numbers for people: three significant digits, with a unit that fits the size.
//!
//! For display only; computations use the exact value.

use harness_abtest::Interval;

use crate::metric::{Figure, Quantity};

/// The sign that follows a factor.
const TIMES: char = 'x';

/// A figure with its unit and its interval: `1.23 ms [1.20, 1.31]`. A time with too few rounds for an interval shows
/// their number: `1.23 ms (n = 2)`. A count is its value alone.
pub fn figure(quantity: Quantity, figure: &Figure) -> String {
    match figure.interval {
        Some(interval) => range(quantity, figure.value, &interval),
        None => plain(quantity, figure.value) + &too_few(figure),
    }
}

/// A ratio with its interval, as [`figure`] shows it: `12.3x [12.1, 12.6]`, `1/30.1 [1/31.0, 1/29.4]`, `12.3x (n = 2)`.
pub fn ratio_figure(ratio_of: &Figure) -> String {
    match ratio_of.interval {
        Some(interval) => ratio_range(ratio_of.value, &interval),
        None => ratio(ratio_of.value) + &too_few(ratio_of),
    }
}

/// The number of rounds of a figure, if they are too few for an interval: ` (n = 2)`.
fn too_few(figure: &Figure) -> String {
    match figure.rounds {
        Some(rounds) if figure.interval.is_none() => format!(" (n = {rounds})"),
        _ => String::new(),
    }
}

/// A value with its unit: `1.23 ms`, `51.5 MB`, `12.3 k`.
pub fn plain(quantity: Quantity, value: f64) -> String {
    let scale = Scale::of(quantity, value);
    join(&scale.digits(value), scale.unit)
}

/// A value and the ends of its interval, all in one unit: `1.23 ms [1.20, 1.31]`. It has three significant digits, two if
/// the interval is wider than a tenth of the value to one side, and up to five if the interval is narrow.
pub fn range(quantity: Quantity, value: f64, interval: &Interval) -> String {
    let scale = Scale::of(quantity, value);
    let [value, low, high] = [value, interval.low, interval.high].map(|end| end / scale.factor);
    let place = place_for(value, half_width(value, low, high));
    let [value, low, high] = [value, low, high].map(|end| rounded(end, place));
    format!("{} [{low}, {high}]", join(&value, scale.unit))
}

/// `head / base` as a factor: `12.3x`, `0.981x`, `812x`; small ones as a fraction: `1/30.1`, `1/25.1k`.
pub fn ratio(ratio: f64) -> String {
    if ratio > 0.0 && ratio < SMALL {
        return format!("1/{}", large(1.0 / ratio));
    }
    format!("{}{TIMES}", large(ratio))
}

/// `head / base` as a factor with the ends of its interval: `12.3x [12.1, 12.6]`, `1/30.1 [1/31.0, 1/29.4]`.
pub fn ratio_range(value: f64, interval: &Interval) -> String {
    let is_fraction = value > 0.0 && value < SMALL && interval.low > 0.0;
    let turned = |end: f64| if is_fraction { 1.0 / end } else { end };
    let [value, low, high] = [value, interval.low, interval.high].map(turned);
    let place = place_for(value, half_width(value, low, high));
    let [value, low, high] = [value, low, high].map(|end| rounded(end, place));
    if is_fraction {
        format!("1/{value} [1/{low}, 1/{high}]")
    } else {
        format!("{value}{TIMES} [{low}, {high}]")
    }
}

/// Ratios below this are written as fractions.
const SMALL: f64 = 0.1;

/// A factor of any size: `12.3`, `25.1k`.
fn large(factor: f64) -> String {
    if factor < 1e4 {
        significant(factor)
    } else {
        plain(Quantity::PerSecond, factor).replace(' ', "")
    }
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

/// All digits of a number, in groups of three before the point. Quotients, such as bytes per unit, are rounded to four
/// decimals, which hides the noise of floating-point differences; smaller values keep three significant digits.
pub fn exact(value: f64) -> String {
    let decimals = match value.abs() {
        0.0 => 0.0,
        size => (2.0 - size.log10().floor()).clamp(4.0, 15.0),
    };
    let scale = 10f64.powi(decimals as i32);
    let rounded = match value.fract() {
        0.0 => value,
        _ => (value * scale).round() / scale,
    };
    let text = rounded.to_string();
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
        Quantity::Events => "events",
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
            Quantity::Instructions | Quantity::Blocks | Quantity::Events => (&COUNT, 1e4, true),
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
}

/// The wider half of an interval.
fn half_width(value: f64, low: f64, high: f64) -> f64 {
    (value - low).abs().max((high - value).abs())
}

/// A number rounded to this decimal place: 2 is hundredths, -1 is tens.
fn rounded(value: f64, place: i32) -> String {
    if place >= 0 {
        return format!("{value:.*}", place as usize);
    }
    let step = 10f64.powi(-place);
    // Adding zero turns -0 into 0.
    format!("{:.0}", (value / step).round() * step + 0.0)
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
    format!("{value:.*}", place_of(value, 3).max(0) as usize)
}

/// The decimal place of the last of `digits` significant digits.
fn place_of(value: f64, digits: i32) -> i32 {
    let place = |value: f64| match value {
        0.0 => 0,
        _ => (digits - 1 - value.abs().log10().floor() as i32).min(6),
    };
    let found = place(value);
    // 9.996 has two decimals by its size but becomes 10.00 when rounded: one digit too many.
    found.min(place(rounded(value, found).parse().unwrap_or(value)))
}

/// The decimal place for a value with an interval of this half-width: three significant digits, two if the half-width is
/// more than a tenth of the value, and up to two more if the half-width would otherwise round to zero.
fn place_for(value: f64, half_width: f64) -> i32 {
    if half_width > 0.1 * value.abs() {
        return place_of(value, 2);
    }
    let mut place = place_of(value, 3);
    let last = place + 2;
    while half_width > 0.0 && place < last && half_width < 0.5 * 10f64.powi(-place) {
        place += 1;
    }
    place
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
        assert_eq!(ratio(12.34), "12.3x");
        assert_eq!(ratio(1.0), "1.00x");
        assert_eq!(ratio(0.123), "0.123x");
        assert_eq!(ratio(0.0123), "1/81.3");
        assert_eq!(ratio(812.4), "812x");
        assert_eq!(ratio(0.0), "0x");
        assert_eq!(ratio(0.00001), "1/100k");
        assert_eq!(percent(1.0123), "+1.2 %");
        assert_eq!(percent(0.66), "-34 %");
        assert_eq!(percent(1.0), "0 %");
        assert_eq!(percent(1.001), "+0.10 %");
        assert_eq!(percent(1.00002), "+0.0020 %");
        assert_eq!(percent(1.0 - 1.0 / 4e9), "-0.000000025 %");
    }

    #[test]
    fn intervals_have_the_unit_and_the_digits_of_the_value() {
        let ends = |low, high| Interval {
            low,
            high,
            level: 0.95,
        };
        let seconds = |value, low, high| range(Quantity::Seconds, value, &ends(low, high));
        assert_eq!(seconds(1.23e-3, 1.21e-3, 1.24e-3), "1.23 ms [1.21, 1.24]");
        assert_eq!(seconds(1.23, 1.2299, 1.2302), "1.2300 s [1.2299, 1.2302]");
        assert_eq!(
            seconds(287e-3, 253e-3, 454e-3),
            "290 ms [250, 450]",
            "a wide interval has two digits"
        );
        assert_eq!(seconds(0.9996, 0.98, 1.02), "1.00 s [0.98, 1.02]");
        assert_eq!(
            range(Quantity::PerSecond, 3914.0, &ends(3688.0, 4140.0)),
            "3910 [3690, 4140]"
        );
        assert_eq!(ratio_range(12.3, &ends(12.1, 12.6)), "12.3x [12.1, 12.6]");
        assert_eq!(
            ratio_range(0.0333, &ends(0.0328, 0.0334)),
            "1/30.0 [1/30.5, 1/29.9]"
        );
    }

    #[test]
    fn too_few_rounds_are_shown_as_their_number() {
        let two = Figure {
            rounds: Some(2),
            ..Figure::exact(1.23e-3)
        };
        assert_eq!(figure(Quantity::Seconds, &two), "1.23 ms (n = 2)");
        assert_eq!(
            ratio_figure(&Figure { value: 12.3, ..two }),
            "12.3x (n = 2)"
        );
        assert_eq!(
            figure(Quantity::Seconds, &Figure::exact(1.23e-3)),
            "1.23 ms",
            "a count"
        );
        let ends = Interval {
            low: 1.2,
            high: 1.3,
            level: 0.95,
        };
        assert_eq!(
            ratio_figure(&Figure {
                value: 1.25,
                interval: Some(ends),
                ..two
            }),
            "1.25x [1.20, 1.30]"
        );
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
            Quantity::Seconds, Quantity::PerSecond, Quantity::Bytes, Quantity::Instructions, Quantity::Blocks, Quantity::Events,
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
