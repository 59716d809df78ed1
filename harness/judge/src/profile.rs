//! Two profiles side by side, name by name.

use std::collections::HashMap;

use harness_record::profile::Seen;

/// What a name costs by itself on two sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The name.
    pub name: String,
    /// What most of the difference is done for: the nearest around it that is of another module. None if nothing is.
    pub within: Option<String>,
    /// What it costs on the base side, per run.
    pub base: f64,
    /// What it costs on the head side, per run.
    pub head: f64,
    /// How often it is done on the base side, per run.
    pub base_calls: f64,
    /// How often it is done on the head side, per run.
    pub head_calls: f64,
    /// Its part in how much the two sides differ as a whole; negative where it goes the other way. None where the sides
    /// are equal as a whole.
    pub share: Option<f64>,
}

impl Difference {
    /// By how much the head costs more.
    pub fn change(&self) -> f64 {
        self.head - self.base
    }
}

/// Every name whose own cost differs, the largest difference first.
pub fn differences(base: Seen<'_>, head: Seen<'_>) -> Vec<Difference> {
    let whole = head.per_run() - base.per_run();
    let new = |name: String| {
        let (within, share) = (None, None);
        Difference { name, within, base: 0.0, head: 0.0, base_calls: 0.0, head_calls: 0.0, share }
    };
    let mut all: Vec<Difference> = Vec::new();
    for part in base.tree.parts() {
        let (own, calls) = (part.own as f64 * base.scale(), part.calls as f64 * base.scale());
        all.push(Difference { base: own, base_calls: calls, ..new(part.name) });
    }
    for part in head.tree.parts() {
        let place = all.iter().position(|one| one.name == part.name).unwrap_or_else(|| {
            all.push(new(part.name.clone()));
            all.len() - 1
        });
        (all[place].head, all[place].head_calls) = (part.own as f64 * head.scale(), part.calls as f64 * head.scale());
    }
    all.retain(|one| one.base != one.head);
    let within = changes_within(base, head);
    for one in &mut all {
        one.share = (whole != 0.0).then(|| one.change() / whole);
        let places = within.iter().filter(|((name, _), _)| *name == one.name);
        let largest = places.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()).then_with(|| b.0.cmp(a.0)));
        one.within = largest.and_then(|((_, around), _)| around.map(str::to_owned));
    }
    all.sort_by(|a, b| b.change().abs().total_cmp(&a.change().abs()).then_with(|| a.name.cmp(&b.name)));
    all
}

/// By how much the head costs more, by name and by what it is done for.
fn changes_within<'a>(base: Seen<'a>, head: Seen<'a>) -> HashMap<(&'a str, Option<&'a str>), f64> {
    let mut changes = HashMap::new();
    for (seen, sign) in [(base, -1.0), (head, 1.0)] {
        let mut around: Vec<&str> = Vec::new();
        for (depth, node) in seen.tree.walk() {
            around.truncate(depth);
            let foreign = around.iter().rev().find(|outer| module(outer) != module(&node.name));
            *changes.entry((node.name.as_str(), foreign.copied())).or_insert(0.0) +=
                sign * node.own as f64 * seen.scale();
            around.push(&node.name);
        }
    }
    changes
}

/// The crate and the module that a function is of, as in `engine::simd`; of another name all of it.
fn module(name: &str) -> &str {
    let path = name.trim_start_matches('<');
    let mut ends = path.match_indices("::").map(|(end, _)| end);
    match (ends.next(), ends.next()) {
        (Some(_), Some(second)) => &path[..second],
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use harness_record::profile::Tree;
    use proptest::prelude::*;

    use super::*;

    fn tree(parts: &[(&str, u64)]) -> Tree {
        let stacks: Vec<([String; 2], u64)> =
            parts.iter().map(|(name, own)| (["run".to_owned(), (*name).to_owned()], *own)).collect();
        Tree::of_stacks(stacks.iter().map(|(stack, own)| (stack.as_slice(), *own, 1)))
    }

    #[test]
    fn what_grew_shrank_came_and_went_is_told_and_what_stayed_is_not() {
        let (base, head) =
            (tree(&[("norm", 10), ("product", 50), ("old", 7)]), tree(&[("norm", 40), ("product", 100), ("new", 4)]));
        let told = differences(Seen { tree: &base, runs: 1 }, Seen { tree: &head, runs: 2 });
        let told: Vec<_> = told.iter().map(|one| (one.name.as_str(), one.base, one.head, one.share)).collect();
        let whole = 5.0;
        assert_eq!(
            told,
            [
                ("norm", 10.0, 20.0, Some(10.0 / whole)),
                ("old", 7.0, 0.0, Some(-7.0 / whole)),
                ("new", 0.0, 2.0, Some(2.0 / whole)),
            ]
        );
        assert!(differences(Seen { tree: &base, runs: 3 }, Seen { tree: &base, runs: 3 }).is_empty());
    }

    #[test]
    fn what_is_called_from_all_over_is_told_by_what_the_change_is_done_for() {
        let side = |gelu: u64, product: u64| {
            let stack = |outer: &[&str], own| {
                let frames = [outer, &["engine::simd::level::run", "engine::simd::avx2::enter"]].concat();
                (frames.into_iter().map(str::to_owned).collect::<Vec<_>>(), own)
            };
            let stacks =
                [stack(&["run", "engine::gelu::apply"], gelu), stack(&["run", "engine::matmul::apply"], product)];
            Tree::of_stacks(stacks.iter().map(|(stack, own)| (stack.as_slice(), *own, 1)))
        };
        let (base, head) = (side(100, 5000), side(200, 4990));
        let told = differences(Seen { tree: &base, runs: 1 }, Seen { tree: &head, runs: 1 });
        let told: Vec<_> = told.iter().map(|one| (one.name.as_str(), one.within.as_deref(), one.change())).collect();
        assert_eq!(told, [("engine::simd::avx2::enter", Some("engine::gelu::apply"), 90.0)]);
        assert_eq!(module("<engine::gelu::Gelu as engine::Operation>::run"), "engine::gelu");
    }

    proptest! {
        #[test]
        fn differences_add_up_to_the_whole(base in prop::collection::vec(0..9000_u64, 6), head in prop::collection::vec(0..9000_u64, 6)) {
            let names = ["a", "b", "c", "d", "e", "f"];
            let side = |costs: &[u64]| tree(&names.iter().copied().zip(costs.iter().copied()).collect::<Vec<_>>());
            let (base, head) = (side(&base), side(&head));
            let (base, head) = (Seen { tree: &base, runs: 1 }, Seen { tree: &head, runs: 1 });
            let sum: f64 = differences(base, head).iter().map(Difference::change).sum();
            prop_assert_eq!(sum, head.per_run() - base.per_run());
        }
    }
}
