//! Workloads that run a whole model.

mod decode;
mod inference;
mod prefill;

use engine::random::SplitMix64;
use engine::{Config, Engine, Isa, Variant, Weights, phases};
use harness_probe::{Options, WorkloadError};
use serde_json::{Value, json};

use crate::Answering;

/// The weights of every synthetic model come from this seed.
const WEIGHTS_SEED: u64 = 42;
/// Prompts come from this one.
const PROMPT_SEED: u64 = 7;

pub(crate) fn workloads() -> Vec<Box<dyn Answering>> {
    let (medium, small) = (Subject::new("medium", Config::medium()), Subject::new("small", Config::small()));
    let mut all: Vec<Box<dyn Answering>> = vec![
        Box::new(inference::Inference::new(medium.clone(), 32, 50)),
        Box::new(inference::Inference::new(small, 32, 32)),
        Box::new(prefill::Prefill::new(medium.clone(), 32)),
    ];
    for position in [32, 57, 81] {
        all.push(Box::new(decode::Decode::new(medium.clone(), position)));
    }
    all
}

/// A model that workloads run.
#[derive(Clone)]
struct Subject {
    name: &'static str,
    config: Config,
}

impl Subject {
    fn new(name: &'static str, config: Config) -> Self {
        Self { name, config }
    }

    /// What decides its numbers.
    fn definition(&self) -> Value {
        let Config { vocab, context, embed, layers, heads, inner, .. } = self.config;
        json!({
            "vocab": vocab, "context": context, "embed": embed, "layers": layers, "heads": heads, "inner": inner,
            "weights_seed": WEIGHTS_SEED, "prompt_seed": PROMPT_SEED,
        })
    }

    /// The first tokens of the prompt.
    fn prompt(&self, tokens: usize) -> Vec<u32> {
        SplitMix64::new(PROMPT_SEED).tokens(self.config.vocab, tokens)
    }

    /// The model in a phase, ready for sessions.
    fn engine(&self, phase: &str, options: &Options) -> Result<Engine, WorkloadError> {
        let variant = Variant::parse(phase).map_err(WorkloadError::new)?;
        let isa = isa(options)?;
        let weights = Weights::synthetic(&self.config, WEIGHTS_SEED).map_err(WorkloadError::new)?;
        Engine::with_isa(&weights, variant, options.threads as usize, isa).map_err(WorkloadError::new)
    }
}

/// The instruction set that is asked for.
pub(crate) fn isa(options: &Options) -> Result<Isa, WorkloadError> {
    match &options.isa {
        Some(name) => Isa::forced(name).map_err(WorkloadError::new),
        None => Isa::from_environment().map_err(WorkloadError::new),
    }
}

/// Every phase of the roadmap.
fn every_phase() -> Vec<String> {
    phases().iter().map(|phase| phase.name.to_owned()).collect()
}
