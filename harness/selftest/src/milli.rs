//! A number with three decimals, without the rounding noise of binary fractions.

use std::fmt;
use std::str::FromStr;

/// A number of thousandths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Milli(pub i64);

impl Milli {
    /// The nearest number of thousandths; zero for NaN.
    pub fn of(value: f64) -> Self {
        Self((1000.0 * value).round() as i64)
    }

    /// The value.
    pub fn value(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

impl fmt::Display for Milli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.value())
    }
}

impl FromStr for Milli {
    type Err = ();

    /// Parses the text that `Display` writes, and no other.
    fn from_str(text: &str) -> Result<Self, ()> {
        let number = Self::of(text.parse().map_err(|_| ())?);
        if number.to_string() == text {
            Ok(number)
        } else {
            Err(())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn three_decimals_are_written_without_noise() {
        assert_eq!(
            [0.1 + 0.2, -0.0004, -0.0126, 12.0].map(|value| Milli::of(value).to_string()),
            ["0.300", "0.000", "-0.013", "12.000"]
        );
        for wrong in [
            "1", "1.00", "-0.000", "+1.000", "1.0000", "a.000", "", "1e3.000", "1.-00",
        ] {
            assert_eq!(wrong.parse::<Milli>(), Err(()), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn each_is_read_as_it_is_written(thousandths in -(1_i64 << 50)..1_i64 << 50) {
            prop_assert_eq!(Milli(thousandths).to_string().parse(), Ok(Milli(thousandths)));
        }
    }
}
