//! A session of several sequences that step together.

use std::sync::Arc;

use super::state::{Outputs, State};
use crate::buffers::PoolCounts;
use crate::error::EngineError;
use crate::model::Model;
use crate::trace::Operation;

/// Several sequences that step together: each step reads the weights once for all of them. The sequences may differ in
/// length.
#[derive(Debug)]
pub struct BatchSession {
    state: State,
}

impl BatchSession {
    pub(crate) fn new(
        model: Arc<Model>,
        sequences: usize,
        threads: usize,
    ) -> Result<Self, EngineError> {
        if sequences == 0 {
            return Err(EngineError::BatchSize {
                sequences: 0,
                given: 0,
            });
        }
        let state = State::new(model, sequences, threads)?;
        Ok(Self { state })
    }

    /// Appends `prompts[i]` to sequence `i` and returns the logits after the last token of each, `[sequences, V]`.
    ///
    /// # Errors
    /// Returns an error if there is not one prompt for each sequence, or a prompt fails as in
    /// [`super::Session::prefill`].
    pub fn prefill(&mut self, prompts: &[&[u32]]) -> Result<&[f32], EngineError> {
        self.check_count(prompts.len())?;
        for (sequence, prompt) in self.state.sequences.iter().zip(prompts) {
            sequence.check(&self.state.model, prompt)?;
        }
        for (sequence, prompt) in self.state.sequences.iter_mut().zip(prompts) {
            sequence.append(prompt);
        }
        Ok(self.state.step(Operation::Prefill, Outputs::Last))
    }

    /// Appends `tokens[i]` to sequence `i` and returns the logits after each, `[sequences, V]`.
    ///
    /// # Errors
    /// Returns an error if there is not one token for each sequence, a context is full, or a token is not in the
    /// vocabulary.
    pub fn decode(&mut self, tokens: &[u32]) -> Result<&[f32], EngineError> {
        self.check_count(tokens.len())?;
        for (sequence, token) in self.state.sequences.iter().zip(tokens.chunks(1)) {
            sequence.check(&self.state.model, token)?;
        }
        for (sequence, token) in self.state.sequences.iter_mut().zip(tokens.chunks(1)) {
            sequence.append(token);
        }
        Ok(self.state.step(Operation::Decode, Outputs::Last))
    }

    /// Empties all sequences; buffers and caches are kept.
    pub fn reset(&mut self) {
        for sequence in &mut self.state.sequences {
            sequence.truncate(0);
        }
    }

    /// Number of sequences.
    pub fn sequences(&self) -> usize {
        self.state.sequences.len()
    }

    /// Number of tokens so far in sequence `index`; `None` when there is no such sequence.
    pub fn position(&self, index: usize) -> Option<usize> {
        let sequence = self.state.sequences.get(index)?;
        Some(sequence.tokens().len())
    }

    /// Hits and misses of the buffer pool; `None` in a variant without one.
    pub fn pool_counts(&self) -> Option<PoolCounts> {
        self.state.buffers.counts()
    }

    fn check_count(&self, given: usize) -> Result<(), EngineError> {
        let sequences = self.sequences();
        if given == sequences {
            Ok(())
        } else {
            Err(EngineError::BatchSize { sequences, given })
        }
    }
}
