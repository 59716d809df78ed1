//! The workloads of this repository: what its engine is measured on.
//!
//! Model workloads generate or read text with a synthetic model; kernel workloads call one operation at the sizes that
//! the medium model uses, and in sweeps over sizes. All of them are seeded, and each holds its answer against the one
//! that the naive variant gave when the workload was defined (`answers.json`). A checkpoint that `HARNESS_MODEL` names
//! adds workloads of its own.

mod agreement;
mod answer;
mod kernel;
mod model;

pub use answer::{Answer, stored_answers};

use engine::CheckpointError;
use harness_probe::{Registry, Workload};
use thiserror::Error;

/// A suite that cannot be put together.
#[derive(Debug, Error)]
pub enum SuiteError {
    /// The folder that `HARNESS_MODEL` names holds no checkpoint that the engine can run.
    #[error("HARNESS_MODEL names no model that can be measured: {0}")]
    Checkpoint(#[from] CheckpointError),
}

/// Every workload, in the order in which they are measured and shown. Those on a checkpoint come last, so that the places
/// of the others do not depend on it.
///
/// # Errors
/// If `HARNESS_MODEL` names a folder that holds no fitting checkpoint.
///
/// # Panics
/// If two of the workloads have one id, which a test rules out.
pub fn registry() -> Result<Registry, SuiteError> {
    let mut workloads: Vec<Box<dyn Workload>> = every().into_iter().map(|one| one as Box<dyn Workload>).collect();
    workloads.extend(model::checkpoint_workloads()?);
    // An instruction set that is forced but not there is refused by name when a workload is prepared.
    let isa = engine::Isa::from_environment().unwrap_or_else(|_| engine::Isa::detect());
    Ok(Registry::new(isa.name(), workloads).expect("ids are unique"))
}

/// The answers that a phase gives now, by workload: what `answers.json` was made of, with the phase `naive`.
///
/// # Errors
/// If a workload cannot be prepared in that phase.
pub fn answers_of(phase: &str) -> Result<Vec<(String, Answer)>, harness_probe::WorkloadError> {
    let options = harness_probe::Options { threads: 1, isa: None };
    let answer = |workload: Box<dyn Answering>| {
        let answer = workload.compute(phase, &options)?;
        Ok((workload.id().to_owned(), answer))
    };
    every().into_iter().map(answer).collect()
}

/// A workload of this suite: one whose answer can be computed, not only checked.
trait Answering: Workload {
    /// Runs once in a phase and returns the answer.
    fn compute(&self, phase: &str, options: &harness_probe::Options) -> Result<Answer, harness_probe::WorkloadError>;
}

fn every() -> Vec<Box<dyn Answering>> {
    let mut all = model::workloads();
    all.extend(kernel::workloads());
    // At the end: stored counts belong to the places of the workloads before.
    all.extend(model::on_demand());
    all.extend(kernel::on_demand());
    all.push(model::ablation());
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use harness_probe::{Options, Selection};

    fn registry() -> Registry {
        super::registry().expect("no checkpoint is named")
    }

    #[test]
    fn every_workload_has_a_stored_answer_and_phases_that_start_plain() {
        let stored = stored_answers();
        let registry = registry();
        for workload in registry.workloads() {
            assert!(stored.contains_key(workload.id()), "{} has no stored answer", workload.id());
            // On demand, the phase that forecasts are held against may be plain enough.
            let first = workload.phases().first().cloned().unwrap_or_default();
            let plain = first == "naive" || (workload.selection() == Selection::OnDemand && first == "reference");
            assert!(plain, "{} starts with {first}", workload.id());
            assert!(workload.unit().per_run > 0);
        }
        assert_eq!(stored.len(), registry.workloads().len(), "answers.json holds answers of no workload");
    }

    #[test]
    fn every_phase_of_every_workload_gives_the_stored_answer() {
        let options = Options { threads: 2, isa: None };
        for workload in registry().workloads() {
            for phase in workload.phases() {
                let mut prepared = workload.prepare(&phase, &options).expect("prepared");
                prepared.run(&mut || {});
                assert_eq!(prepared.check(), Ok(()), "{} in phase {phase}", workload.id());
            }
        }
    }

    /// Counts of callgrind are stored by the places of their workloads.
    #[test]
    fn what_was_added_on_demand_comes_after_the_sweeps() {
        let registry = registry();
        let ids: Vec<&str> = registry.workloads().iter().map(|workload| workload.id()).collect();
        let last_sweep = ids.iter().rposition(|id| id.starts_with("sweep/")).expect("sweeps");
        let families = ["ablation/", "growth/", "matrix/"];
        let added = |id: &&str| families.iter().any(|family| id.starts_with(family));
        assert!(!ids[..last_sweep].iter().any(added) && ids[last_sweep + 1..].iter().all(added), "{ids:?}");
    }

    #[test]
    fn an_inference_announces_every_token() {
        let registry = registry();
        let workload = registry.get("small/inference").expect("there");
        let mut prepared = workload.prepare("optimized", &Options { threads: 1, isa: None }).expect("prepared");
        let mut tokens = 0;
        prepared.run(&mut || tokens += 1);
        assert_eq!(tokens, workload.unit().per_run);
    }

    #[test]
    fn an_unknown_phase_or_instruction_set_is_refused() {
        let registry = registry();
        let workload = registry.get("medium/prefill").expect("there");
        for (phase, isa) in [("optimised", None), ("naive", Some("sse9".to_owned()))] {
            let refused = workload.prepare(phase, &Options { threads: 1, isa });
            assert!(refused.is_err(), "{phase}");
        }
    }
}
