//! What can go wrong when an engine is built or asked.

use crate::config::ConfigError;
use crate::isa::IsaError;
use crate::matmul::LinearError;

/// Why an engine could not be built, or a request could not be answered. A request that fails leaves its session as it was.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The configuration describes no model.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The instruction set that was asked for is not there.
    #[error(transparent)]
    Isa(#[from] IsaError),
    /// A tensor of the weights does not have the shape that the configuration says.
    #[error("the weights do not fit their configuration: {name} should have the shape {expected:?}, but has {found:?}")]
    Shape {
        /// Name of the tensor.
        name: &'static str,
        /// The shape by the configuration.
        expected: Vec<usize>,
        /// Its shape.
        found: Vec<usize>,
    },
    /// The weights hold another number of blocks than the configuration says.
    #[error("the weights do not fit their configuration: {found} blocks instead of {expected}")]
    Blocks {
        /// The number by the configuration.
        expected: usize,
        /// The number there is.
        found: usize,
    },
    /// A layer could not be packed.
    #[error(transparent)]
    Linear(#[from] LinearError),
    /// No thread to compute on.
    #[error("0 threads cannot compute anything; ask for at least 1")]
    NoThreads,
    /// The system refused to start a thread.
    #[error("cannot start a thread: {0}; ask for fewer threads")]
    Threads(#[source] std::io::Error),
    /// There is no token to start from.
    #[error("the prompt is empty; it needs at least one token")]
    EmptyPrompt,
    /// A token that the vocabulary does not have.
    #[error("token {token} at place {place} is not in the vocabulary of {vocab} tokens (0..={})", vocab - 1)]
    UnknownToken {
        /// The token.
        token: u32,
        /// Where it stands in the request, from 0.
        place: usize,
        /// Number of tokens in the vocabulary.
        vocab: usize,
    },
    /// More tokens than the context holds.
    #[error("{asked} tokens do not fit into the context of {context}; shorten the prompt or let the window slide")]
    ContextFull {
        /// Tokens the window would hold.
        asked: usize,
        /// Tokens it can hold.
        context: usize,
    },
    /// A batch was given another number of inputs than it has sequences.
    #[error("the batch has {sequences} sequences but was given {given} inputs; give one for each")]
    BatchSize {
        /// Sequences in the batch.
        sequences: usize,
        /// Inputs in the request.
        given: usize,
    },
    /// A window cannot be cut to a length it does not have.
    #[error("cannot go back to position {asked}: the session is at position {position}")]
    Rewind {
        /// The position asked for.
        asked: usize,
        /// The position of the session.
        position: usize,
    },
}
