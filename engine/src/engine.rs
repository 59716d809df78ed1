//! An engine: a model in one variant, shared by any number of sessions.

use std::sync::Arc;

use crate::config::Config;
use crate::error::EngineError;
use crate::isa::Isa;
use crate::model::Model;
use crate::session::{BatchSession, Session};
use crate::variant::Variant;
use crate::weights::Weights;

/// A model in one variant, its weights packed. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Engine {
    model: Arc<Model>,
}

impl Engine {
    /// Packs `weights` for `variant`; sessions compute on `threads` threads where the variant has parallel kernels.
    ///
    /// The instruction set is the widest one of this CPU, unless [`crate::isa::ISA_VARIABLE`] forces another. The engine
    /// keeps copies, so `weights` can be dropped.
    ///
    /// # Errors
    /// When the configuration is not valid, the weights do not fit it, `threads` is 0, or the forced instruction set is
    /// not there.
    pub fn new(weights: &Weights, variant: Variant, threads: usize) -> Result<Self, EngineError> {
        Self::with_isa(weights, variant, threads, Isa::from_environment()?)
    }

    /// As [`Engine::new`], for one instruction set.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn with_isa(weights: &Weights, variant: Variant, threads: usize, isa: Isa) -> Result<Self, EngineError> {
        let model = Arc::new(Model::new(weights, variant, threads, isa)?);
        Ok(Self { model })
    }

    /// The shape of the model.
    pub fn config(&self) -> &Config {
        &self.model.config
    }

    /// The variant it computes in.
    pub fn variant(&self) -> Variant {
        self.model.variant
    }

    /// The instruction set its kernels use.
    pub fn isa(&self) -> Isa {
        self.model.isa
    }

    /// Threads of a session.
    pub fn threads(&self) -> usize {
        self.model.threads
    }

    /// Bytes of weights that one decoded token has to read, its embedding row aside.
    pub fn weight_bytes_per_token(&self) -> usize {
        self.model.bytes_per_token()
    }

    /// Bytes of keys and values that one decoded token has to read when `position` tokens lie before it.
    pub fn cache_bytes_per_token(&self, position: usize) -> usize {
        2 * self.model.config.layers * self.model.config.embed * position * size_of::<f32>()
    }

    /// A session with the engine's number of threads.
    ///
    /// # Errors
    /// When the system refuses to start a thread.
    pub fn session(&self) -> Result<Session, EngineError> {
        self.session_with_threads(self.threads())
    }

    /// A session with a number of threads of its own: one, where many sessions run side by side.
    ///
    /// # Errors
    /// When `threads` is 0 or the system refuses to start one.
    pub fn session_with_threads(&self, threads: usize) -> Result<Session, EngineError> {
        Session::new(Arc::clone(&self.model), threads)
    }

    /// A session that steps `sequences` sequences at once, so that they share every read of the weights.
    ///
    /// # Errors
    /// When `sequences` is 0 or the system refuses to start a thread.
    pub fn batch(&self, sequences: usize) -> Result<BatchSession, EngineError> {
        BatchSession::new(Arc::clone(&self.model), sequences, self.threads())
    }

    /// The logits after every position of `tokens`, `[T, V]`.
    ///
    /// # Errors
    /// When `tokens` is empty, longer than the context, or holds a token that is not in the vocabulary.
    pub fn logits(&self, tokens: &[u32]) -> Result<Vec<f32>, EngineError> {
        self.session()?.all_logits(tokens)
    }
}
