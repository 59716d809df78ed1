//! The tolerances within which two results agree.

/// The largest allowed difference between a value and the expected one: the sum of both shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tolerance {
    /// A share of the value itself.
    pub(crate) of_value: f64,
    /// A share of the largest magnitude in the result.
    pub(crate) of_largest: f64,
}

impl Tolerance {
    /// For logits: the accuracy that the optimizations promise, fine enough to keep a greedy choice.
    pub(crate) const LOGITS: Self = Self {
        of_value: 0.0,
        of_largest: 1e-4,
    };

    /// For the output of one kernel, which accumulates no rounding over layers. The share of the value bounds the relative
    /// error of small weights of a softmax as well. The share of the largest magnitude covers the rounding of a sum of
    /// hundreds of products that cancel.
    pub(crate) const KERNEL: Self = Self {
        of_value: 1e-4,
        of_largest: 2e-6,
    };

    /// Compares every value with the expected one.
    ///
    /// # Errors
    /// One sentence: the first difference.
    pub(crate) fn check(self, found: &[f32], expected: &[f32]) -> Result<(), String> {
        if found.len() != expected.len() {
            return Err(format!(
                "there are {} values, expected {}",
                found.len(),
                expected.len()
            ));
        }
        check_finite(found)?;
        let largest = largest(expected);
        let differs = |(found, expected): (&f32, &f32)| {
            !self.allows(f64::from(*found), f64::from(*expected), largest)
        };
        match found.iter().zip(expected).position(differs) {
            None => Ok(()),
            Some(index) => Err(format!(
                "value {index} is {}, expected {}",
                found[index], expected[index]
            )),
        }
    }

    /// Returns whether a value agrees with the expected one, in a result with this largest magnitude. NaN never agrees.
    pub(crate) fn allows(self, found: f64, expected: f64, largest: f64) -> bool {
        (found - expected).abs() <= self.of_value * expected.abs() + self.of_largest * largest
    }
}

/// Checks that every value is a finite number.
///
/// # Errors
/// One sentence: the first value that is not, and the number of such values.
pub(crate) fn check_finite(found: &[f32]) -> Result<(), String> {
    let Some(index) = found.iter().position(|value| !value.is_finite()) else {
        return Ok(());
    };
    let count = found.iter().filter(|value| !value.is_finite()).count();
    Err(format!(
        "value {index} is {}, which is not finite ({count} of {} values are not)",
        found[index],
        found.len()
    ))
}

/// The largest magnitude.
pub(crate) fn largest(values: &[f32]) -> f64 {
    values
        .iter()
        .fold(0.0, |largest, &value| f64::from(value).abs().max(largest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wrong_value_is_found_wherever_it_is() {
        let expected: Vec<f32> = (0..1000).map(|i| (i as f32 * 0.37).sin()).collect();
        for tolerance in [Tolerance::LOGITS, Tolerance::KERNEL] {
            assert_eq!(tolerance.check(&expected, &expected), Ok(()));
            for index in 0..expected.len() {
                for wrong in [expected[index] + 1e-3, f32::NAN, f32::INFINITY] {
                    let mut found = expected.clone();
                    found[index] = wrong;
                    let message = tolerance.check(&found, &expected).expect_err("wrong");
                    assert!(
                        message.starts_with(&format!("value {index} is ")),
                        "{message}"
                    );
                }
            }
        }
        assert!(Tolerance::KERNEL.check(&expected[1..], &expected).is_err());
    }

    #[test]
    fn values_that_are_not_finite_are_named_as_such() {
        let nan = [1.0, f32::NAN, f32::INFINITY, 2.0];
        let expected = "value 1 is NaN, which is not finite (2 of 4 values are not)";
        // Equal values of a broken engine are no agreement.
        let wrong = Tolerance::LOGITS.check(&nan, &nan);
        assert_eq!(wrong, Err(expected.to_owned()));
        assert_eq!(check_finite(&[0.0, -1.0]), Ok(()));
    }

    #[test]
    fn rounding_is_allowed_and_a_small_value_may_not_be_wrong_among_large_ones() {
        assert!(Tolerance::LOGITS.allows(7.999_5, 8.0, 8.0));
        assert!(!Tolerance::LOGITS.allows(7.999, 8.0, 8.0));
        assert!(Tolerance::KERNEL.allows(0.100_001, 0.1, 1.0));
        assert!(!Tolerance::KERNEL.allows(0.000_01, 0.000_02, 1.0));
    }
}
