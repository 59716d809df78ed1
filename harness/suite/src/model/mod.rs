//! Model workloads: each runs a whole model.
//!
//! To add one, write a file with a [`SuiteWorkload`] and add it to [`workloads`].

mod ablation;
mod checkpoint;
mod decode;
mod expected;
mod inference;
mod measured_model;
mod on_demand;
mod prefill;
mod sequences;
mod spans;
mod warm_session;

pub(crate) use checkpoint::workloads as checkpoint_workloads;

use std::collections::BTreeMap;

use engine::variant::Phase;
use engine::{Config, Isa};
use harness_probe::{Options, Selection, WorkloadError};

use crate::SuiteWorkload;
use measured_model::MeasuredModel;

/// The workloads on synthetic models that are measured in standard runs.
pub(crate) fn workloads() -> Vec<Box<dyn SuiteWorkload>> {
    let medium = MeasuredModel::synthetic("medium", Config::medium());
    let small = MeasuredModel::synthetic("small", Config::small());
    let mut all: Vec<Box<dyn SuiteWorkload>> = vec![
        Box::new(inference::Inference::new(
            medium.clone(),
            32,
            50,
            Selection::Standard,
        )),
        Box::new(inference::Inference::new(small, 32, 32, Selection::Quick)),
        Box::new(prefill::Prefill::new(medium.clone(), 32)),
    ];
    for position in [decode::COUNTED_POSITION, 57, 81] {
        all.push(Box::new(decode::Decode::new(medium.clone(), position)));
    }
    all
}

/// The workloads on synthetic models that are measured on demand.
pub(crate) fn on_demand() -> Vec<Box<dyn SuiteWorkload>> {
    let mut all = ablation::on_demand();
    all.extend(on_demand::workloads());
    all
}

/// One line on each phase of the roadmap, by name.
pub(crate) fn about_phases() -> BTreeMap<String, String> {
    let owned = |phase: &Phase| (phase.name.to_owned(), phase.step.to_owned());
    engine::phases().iter().map(owned).collect()
}

/// The ablation that is measured in standard runs.
pub(crate) fn ablation() -> Box<dyn SuiteWorkload> {
    Box::new(ablation::token())
}

/// The requested instruction set.
pub(crate) fn isa(options: &Options) -> Result<Isa, WorkloadError> {
    match &options.isa {
        Some(name) => Isa::forced(name).map_err(WorkloadError::new),
        None => Isa::from_environment().map_err(WorkloadError::new),
    }
}
