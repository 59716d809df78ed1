//! Command-line arguments of both examples: model, variant, threads and instruction set.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use engine::{Config, Engine, Isa, Variant, Weights};

/// Seed of a preset's weights.
const SEED: u64 = 42;

#[derive(Args)]
pub(crate) struct ModelArguments {
    /// Folder of a GPT-2 checkpoint as Hugging Face saves it (config.json and model.safetensors).
    #[arg(long, value_name = "DIR", required_unless_present = "preset")]
    model: Option<PathBuf>,

    /// A model with generated weights instead of a checkpoint.
    #[arg(long, conflicts_with = "model")]
    preset: Option<Preset>,

    /// A phase, or a phase with changes: "optimized", "optimized,weights=int8,buffers=fresh".
    #[arg(long, default_value = "optimized", value_parser = Variant::parse)]
    variant: Variant,

    /// Number of threads of the parallel kernels.
    #[arg(long, default_value_t = 1)]
    threads: usize,

    /// Instruction set: plain, avx2 or avx512. Without it, ENGINE_ISA or else the widest one of this CPU.
    #[arg(long, value_parser = Isa::forced)]
    isa: Option<Isa>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Preset {
    /// 470,528 parameters: vocabulary 256, context 64, width 128, 2 layers, 4 heads.
    Small,
    /// 3,454,464 parameters: vocabulary 512, context 128, width 256, 4 layers, 8 heads.
    Medium,
    /// 124,439,808 parameters: the shape of the smallest published GPT-2.
    Gpt2,
}

impl ModelArguments {
    /// Loads or generates the weights and packs them.
    pub(crate) fn engine(&self) -> Result<Engine> {
        let weights = match (&self.model, self.preset) {
            (Some(folder), _) => Weights::load(folder)?,
            (None, Some(Preset::Small)) => Weights::synthetic(&Config::small(), SEED)?,
            (None, Some(Preset::Medium)) => Weights::synthetic(&Config::medium(), SEED)?,
            (None, Some(Preset::Gpt2)) => Weights::synthetic(&Config::gpt2(), SEED)?,
            (None, None) => anyhow::bail!("neither --model nor --preset was given"),
        };
        let isa = match self.isa {
            Some(isa) => isa,
            None => Isa::from_environment().context("ENGINE_ISA")?,
        };
        Ok(Engine::with_isa(&weights, self.variant, self.threads, isa)?)
    }
}

/// Token ids separated by commas.
pub(crate) fn parse_tokens(text: &str) -> Result<Vec<u32>, String> {
    let token = |part: &str| {
        let part = part.trim();
        part.parse()
            .map_err(|_| format!("'{part}' is not a token id; give numbers separated by commas"))
    };
    text.split(',').map(token).collect()
}
