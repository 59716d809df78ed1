//! A model ready to run: one kernel per operation, weights packed for these kernels.

use crate::attention::Attention;
use crate::config::Config;
use crate::embedding::{Embedding, Table};
use crate::error::EngineError;
use crate::gelu::Gelu;
use crate::isa::Isa;
use crate::layer_norm::LayerNorm;
use crate::matmul::{Layout, Linear, Matrix};
use crate::residual::Residual;
use crate::simd::Level;
use crate::softmax::Softmax;
use crate::variant::Variant;
use crate::weights::{LinearWeights, NormWeights, Tensor, Weights};

/// Everything that a forward pass reads.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) config: Config,
    pub(crate) variant: Variant,
    pub(crate) isa: Isa,
    pub(crate) threads: usize,
    pub(crate) layer_norm: LayerNorm,
    pub(crate) gelu: Gelu,
    pub(crate) attention: Attention,
    pub(crate) embedding: Embedding,
    pub(crate) residual: Residual,
    /// `[V, C]`; none if the head contains the rows.
    tokens: Option<Vec<f32>>,
    /// `[context, C]`.
    pub(crate) positions: Vec<f32>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) final_norm: Norm,
    pub(crate) head: Linear,
}

/// The packed weights of one block.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) attention_norm: Norm,
    pub(crate) qkv: Linear,
    pub(crate) projection: Linear,
    pub(crate) mlp_norm: Norm,
    pub(crate) expand: Linear,
    pub(crate) contract: Linear,
}

/// Gain and bias of a LayerNorm.
#[derive(Debug)]
pub(crate) struct Norm {
    pub(crate) gain: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

impl Model {
    /// Checks the weights against their configuration and packs them.
    pub(crate) fn new(
        weights: &Weights,
        variant: Variant,
        threads: usize,
        isa: Isa,
    ) -> Result<Self, EngineError> {
        weights.validate()?;
        if threads == 0 {
            return Err(EngineError::NoThreads);
        }
        let level = isa.level()?;
        let packer = Packer { variant, level };
        let blocks = weights
            .blocks
            .iter()
            .map(|block| {
                Ok(Block {
                    attention_norm: norm(&block.attention_norm),
                    qkv: packer.linear(&block.qkv)?,
                    projection: packer.linear(&block.projection)?,
                    mlp_norm: norm(&block.mlp_norm),
                    expand: packer.linear(&block.expand)?,
                    contract: packer.linear(&block.contract)?,
                })
            })
            .collect::<Result<_, EngineError>>()?;
        let (tokens, head) = match &weights.head {
            Some(head) => (Some(copy(&weights.token_embedding)), packer.head(head)?),
            None => (None, packer.head(&weights.token_embedding)?),
        };
        let softmax = Softmax::new(variant.softmax, level);
        Ok(Self {
            variant,
            isa,
            threads,
            layer_norm: LayerNorm::new(variant.layer_norm, level),
            gelu: Gelu::new(variant.gelu, level),
            attention: Attention::new(variant.attention, softmax, level),
            embedding: Embedding::new(variant.embedding),
            residual: Residual::new(variant.residual, level),
            tokens,
            positions: copy(&weights.position_embedding),
            blocks,
            final_norm: norm(&weights.final_norm),
            head,
            config: weights.config.clone(),
        })
    }

    /// The table of token rows.
    pub(crate) fn table(&self) -> Table<'_> {
        match &self.tokens {
            Some(tokens) => Table::Plain(tokens),
            None => Table::Packed(&self.head),
        }
    }

    /// Bytes of weights that one token reads, without its embedding row.
    pub(crate) fn bytes_per_token(&self) -> usize {
        let blocks = self.blocks.iter().map(|block| {
            let norms = 4 * size_of_val(&*block.mlp_norm.gain);
            norms
                + block.qkv.bytes()
                + block.projection.bytes()
                + block.expand.bytes()
                + block.contract.bytes()
        });
        blocks.sum::<usize>() + self.head.bytes() + 2 * size_of_val(&*self.final_norm.gain)
    }
}

/// Packs linear layers for a variant.
struct Packer {
    variant: Variant,
    level: Level,
}

impl Packer {
    fn linear(&self, weights: &LinearWeights) -> Result<Linear, EngineError> {
        self.pack(&weights.kernel, Layout::InOut, Some(&copy(&weights.bias)))
    }

    fn head(&self, table: &Tensor) -> Result<Linear, EngineError> {
        self.pack(table, Layout::OutIn, None)
    }

    /// Packs `tensor`, which has two dimensions.
    fn pack(
        &self,
        tensor: &Tensor,
        layout: Layout,
        bias: Option<&[f32]>,
    ) -> Result<Linear, EngineError> {
        let (rows, columns) = (tensor.shape()[0], tensor.shape()[1]);
        let (inputs, outputs) = match layout {
            Layout::InOut => (rows, columns),
            Layout::OutIn => (columns, rows),
        };
        let values = tensor.values();
        let matrix = Matrix {
            layout,
            data: &values,
            inputs,
            outputs,
        };
        let Variant {
            matmul, weights, ..
        } = self.variant;
        let linear = Linear::new(matmul, weights, self.level, &matrix, bias)?;
        tensor.release();
        Ok(linear)
    }
}

fn norm(weights: &NormWeights) -> Norm {
    Norm {
        gain: copy(&weights.gain),
        bias: copy(&weights.bias),
    }
}

fn copy(tensor: &Tensor) -> Vec<f32> {
    let values = tensor.values().into_owned();
    tensor.release();
    values
}
