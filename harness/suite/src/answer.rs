//! Answers of workloads, and how a result is held against the stored one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How far values may lie from the stored ones, relative to the largest: the accuracy that the optimizations promise.
const TOLERANCE: f64 = 1e-4;

/// How many values of a result are stored.
const SAMPLES: usize = 16;

/// The answer of a workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The tokens that were generated; they must be equal.
    Tokens(Vec<u32>),
    /// Values of a result, spread over it, and the sum of the magnitudes of all of them. A small error in an element that
    /// is not among the samples can hide in that sum.
    Values {
        /// Place and value.
        samples: Vec<(usize, f64)>,
        /// Sum of all magnitudes.
        magnitude: f64,
        /// Number of values in all.
        count: usize,
        /// The largest magnitude.
        largest: f64,
    },
}

impl Answer {
    /// Condenses a result.
    pub(crate) fn of(values: &[f32]) -> Self {
        let count = values.len();
        let step = (count / SAMPLES).max(1);
        let samples = (0..count).step_by(step).take(SAMPLES).map(|place| (place, f64::from(values[place]))).collect();
        let magnitudes = values.iter().map(|&value| f64::from(value).abs());
        let (magnitude, largest) =
            magnitudes.fold((0.0, 0.0_f64), |(sum, largest), value| (sum + value, largest.max(value)));
        Self::Values { samples, magnitude, count, largest }
    }

    /// Whether `self` answers as `expected` does.
    ///
    /// # Errors
    /// One sentence: the first difference.
    pub(crate) fn agrees(&self, expected: &Self) -> Result<(), String> {
        match (self, expected) {
            (Self::Tokens(found), Self::Tokens(expected)) => {
                let differs = found.iter().zip(expected).position(|(found, expected)| found != expected);
                match differs {
                    Some(place) => Err(format!("token {place} is {}, expected {}", found[place], expected[place])),
                    None if found.len() != expected.len() => {
                        Err(format!("{} tokens were generated, expected {}", found.len(), expected.len()))
                    }
                    None => Ok(()),
                }
            }
            (
                Self::Values { samples, magnitude, count, .. },
                Self::Values { samples: wanted, magnitude: wanted_magnitude, count: wanted_count, largest },
            ) => {
                if count != wanted_count {
                    return Err(format!("there are {count} values, expected {wanted_count}"));
                }
                // Written so that a NaN is a difference.
                let near = |found: f64, wanted: f64, scale: f64| (found - wanted).abs() <= TOLERANCE * scale;
                for (&(place, found), &(_, wanted)) in samples.iter().zip(wanted) {
                    if !near(found, wanted, *largest) {
                        return Err(format!("value {place} is {found}, expected {wanted}"));
                    }
                }
                if !near(*magnitude, *wanted_magnitude, *wanted_magnitude) {
                    return Err(format!("the magnitudes add up to {magnitude}, expected {wanted_magnitude}"));
                }
                Ok(())
            }
            _ => Err("the answer is of another kind than the stored one".to_owned()),
        }
    }
}

/// The stored answers, by workload.
///
/// # Panics
/// If the file that was built in is no such list, which a test rules out.
pub fn stored_answers() -> BTreeMap<String, Answer> {
    serde_json::from_str(include_str!("answers.json")).expect("answers.json is built in and was tested")
}

/// The stored answer of one workload; an empty one, which nothing agrees with, if there is none.
pub(crate) fn stored(id: &str) -> Answer {
    stored_answers().remove(id).unwrap_or(Answer::Tokens(Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_other_token_is_named() {
        let answer = Answer::Tokens(vec![3, 1, 4]);
        assert_eq!(answer.agrees(&answer), Ok(()));
        assert_eq!(answer.agrees(&Answer::Tokens(vec![3, 2, 4])), Err("token 1 is 1, expected 2".to_owned()));
        assert_eq!(answer.agrees(&Answer::Tokens(vec![3, 1])), Err("3 tokens were generated, expected 2".to_owned()));
    }

    #[test]
    fn values_may_differ_by_rounding_and_no_more() {
        let values: Vec<f32> = (0..100).map(|i| i as f32).collect();
        let expected = Answer::of(&values);
        let nudged = |place: usize, by: f32| {
            let mut values = values.clone();
            values[place] += by;
            Answer::of(&values).agrees(&expected)
        };
        assert_eq!(nudged(6, 0.005), Ok(()));
        assert_eq!(nudged(6, 0.5), Err("value 6 is 6.5, expected 6".to_owned()));
        // Between two samples: seen by the sum.
        assert!(nudged(7, 1.0).is_err());
        assert!(nudged(7, f32::NAN).is_err());
        assert!(Answer::of(&values[..99]).agrees(&expected).is_err());
        assert!(Answer::of(&values).agrees(&Answer::Tokens(vec![])).is_err());
    }
}
