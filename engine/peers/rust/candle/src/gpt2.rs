//! The forward pass of GPT-2 with a KV-cache.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result as AnyResult};
use candle_core::{D, DType, Device, Result, Tensor, safetensors};
use candle_nn::attention::{AttnMask, flash_attn};
use candle_nn::ops::layer_norm;
use serde::Deserialize;

use crate::matrix::{Matrix, Storage};

#[derive(Deserialize)]
struct Config {
    n_positions: usize,
    n_embd: usize,
    n_layer: usize,
    n_head: usize,
    layer_norm_epsilon: f32,
}

struct Norm {
    gain: Tensor,
    bias: Tensor,
}

struct Linear {
    weight: Matrix,
    bias: Tensor,
}

struct Block {
    attention_norm: Norm,
    qkv: Linear,
    attention_out: Linear,
    mlp_norm: Norm,
    mlp_in: Linear,
    mlp_out: Linear,
    cache: Cache,
}

/// Keys and values `[1, positions, heads, size]` in memory that is allocated once; `candle_nn::kv_cache` would allocate it
/// again for every sequence.
struct Cache {
    keys: Tensor,
    values: Tensor,
}

/// The model with the state of one sequence.
pub struct Gpt2 {
    config: Config,
    token_embedding: Tensor,
    position_embedding: Tensor,
    blocks: Vec<Block>,
    last_norm: Norm,
    head: Matrix,
    length: usize,
}

/// The tensors of a checkpoint by name.
struct Tensors(HashMap<String, Tensor>, Storage);

impl Tensors {
    fn get(&self, name: &str) -> AnyResult<Tensor> {
        let name = format!("transformer.{name}");
        self.0
            .get(&name)
            .cloned()
            .with_context(|| format!("The checkpoint has no tensor {name}."))
    }

    fn norm(&self, name: &str) -> AnyResult<Norm> {
        Ok(Norm {
            gain: self.get(&format!("{name}.weight"))?,
            bias: self.get(&format!("{name}.bias"))?,
        })
    }

    fn linear(&self, name: &str) -> AnyResult<Linear> {
        let weight = Matrix::new(&self.get(&format!("{name}.weight"))?, self.1)?;
        Ok(Linear {
            weight,
            bias: self.get(&format!("{name}.bias"))?,
        })
    }

    fn block(&self, index: usize, config: &Config) -> AnyResult<Block> {
        let name = |part: &str| format!("h.{index}.{part}");
        Ok(Block {
            attention_norm: self.norm(&name("ln_1"))?,
            qkv: self.linear(&name("attn.c_attn"))?,
            attention_out: self.linear(&name("attn.c_proj"))?,
            mlp_norm: self.norm(&name("ln_2"))?,
            mlp_in: self.linear(&name("mlp.c_fc"))?,
            mlp_out: self.linear(&name("mlp.c_proj"))?,
            cache: Cache::new(config)?,
        })
    }
}

impl Cache {
    fn new(config: &Config) -> Result<Self> {
        let shape = (
            1,
            config.n_positions,
            config.n_head,
            config.n_embd / config.n_head,
        );
        let zeros = || Tensor::zeros(shape, DType::F32, &Device::Cpu);
        Ok(Self {
            keys: zeros()?,
            values: zeros()?,
        })
    }

    /// All keys and values after these have been put behind the first `before` ones.
    fn append(&self, keys: &Tensor, values: &Tensor, before: usize) -> Result<(Tensor, Tensor)> {
        let count = before + keys.dim(1)?;
        self.keys.slice_set(keys, 1, before)?;
        self.values.slice_set(values, 1, before)?;
        Ok((
            self.keys.narrow(1, 0, count)?,
            self.values.narrow(1, 0, count)?,
        ))
    }
}

impl Norm {
    fn forward(&self, x: &Tensor, epsilon: f32) -> Result<Tensor> {
        layer_norm(x, &self.gain, &self.bias, epsilon)
    }
}

impl Linear {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.weight.product(x)?.broadcast_add(&self.bias)
    }
}

impl Block {
    /// `x` and the result are `[tokens, embed]`; `before` is the number of tokens in the cache.
    fn forward(&self, x: &Tensor, config: &Config, before: usize) -> Result<Tensor> {
        let attended = self.attend(
            &self.attention_norm.forward(x, config.layer_norm_epsilon)?,
            config,
            before,
        )?;
        let x = (x + self.attention_out.forward(&attended)?)?;
        let inner = self
            .mlp_in
            .forward(&self.mlp_norm.forward(&x, config.layer_norm_epsilon)?)?;
        // candle's `gelu` is the approximation by tanh, which GPT-2 uses.
        &x + self.mlp_out.forward(&inner.gelu()?)?
    }

    fn attend(&self, x: &Tensor, config: &Config, before: usize) -> Result<Tensor> {
        let (tokens, size) = (x.dim(0)?, config.n_embd / config.n_head);
        let qkv = self.qkv.forward(x)?;
        let part = |index: usize| {
            let part = qkv.narrow(D::Minus1, index * config.n_embd, config.n_embd)?;
            part.contiguous()?.reshape((1, tokens, config.n_head, size))
        };
        let (keys, values) = self.cache.append(&part(1)?, &part(2)?, before)?;
        let scale = 1.0 / (size as f32).sqrt();
        let mask = AttnMask::causal_with_offset(before);
        let attended = flash_attn::<f32>(&part(0)?, &keys, &values, scale, mask, None, None)?; // [1, heads, tokens, size]
        attended.transpose(1, 2)?.reshape((tokens, config.n_embd))
    }
}

impl Gpt2 {
    /// Loads a checkpoint in the format of Hugging Face.
    pub fn load(folder: &Path, storage: Storage) -> AnyResult<Self> {
        let config: Config = serde_json::from_reader(File::open(folder.join("config.json"))?)?;
        let tensors = Tensors(
            safetensors::load(folder.join("model.safetensors"), &Device::Cpu)?,
            storage,
        );
        let token_embedding = tensors.get("wte.weight")?;
        Ok(Self {
            position_embedding: tensors.get("wpe.weight")?,
            blocks: (0..config.n_layer)
                .map(|index| tensors.block(index, &config))
                .collect::<AnyResult<_>>()?,
            last_norm: tensors.norm("ln_f")?,
            head: Matrix::new(&token_embedding.t()?, storage)?,
            token_embedding,
            config,
            length: 0,
        })
    }

    /// Starts a new sequence.
    pub fn forget(&mut self) {
        self.length = 0;
    }

    /// Appends tokens and returns the logits `[vocab]` after the last one.
    pub fn forward(&mut self, tokens: &[u32]) -> Result<Tensor> {
        let positions = self
            .position_embedding
            .narrow(0, self.length, tokens.len())?;
        let mut x = (self
            .token_embedding
            .index_select(&Tensor::new(tokens, &Device::Cpu)?, 0)?
            + positions)?;
        for block in &self.blocks {
            x = block.forward(&x, &self.config, self.length)?;
        }
        self.length += tokens.len();
        let last = self.last_norm.forward(
            &x.narrow(0, tokens.len() - 1, 1)?,
            self.config.layer_norm_epsilon,
        )?;
        self.head.product(&last)?.squeeze(0)
    }
}
