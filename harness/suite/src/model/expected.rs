//! The expected answer of a model workload.
//!
//! The synthetic models have stored answers. A checkpoint that a user names has none, and the naive variant would take
//! minutes to compute one. There, each phase is compared with another phase that shares little code with it. This finds an
//! optimization that computes something else, but not an error that both phases have.

use engine::Engine;
use harness_probe::Options;

use super::measured_model::MeasuredModel;
use crate::answer::Answer;
use crate::tolerance::{Tolerance, check_finite, largest};

/// The source of the expected answer.
pub(super) enum Expected {
    /// The answer that was stored when the workload was defined.
    Stored(&'static Answer),
    /// The answer of another phase, with the same threads and instruction set; computed at each check.
    OtherPhase {
        /// The model.
        model: MeasuredModel,
        /// The other phase.
        phase: &'static str,
        /// Threads and instruction set.
        options: Options,
    },
}

impl Expected {
    /// Compares all logits `[V]` after the last token of a window with the expected ones.
    ///
    /// # Errors
    /// One sentence: the first difference.
    pub(super) fn check_logits(&self, window: &[u32], found: &[f32]) -> Result<(), String> {
        match self {
            Self::Stored(answer) => answer.check_values(found),
            Self::OtherPhase {
                model,
                phase,
                options,
            } => {
                let engine = model
                    .engine(phase, options)
                    .map_err(|error| error.to_string())?;
                let mut session = engine.session().map_err(|error| error.to_string())?;
                let wanted = session.prefill(window).map_err(|error| error.to_string())?;
                Tolerance::LOGITS
                    .check(found, wanted)
                    .map_err(|wrong| format!("{wrong} as in phase {phase}"))
            }
        }
    }

    /// Compares all `new` tokens that were generated greedily after a prompt with the expected ones.
    ///
    /// The other phase reads the generated tokens. Each must have its largest logit, or one so near to it that rounding can
    /// explain the choice.
    ///
    /// # Errors
    /// One sentence: the first difference.
    pub(super) fn check_tokens(
        &self,
        prompt: &[u32],
        new: usize,
        found: &[u32],
    ) -> Result<(), String> {
        let (model, phase, options) = match self {
            Self::Stored(answer) => return answer.check_tokens(found),
            Self::OtherPhase {
                model,
                phase,
                options,
            } => (model, phase, options),
        };
        if found.len() != new {
            return Err(format!(
                "{} tokens were generated, expected {new}",
                found.len()
            ));
        }
        let Some((_, read)) = found.split_last() else {
            return Ok(());
        };
        let engine = model
            .engine(phase, options)
            .map_err(|error| error.to_string())?;
        let logits = engine
            .logits(&[prompt, read].concat())
            .map_err(|error| error.to_string())?;
        let rows = logits
            .chunks_exact(engine.config().vocab)
            .skip(prompt.len() - 1);
        for (index, (&token, row)) in found.iter().zip(rows).enumerate() {
            check_finite(row).map_err(|wrong| {
                format!("the logits for token {index} are wrong in phase {phase}: {wrong}")
            })?;
            let (best, logit) = best(row);
            let near =
                |found: f32| Tolerance::LOGITS.allows(found.into(), logit.into(), largest(row));
            if !row.get(token as usize).is_some_and(|&found| near(found)) {
                return Err(format!(
                    "token {index} is {token}, expected {best} as in phase {phase}"
                ));
            }
        }
        Ok(())
    }
}

/// Explains wrong tokens by logits that are not finite, if the engine computes such logits after a prompt. Otherwise
/// returns `wrong`.
pub(super) fn explained(wrong: String, engine: &Engine, prompt: &[u32]) -> String {
    let logits = engine.logits(prompt);
    match logits.map(|logits| check_finite(&logits)) {
        Ok(Err(not_finite)) => format!("the logits of the prompt are wrong: {not_finite}"),
        _ => wrong,
    }
}

/// The token with the largest logit, and that logit.
fn best(row: &[f32]) -> (usize, f32) {
    let pairs = row.iter().copied().enumerate();
    pairs.fold((0, f32::NEG_INFINITY), |best, pair| {
        if pair.1 > best.1 { pair } else { best }
    })
}

#[cfg(test)]
mod tests {
    use engine::{Overflow, Sampler, generate};

    use super::*;
    use crate::model::checkpoint::golden;

    #[test]
    fn one_wrong_value_is_caught_by_another_phase() {
        let options = Options {
            threads: 1,
            isa: None,
        };
        let model = golden("untied-inner");
        let expected = model.expected("checkpoint/prefill", "optimized", &options);
        let (prompt, new) = (model.prompt(9), 12);
        let engine = model.engine("optimized", &options).expect("an engine");
        let mut session = engine.session().expect("a session");

        let mut logits = session.prefill(&prompt).expect("fits").to_vec();
        assert_eq!(expected.check_logits(&prompt, &logits), Ok(()));
        let wrong = 3e-4 * largest(&logits) as f32;
        for index in 0..logits.len() {
            logits[index] += wrong;
            let message = expected.check_logits(&prompt, &logits).expect_err("wrong");
            assert!(
                message.starts_with(&format!("value {index} is "))
                    && message.ends_with("as in phase reference")
            );
            logits[index] -= wrong;
        }

        session.reset();
        let mut tokens = Vec::new();
        let greedy = &mut Sampler::greedy();
        generate(
            &mut session,
            &prompt,
            new,
            greedy,
            Overflow::Error,
            |token| tokens.push(token),
        )
        .expect("generated");
        assert_eq!(expected.check_tokens(&prompt, new, &tokens), Ok(()));
        for index in 0..new {
            tokens[index] ^= 1;
            let message = expected
                .check_tokens(&prompt, new, &tokens)
                .expect_err("wrong");
            assert!(
                message.starts_with(&format!("token {index} is ")),
                "{message}"
            );
            tokens[index] ^= 1;
        }
        assert!(expected.check_tokens(&prompt, new, &tokens[1..]).is_err());
    }

    #[test]
    fn no_phase_is_compared_with_itself() {
        let options = Options {
            threads: 1,
            isa: None,
        };
        let model = golden("untied-inner");
        for (phase, other) in [
            ("optimized", "reference"),
            ("reference", "optimized"),
            ("naive", "reference"),
        ] {
            let expected = model.expected("checkpoint/prefill", phase, &options);
            assert!(matches!(expected, Expected::OtherPhase { phase, .. } if phase == other));
        }
    }
}
