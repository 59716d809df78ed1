//! What the answer of a model is held against.
//!
//! The synthetic models have stored answers. A checkpoint that a user names has none, and the naive variant would take
//! minutes to give one; there, each phase is held against another one that shares little code with it. That shows when
//! an optimization computes something else; it does not show an error that both have.

use harness_probe::Options;

use super::subject::Subject;
use crate::agreement::{Tolerance, largest};
use crate::answer::Answer;

/// The right answer, or where to get it.
pub(super) enum Expected {
    /// As it was stored when the workload was defined.
    Stored(&'static Answer),
    /// As another phase gives it, on the same threads and instruction set; computed when it is asked for.
    OtherPhase {
        /// The model.
        subject: Subject,
        /// The phase that is asked.
        phase: &'static str,
        /// Threads and instruction set.
        options: Options,
    },
}

impl Expected {
    /// Holds all logits `[V]` after the last token of a window against the right ones.
    ///
    /// # Errors
    /// One sentence: the first difference.
    pub(super) fn check_logits(&self, window: &[u32], found: &[f32]) -> Result<(), String> {
        match self {
            Self::Stored(answer) => answer.check_values(found),
            Self::OtherPhase { subject, phase, options } => {
                let engine = subject.engine(phase, options).map_err(|error| error.to_string())?;
                let mut session = engine.session().map_err(|error| error.to_string())?;
                let wanted = session.prefill(window).map_err(|error| error.to_string())?;
                Tolerance::LOGITS.check(found, wanted).map_err(|wrong| format!("{wrong} as in phase {phase}"))
            }
        }
    }

    /// Holds all `new` tokens that were generated greedily after a prompt against the right ones.
    ///
    /// The other phase reads them as a text of its own: each must be the best one by its logits, or so near to the best
    /// that rounding may have chosen between the two.
    ///
    /// # Errors
    /// One sentence: the first difference.
    pub(super) fn check_tokens(&self, prompt: &[u32], new: usize, found: &[u32]) -> Result<(), String> {
        let (subject, phase, options) = match self {
            Self::Stored(answer) => return answer.check_tokens(found),
            Self::OtherPhase { subject, phase, options } => (subject, phase, options),
        };
        if found.len() != new {
            return Err(format!("{} tokens were generated, expected {new}", found.len()));
        }
        let Some((_, read)) = found.split_last() else { return Ok(()) };
        let engine = subject.engine(phase, options).map_err(|error| error.to_string())?;
        let logits = engine.logits(&[prompt, read].concat()).map_err(|error| error.to_string())?;
        let rows = logits.chunks_exact(engine.config().vocab).skip(prompt.len() - 1);
        for (place, (&token, row)) in found.iter().zip(rows).enumerate() {
            let (best, logit) = best(row);
            let near = |found: f32| Tolerance::LOGITS.allows(found.into(), logit.into(), largest(row));
            if !row.get(token as usize).is_some_and(|&found| near(found)) {
                return Err(format!("token {place} is {token}, expected {best} as in phase {phase}"));
            }
        }
        Ok(())
    }
}

/// The largest logit and its place.
fn best(row: &[f32]) -> (usize, f32) {
    let pairs = row.iter().copied().enumerate();
    pairs.fold((0, f32::NEG_INFINITY), |best, pair| if pair.1 > best.1 { pair } else { best })
}

#[cfg(test)]
mod tests {
    use engine::{Overflow, Sampler, generate};

    use super::*;
    use crate::model::checkpoint::golden;

    #[test]
    fn one_wrong_value_is_caught_by_another_phase() {
        let options = Options { threads: 1, isa: None };
        let subject = golden("untied-inner");
        let expected = subject.expected("checkpoint/prefill", "optimized", &options);
        let (prompt, new) = (subject.prompt(9), 12);
        let engine = subject.engine("optimized", &options).expect("an engine");
        let mut session = engine.session().expect("a session");

        let mut logits = session.prefill(&prompt).expect("fits").to_vec();
        assert_eq!(expected.check_logits(&prompt, &logits), Ok(()));
        let wrong = 3e-4 * largest(&logits) as f32;
        for place in 0..logits.len() {
            logits[place] += wrong;
            let message = expected.check_logits(&prompt, &logits).expect_err("wrong");
            assert!(message.starts_with(&format!("value {place} is ")) && message.ends_with("as in phase reference"));
            logits[place] -= wrong;
        }

        session.reset();
        let mut tokens = Vec::new();
        let greedy = &mut Sampler::greedy();
        generate(&mut session, &prompt, new, greedy, Overflow::Error, |token| tokens.push(token)).expect("generated");
        assert_eq!(expected.check_tokens(&prompt, new, &tokens), Ok(()));
        for place in 0..new {
            tokens[place] ^= 1;
            let message = expected.check_tokens(&prompt, new, &tokens).expect_err("wrong");
            assert!(message.starts_with(&format!("token {place} is ")), "{message}");
            tokens[place] ^= 1;
        }
        assert!(expected.check_tokens(&prompt, new, &tokens[1..]).is_err());
    }

    #[test]
    fn the_phase_that_others_are_held_against_is_held_against_another() {
        let options = Options { threads: 1, isa: None };
        let subject = golden("untied-inner");
        for (phase, against) in [("optimized", "reference"), ("reference", "optimized"), ("naive", "reference")] {
            let expected = subject.expected("checkpoint/prefill", phase, &options);
            assert!(matches!(expected, Expected::OtherPhase { phase, .. } if phase == against));
        }
    }
}
