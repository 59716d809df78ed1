//! Opens a GPT-2 checkpoint as Hugging Face saves it. The linear layers are `Conv1D` there: kernels are `[in, out]`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use safetensors::Dtype;

use super::tensor::Stored;
use super::tensor_files::{self, Entry};
use super::{
    BlockWeights, CheckpointError, LinearWeights, NormWeights, Tensor, Weights, checkpoint_config,
};
use crate::config::Config;

/// The prefix that checkpoints saved from a model with a head carry.
const PREFIX: &str = "transformer.";
const CONFIG: &str = "config.json";
const HEAD: &str = "lm_head.weight";

/// The files of the checkpoint in `folder`: the configuration, then the tensors.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, CheckpointError> {
    let tensors = tensor_files::paths(folder)?;
    Ok(std::iter::once(folder.join(CONFIG))
        .chain(tensors)
        .collect())
}

/// Opens the checkpoint in `folder` and takes every tensor of the model.
pub(super) fn load(folder: &Path) -> Result<Weights, CheckpointError> {
    let config = checkpoint_config::read(&folder.join(CONFIG))?;
    let mut file = Tensors::open(folder)?;
    let weights = take_weights(&mut file, config)?;
    file.refuse_leftovers(weights.config.layers)?;
    Ok(weights)
}

fn take_weights(file: &mut Tensors, config: Config) -> Result<Weights, CheckpointError> {
    let (c, inner) = (config.embed, config.inner);
    let token_embedding = file.token_embedding(&config)?;
    let position_embedding = file.take("wpe.weight", &[config.context, c])?;
    let blocks = (0..config.layers)
        .map(|layer| {
            let name = |part: &str| format!("h.{layer}.{part}");
            Ok(BlockWeights {
                attention_norm: file.norm(&name("ln_1"), c)?,
                qkv: file.linear(&name("attn.c_attn"), c, 3 * c)?,
                projection: file.linear(&name("attn.c_proj"), c, c)?,
                mlp_norm: file.norm(&name("ln_2"), c)?,
                expand: file.linear(&name("mlp.c_fc"), c, inner)?,
                contract: file.linear(&name("mlp.c_proj"), inner, c)?,
            })
        })
        .collect::<Result<_, CheckpointError>>()?;
    let final_norm = file.norm("ln_f", c)?;
    let head = file.head(&config, &token_embedding)?;
    Ok(Weights {
        config,
        token_embedding,
        position_embedding,
        blocks,
        final_norm,
        head,
    })
}

/// The tensors of a checkpoint, which are taken out one by one.
struct Tensors {
    /// The file that lists the tensors: the only one, or the index of several.
    path: PathBuf,
    prefix: &'static str,
    entries: HashMap<String, Entry>,
}

impl Tensors {
    fn open(folder: &Path) -> Result<Self, CheckpointError> {
        let (path, entries) = tensor_files::open(folder)?;
        let prefixed = entries.keys().any(|name| name.starts_with(PREFIX));
        Ok(Self {
            path,
            prefix: if prefixed { PREFIX } else { "" },
            entries,
        })
    }

    /// Takes the token embedding. Files that store tied tensors once may have it under the name of the head.
    fn token_embedding(&mut self, config: &Config) -> Result<Tensor, CheckpointError> {
        const NAME: &str = "wte.weight";
        let shape = [config.vocab, config.embed];
        let is_there = self.entries.contains_key(&format!("{}{NAME}", self.prefix));
        if config.tied_head && !is_there && self.entries.contains_key(HEAD) {
            return self.take_exact(HEAD.to_owned(), &shape);
        }
        self.take(NAME, &shape)
    }

    fn norm(&mut self, name: &str, c: usize) -> Result<NormWeights, CheckpointError> {
        Ok(NormWeights {
            gain: self.take(&format!("{name}.weight"), &[c])?,
            bias: self.take(&format!("{name}.bias"), &[c])?,
        })
    }

    fn linear(&mut self, name: &str, k: usize, n: usize) -> Result<LinearWeights, CheckpointError> {
        Ok(LinearWeights {
            kernel: self.take(&format!("{name}.weight"), &[k, n])?,
            bias: self.take(&format!("{name}.bias"), &[n])?,
        })
    }

    /// Takes the head, unless it is tied. A tied head in the file has to be equal to the embedding.
    fn head(
        &mut self,
        config: &Config,
        embedding: &Tensor,
    ) -> Result<Option<Tensor>, CheckpointError> {
        let shape = [config.vocab, config.embed];
        if !config.tied_head {
            return self.take_exact(HEAD.to_owned(), &shape).map(Some);
        }
        if !self.entries.contains_key(HEAD) {
            return Ok(None);
        }
        let head = self.take_exact(HEAD.to_owned(), &shape)?;
        if head.values() == embedding.values() {
            Ok(None)
        } else {
            Err(CheckpointError::HeadNotTied {
                path: self.path.clone(),
            })
        }
    }

    /// Takes a tensor of the transformer, whose name carries the prefix of this file.
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, CheckpointError> {
        self.take_exact(format!("{}{name}", self.prefix), shape)
    }

    fn take_exact(&mut self, name: String, shape: &[usize]) -> Result<Tensor, CheckpointError> {
        let Some(entry) = self.entries.remove(&name) else {
            return Err(CheckpointError::Missing {
                path: self.path.clone(),
                name,
            });
        };
        if entry.shape != shape {
            return Err(CheckpointError::Shape {
                path: entry.path,
                name,
                found: entry.shape,
                expected: shape.to_vec(),
            });
        }
        let stored = match entry.dtype {
            Dtype::F32 => Stored::F32,
            Dtype::F16 => Stored::F16,
            Dtype::BF16 => Stored::Bf16,
            other => {
                return Err(CheckpointError::Stored {
                    path: entry.path,
                    name,
                    stored: format!("{other:?}"),
                });
            }
        };
        Ok(Tensor::mapped(
            shape,
            entry.file,
            entry.start,
            entry.bytes,
            stored,
        ))
    }

    /// Returns an error for the first tensor, by name, that the model does not use. The causal masks in old checkpoints
    /// have no parameters and are ignored.
    fn refuse_leftovers(&self, layers: usize) -> Result<(), CheckpointError> {
        let is_mask = |name: &str| {
            (0..layers).any(|layer| {
                let block = format!("{}h.{layer}.attn.", self.prefix);
                name.strip_prefix(&block)
                    .is_some_and(|rest| rest == "bias" || rest == "masked_bias")
            })
        };
        let mut extra: Vec<_> = self.entries.keys().filter(|name| !is_mask(name)).collect();
        extra.sort();
        match extra.first() {
            Some(name) => Err(CheckpointError::Extra {
                path: self.entries[*name].path.clone(),
                name: (*name).clone(),
            }),
            None => Ok(()),
        }
    }
}
