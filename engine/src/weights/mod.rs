//! The parameters of a model as plain tensors, generated from a seed or read from a Hugging Face checkpoint.
//!
//! An engine copies and packs every tensor when it is built; the tensors here can be dropped afterwards.

mod checkpoint;
mod checkpoint_config;
mod checkpoint_error;
mod synthetic;
mod tensor;
mod tensor_files;

use std::path::{Path, PathBuf};

pub use checkpoint_error::CheckpointError;
pub use tensor::Tensor;

use crate::config::{Config, ConfigError};
use crate::error::EngineError;

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
    /// Factor of the normalised row.
    pub gain: Tensor,
    /// Added after the gain.
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
    /// Generates weights that are the same on every machine for a configuration and a seed.
    ///
    /// LayerNorm gains are not 1 and no bias is 0, so that tests detect an omitted one.
    ///
    /// # Errors
    /// Returns an error if the configuration is not valid.
    pub fn synthetic(config: &Config, seed: u64) -> Result<Self, ConfigError> {
        synthetic::weights(config, seed)
    }

    /// Opens a GPT-2 checkpoint folder as Hugging Face saves it: `config.json` beside `model.safetensors`, or beside
    /// several tensor files with the index `model.safetensors.index.json`. A tied head and embedding may be stored once,
    /// under either name.
    ///
    /// The files are mapped, not read; tensors stored as f16 or bf16 are converted at each call of [`Tensor::values`].
    /// They must not be changed while the weights are in use.
    ///
    /// # Errors
    /// Returns an error if the folder is not such a checkpoint, see [`CheckpointError`].
    pub fn load(folder: &Path) -> Result<Self, CheckpointError> {
        checkpoint::load(folder)
    }

    /// Lists the files of a checkpoint folder, `config.json` first.
    ///
    /// # Errors
    /// Returns an error if there is an index of tensor files that cannot be read.
    pub fn files(folder: &Path) -> Result<Vec<PathBuf>, CheckpointError> {
        checkpoint::files(folder)
    }

    /// Checks that the configuration describes a model and that every tensor has the shape that follows from it.
    ///
    /// # Errors
    /// Returns an error otherwise; for a tensor, it contains the name and both shapes.
    pub fn validate(&self) -> Result<(), EngineError> {
        let Config {
            vocab,
            context,
            embed: c,
            layers,
            inner,
            ..
        } = self.config;
        self.config.validate()?;
        if self.blocks.len() != layers {
            return Err(EngineError::Blocks {
                expected: layers,
                found: self.blocks.len(),
            });
        }
        self.token_embedding
            .check_shape("the token embedding", &[vocab, c])?;
        self.position_embedding
            .check_shape("the position embedding", &[context, c])?;
        for block in &self.blocks {
            block.attention_norm.check_shape(c)?;
            block
                .qkv
                .check_shape("a block's qkv projection", c, 3 * c)?;
            block.projection.check_shape("a block's projection", c, c)?;
            block.mlp_norm.check_shape(c)?;
            block
                .expand
                .check_shape("a block's first MLP layer", c, inner)?;
            block
                .contract
                .check_shape("a block's second MLP layer", inner, c)?;
        }
        self.final_norm.check_shape(c)?;
        self.head
            .as_ref()
            .map_or(Ok(()), |head| head.check_shape("the head", &[vocab, c]))
    }
}

impl NormWeights {
    fn check_shape(&self, c: usize) -> Result<(), EngineError> {
        self.gain.check_shape("a LayerNorm's gain", &[c])?;
        self.bias.check_shape("a LayerNorm's bias", &[c])
    }
}

impl LinearWeights {
    fn check_shape(&self, name: &'static str, k: usize, n: usize) -> Result<(), EngineError> {
        self.kernel.check_shape(name, &[k, n])?;
        self.bias.check_shape(name, &[n])
    }
}
