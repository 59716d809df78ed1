//! Tolerances of metrics. A share of the baseline and a number of units are different types, so that a plain `5` cannot
//! be misread.

use std::fmt;

use crate::metric::{Metric, Quantity};

/// The largest change for the worse that is not a regression.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tolerance {
    /// None at all.
    Exact,
    /// A share of the baseline.
    Relative(Percent),
    /// A number of units.
    Absolute(Amount),
}

/// A share of the baseline in percent, above 0 and at most 100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percent(f64);

/// A number of units of the metric, above 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    units: u64,
    of: Quantity,
}

impl Tolerance {
    /// Reads `exact`, `0.1 %`, or a number of the metric's own units such as `64 bytes`.
    ///
    /// # Errors
    /// One clause that describes the problem and the valid forms.
    pub fn parse(text: &str, metric: &Metric) -> Result<Self, String> {
        let text = text.trim();
        if text == "exact" {
            return Ok(Self::Exact);
        }
        let unit = unit_name(metric.quantity());
        let forms = || {
            format!(
                "write `exact`, a share such as `0.1 %`, or a number of {unit} such as `4 {unit}`"
            )
        };
        if let Some(number) = text.strip_suffix('%') {
            let percent: f64 = number
                .trim()
                .parse()
                .map_err(|_| format!("`{}` is not a number; {}", number.trim(), forms()))?;
            if percent > 0.0 && percent <= 100.0 {
                return Ok(Self::Relative(Percent(percent)));
            }
            return Err(format!(
                "`{text}` is not above 0 % and at most 100 %; {}",
                forms()
            ));
        }
        let Some((number, name)) = text.split_once(char::is_whitespace) else {
            return Err(format!("`{text}` has no unit; {}", forms()));
        };
        let name = name.trim();
        if name != unit && name != unit.trim_end_matches('s') {
            return Err(format!(
                "{} is counted in {unit}, not in `{name}`; {}",
                metric.name(),
                forms()
            ));
        }
        match number.parse() {
            Ok(0) => Err("a tolerance of 0 is written `exact`".to_owned()),
            Ok(units) => Ok(Self::Absolute(Amount {
                units,
                of: metric.quantity(),
            })),
            Err(_) => Err(format!("`{number}` is not a whole number; {}", forms())),
        }
    }

    /// Returns true if a figure may get worse by `worse` units from `base`.
    pub fn allows(self, worse: f64, base: f64) -> bool {
        match self {
            Self::Exact => worse <= 0.0,
            Self::Relative(Percent(percent)) => worse * 100.0 <= percent * base,
            Self::Absolute(amount) => worse <= amount.units as f64,
        }
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact => f.write_str("exact"),
            Self::Relative(Percent(percent)) => write!(f, "{percent} %"),
            Self::Absolute(Amount { units: 1, of }) => {
                write!(f, "1 {}", unit_name(*of).trim_end_matches('s'))
            }
            Self::Absolute(Amount { units, of }) => write!(f, "{units} {}", unit_name(*of)),
        }
    }
}

/// Name of the unit of a quantity in limits, plural.
pub(super) fn unit_name(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Seconds => "seconds",
        Quantity::PerSecond => "per second",
        Quantity::Instructions => "instructions",
        Quantity::Bytes => "bytes",
        Quantity::Blocks => "blocks",
        Quantity::Events => "events",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::by_name;

    fn parse(text: &str, metric: &str) -> Result<Tolerance, String> {
        Tolerance::parse(text, by_name(metric).expect("a metric"))
    }

    #[test]
    fn each_form_reads_and_writes_itself() {
        for (text, metric) in [
            ("exact", "peak-bytes"),
            ("0.1 %", "instructions"),
            ("100 %", "instructions"),
            ("64 bytes", "peak-bytes"),
            ("1 block", "total-allocations"),
            ("5000 instructions", "instructions"),
        ] {
            assert_eq!(parse(text, metric).expect(text).to_string(), text);
        }
        assert_eq!(
            parse(" 0.1% ", "instructions"),
            parse("0.1 %", "instructions")
        );
    }

    #[test]
    fn what_is_wrong_is_said_in_one_clause() {
        let messages: Vec<String> = [
            "5",
            "abc %",
            "-1 %",
            "0 %",
            "nan %",
            "inf %",
            "0 bytes",
            "1.5 bytes",
            "4 blocks",
            "",
        ]
        .iter()
        .map(|text| format!("{text:?}: {}", parse(text, "peak-bytes").expect_err(text)))
        .collect();
        insta::assert_snapshot!(messages.join("\n"));
    }

    #[test]
    fn the_tolerance_itself_is_still_allowed() {
        let allows =
            |text, worse, base| parse(text, "instructions").expect(text).allows(worse, base);
        assert!(allows("0.1 %", 1.0, 1000.0));
        assert!(!allows("0.1 %", 2.0, 1000.0));
        assert!(!allows("0.1 %", 1.0, 0.0));
        assert!(allows("exact", 0.0, 1000.0));
        assert!(!allows("exact", 1.0, 1e15));
        assert!(allows("2 instructions", 2.0, 0.0));
        assert!(!allows("2 instructions", 3.0, 1e15));
    }
}
