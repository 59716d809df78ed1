//! A model made ready to run: kernels chosen, weights packed once for them.

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

/// Everything a forward pass reads.
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
    /// `[V, C]`, unless the head holds the rows.
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
    pub(crate) fn new(weights: &Weights, variant: Variant, threads: usize, isa: Isa) -> Result<Self, EngineError> {
        let config = weights.config.clone();
        config.validate()?;
        if threads == 0 {
            return Err(EngineError::NoThreads);
        }
        if weights.blocks.len() != config.layers {
            return Err(EngineError::Blocks { expected: config.layers, found: weights.blocks.len() });
        }
        let level = isa.level()?;
        let packer = Packer { variant, level };
        let (c, inner) = (config.embed, config.inner);
        let table = [config.vocab, c];
        let blocks = weights
            .blocks
            .iter()
            .map(|block| {
                Ok(Block {
                    attention_norm: norm(&block.attention_norm, c)?,
                    qkv: packer.linear("a block's qkv projection", &block.qkv, c, 3 * c)?,
                    projection: packer.linear("a block's projection", &block.projection, c, c)?,
                    mlp_norm: norm(&block.mlp_norm, c)?,
                    expand: packer.linear("a block's first MLP layer", &block.expand, c, inner)?,
                    contract: packer.linear("a block's second MLP layer", &block.contract, inner, c)?,
                })
            })
            .collect::<Result<_, EngineError>>()?;
        let (tokens, head) = match &weights.head {
            Some(head) => (
                Some(copy("the token embedding", &weights.token_embedding, &table)?),
                packer.head("the head", head, &table)?,
            ),
            None => (None, packer.head("the token embedding", &weights.token_embedding, &table)?),
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
            positions: copy("the position embedding", &weights.position_embedding, &[config.context, c])?,
            blocks,
            final_norm: norm(&weights.final_norm, c)?,
            head,
            config,
        })
    }

    /// Where token rows are looked up.
    pub(crate) fn table(&self) -> Table<'_> {
        match &self.tokens {
            Some(tokens) => Table::Plain(tokens),
            None => Table::Packed(&self.head),
        }
    }

    /// Bytes of matrix weights that one token has to read, the token's embedding row aside.
    pub(crate) fn bytes_per_token(&self) -> usize {
        let blocks = self.blocks.iter().map(|block| {
            let norms = 4 * size_of_val(&*block.mlp_norm.gain);
            norms + block.qkv.bytes() + block.projection.bytes() + block.expand.bytes() + block.contract.bytes()
        });
        blocks.sum::<usize>() + self.head.bytes() + 2 * size_of_val(&*self.final_norm.gain)
    }
}

/// Packs linear layers the way the variant wants them.
struct Packer {
    variant: Variant,
    level: Level,
}

impl Packer {
    fn linear(&self, name: &'static str, weights: &LinearWeights, k: usize, n: usize) -> Result<Linear, EngineError> {
        let bias = copy(name, &weights.bias, &[n])?;
        self.pack(name, &weights.kernel, Layout::InOut, [k, n], Some(&bias))
    }

    fn head(&self, name: &'static str, table: &Tensor, shape: &[usize; 2]) -> Result<Linear, EngineError> {
        self.pack(name, table, Layout::OutIn, *shape, None)
    }

    fn pack(
        &self,
        name: &'static str,
        tensor: &Tensor,
        layout: Layout,
        shape: [usize; 2],
        bias: Option<&[f32]>,
    ) -> Result<Linear, EngineError> {
        check(name, tensor, &shape)?;
        let (inputs, outputs) = match layout {
            Layout::InOut => (shape[0], shape[1]),
            Layout::OutIn => (shape[1], shape[0]),
        };
        let values = tensor.values();
        let matrix = Matrix { layout, data: &values, inputs, outputs };
        let Variant { matmul, weights, .. } = self.variant;
        let linear = Linear::new(matmul, weights, self.level, &matrix, bias)?;
        tensor.release();
        Ok(linear)
    }
}

fn norm(weights: &NormWeights, c: usize) -> Result<Norm, EngineError> {
    Ok(Norm {
        gain: copy("a LayerNorm's gain", &weights.gain, &[c])?,
        bias: copy("a LayerNorm's bias", &weights.bias, &[c])?,
    })
}

fn copy(name: &'static str, tensor: &Tensor, shape: &[usize]) -> Result<Vec<f32>, EngineError> {
    check(name, tensor, shape)?;
    let values = tensor.values().into_owned();
    tensor.release();
    Ok(values)
}

fn check(name: &'static str, tensor: &Tensor, shape: &[usize]) -> Result<(), EngineError> {
    if tensor.shape() == shape {
        Ok(())
    } else {
        Err(EngineError::Shape { name, expected: shape.to_vec(), found: tensor.shape().to_vec() })
    }
}
