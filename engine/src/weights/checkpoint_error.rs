//! Errors of loading a checkpoint folder; each message is one sentence.

use std::path::PathBuf;

use crate::config::ConfigError;

/// Reasons why a checkpoint cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// A file could not be opened or mapped.
    #[error("cannot read {path}: {source}; a checkpoint folder contains config.json and model.safetensors (or its shards and their index)", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Error of the system.
        source: std::io::Error,
    },
    /// The index of several tensor files is wrong.
    #[error("{path} is no index of tensor files: {reason}; copy the folder again", path = path.display())]
    Index {
        /// The index.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The configuration is not JSON, or a value in it has the wrong type.
    #[error("{path}: {reason}", path = path.display())]
    Config {
        /// The configuration file.
        path: PathBuf,
        /// The key and the reason.
        reason: String,
    },
    /// The configuration requires a computation that this engine does not support.
    #[error("{path}: {key} is {value}, but this engine computes only {supported}", path = path.display())]
    Unsupported {
        /// The configuration file.
        path: PathBuf,
        /// The key in the configuration.
        key: &'static str,
        /// Its value.
        value: String,
        /// The supported values.
        supported: &'static str,
    },
    /// The sizes in the configuration describe no model.
    #[error("{path}: {source}", path = path.display())]
    Sizes {
        /// The configuration file.
        path: PathBuf,
        /// The error in the sizes.
        source: ConfigError,
    },
    /// The tensor file is cut off or is no safetensors file.
    #[error("{path} is truncated or not a safetensors file ({bytes} bytes: {reason}); copy it again", path = path.display())]
    Damaged {
        /// The tensor file.
        path: PathBuf,
        /// Its length.
        bytes: usize,
        /// Error of the reader.
        reason: String,
    },
    /// A tensor that the configuration requires is missing.
    #[error("{path} has no tensor {name}, which config.json requires", path = path.display())]
    Missing {
        /// The tensor file.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
    },
    /// The file contains a tensor that the model does not use.
    #[error("{path} has a tensor {name} that a GPT-2 language model of this config.json does not have", path = path.display())]
    Extra {
        /// The tensor file.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
    },
    /// A tensor does not have the shape that follows from the configuration.
    #[error("{path}: tensor {name} has the shape {found:?}, but config.json requires {expected:?}", path = path.display())]
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
    /// A tensor is stored in a type that is not supported.
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
