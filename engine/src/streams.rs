//! Concurrent streams over one engine, each with its own session and thread: for throughput, not latency.

use rayon::prelude::*;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::generate::{Overflow, generate};
use crate::sampler::Sampler;

/// Generates `new_tokens` tokens after every prompt. The streams run on rayon's current pool, each on one thread, and
/// each starts with its own copy of `sampler`. Returns the new tokens of every stream, in the order of the prompts.
///
/// # Errors
/// Returns the first error of a stream, see [`generate()`].
pub fn generate_streams<P: AsRef<[u32]> + Sync>(
    engine: &Engine,
    prompts: &[P],
    new_tokens: usize,
    sampler: &Sampler,
    overflow: Overflow,
) -> Result<Vec<Vec<u32>>, EngineError> {
    prompts
        .par_iter()
        .map(|prompt| {
            let mut session = engine.session_with_threads(1)?;
            let mut sampler = sampler.clone();
            let mut tokens = Vec::with_capacity(new_tokens);
            let prompt = prompt.as_ref();
            generate(
                &mut session,
                prompt,
                new_tokens,
                &mut sampler,
                overflow,
                |token| {
                    tokens.push(token);
                },
            )?;
            Ok(tokens)
        })
        .collect()
}
