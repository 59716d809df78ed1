//! The workloads of this repository, which measure its engine.
//!
//! Model workloads generate or read text with a synthetic model. Kernel workloads call one operation at the sizes that
//! the medium model uses, and in sweeps over sizes. All of them are seeded. Each compares its answer with the one that the
//! naive variant gave when the workload was defined (`answers.json`). `HARNESS_MODEL` can name a checkpoint, which adds
//! further workloads.
//!
//! # Adding a workload
//!
//! 1. Write a file in `kernel/` or `model/`.
//! 2. Add one line to the list in `kernel/mod.rs` or `model/mod.rs`, at any place: workloads are known by their ids.
//! 3. Store its answer: `examples/write_answers.rs` writes `answers.json` anew.
//!
//! Limitation: the registry is built on the heap of the counted process, and `malloc` executes more or fewer instructions
//! depending on the free blocks there. A new workload can change the instruction count of phases that allocate in every
//! step by some 0.3 %.

mod answer;
mod kernel;
mod model;
mod tolerance;

pub use answer::{Answer, stored_answers};

use engine::CheckpointError;
use harness_probe::{Registry, Workload};
use thiserror::Error;

/// The reason why the suite cannot be created.
#[derive(Debug, Error)]
pub enum SuiteError {
    /// The folder that `HARNESS_MODEL` names holds no checkpoint that the engine can run.
    #[error("HARNESS_MODEL names no model that can be measured: {0}")]
    Checkpoint(#[from] CheckpointError),
}

/// Every workload, in the order in which they are measured and shown.
///
/// # Errors
/// If `HARNESS_MODEL` names a folder that holds no fitting checkpoint.
///
/// # Panics
/// If two workloads have the same id, which a test rules out.
pub fn registry() -> Result<Registry, SuiteError> {
    let mut workloads: Vec<Box<dyn Workload>> = synthetic()
        .into_iter()
        .map(|one| one as Box<dyn Workload>)
        .collect();
    workloads.extend(model::checkpoint_workloads()?);
    // If the environment forces an instruction set that is missing, preparing a workload fails with its name.
    let isa = engine::Isa::from_environment().unwrap_or_else(|_| engine::Isa::detect());
    let registry = Registry::new(isa.name(), workloads).expect("ids are unique");
    Ok(registry.about_phases(model::about_phases))
}

/// The answers that a phase gives now, by workload. `answers.json` contains those of the phase `naive`.
///
/// # Errors
/// If a workload cannot be prepared in that phase.
pub fn answers_of(phase: &str) -> Result<Vec<(String, Answer)>, harness_probe::WorkloadError> {
    let options = harness_probe::Options {
        threads: 1,
        isa: None,
    };
    let answer = |workload: Box<dyn SuiteWorkload>| {
        let answer = workload.compute(phase, &options)?;
        Ok((workload.id().to_owned(), answer))
    };
    synthetic().into_iter().map(answer).collect()
}

/// A workload of this suite. Its answer can be computed, not only checked.
trait SuiteWorkload: Workload {
    /// Runs once in a phase and returns the answer.
    fn compute(
        &self,
        phase: &str,
        options: &harness_probe::Options,
    ) -> Result<Answer, harness_probe::WorkloadError>;
}

/// Every workload that needs no checkpoint, in the order in which they are shown.
fn synthetic() -> Vec<Box<dyn SuiteWorkload>> {
    let mut all = model::workloads();
    all.extend(kernel::workloads());
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
    fn every_workload_has_a_stored_answer_and_starts_with_a_plain_phase() {
        let stored = stored_answers();
        let registry = registry();
        for workload in registry.workloads() {
            assert!(
                stored.contains_key(workload.id()),
                "{} has no stored answer",
                workload.id()
            );
            // Workloads on demand may start with the phase that forecasts are compared with.
            let first = workload.phases().first().cloned().unwrap_or_default();
            let plain = first == "naive"
                || (workload.selection() == Selection::OnDemand && first == "reference");
            assert!(plain, "{} starts with {first}", workload.id());
            assert!(workload.unit().per_run > 0);
        }
        assert_eq!(
            stored.len(),
            registry.workloads().len(),
            "answers.json contains an answer that belongs to no workload"
        );
    }

    #[test]
    fn every_phase_of_every_workload_gives_the_stored_answer() {
        let options = Options {
            threads: 2,
            isa: None,
        };
        for workload in registry().workloads() {
            for phase in workload.phases() {
                let mut prepared = workload.prepare(&phase, &options).expect("prepared");
                prepared.run(&mut || {});
                assert_eq!(
                    prepared.check(),
                    Ok(()),
                    "{} in phase {phase}",
                    workload.id()
                );
            }
        }
    }

    #[test]
    fn an_inference_announces_every_token() {
        let registry = registry();
        let workload = registry.get("small/inference").expect("there");
        let mut prepared = workload
            .prepare(
                "optimized",
                &Options {
                    threads: 1,
                    isa: None,
                },
            )
            .expect("prepared");
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
