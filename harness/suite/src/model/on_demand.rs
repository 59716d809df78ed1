//! Workloads that answer one question each and are measured on demand: what each optimization is worth alone, how costs
//! grow, and how every combination of model, context and threads fares.
//!
//! Their ids say what they vary: `NAME@key=value`.

use engine::{Config, phases};
use harness_probe::{Instrument, Selection};

use super::ablation;
use super::decode::Decode;
use super::inference::Inference;
use super::prefill::Prefill;
use super::several::Several;
use super::subject::Subject;
use crate::Answering;

/// All of them, in an order that later ones are added to at the end: counts are stored by their places.
pub(super) fn workloads() -> Vec<Box<dyn Answering>> {
    let medium = || Subject::synthetic("medium", Config::medium());
    let mut all = ablation::on_demand();
    for tokens in [8, 16, 32, 64, 128] {
        let phases = names(&["reference", "compute", "optimized"]);
        all.push(Box::new(Prefill::new(medium(), tokens).on_demand(format!("growth/prefill@prompt={tokens}"), phases)));
    }
    for context in [32, 64, 128, 256, 512] {
        let subject = Subject::synthetic("medium", Config { context, ..Config::medium() });
        let phases = names(&["reference", "pooled", "compute", "optimized"]);
        let filled = Inference::new(subject, context - 2, 2, Selection::OnDemand);
        let filled = filled.named(&format!("growth/filled@context={context}"), phases);
        all.push(Box::new(filled.read_by(&[Instrument::Dhat])));
    }
    for threads in [1, 2, 3, 4] {
        let phases = names(&["reference", "compute", "optimized"]);
        let id = format!("growth/decode@threads={threads}");
        all.push(Box::new(Decode::new(medium(), 57).on_demand(id, phases, Some(threads), &[Instrument::Clock])));
    }
    for count in [1, 2, 4, 8, 16] {
        all.push(Box::new(Several::batch(medium(), count)));
    }
    for count in [1, 2, 4, 8, 16] {
        all.push(Box::new(Several::streams(medium(), count)));
    }
    for (name, config) in [("small", Config::small()), ("medium", Config::medium())] {
        for context in [32, 64, 128] {
            for threads in [1, 2] {
                let subject = Subject::synthetic(name, Config { context, ..config.clone() });
                let phases = phases().iter().map(|phase| phase.name.to_owned()).collect();
                let id = format!("matrix/last-token@model={name},context={context},threads={threads}");
                // What several threads execute and allocate depends on who comes first: only one is counted.
                let instruments: &[Instrument] = match threads {
                    1 => &[Instrument::Clock, Instrument::Callgrind, Instrument::Dhat],
                    _ => &[Instrument::Clock],
                };
                all.push(Box::new(Decode::new(subject, context - 1).on_demand(id, phases, Some(threads), instruments)));
            }
        }
    }
    for position in [8, 16, 32, 64, 120] {
        let phases = names(&["reference", "compute", "kv-cache", "optimized"]);
        let id = format!("growth/token@position={position}");
        all.push(Box::new(Decode::new(medium(), position).on_demand(id, phases, None, &[Instrument::Clock])));
    }
    all
}

fn names(phases: &[&str]) -> Vec<String> {
    phases.iter().map(|phase| (*phase).to_owned()).collect()
}
