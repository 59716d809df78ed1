//! Stored answers of workloads, and the comparison of results with them.
//!
//! A stored answer is the same on every machine, so its digest identifies a version of a workload. It contains the whole
//! result if that is small (tokens, logits). Of a kernel's result it contains samples; the check of a kernel also compares
//! every element with the naive implementation.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::tolerance::{Tolerance, check_finite, largest};

/// The number of values that are stored of a sampled result.
const SAMPLES: usize = 16;

static STORED: LazyLock<BTreeMap<String, Answer>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("answers.json")).expect("a test has read answers.json")
});

/// Stands for an answer that is not stored. No result agrees with it.
static MISSING: Answer = Answer::Tokens(Vec::new());

/// The answer of a workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The generated tokens, which must be equal.
    Tokens(Vec<u32>),
    /// Values of a result, beginning with the first one.
    Values {
        /// Number of values of the result.
        count: usize,
        /// The distance between stored values: 1 if all are stored.
        every: usize,
        /// The largest magnitude in the result.
        largest: f64,
        /// The stored values, to six digits.
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
        let values = result
            .iter()
            .step_by(every)
            .map(|&value| six_digits(value.into()))
            .collect();
        Self::Values {
            count: result.len(),
            every,
            largest: six_digits(largest(result)),
            values,
        }
    }

    /// Compares generated tokens with this answer.
    ///
    /// # Errors
    /// One sentence: the first difference.
    pub(crate) fn check_tokens(&self, found: &[u32]) -> Result<(), String> {
        let expected = match self {
            Self::Tokens(expected) if !expected.is_empty() => expected,
            _ => return Err(self.mismatch()),
        };
        if let Some(index) = found
            .iter()
            .zip(expected)
            .position(|(found, expected)| found != expected)
        {
            return Err(format!(
                "token {index} is {}, expected {}",
                found[index], expected[index]
            ));
        }
        if found.len() != expected.len() {
            return Err(format!(
                "{} tokens were generated, expected {}",
                found.len(),
                expected.len()
            ));
        }
        Ok(())
    }

    /// Compares a result with the stored values of this answer.
    ///
    /// # Errors
    /// One sentence: the first difference.
    pub(crate) fn check_values(&self, found: &[f32]) -> Result<(), String> {
        let Self::Values {
            count,
            every,
            largest,
            values,
        } = self
        else {
            return Err(self.mismatch());
        };
        if found.len() != *count {
            return Err(format!(
                "there are {} values, expected {count}",
                found.len()
            ));
        }
        check_finite(found)?;
        for (index, &expected) in (0..).step_by(*every).zip(values) {
            if !Tolerance::LOGITS.allows(found[index].into(), expected, *largest) {
                return Err(format!(
                    "value {index} is {}, expected {expected}",
                    found[index]
                ));
            }
        }
        Ok(())
    }

    /// The reason why a result of another kind than this answer is wrong.
    fn mismatch(&self) -> String {
        if std::ptr::eq(self, &MISSING) {
            return "no answer is stored for this workload: write answers.json anew with examples/write_answers.rs"
                .to_owned();
        }
        "the answer is of another kind than the stored one".to_owned()
    }
}

/// Rounds to six digits, which is finer than any tolerance and short to read.
fn six_digits(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// The stored answers, by workload.
///
/// # Panics
/// If `answers.json` is not such a map, which a test rules out.
pub fn stored_answers() -> &'static BTreeMap<String, Answer> {
    &STORED
}

/// The stored answer of one workload. If there is none, the returned answer agrees with no result.
pub(crate) fn stored(id: &str) -> &'static Answer {
    STORED.get(id).unwrap_or(&MISSING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_wrong_token_is_named() {
        let answer = Answer::Tokens(vec![3, 1, 4]);
        assert_eq!(answer.check_tokens(&[3, 1, 4]), Ok(()));
        assert_eq!(
            answer.check_tokens(&[3, 2, 4]),
            Err("token 1 is 2, expected 1".to_owned())
        );
        assert_eq!(
            answer.check_tokens(&[3, 1]),
            Err("2 tokens were generated, expected 3".to_owned())
        );
        assert!(answer.check_values(&[3.0]).is_err());
    }

    #[test]
    fn a_missing_answer_names_the_command_that_writes_it() {
        let missing = stored("no/such/workload");
        for checked in [
            missing.check_tokens(&[]),
            missing.check_tokens(&[3]),
            missing.check_values(&[3.0]),
        ] {
            assert!(checked.is_err_and(|error| error.contains("examples/write_answers.rs")));
        }
    }

    #[test]
    fn values_may_differ_by_rounding_and_no_more() {
        let result: Vec<f32> = (0..100).map(|i| i as f32).collect();
        let all = Answer::of_all(&result);
        let nudged = |answer: &Answer, index: usize, by: f32| {
            let mut result = result.clone();
            result[index] += by;
            answer.check_values(&result)
        };
        assert_eq!(nudged(&all, 6, 0.005), Ok(()));
        for index in 0..result.len() {
            let right = result[index];
            assert_eq!(
                nudged(&all, index, 0.5),
                Err(format!(
                    "value {index} is {}, expected {right}",
                    right + 0.5
                ))
            );
            assert!(nudged(&all, index, f32::NAN).is_err());
        }
        assert!(
            nudged(&Answer::of_samples(&result), 7, 0.5).is_err(),
            "every seventh value is stored"
        );
        assert!(all.check_values(&result[..99]).is_err());
        assert!(all.check_tokens(&[]).is_err());
    }

    #[test]
    fn a_stored_answer_has_six_digits_and_few_samples() {
        let Answer::Values {
            count,
            every,
            largest,
            values,
        } = Answer::of_samples(&[-1.0 / 3.0; 1000])
        else {
            panic!()
        };
        assert_eq!(
            (count, every, largest, values.len()),
            (1000, 63, 0.333_333, 16)
        );
        assert!(values.iter().all(|&value| value == -0.333_333));
    }
}
