//! A target or forecast for a figure: a change relative to another figure, or a number; one value or a range.

use thiserror::Error;

use crate::metric::{Better, Metric, Quantity};
use crate::number;

/// A range of a target or forecast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The least ambitious end, which must be reached.
    pub near: f64,
    /// The most ambitious end; equal to `near` for a single value.
    pub far: f64,
    /// True if both are ratios to another figure; false if they are numbers in the metric's unit.
    pub relative: bool,
}

/// An invalid range: one clause with the problem and the valid forms.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct RangeError(String);

impl Range {
    /// Reads a change, such as `+25 %` or `-85..-90 %`.
    ///
    /// # Errors
    /// If the text is not a change in percent, or is below -100 %.
    pub fn change(text: &str, metric: &Metric) -> Result<Self, RangeError> {
        let wrong = |what: &str| {
            RangeError(format!(
                "the change `{text}` {what}; write for example `+25 %` or `-85..-90 %`"
            ))
        };
        let inside = text
            .trim()
            .strip_suffix('%')
            .ok_or_else(|| wrong("is not in percent"))?;
        let ends = ends(inside).ok_or_else(|| wrong("is not a number"))?;
        if ends.iter().any(|percent| *percent < -100.0) {
            return Err(wrong("is below -100 %"));
        }
        Ok(Self::between(
            ends.map(|percent| 1.0 + percent / 100.0),
            metric,
            true,
        ))
    }

    /// Reads a number in the metric's unit, such as `16..20`, `8 MB` or `50..60 ms`.
    ///
    /// # Errors
    /// If the text is not a number, is below zero, or has a unit that does not fit the metric.
    pub fn value(text: &str, metric: &Metric) -> Result<Self, RangeError> {
        let units = units(metric.quantity());
        let known = units
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| !name.is_empty())
            .collect::<Vec<_>>()
            .join(", ");
        let wrong = |what: &str| {
            let unit = if known.is_empty() {
                "without a unit".to_owned()
            } else {
                format!("in {known}")
            };
            RangeError(format!(
                "the value `{text}` {what}; write a number {unit}, or two with `..` between them"
            ))
        };
        let text = text.trim();
        let cut = text
            .find(|c: char| !(c.is_ascii_digit() || " .+-".contains(c)))
            .unwrap_or(text.len());
        let (digits, unit) = text.split_at(cut);
        let factor = units
            .iter()
            .find(|(name, _)| *name == unit)
            .map(|(_, factor)| *factor);
        let factor = factor.ok_or_else(|| wrong("has a unit that does not fit the metric"))?;
        let ends = ends(digits).ok_or_else(|| wrong("is not a number"))?;
        if ends.iter().any(|value| *value < 0.0) {
            return Err(wrong("is below zero"));
        }
        Ok(Self::between(
            ends.map(|value| value * factor),
            metric,
            false,
        ))
    }

    fn between([a, b]: [f64; 2], metric: &Metric, relative: bool) -> Self {
        let (low, high) = (a.min(b), a.max(b));
        let (near, far) = match metric.better() {
            Better::Higher => (low, high),
            Better::Lower => (high, low),
        };
        Self {
            near,
            far,
            relative,
        }
    }

    /// Formats the range for readers: `+150 % to +210 %`, `50.0 ms`.
    pub fn text(&self, metric: &Metric) -> String {
        let one = |value: f64| match self.relative {
            true if value == 1.0 => "no change".to_owned(),
            true => format!("{:+.0} %", (value - 1.0) * 100.0),
            false => number::plain(metric.quantity(), value),
        };
        if self.near == self.far {
            one(self.near)
        } else {
            format!("{} to {}", one(self.near), one(self.far))
        }
    }
}

/// Parses one or two finite numbers; a single one is both ends.
fn ends(text: &str) -> Option<[f64; 2]> {
    let number = |text: &str| {
        text.trim()
            .parse::<f64>()
            .ok()
            .filter(|value| value.is_finite())
    };
    match text.split_once("..") {
        Some((a, b)) => Some([number(a)?, number(b)?]),
        None => number(text).map(|value| [value, value]),
    }
}

/// The units that a value of this quantity may be written in, with their sizes.
pub(crate) fn units(quantity: Quantity) -> &'static [(&'static str, f64)] {
    match quantity {
        Quantity::Seconds => &[
            ("s", 1.0),
            ("ms", 1e-3),
            ("µs", 1e-6),
            ("us", 1e-6),
            ("ns", 1e-9),
        ],
        Quantity::Bytes => &[
            ("B", 1.0),
            ("KB", 1e3),
            ("MB", 1e6),
            ("GB", 1e9),
            ("KiB", 1024.0),
            ("MiB", 1_048_576.0),
            ("GiB", 1_073_741_824.0),
        ],
        Quantity::PerSecond | Quantity::Instructions | Quantity::Blocks | Quantity::Events => {
            &[("", 1.0)]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric;

    fn named(name: &str) -> &'static Metric {
        metric::by_name(name).expect("a metric")
    }

    #[test]
    fn the_near_end_is_the_one_that_is_easier_to_reach() {
        let faster = Range::change("+150..+210 %", named("tokens-per-second")).expect("a change");
        assert_eq!((faster.near, faster.far, faster.relative), (2.5, 3.1, true));
        let smaller = Range::change("-85..-90%", named("bytes-per-unit")).expect("a change");
        assert!(
            (smaller.near - 0.15).abs() < 1e-12 && (smaller.far - 0.1).abs() < 1e-12,
            "{smaller:?}"
        );
        let time = Range::value("50..60 ms", named("latency-median")).expect("a time");
        assert_eq!(
            (time.near, time.far, time.relative),
            (60.0 * 1e-3, 50.0 * 1e-3, false)
        );
        assert_eq!(
            Range::value("16", named("tokens-per-second"))
                .expect("a rate")
                .near,
            16.0
        );
    }

    #[test]
    fn ranges_are_read_and_formatted() {
        let formatted = |text: &str, metric: &str| {
            Range::change(text, named(metric))
                .expect(text)
                .text(named(metric))
        };
        assert_eq!(
            formatted("+150..+210 %", "tokens-per-second"),
            "+150 % to +210 %"
        );
        assert_eq!(formatted("0 %", "bytes-per-unit"), "no change");
        assert_eq!(formatted("-21 %", "latency-median"), "-21 %");
        let value = Range::value("5..8 MB", named("bytes-per-unit")).expect("bytes");
        assert_eq!(value.text(named("bytes-per-unit")), "8.00 MB to 5.00 MB");
    }

    #[test]
    fn errors_contain_the_valid_forms() {
        let refused = |text: &str| {
            Range::change(text, named("latency-median"))
                .expect_err(text)
                .to_string()
        };
        assert_eq!(
            refused("faster"),
            "the change `faster` is not in percent; write for example `+25 %` or `-85..-90 %`"
        );
        assert!(
            refused("+x %").contains("is not a number")
                && refused("-120 %").contains("is below -100 %")
        );
        assert!(
            refused("inf %").contains("is not a number")
                && refused("..%").contains("is not a number")
        );
        let value = Range::value("5 MB", named("latency-median"))
            .expect_err("bytes are no time")
            .to_string();
        assert_eq!(
            value,
            "the value `5 MB` has a unit that does not fit the metric; write a number in s, ms, µs, us, ns, or two with \
             `..` between them"
        );
        assert!(Range::value("-5 ms", named("latency-median")).is_err());
    }
}
