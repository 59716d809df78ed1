//! Workloads that answer one question each and are measured on demand: what each optimization is worth alone, how costs
//! grow, and how every combination of model, context and threads fares.
//!
//! Their ids say what they vary: `NAME@key=value`. A phase `BASE,axis=value` is BASE with one axis changed.

use engine::variant::{Phase, Variant};
use engine::{Config, phases};
use harness_probe::{Instrument, Selection};

use super::decode::Decode;
use super::inference::Inference;
use super::prefill::Prefill;
use super::several::Several;
use super::subject::Subject;
use crate::Answering;

/// Tokens that an ablation generates after the prompt: so few that the naive variant takes part in six rounds.
const ABLATION_TOKENS: usize = 8;
/// A position near the end of the medium model's context.
const LATE: usize = 120;

/// All of them, in an order that later ones are added to at the end: counts are stored by their places.
pub(super) fn workloads() -> Vec<Box<dyn Answering>> {
    let medium = || Subject::synthetic("medium", Config::medium());
    let mut all: Vec<Box<dyn Answering>> = Vec::new();
    all.push(Box::new(
        Inference::new(medium(), 32, ABLATION_TOKENS, Selection::OnDemand).named("ablation/inference", ablations()),
    ));
    let late = ["reference", "reference,decode=kv-cache", "optimized", "optimized,decode=recompute"];
    all.push(Box::new(Decode::new(medium(), LATE).on_demand(
        "ablation/late-token".to_owned(),
        names(&late),
        None,
        &[Instrument::Clock, Instrument::Dhat],
    )));

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
    all
}

fn names(phases: &[&str]) -> Vec<String> {
    phases.iter().map(|phase| (*phase).to_owned()).collect()
}

/// Both ends with the steps between them taken one at a time: the reference with one axis as the last phase has it, and the
/// last phase with one axis as the naive one has it. The naive variant itself is too slow to tell one axis from another in:
/// its matrix products hide everything else. Then what single forecasts speak of and no phase has.
fn ablations() -> Vec<String> {
    let variant = |name: &str| Variant::phase(name).unwrap_or(Variant::naive());
    let (naive, reference) = (variant("naive"), variant("reference"));
    let last = phases().last().map_or(naive, |Phase { variant, .. }| *variant);
    let different = |base: Variant, other: Variant| {
        let pairs = base.choices().into_iter().zip(other.choices());
        pairs.filter(|(base, other)| base != other).map(|(_, (axis, choice))| format!("{axis}={choice}"))
    };
    let mut names = vec!["naive".to_owned(), "reference".to_owned()];
    names.extend(different(reference, last).map(|change| format!("reference,{change}")));
    let forecasts =
        ["layer_norm=welford-simd", "attention=batched", "residual=simd", "residual=simd,softmax=fused-simd"];
    names.extend(forecasts.map(|changes| format!("reference,{changes}")));
    names.push("optimized".to_owned());
    names.extend(different(last, naive).map(|change| format!("optimized,{change}")));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_axis_is_changed_alone_at_both_ends() {
        let names = ablations();
        for axis in ["layer_norm", "softmax", "gelu", "attention", "embedding", "residual", "qkv", "buffers", "decode"]
        {
            for base in ["reference", "optimized"] {
                let start = format!("{base},{axis}=");
                let found = |name: &&String| name.starts_with(&start) && name.matches('=').count() == 1;
                assert!(names.iter().any(|name| found(&name)), "{start}");
            }
        }
        assert!(names.contains(&"optimized,matmul=naive".to_owned()));
        let mut once = names.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), names.len(), "{names:?}");
        assert!(names.iter().all(|name| Variant::parse(name).is_ok()), "{names:?}");
    }
}
