//! Generation: a prefill of the prompt, then one decode step per token.

use crate::error::EngineError;
use crate::sampler::Sampler;
use crate::session::Session;

/// Behaviour when the context is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// Fails with [`EngineError::ContextFull`].
    #[default]
    Error,
    /// Drops the oldest token of the window and computes the window again; drops the beginning of a prompt that is too
    /// long.
    Slide,
}

/// Resets `session`, prefills `prompt`, then generates `new_tokens` tokens and calls `on_token` with each. The last
/// token is not fed back to the model.
///
/// # Errors
/// Returns an error if the prompt is empty or contains a token that is not in the vocabulary, or if the context is full
/// and `overflow` is [`Overflow::Error`]. Tokens may have been generated before.
pub fn generate(
    session: &mut Session,
    prompt: &[u32],
    new_tokens: usize,
    sampler: &mut Sampler,
    overflow: Overflow,
    mut on_token: impl FnMut(u32),
) -> Result<(), EngineError> {
    session.reset();
    let context = session.config().context;
    let prompt = match overflow {
        Overflow::Error => prompt,
        Overflow::Slide => &prompt[prompt.len().saturating_sub(context)..],
    };
    // The last token is not fed back, so it needs no room.
    session.reserve(prompt.len().saturating_add(new_tokens.saturating_sub(1)));
    session.prefill(prompt)?;
    for remaining in (0..new_tokens).rev() {
        let token = session.sample(sampler);
        on_token(token);
        if remaining == 0 {
            break;
        }
        match overflow {
            Overflow::Error => session.decode(token)?,
            Overflow::Slide => session.slide(token)?,
        };
    }
    Ok(())
}
