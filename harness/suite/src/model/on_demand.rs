//! Workloads that answer one question each and are measured on demand: the growth of costs with one parameter, and every
//! combination of model, context and threads.
//!
//! Their ids contain the parameters that vary: `NAME@key=value`.

use engine::{Config, phases};
use harness_probe::{Instrument, Selection};

use super::decode::Decode;
use super::inference::Inference;
use super::measured_model::MeasuredModel;
use super::prefill::Prefill;
use super::sequences::Sequences;
use crate::SuiteWorkload;

/// All of them.
pub(super) fn workloads() -> Vec<Box<dyn SuiteWorkload>> {
    let medium = || MeasuredModel::synthetic("medium", Config::medium());
    let mut all: Vec<Box<dyn SuiteWorkload>> = Vec::new();
    for tokens in [8, 16, 32, 64, 128] {
        let phases = names(&["reference", "compute", "optimized"]);
        all.push(Box::new(
            Prefill::new(medium(), tokens)
                .on_demand(format!("growth/prefill@prompt={tokens}"), phases),
        ));
    }
    for context in [32, 64, 128, 256, 512] {
        let model = MeasuredModel::synthetic(
            "medium",
            Config {
                context,
                ..Config::medium()
            },
        );
        let phases = names(&["reference", "pooled", "compute", "optimized"]);
        let filled = Inference::new(model, context - 2, 2, Selection::OnDemand);
        let filled = filled.named(&format!("growth/filled@context={context}"), phases);
        all.push(Box::new(filled.read_by(&[Instrument::Dhat])));
    }
    for threads in [1, 2, 3, 4] {
        let phases = names(&["reference", "compute", "optimized"]);
        let id = format!("growth/decode@threads={threads}");
        all.push(Box::new(Decode::new(medium(), 57).on_demand(
            id,
            phases,
            Some(threads),
            &[Instrument::Clock],
        )));
    }
    for count in [1, 2, 4, 8, 16] {
        all.push(Box::new(Sequences::batch(medium(), count)));
    }
    for count in [1, 2, 4, 8, 16] {
        all.push(Box::new(Sequences::streams(medium(), count)));
    }
    for (name, config) in [("small", Config::small()), ("medium", Config::medium())] {
        for context in [32, 64, 128] {
            for threads in [1, 2] {
                let model = MeasuredModel::synthetic(
                    name,
                    Config {
                        context,
                        ..config.clone()
                    },
                );
                let phases = phases().iter().map(|phase| phase.name.to_owned()).collect();
                let id =
                    format!("matrix/last-token@model={name},context={context},threads={threads}");
                // Counts of several threads depend on their scheduling, so only one thread is counted.
                let instruments: &[Instrument] = match threads {
                    1 => &[Instrument::Clock, Instrument::Callgrind, Instrument::Dhat],
                    _ => &[Instrument::Clock],
                };
                all.push(Box::new(Decode::new(model, context - 1).on_demand(
                    id,
                    phases,
                    Some(threads),
                    instruments,
                )));
            }
        }
    }
    for position in [8, 16, 32, 64, 120] {
        let phases = names(&["reference", "compute", "kv-cache", "optimized"]);
        let id = format!("growth/token@position={position}");
        all.push(Box::new(Decode::new(medium(), position).on_demand(
            id,
            phases,
            None,
            &[Instrument::Clock],
        )));
    }
    all
}

fn names(phases: &[&str]) -> Vec<String> {
    phases.iter().map(|phase| (*phase).to_owned()).collect()
}
