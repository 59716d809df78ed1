//! The model that a workload runs, with weights from a seed or from a checkpoint.

use std::sync::Arc;

use engine::random::SplitMix64;
use engine::variant::Decode;
use engine::{Config, Engine, Variant, Weights, phases};
use harness_probe::{Instrument, Options, Selection, WorkloadError};
use serde_json::{Value, json};

use super::checkpoint::Checkpoint;
use super::expected::Expected;
use super::isa;
use crate::answer;

/// The weights of every synthetic model come from this seed.
const WEIGHTS_SEED: u64 = 42;
/// Prompts come from this one.
const PROMPT_SEED: u64 = 7;
/// Checkpoints with more parameters than this are measured in the phases with a KV-cache only. The others compute the
/// whole window for every token, which takes minutes at this size.
const MOST_TO_RECOMPUTE: usize = 200_000_000;

/// A model that workloads run, cheap to clone.
#[derive(Clone)]
pub(super) struct MeasuredModel {
    name: &'static str,
    config: Config,
    /// None if the weights come from the seed.
    checkpoint: Option<Arc<Checkpoint>>,
}

impl MeasuredModel {
    /// A model with weights from the seed.
    pub(super) fn synthetic(name: &'static str, config: Config) -> Self {
        Self {
            name,
            config,
            checkpoint: None,
        }
    }

    /// The model of a checkpoint.
    pub(super) fn of_checkpoint(checkpoint: Checkpoint) -> Self {
        let config = checkpoint.weights().config.clone();
        Self {
            name: "checkpoint",
            config,
            checkpoint: Some(Arc::new(checkpoint)),
        }
    }

    /// The first part of the ids of its workloads.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Its dimensions.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// Its name and size for readers of reports, such as `medium model, 3.45 M parameters`.
    pub(super) fn about(&self) -> String {
        let parameters = self.config.checked_parameters().unwrap_or(usize::MAX);
        format!(
            "{} model, {:.3} M parameters",
            self.name,
            parameters as f64 / 1e6
        )
    }

    /// Everything that determines its results, for the definition of a workload.
    pub(super) fn definition(&self) -> Value {
        let Config {
            vocab,
            context,
            embed,
            layers,
            heads,
            inner,
            ..
        } = self.config;
        let mut definition = json!({
            "vocab": vocab, "context": context, "embed": embed, "layers": layers, "heads": heads, "inner": inner,
            "prompt_seed": PROMPT_SEED,
        });
        match &self.checkpoint {
            None => definition["weights_seed"] = json!(WEIGHTS_SEED),
            Some(checkpoint) => definition["files"] = json!(checkpoint.digest()),
        }
        definition
    }

    /// The first tokens of the prompt.
    pub(super) fn prompt(&self, tokens: usize) -> Vec<u32> {
        SplitMix64::new(PROMPT_SEED).tokens(self.config.vocab, tokens)
    }

    /// The engine with this model in a phase.
    pub(super) fn engine(&self, phase: &str, options: &Options) -> Result<Engine, WorkloadError> {
        let variant = Variant::parse(phase).map_err(WorkloadError::new)?;
        let isa = isa(options)?;
        let weights = match &self.checkpoint {
            None => &Weights::synthetic(&self.config, WEIGHTS_SEED).map_err(WorkloadError::new)?,
            Some(checkpoint) => checkpoint.weights(),
        };
        Engine::with_isa(weights, variant, options.threads as usize, isa)
            .map_err(WorkloadError::new)
    }

    /// The phases that can be measured in minutes. A model no larger than the medium one has all of them, a larger one
    /// those without the naive matrix product. Above [`MOST_TO_RECOMPUTE`] parameters, only those with a KV-cache
    /// remain.
    pub(super) fn phases(&self) -> Vec<String> {
        let parameters = |config: &Config| config.checked_parameters().unwrap_or(usize::MAX);
        let count = parameters(&self.config);
        let feasible = |variant: &Variant| {
            count <= parameters(&Config::medium())
                || (variant.matmul != Variant::naive().matmul
                    && (count <= MOST_TO_RECOMPUTE || variant.decode == Decode::KvCache))
        };
        phases()
            .iter()
            .filter(|phase| feasible(&phase.variant))
            .map(|phase| phase.name.to_owned())
            .collect()
    }

    /// The instruments of a workload on this model. A checkpoint is measured with the clock and dhat only: criterion
    /// would load its weights once more for each phase to measure the same time, and under callgrind loading takes
    /// minutes.
    pub(super) fn instruments(&self, synthetic: &[Instrument]) -> Vec<Instrument> {
        let affordable = |one: &Instrument| matches!(one, Instrument::Clock | Instrument::Dhat);
        synthetic
            .iter()
            .copied()
            .filter(|one| self.checkpoint.is_none() || affordable(one))
            .collect()
    }

    /// The selection of a workload: on demand for a checkpoint, the given one for a synthetic model.
    pub(super) fn selection(&self, synthetic: Selection) -> Selection {
        if self.checkpoint.is_some() {
            Selection::OnDemand
        } else {
            synthetic
        }
    }

    /// The value that the digest of a workload's answer is computed from. A checkpoint has no stored answer; its files
    /// determine the answer.
    pub(super) fn answer(&self, id: &str) -> Value {
        match &self.checkpoint {
            None => json!(answer::stored(id)),
            Some(checkpoint) => json!({"of_files": checkpoint.digest()}),
        }
    }

    /// The expected answer of a workload in a phase.
    pub(super) fn expected(&self, id: &str, phase: &str, options: &Options) -> Expected {
        match &self.checkpoint {
            None => Expected::Stored(answer::stored(id)),
            Some(_) => Expected::OtherPhase {
                model: self.clone(),
                phase: if phase == "reference" {
                    "optimized"
                } else {
                    "reference"
                },
                options: options.clone(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_models_are_measured_in_fewer_phases() {
        let phases = |config: Config| MeasuredModel::synthetic("one", config).phases();
        assert_eq!(phases(Config::medium()).len(), engine::phases().len());
        assert_eq!(phases(Config::gpt2())[0], "reference");
        assert_eq!(
            phases(Config {
                layers: 48,
                ..Config::gpt2()
            }),
            ["kv-cache", "optimized"]
        );
    }
}
