//! Answers of workloads as they are stored, and how a result is held against them.
//!
//! A stored answer is the same on every machine, so its digest tells workloads apart. It holds the whole result where
//! that is small (tokens, logits); of a kernel's result it holds samples, beside which the kernel's own check holds every
//! element against the naive implementation.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::agreement::{Tolerance, largest};

/// How many values are stored of a result that is not stored whole.
const SAMPLES: usize = 16;

static STORED: LazyLock<BTreeMap<String, Answer>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("answers.json")).expect("answers.json is built in and was tested")
});

/// An answer that nothing agrees with.
static NONE: Answer = Answer::Tokens(Vec::new());

/// The answer of a workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The tokens that were generated; they must be equal.
    Tokens(Vec<u32>),
    /// Values of a result, from the first one on.
    Values {
        /// Number of values of the result.
        count: usize,
        /// The distance of the stored ones: 1 if all of them are.
        every: usize,
        /// The largest magnitude in the result.
        largest: f64,
        /// The stored ones, to six digits.
        values: Vec<f64>,
    },
}

impl Answer {
    /// A whole result.
    pub(crate) fn of_all(result: &[f32]) -> Self {
        Self::of_every(1, result)
    }

    /// Samples of a result, spread over it.
    pub(crate) fn of_samples(result: &[f32]) -> Self {
        Self::of_every(result.len().div_ceil(SAMPLES).max(1), result)
    }

    fn of_every(every: usize, result: &[f32]) -> Self {
        let values = result.iter().step_by(every).map(|&value| six_digits(value.into())).collect();
        Self::Values { count: result.len(), every, largest: six_digits(largest(result)), values }
    }

    /// Holds generated tokens against this answer.
    ///
    /// # Errors
    /// One sentence: the first difference.
    pub(crate) fn check_tokens(&self, found: &[u32]) -> Result<(), String> {
        let Self::Tokens(wanted) = self else { return Err(other_kind()) };
        if let Some(place) = found.iter().zip(wanted).position(|(found, wanted)| found != wanted) {
            return Err(format!("token {place} is {}, expected {}", found[place], wanted[place]));
        }
        if found.len() != wanted.len() {
            return Err(format!("{} tokens were generated, expected {}", found.len(), wanted.len()));
        }
        Ok(())
    }

    /// Holds a result against whatever of this answer is stored.
    ///
    /// # Errors
    /// One sentence: the first difference.
    pub(crate) fn check_values(&self, found: &[f32]) -> Result<(), String> {
        let Self::Values { count, every, largest, values } = self else { return Err(other_kind()) };
        if found.len() != *count {
            return Err(format!("there are {} values, expected {count}", found.len()));
        }
        for (place, &wanted) in (0..).step_by(*every).zip(values) {
            if !Tolerance::LOGITS.allows(found[place].into(), wanted, *largest) {
                return Err(format!("value {place} is {}, expected {wanted}", found[place]));
            }
        }
        Ok(())
    }
}

fn other_kind() -> String {
    "the answer is of another kind than the stored one".to_owned()
}

/// Far finer than any tolerance, and short to read.
fn six_digits(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// The stored answers, by workload.
///
/// # Panics
/// If the file that was built in is no such list, which a test rules out.
pub fn stored_answers() -> &'static BTreeMap<String, Answer> {
    &STORED
}

/// The stored answer of one workload; an empty one, which nothing agrees with, if there is none.
pub(crate) fn stored(id: &str) -> &'static Answer {
    STORED.get(id).unwrap_or(&NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_other_token_is_named() {
        let answer = Answer::Tokens(vec![3, 1, 4]);
        assert_eq!(answer.check_tokens(&[3, 1, 4]), Ok(()));
        assert_eq!(answer.check_tokens(&[3, 2, 4]), Err("token 1 is 2, expected 1".to_owned()));
        assert_eq!(answer.check_tokens(&[3, 1]), Err("2 tokens were generated, expected 3".to_owned()));
        assert!(answer.check_values(&[3.0]).is_err());
        assert!(NONE.check_tokens(&[3]).is_err());
    }

    #[test]
    fn values_may_differ_by_rounding_and_no_more() {
        let result: Vec<f32> = (0..100).map(|i| i as f32).collect();
        let all = Answer::of_all(&result);
        let nudged = |answer: &Answer, place: usize, by: f32| {
            let mut result = result.clone();
            result[place] += by;
            answer.check_values(&result)
        };
        assert_eq!(nudged(&all, 6, 0.005), Ok(()));
        for place in 0..result.len() {
            let wanted = result[place];
            assert_eq!(nudged(&all, place, 0.5), Err(format!("value {place} is {}, expected {wanted}", wanted + 0.5)));
            assert!(nudged(&all, place, f32::NAN).is_err());
        }
        assert!(nudged(&Answer::of_samples(&result), 7, 0.5).is_err(), "every seventh is stored");
        assert!(all.check_values(&result[..99]).is_err());
        assert!(all.check_tokens(&[]).is_err());
    }

    #[test]
    fn what_is_stored_has_six_digits_and_few_samples() {
        let Answer::Values { count, every, largest, values } = Answer::of_samples(&[-1.0 / 3.0; 1000]) else {
            panic!()
        };
        assert_eq!((count, every, largest, values.len()), (1000, 63, 0.333_333, 16));
        assert!(values.iter().all(|&value| value == -0.333_333));
    }
}
