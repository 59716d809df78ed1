//! Workloads that run a whole model.

mod ablation;
mod checkpoint;
mod decode;
mod expected;
mod inference;
mod on_demand;
mod prefill;
mod several;
mod spans;
mod subject;
mod warm;

pub(crate) use checkpoint::workloads as checkpoint_workloads;

use engine::{Config, Isa};
use harness_probe::{Options, Selection, WorkloadError};

use crate::Answering;
use subject::Subject;

/// The workloads on synthetic models.
pub(crate) fn workloads() -> Vec<Box<dyn Answering>> {
    let medium = Subject::synthetic("medium", Config::medium());
    let small = Subject::synthetic("small", Config::small());
    let mut all: Vec<Box<dyn Answering>> = vec![
        Box::new(inference::Inference::new(medium.clone(), 32, 50, Selection::Standard)),
        Box::new(inference::Inference::new(small, 32, 32, Selection::Quick)),
        Box::new(prefill::Prefill::new(medium.clone(), 32)),
    ];
    for position in [decode::COUNTED_POSITION, 57, 81] {
        all.push(Box::new(decode::Decode::new(medium.clone(), position)));
    }
    all
}

/// What each optimization is worth, as far as every run measures it.
pub(crate) fn ablation() -> Box<dyn Answering> {
    Box::new(ablation::from_naive())
}

/// The workloads that are measured on demand.
pub(crate) fn on_demand() -> Vec<Box<dyn Answering>> {
    on_demand::workloads()
}

/// The instruction set that is asked for.
pub(crate) fn isa(options: &Options) -> Result<Isa, WorkloadError> {
    match &options.isa {
        Some(name) => Isa::forced(name).map_err(WorkloadError::new),
        None => Isa::from_environment().map_err(WorkloadError::new),
    }
}
