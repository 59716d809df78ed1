//! What each optimization is worth, alone and at the end: the first phase with one axis as the last one has it, and the last
//! phase with one axis as the naive one has it.
//!
//! A phase `BASE,axis=value` is BASE with one axis changed.

use engine::variant::{Phase, Variant};
use engine::{Config, phases};
use harness_probe::{Instrument, Selection};

use super::decode::{COUNTED_POSITION, Decode};
use super::inference::Inference;
use super::subject::Subject;
use crate::Answering;

/// Tokens that an inference generates after the prompt: so few that the naive variant takes part in six rounds.
const TOKENS: usize = 8;
/// A position near the end of the medium model's context.
const LATE: usize = 120;
/// What the time of a whole run and its heap is read with; it is too long for callgrind.
const LONG: [Instrument; 2] = [Instrument::Clock, Instrument::Dhat];

/// Single axes on the naive variant, which spends nearly all of its time in matrix products: what else is worth there shows
/// in instructions more than in time. One token of the small model, so that every run can afford it.
pub(super) fn from_naive() -> Decode {
    let small = Subject::synthetic("small", Config::small());
    let instruments = [Instrument::Clock, Instrument::Callgrind, Instrument::Dhat];
    Decode::new(small, COUNTED_POSITION).named("ablation/token", both_ends("naive", &[]), &instruments)
}

/// Single axes on the phase that the forecasts are about, and the changes that single forecasts speak of and no phase has.
pub(super) fn on_demand() -> Vec<Box<dyn Answering>> {
    let medium = || Subject::synthetic("medium", Config::medium());
    let forecasts =
        ["layer_norm=welford-simd", "attention=batched", "residual=simd", "residual=simd,softmax=fused-simd"];
    let mut names = vec!["naive".to_owned()];
    names.extend(both_ends("reference", &forecasts));
    let late = ["reference", "reference,decode=kv-cache", "optimized", "optimized,decode=recompute"];
    vec![
        Box::new(Inference::new(medium(), 32, TOKENS, Selection::OnDemand).named("ablation/inference", names)),
        Box::new(Decode::new(medium(), LATE).on_demand(
            "ablation/late-token".to_owned(),
            late.map(str::to_owned).into(),
            None,
            &LONG,
        )),
    ]
}

/// A phase with single axes as the last one has them, then with these other changes, and the last one with single axes as
/// the naive one has them.
fn both_ends(start: &str, changes: &[&str]) -> Vec<String> {
    let variant = |name: &str| Variant::phase(name).unwrap_or(Variant::naive());
    let last = phases().last().map_or(Variant::naive(), |Phase { variant, .. }| *variant);
    let different = |base: Variant, other: Variant| {
        let pairs = base.choices().into_iter().zip(other.choices());
        pairs.filter(|(base, other)| base != other).map(|(_, (axis, choice))| format!("{axis}={choice}"))
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

    const AXES: [&str; 9] =
        ["layer_norm", "softmax", "gelu", "attention", "embedding", "residual", "qkv", "buffers", "decode"];

    fn assert_every_axis(names: &[String], start: &str) {
        for axis in AXES {
            for base in [start, "optimized"] {
                let start = format!("{base},{axis}=");
                let found = |name: &&String| name.starts_with(&start) && name.matches('=').count() == 1;
                assert!(names.iter().any(|name| found(&name)), "{start}");
            }
        }
        assert!(names.contains(&"optimized,matmul=naive".to_owned()));
        let mut once = names.to_vec();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), names.len(), "{names:?}");
        assert!(names.iter().all(|name| Variant::parse(name).is_ok()), "{names:?}");
    }

    #[test]
    fn every_axis_is_changed_alone_at_both_ends() {
        let token = from_naive();
        assert_every_axis(&token.phases(), "naive");
        assert!(token.phases().contains(&"naive,matmul=parallel".to_owned()));
        assert_eq!(token.selection(), Selection::Standard);
        assert_every_axis(&on_demand()[0].phases(), "reference");
    }
}
