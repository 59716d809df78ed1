//! What can be wrong with a checkpoint folder, each in one sentence.

use std::path::PathBuf;

use crate::config::ConfigError;

/// Why a checkpoint could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// A file could not be opened or mapped.
    #[error("cannot read {path}: {source}; a checkpoint folder holds config.json and model.safetensors", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The configuration is not JSON, or a value in it has the wrong type.
    #[error("{path}: {reason}", path = path.display())]
    Config {
        /// The configuration file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// The configuration asks for a computation that this engine does not do.
    #[error("{path}: {key} is {value}, but this engine computes only {supported}", path = path.display())]
    Unsupported {
        /// The configuration file.
        path: PathBuf,
        /// The key in the configuration.
        key: &'static str,
        /// Its value.
        value: String,
        /// What the value would have to be.
        supported: &'static str,
    },
    /// The sizes in the configuration describe no model.
    #[error("{path}: {source}", path = path.display())]
    Sizes {
        /// The configuration file.
        path: PathBuf,
        /// What is wrong with them.
        source: ConfigError,
    },
    /// The tensor file is cut off or is no safetensors file.
    #[error("{path} is truncated or not a safetensors file ({bytes} bytes: {reason}); copy it again", path = path.display())]
    Damaged {
        /// The tensor file.
        path: PathBuf,
        /// Its length.
        bytes: usize,
        /// What the reader said.
        reason: String,
    },
    /// A tensor that the configuration calls for is not there.
    #[error("{path} has no tensor {name}, which config.json calls for", path = path.display())]
    Missing {
        /// The tensor file.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
    },
    /// A tensor is there that the model has no use for.
    #[error("{path} has a tensor {name} that a GPT-2 language model of this config.json does not have", path = path.display())]
    Extra {
        /// The tensor file.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
    },
    /// A tensor has another shape than the configuration says.
    #[error("{path}: tensor {name} has the shape {found:?}, but config.json calls for {expected:?}", path = path.display())]
    Shape {
        /// The tensor file.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape it should have.
        expected: Vec<usize>,
    },
    /// A tensor is stored in a type that is not read.
    #[error("{path}: tensor {name} is stored as {stored}; F32, F16 and BF16 can be read", path = path.display())]
    Stored {
        /// The tensor file.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
        /// Its element type.
        stored: String,
    },
    /// The configuration ties the head to the token embedding, but the file has a head of its own.
    #[error("{path}: lm_head.weight differs from the token embedding, but config.json ties the two (tie_word_embeddings)", path = path.display())]
    HeadNotTied {
        /// The tensor file.
        path: PathBuf,
    },
}
