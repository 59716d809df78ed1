//! The parameters of a model as plain tensors: made up from a seed, or read from a checkpoint as Hugging Face saves it.
//!
//! An engine reads every tensor once, when it is built, and keeps its own packed copy; the tensors here can be dropped then.

mod checkpoint;
mod checkpoint_config;
mod checkpoint_error;
mod synthetic;
mod tensor;

use std::path::Path;

pub use checkpoint_error::CheckpointError;
pub use tensor::Tensor;

use crate::config::{Config, ConfigError};

/// Every parameter of a model.
#[derive(Clone, Debug)]
pub struct Weights {
    /// The shape of the model.
    pub config: Config,
    /// Token embedding `[V, C]`; also the head where that is tied.
    pub token_embedding: Tensor,
    /// Position embedding `[context, C]`.
    pub position_embedding: Tensor,
    /// The blocks, first to last.
    pub blocks: Vec<BlockWeights>,
    /// The LayerNorm before the head.
    pub final_norm: NormWeights,
    /// The head `[V, C]`, without bias; `None` when it is tied to the token embedding.
    pub head: Option<Tensor>,
}

/// The parameters of one block.
#[derive(Clone, Debug)]
pub struct BlockWeights {
    /// LayerNorm before attention.
    pub attention_norm: NormWeights,
    /// Fused projection to queries, keys and values, `[C, 3C]`.
    pub qkv: LinearWeights,
    /// Projection of the heads' outputs, `[C, C]`.
    pub projection: LinearWeights,
    /// LayerNorm before the MLP.
    pub mlp_norm: NormWeights,
    /// First product of the MLP, `[C, inner]`.
    pub expand: LinearWeights,
    /// Second product of the MLP, `[inner, C]`.
    pub contract: LinearWeights,
}

/// Gain and bias of a LayerNorm, `[C]` each.
#[derive(Clone, Debug)]
pub struct NormWeights {
    /// Multiplied onto the normalised row.
    pub gain: Tensor,
    /// Added after.
    pub bias: Tensor,
}

/// Kernel `[in, out]` and bias `[out]` of a linear layer.
#[derive(Clone, Debug)]
pub struct LinearWeights {
    /// The matrix, `[in, out]`.
    pub kernel: Tensor,
    /// Added to every row of the product.
    pub bias: Tensor,
}

impl Weights {
    /// Made-up weights, the same on every machine for a configuration and a seed.
    ///
    /// LayerNorm gains are not 1 and no bias is 0, so that a forgotten one shows.
    ///
    /// # Errors
    /// When the configuration is not valid.
    pub fn synthetic(config: &Config, seed: u64) -> Result<Self, ConfigError> {
        synthetic::weights(config, seed)
    }

    /// Opens a GPT-2 checkpoint folder as Hugging Face saves it: `config.json` beside `model.safetensors`.
    ///
    /// The file is mapped, not read; tensors stored as f16 or bf16 are converted when they are asked for. The file must
    /// not be changed while the weights are in use.
    ///
    /// # Errors
    /// When something does not fit, each in one sentence: see [`CheckpointError`].
    pub fn load(folder: &Path) -> Result<Self, CheckpointError> {
        checkpoint::load(folder)
    }
}
