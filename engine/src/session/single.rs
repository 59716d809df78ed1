//! A session of one sequence.

use std::sync::Arc;

use super::sequence::{Sequence, check_tokens};
use super::state::{Outputs, State};
use crate::buffers::PoolCounts;
use crate::config::Config;
use crate::error::EngineError;
use crate::model::Model;
use crate::sampler::Sampler;
use crate::trace::{Operation, Spans, Trace};

/// One sequence that grows token by token. Logits are returned for its last position.
#[derive(Debug)]
pub struct Session {
    state: State,
}

impl Session {
    pub(crate) fn new(model: Arc<Model>, threads: usize) -> Result<Self, EngineError> {
        let state = State::new(model, 1, threads)?;
        Ok(Self { state })
    }

    /// The shape of the model.
    pub fn config(&self) -> &Config {
        &self.state.model.config
    }

    /// Appends `tokens` and returns the logits `[V]` after the last of them.
    ///
    /// # Errors
    /// Returns an error if `tokens` is empty or does not fit into the context, or a token is not in the vocabulary.
    pub fn prefill(&mut self, tokens: &[u32]) -> Result<&[f32], EngineError> {
        self.append(tokens)?;
        let operation = if tokens.len() == 1 {
            Operation::Decode
        } else {
            Operation::Prefill
        };
        Ok(self.state.step(operation, Outputs::Last))
    }

    /// Appends one token and returns the logits `[V]` after it.
    ///
    /// # Errors
    /// Returns an error if the context is full or the token is not in the vocabulary.
    pub fn decode(&mut self, token: u32) -> Result<&[f32], EngineError> {
        self.prefill(&[token])
    }

    /// Appends one token. If the context is full, the oldest token is dropped and the window is computed again.
    ///
    /// # Errors
    /// Returns an error if the token is not in the vocabulary.
    pub fn slide(&mut self, token: u32) -> Result<&[f32], EngineError> {
        let config = &self.state.model.config;
        check_tokens(&[token], config.vocab)?;
        if self.position() == config.context {
            self.sequence().drop_oldest();
        }
        self.decode(token)
    }

    /// Makes room in the cache for a sequence of `tokens` tokens, or for a full context if that is shorter. Without it,
    /// the cache grows step by step, and a step that lets it grow allocates memory.
    pub fn reserve(&mut self, tokens: usize) {
        self.sequence().reserve(tokens);
    }

    /// Empties the sequence; buffers and cache are kept.
    pub fn reset(&mut self) {
        self.sequence().truncate(0);
    }

    /// Drops all tokens from `position` on.
    ///
    /// # Errors
    /// Returns an error if the sequence is shorter.
    pub fn rewind(&mut self, position: usize) -> Result<(), EngineError> {
        let now = self.position();
        if position > now {
            return Err(EngineError::Rewind {
                requested: position,
                position: now,
            });
        }
        self.sequence().truncate(position);
        Ok(())
    }

    /// Number of tokens so far.
    pub fn position(&self) -> usize {
        self.tokens().len()
    }

    /// The tokens so far.
    pub fn tokens(&self) -> &[u32] {
        self.state.sequences[0].tokens()
    }

    /// Hits and misses of the buffer pool; `None` in a variant without one.
    pub fn pool_counts(&self) -> Option<PoolCounts> {
        self.state.buffers.counts()
    }

    /// Adds the time of every later operation to `trace`, until [`Session::take_trace`].
    pub fn keep_trace(&mut self, trace: Trace) {
        self.state.trace = Some(Box::new(trace));
    }

    /// Ends tracing and returns the trace; `None` if there was no [`Session::keep_trace`] before.
    pub fn take_trace(&mut self) -> Option<Trace> {
        self.state.trace.take().map(|trace| *trace)
    }

    /// Chooses a token from the logits of the last step, `[V]`.
    pub(crate) fn sample(&mut self, sampler: &mut Sampler) -> u32 {
        let State { logits, trace, .. } = &mut self.state;
        match trace.as_deref_mut() {
            None => sampler.sample(logits),
            Some(mut trace) => {
                trace.begin(Operation::Sampling);
                let token = sampler.sample(logits);
                trace.end();
                token
            }
        }
    }

    /// Resets the session, appends `tokens` and returns the logits after each of them, `[T, V]`.
    pub(crate) fn all_logits(&mut self, tokens: &[u32]) -> Result<Vec<f32>, EngineError> {
        self.reset();
        self.append(tokens)?;
        Ok(self.state.step(Operation::Prefill, Outputs::All).to_vec())
    }

    fn append(&mut self, tokens: &[u32]) -> Result<(), EngineError> {
        self.state.sequences[0].check(&self.state.model, tokens)?;
        self.sequence().append(tokens);
        Ok(())
    }

    fn sequence(&mut self) -> &mut Sequence {
        &mut self.state.sequences[0]
    }
}
