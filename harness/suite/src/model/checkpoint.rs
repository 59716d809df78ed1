//! A checkpoint that a user names: workloads on a real model.
//!
//! The environment variable `HARNESS_MODEL` names a folder with `config.json` and `model.safetensors`, as Hugging Face
//! saves them. Its workloads follow the synthetic ones, and are measured on demand only.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use engine::Weights;
use harness_probe::{Selection, Workload, digest_of_files};

use super::decode::Decode;
use super::inference::Inference;
use super::prefill::Prefill;
use super::subject::Subject;
use crate::SuiteError;

/// The position whose token is decoded, if the context reaches that far.
const POSITION: usize = 57;
/// Names the folder.
pub(crate) const MODEL_VARIABLE: &str = "HARNESS_MODEL";
/// Tokens of the prompt, and tokens generated after it: fewer where the context is short. Half of what the synthetic
/// models generate, because a phase without a KV-cache takes a quarter of a second for each with GPT-2's 124 M parameters.
const PROMPT: usize = 32;
const NEW: usize = 16;

/// The weights of a checkpoint, mapped, and where they come from.
pub(super) struct Checkpoint {
    folder: PathBuf,
    weights: Weights,
    digest: OnceLock<String>,
}

impl Checkpoint {
    fn open(folder: &Path) -> Result<Self, SuiteError> {
        let weights = Weights::load(folder)?;
        Ok(Self { folder: folder.to_owned(), weights, digest: OnceLock::new() })
    }

    pub(super) fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Digest of both files. It is made when it is first asked for, which a program that only runs a workload never
    /// does: hashing gigabytes takes seconds.
    pub(super) fn digest(&self) -> &str {
        self.digest.get_or_init(|| {
            let files = [self.folder.join("config.json"), self.folder.join("model.safetensors")];
            // They were there a moment ago. Files that cannot be read any more can be told from all that can.
            digest_of_files(&files).unwrap_or_else(|error| format!("unreadable: {error}"))
        })
    }
}

/// The workloads on the checkpoint that the environment names: none if it names none.
pub(crate) fn workloads() -> Result<Vec<Box<dyn Workload>>, SuiteError> {
    match std::env::var_os(MODEL_VARIABLE).filter(|folder| !folder.is_empty()) {
        None => Ok(Vec::new()),
        Some(folder) => workloads_of(Path::new(&folder)),
    }
}

/// The workloads on the checkpoint in a folder.
fn workloads_of(folder: &Path) -> Result<Vec<Box<dyn Workload>>, SuiteError> {
    let subject = Subject::of_checkpoint(Checkpoint::open(folder)?);
    let context = subject.config().context;
    let prompt = PROMPT.min(context.div_ceil(2));
    let mut all: Vec<Box<dyn Workload>> = Vec::new();
    // A context of one token has no room for a generated one.
    if context > prompt {
        all.push(Box::new(Inference::new(subject.clone(), prompt, NEW.min(context - prompt), Selection::OnDemand)));
    }
    all.push(Box::new(Prefill::new(subject.clone(), prompt)));
    all.push(Box::new(Decode::new(subject, POSITION.min(context - 1))));
    Ok(all)
}

/// One of the tiny checkpoints that the engine is tested with.
#[cfg(test)]
pub(super) fn golden(name: &str) -> Subject {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../engine/tests/golden").join(name);
    Subject::of_checkpoint(Checkpoint::open(&folder).expect("a checkpoint"))
}
