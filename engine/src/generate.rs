//! Generation: a prompt, then one token after the other, each chosen from the logits of the one before.

use crate::error::EngineError;
use crate::sampler::Sampler;
use crate::session::Session;

/// What happens when the context is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// [`EngineError::ContextFull`].
    #[default]
    Error,
    /// The oldest token leaves the window, which is computed again; a prompt that is too long loses its beginning.
    Slide,
}

/// Starts `session` over with `prompt`, then generates `new_tokens` tokens and calls `on_token` with each. The first one is
/// chosen from the prompt's logits; the last one is not computed any further.
///
/// # Errors
/// When the prompt is empty or holds a token that is not in the vocabulary, or when the context is full and `overflow` says
/// that this is an error. Tokens may have been generated before.
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
