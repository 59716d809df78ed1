//! When two results are the same: every value within a tolerance that is stated here and nowhere else.

/// How far a value may lie from the one it is held against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tolerance {
    /// A share of the value itself.
    pub(crate) of_value: f64,
    /// A share of the largest magnitude in the result.
    pub(crate) of_largest: f64,
}

impl Tolerance {
    /// Logits: what the optimizations promise, and what a greedy choice can bear.
    pub(crate) const LOGITS: Self = Self { of_value: 0.0, of_largest: 1e-4 };

    /// The output of one kernel, which has had no layers to gather rounding in. The share of the value itself lets a
    /// small weight among the large ones of a softmax be wrong by no more than a large one; the share of the largest is
    /// what a sum of hundreds of products loses where they cancel.
    pub(crate) const KERNEL: Self = Self { of_value: 1e-4, of_largest: 2e-6 };

    /// Holds every value against the wanted one.
    ///
    /// # Errors
    /// One sentence: the first difference.
    pub(crate) fn check(self, found: &[f32], wanted: &[f32]) -> Result<(), String> {
        if found.len() != wanted.len() {
            return Err(format!("there are {} values, expected {}", found.len(), wanted.len()));
        }
        let largest = largest(wanted);
        let differs = |(found, wanted): (&f32, &f32)| !self.allows(f64::from(*found), f64::from(*wanted), largest);
        match found.iter().zip(wanted).position(differs) {
            None => Ok(()),
            Some(place) => Err(format!("value {place} is {}, expected {}", found[place], wanted[place])),
        }
    }

    /// Whether one value may stand for another, in a result whose largest magnitude is given. A NaN may not.
    pub(crate) fn allows(self, found: f64, wanted: f64, largest: f64) -> bool {
        (found - wanted).abs() <= self.of_value * wanted.abs() + self.of_largest * largest
    }
}

/// The largest magnitude.
pub(crate) fn largest(values: &[f32]) -> f64 {
    values.iter().fold(0.0, |largest, &value| f64::from(value).abs().max(largest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wrong_value_is_found_wherever_it_is() {
        let wanted: Vec<f32> = (0..1000).map(|i| (i as f32 * 0.37).sin()).collect();
        for tolerance in [Tolerance::LOGITS, Tolerance::KERNEL] {
            assert_eq!(tolerance.check(&wanted, &wanted), Ok(()));
            for place in 0..wanted.len() {
                for wrong in [wanted[place] + 1e-3, f32::NAN, f32::INFINITY] {
                    let mut found = wanted.clone();
                    found[place] = wrong;
                    let message = tolerance.check(&found, &wanted).expect_err("wrong");
                    assert!(message.starts_with(&format!("value {place} is ")), "{message}");
                }
            }
        }
        assert!(Tolerance::KERNEL.check(&wanted[1..], &wanted).is_err());
    }

    #[test]
    fn rounding_is_allowed_and_a_small_value_may_not_be_wrong_among_large_ones() {
        assert!(Tolerance::LOGITS.allows(7.999_5, 8.0, 8.0));
        assert!(!Tolerance::LOGITS.allows(7.999, 8.0, 8.0));
        assert!(Tolerance::KERNEL.allows(0.100_001, 0.1, 1.0));
        assert!(!Tolerance::KERNEL.allows(0.000_01, 0.000_02, 1.0));
    }
}
