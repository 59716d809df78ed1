//! Ablations: the effect of each optimization alone. They change one axis of the first phase to its optimized choice, and one
//! axis of the optimized phase to its naive choice.
//!
//! A phase `BASE,axis=value` is BASE with one axis changed.

use engine::variant::{Phase, Variant};
use engine::{Config, phases};
use harness_probe::{Instrument, Selection};

use super::decode::{COUNTED_POSITION, Decode};
use super::inference::Inference;
use super::measured_model::MeasuredModel;
use crate::SuiteWorkload;

/// Tokens that an inference generates after the prompt, few enough that the naive variant takes part in six rounds.
const TOKENS: usize = 8;
/// A position near the end of the medium model's context.
const LATE: usize = 120;
/// The instruments for a whole inference, which is too long for callgrind.
const LONG: [Instrument; 2] = [Instrument::Clock, Instrument::Dhat];

/// The ablations that are measured on demand.
pub(super) fn on_demand() -> Vec<Box<dyn SuiteWorkload>> {
    vec![Box::new(inference()), Box::new(late_token())]
}

/// Single axes on the naive variant. It spends nearly all of its time in matrix products, so the effect of other operations
/// shows in instructions rather than in time. It computes one token of the small model, so that every run can afford it.
pub(super) fn token() -> Decode {
    let small = MeasuredModel::synthetic("small", Config::small());
    let instruments = [Instrument::Clock, Instrument::Callgrind, Instrument::Dhat];
    Decode::new(small, COUNTED_POSITION).named(
        "ablation/token",
        single_axis_phases("naive", &[]),
        &instruments,
    )
}

/// Single axes on the phase `reference`, which the forecasts of the roadmap start from, and changes of single forecasts that
/// no phase makes.
fn inference() -> Inference {
    let forecasts = [
        "layer_norm=welford-simd",
        "attention=batched",
        "residual=simd",
        "residual=simd,softmax=fused-simd",
    ];
    let mut names = vec!["naive".to_owned()];
    names.extend(single_axis_phases("reference", &forecasts));
    Inference::new(medium(), 32, TOKENS, Selection::OnDemand).named("ablation/inference", names)
}

/// The KV-cache alone, at a position where it saves the most.
fn late_token() -> Decode {
    let phases = [
        "reference",
        "reference,decode=kv-cache",
        "optimized",
        "optimized,decode=recompute",
    ];
    let id = "ablation/late-token".to_owned();
    Decode::new(medium(), LATE).on_demand(id, phases.map(str::to_owned).into(), None, &LONG)
}

fn medium() -> MeasuredModel {
    MeasuredModel::synthetic("medium", Config::medium())
}

/// The names of the phase `start` with single axes as in the last phase, of `start` with these other changes, and of the last
/// phase with single axes as in the naive one.
fn single_axis_phases(start: &str, changes: &[&str]) -> Vec<String> {
    let variant = |name: &str| Variant::phase(name).unwrap_or(Variant::naive());
    let last = phases()
        .last()
        .map_or(Variant::naive(), |Phase { variant, .. }| *variant);
    let different = |base: Variant, other: Variant| {
        let pairs = base.choices().into_iter().zip(other.choices());
        pairs
            .filter(|(base, other)| base != other)
            .map(|(_, (axis, choice))| format!("{axis}={choice}"))
    };
    let mut names = vec![start.to_owned()];
    names.extend(different(variant(start), last).map(|change| format!("{start},{change}")));
    names.extend(changes.iter().map(|changes| format!("{start},{changes}")));
    names.push("optimized".to_owned());
    names.extend(different(last, Variant::naive()).map(|change| format!("optimized,{change}")));
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use harness_probe::Workload;

    const AXES: [&str; 9] = [
        "layer_norm",
        "softmax",
        "gelu",
        "attention",
        "embedding",
        "residual",
        "qkv",
        "buffers",
        "decode",
    ];

    fn assert_every_axis(names: &[String], start: &str) {
        for axis in AXES {
            for base in [start, "optimized"] {
                let start = format!("{base},{axis}=");
                let found =
                    |name: &&String| name.starts_with(&start) && name.matches('=').count() == 1;
                assert!(names.iter().any(|name| found(&name)), "{start}");
            }
        }
        assert!(names.contains(&"optimized,matmul=naive".to_owned()));
        let mut once = names.to_vec();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), names.len(), "{names:?}");
        assert!(
            names.iter().all(|name| Variant::parse(name).is_ok()),
            "{names:?}"
        );
    }

    #[test]
    fn every_axis_is_changed_alone_at_both_ends() {
        let token = token();
        assert_every_axis(&token.phases(), "naive");
        assert!(token.phases().contains(&"naive,matmul=parallel".to_owned()));
        assert_eq!(token.selection(), Selection::Standard);
        assert_every_axis(&inference().phases(), "reference");
    }
}
