//! Errors of building an engine and of running a session.

use crate::config::ConfigError;
use crate::isa::IsaError;
use crate::matmul::LinearError;

/// Reasons why an engine cannot be built or a request cannot be served. A failed request leaves its session unchanged.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The configuration describes no model.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The requested instruction set is unknown, or this CPU does not have it.
    #[error(transparent)]
    Isa(#[from] IsaError),
    /// A tensor of the weights does not have the shape that follows from the configuration.
    #[error(
        "the weights do not fit their configuration: {name} should have the shape {expected:?}, but has {found:?}"
    )]
    Shape {
        /// Name of the tensor.
        name: &'static str,
        /// Shape that follows from the configuration.
        expected: Vec<usize>,
        /// Shape of the tensor.
        found: Vec<usize>,
    },
    /// The number of blocks in the weights differs from that in the configuration.
    #[error("the weights do not fit their configuration: {found} blocks instead of {expected}")]
    Blocks {
        /// Number of blocks in the configuration.
        expected: usize,
        /// Number of blocks in the weights.
        found: usize,
    },
    /// A layer could not be packed.
    #[error(transparent)]
    Linear(#[from] LinearError),
    /// The requested number of threads is 0.
    #[error("0 threads cannot compute anything; use at least 1")]
    NoThreads,
    /// The system refused to start a thread.
    #[error("cannot start a thread: {0}; use fewer threads")]
    Threads(#[source] std::io::Error),
    /// The prompt has no token.
    #[error("the prompt is empty; it needs at least one token")]
    EmptyPrompt,
    /// A token is not in the vocabulary.
    #[error("token {token} at place {place} is not in the vocabulary of {vocab} tokens (0..={})", vocab - 1)]
    UnknownToken {
        /// The token.
        token: u32,
        /// Index of the token in the request, from 0.
        place: usize,
        /// Number of tokens in the vocabulary.
        vocab: usize,
    },
    /// The window would be longer than the context.
    #[error(
        "{requested} tokens do not fit into the context of {context}; shorten the prompt or let the window slide"
    )]
    ContextFull {
        /// Tokens in the window after the request.
        requested: usize,
        /// Longest window of the model.
        context: usize,
    },
    /// The number of inputs differs from the number of sequences in the batch.
    #[error("the batch has {sequences} sequences but was given {given} inputs; give one for each")]
    BatchSize {
        /// Sequences in the batch.
        sequences: usize,
        /// Inputs in the request.
        given: usize,
    },
    /// The session is shorter than the position to go back to.
    #[error("cannot go back to position {requested}: the session is at position {position}")]
    Rewind {
        /// Position to go back to.
        requested: usize,
        /// Position of the session.
        position: usize,
    },
}
