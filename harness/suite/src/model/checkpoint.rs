//! Workloads on a real model, from a checkpoint that the user names.
//!
//! The environment variable `HARNESS_MODEL` names a folder with `config.json` and `model.safetensors` (or its shards), as
//! Hugging Face saves them. Its workloads are measured on demand only.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use engine::Weights;
use harness_probe::{Selection, Workload, digest_of_files};

use super::decode::Decode;
use super::inference::Inference;
use super::measured_model::MeasuredModel;
use super::prefill::Prefill;
use crate::SuiteError;

/// The position of the decoded token, if the context is long enough.
const POSITION: usize = 57;
/// The environment variable that names the folder.
pub(crate) const MODEL_VARIABLE: &str = "HARNESS_MODEL";
/// Tokens of the prompt and tokens generated after it, fewer if the context is short. The synthetic models generate more,
/// but a phase without a KV-cache takes a quarter of a second per token with GPT-2's 124 M parameters.
const PROMPT: usize = 32;
const NEW: usize = 16;

/// The memory-mapped weights of a checkpoint, and the folder they come from.
pub(super) struct Checkpoint {
    folder: PathBuf,
    weights: Weights,
    digest: OnceLock<String>,
}

impl Checkpoint {
    fn open(folder: &Path) -> Result<Self, SuiteError> {
        let weights = Weights::load(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            weights,
            digest: OnceLock::new(),
        })
    }

    pub(super) fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Digest of all files. It is computed at the first call, because hashing gigabytes takes seconds and a program that
    /// only runs a workload does not need it.
    pub(super) fn digest(&self) -> &str {
        self.digest.get_or_init(|| {
            let unreadable = |error: String| format!("unreadable: {error}");
            // The files were readable a moment ago. If they are not any more, the digest differs from that of any files.
            match Weights::files(&self.folder) {
                Ok(files) => {
                    digest_of_files(&files).unwrap_or_else(|error| unreadable(error.to_string()))
                }
                Err(error) => unreadable(error.to_string()),
            }
        })
    }
}

/// The workloads on the checkpoint that the environment names; empty if it names none.
pub(crate) fn workloads() -> Result<Vec<Box<dyn Workload>>, SuiteError> {
    match std::env::var_os(MODEL_VARIABLE).filter(|folder| !folder.is_empty()) {
        None => Ok(Vec::new()),
        Some(folder) => workloads_of(Path::new(&folder)),
    }
}

/// The workloads on the checkpoint in a folder.
fn workloads_of(folder: &Path) -> Result<Vec<Box<dyn Workload>>, SuiteError> {
    let model = MeasuredModel::of_checkpoint(Checkpoint::open(folder)?);
    let context = model.config().context;
    let prompt = PROMPT.min(context.div_ceil(2));
    let mut all: Vec<Box<dyn Workload>> = Vec::new();
    // A context of one token has no room for a generated token.
    if context > prompt {
        all.push(Box::new(Inference::new(
            model.clone(),
            prompt,
            NEW.min(context - prompt),
            Selection::OnDemand,
        )));
    }
    all.push(Box::new(Prefill::new(model.clone(), prompt)));
    all.push(Box::new(Decode::new(model, POSITION.min(context - 1))));
    Ok(all)
}

/// One of the tiny checkpoints that the engine is tested with.
#[cfg(test)]
pub(super) fn golden(name: &str) -> MeasuredModel {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../engine/tests/golden")
        .join(name);
    MeasuredModel::of_checkpoint(Checkpoint::open(&folder).expect("a checkpoint"))
}
