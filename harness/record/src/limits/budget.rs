//! Budgets of metrics: a value that a figure must not exceed, wherever it was before.

use std::fmt;

use glob::Pattern;
use serde::Deserialize;

use super::tolerance::unit_name;
use crate::metric::{Better, Metric, Quantity};
use crate::number;
use crate::roadmap::units;

/// The budget of one metric: the largest value that is no regression.
#[derive(Debug, Clone)]
pub struct Budget {
    /// The metric.
    pub metric: &'static Metric,
    /// The largest value.
    pub max: Maximum,
    /// Reason for the size of the budget. It is printed with each figure above it.
    pub reason: String,
    /// Glob of the workloads that it applies to; none for all workloads.
    pub workload: Option<Pattern>,
}

/// The largest value of a metric, at least zero.
#[derive(Debug, Clone)]
pub struct Maximum {
    /// The value in the unit of the metric.
    pub value: f64,
    text: String,
}

/// A maximum as it is written: a number in the unit of the metric, or a text with a unit.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Written {
    Number(f64),
    Text(String),
}

impl Maximum {
    /// Reads a number in the unit of the metric, or a text such as `64 MB`, `2 ms` or `1.5e6`.
    ///
    /// # Errors
    /// One clause that describes the problem and the valid forms.
    pub(super) fn parse(written: &Written, metric: &Metric) -> Result<Self, String> {
        let quantity = metric.quantity();
        let units = units(quantity);
        let text = match written {
            Written::Number(number) => number.to_string(),
            Written::Text(text) => text.trim().to_owned(),
        };
        let wrong = |what: &str| {
            let example = match quantity {
                Quantity::Bytes => " or a text such as \"64 MB\"",
                Quantity::Seconds => " or a text such as \"2 ms\"",
                _ => "",
            };
            let unit = unit_name(quantity);
            format!("the maximum `{text}` {what}; write a number of {unit}{example}")
        };
        if metric.better() == Better::Higher {
            let name = metric.name();
            return Err(format!("more of `{name}` is better, so it has no maximum"));
        }
        // The `e` of an exponent is followed by digits, so the letters at the end are the unit.
        let number = text.trim_end_matches(|c: char| c.is_alphabetic());
        let (number, unit) = (number.trim_end(), &text[number.len()..]);
        let factor = match unit {
            "" => 1.0,
            unit if unit == unit_name(quantity) => 1.0,
            unit => units
                .iter()
                .find(|(name, _)| *name == unit)
                .map(|(_, factor)| *factor)
                .ok_or_else(|| wrong("has a unit that does not fit the metric"))?,
        };
        let value: f64 = number.parse().map_err(|_| wrong("is not a number"))?;
        let value = value * factor;
        if !value.is_finite() || value < 0.0 {
            return Err(wrong("is not a number from zero"));
        }
        let text = match unit {
            "" => format!("{} {}", number::exact(value), unit_name(quantity)),
            unit => format!("{number} {unit}"),
        };
        Ok(Self { value, text })
    }
}

impl PartialEq for Maximum {
    /// Compares the values: `1 MB` and `1000 KB` are equal.
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl fmt::Display for Maximum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "max {}", self.text)
    }
}

impl Budget {
    /// The budget without a word in front, such as `64 MB`.
    pub fn size(&self) -> &str {
        &self.max.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::by_name;

    fn parse(text: &str, metric: &str) -> Result<Maximum, String> {
        let metric = by_name(metric).expect("a metric");
        Maximum::parse(&Written::Text(text.to_owned()), metric)
    }

    #[test]
    fn a_maximum_is_read_in_its_own_unit_or_in_that_of_the_metric() {
        for (text, metric, value, printed) in [
            ("64 MB", "peak-bytes", 64e6, "max 64 MB"),
            ("64MB", "peak-bytes", 64e6, "max 64 MB"),
            ("1 MiB", "peak-bytes", 1_048_576.0, "max 1 MiB"),
            ("4096", "peak-bytes", 4096.0, "max 4,096 bytes"),
            ("4096 bytes", "peak-bytes", 4096.0, "max 4096 bytes"),
            ("0", "leaked-bytes", 0.0, "max 0 bytes"),
            ("1.5e6", "instructions", 1.5e6, "max 1,500,000 instructions"),
            ("12 blocks", "total-allocations", 12.0, "max 12 blocks"),
            ("2 ms", "time", 2e-3, "max 2 ms"),
            ("0.5", "time", 0.5, "max 0.5 seconds"),
        ] {
            let max = parse(text, metric).expect(text);
            assert!((max.value - value).abs() < 1e-12 * value.max(1.0), "{text}");
            assert_eq!(max.to_string(), printed);
        }
        let number = Maximum::parse(
            &Written::Number(64.0),
            by_name("peak-bytes").expect("a metric"),
        );
        assert_eq!(number, parse("64 B", "peak-bytes"));
    }

    #[test]
    fn a_wrong_maximum_is_refused_in_one_clause() {
        let cases = [
            ("", "peak-bytes"),
            ("64 ms", "peak-bytes"),
            ("64 mb", "peak-bytes"),
            ("-1 MB", "peak-bytes"),
            ("1,5 MB", "peak-bytes"),
            ("inf", "peak-bytes"),
            ("64 MB", "time"),
            ("5 %", "instructions"),
            ("64 bytes", "instructions"),
            ("5", "tokens-per-second"),
        ];
        let messages = cases.map(|(text, metric)| parse(text, metric).expect_err(text));
        insta::assert_snapshot!(messages.join("\n"));
    }
}
