//! An engine: a model in one variant, shared by any number of sessions.

use std::sync::Arc;

use crate::config::Config;
use crate::error::EngineError;
use crate::isa::Isa;
use crate::model::Model;
use crate::session::{BatchSession, Session};
use crate::variant::Variant;
use crate::weights::Weights;

/// A model in one variant with packed weights. Clones share it.
#[derive(Clone, Debug)]
pub struct Engine {
    model: Arc<Model>,
}

impl Engine {
    /// Packs `weights` for `variant`. Sessions compute on `threads` threads where the variant has parallel kernels.
    ///
    /// The instruction set is the widest one of this CPU, unless [`crate::isa::ISA_VARIABLE`] forces another. The
    /// engine keeps copies, so `weights` can be dropped.
    ///
    /// # Errors
    /// Returns an error if the configuration is not valid, the weights do not fit it, `threads` is 0, or this CPU does
    /// not have the forced instruction set.
    pub fn new(weights: &Weights, variant: Variant, threads: usize) -> Result<Self, EngineError> {
        Self::with_isa(weights, variant, threads, Isa::from_environment()?)
    }

    /// Packs as [`Engine::new`] does, for one instruction set.
    ///
    /// # Errors
    /// Same as for [`Engine::new`].
    pub fn with_isa(
        weights: &Weights,
        variant: Variant,
        threads: usize,
        isa: Isa,
    ) -> Result<Self, EngineError> {
        let model = Arc::new(Model::new(weights, variant, threads, isa)?);
        Ok(Self { model })
    }

    /// The shape of the model.
    pub fn config(&self) -> &Config {
        &self.model.config
    }

    /// The variant of the engine.
    pub fn variant(&self) -> Variant {
        self.model.variant
    }

    /// The instruction set of the kernels.
    pub fn isa(&self) -> Isa {
        self.model.isa
    }

    /// Number of threads of a session.
    pub fn threads(&self) -> usize {
        self.model.threads
    }

    /// Bytes of weights that decoding one token reads, without its embedding row.
    pub fn weight_bytes_per_token(&self) -> usize {
        self.model.bytes_per_token()
    }

    /// Bytes of keys and values that decoding one token reads after `position` earlier tokens.
    pub fn cache_bytes_per_token(&self, position: usize) -> usize {
        2 * self.model.config.layers * self.model.config.embed * position * size_of::<f32>()
    }

    /// A session with the engine's number of threads.
    ///
    /// # Errors
    /// Returns an error if the system refuses to start a thread.
    pub fn session(&self) -> Result<Session, EngineError> {
        self.session_with_threads(self.threads())
    }

    /// A session with its own number of threads, such as one thread where many sessions run concurrently.
    ///
    /// # Errors
    /// Returns an error if `threads` is 0 or the system refuses to start a thread.
    pub fn session_with_threads(&self, threads: usize) -> Result<Session, EngineError> {
        Session::new(Arc::clone(&self.model), threads)
    }

    /// A session that computes `sequences` sequences together, so that they share every read of the weights.
    ///
    /// # Errors
    /// Returns an error if `sequences` is 0 or the system refuses to start a thread.
    pub fn batch(&self, sequences: usize) -> Result<BatchSession, EngineError> {
        BatchSession::new(Arc::clone(&self.model), sequences, self.threads())
    }

    /// The logits after every position of `tokens`, `[T, V]`.
    ///
    /// # Errors
    /// Returns an error if `tokens` is empty, longer than the context, or contains a token that is not in the
    /// vocabulary.
    pub fn logits(&self, tokens: &[u32]) -> Result<Vec<f32>, EngineError> {
        self.session()?.all_logits(tokens)
    }
}
