//! Comparison of two profiles, name by name.

use std::collections::HashMap;

use harness_record::profile::Seen;

/// Own cost of a name on both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The name.
    pub name: String,
    /// The nearest enclosing name of another module that accounts for most of the difference. None if nothing
    /// encloses it.
    pub within: Option<String>,
    /// Own cost on the base side, per run.
    pub base: f64,
    /// Own cost on the head side, per run.
    pub head: f64,
    /// Calls on the base side, per run.
    pub base_calls: f64,
    /// Calls on the head side, per run.
    pub head_calls: f64,
    /// Share of the total difference of the two sides; negative if it has the opposite direction. None if the totals
    /// are equal.
    pub share: Option<f64>,
}

impl Difference {
    /// The difference, head minus base, per run.
    pub fn change(&self) -> f64 {
        self.head - self.base
    }
}

/// Returns every name with different own costs, the largest difference first.
pub fn differences(base: Seen<'_>, head: Seen<'_>) -> Vec<Difference> {
    let whole = head.per_run() - base.per_run();
    let new = |name: String| {
        let (within, share) = (None, None);
        Difference {
            name,
            within,
            base: 0.0,
            head: 0.0,
            base_calls: 0.0,
            head_calls: 0.0,
            share,
        }
    };
    let mut all: HashMap<String, Difference> = HashMap::new();
    for part in base.tree.parts() {
        let it = all
            .entry(part.name.clone())
            .or_insert_with(|| new(part.name));
        (it.base, it.base_calls) = (
            part.own as f64 * base.scale(),
            part.calls as f64 * base.scale(),
        );
    }
    for part in head.tree.parts() {
        let it = all
            .entry(part.name.clone())
            .or_insert_with(|| new(part.name));
        (it.head, it.head_calls) = (
            part.own as f64 * head.scale(),
            part.calls as f64 * head.scale(),
        );
    }
    let mut all: Vec<Difference> = all.into_values().filter(|it| it.base != it.head).collect();
    let within = changes_within(base, head);
    for difference in &mut all {
        difference.share = (whole != 0.0).then(|| difference.change() / whole);
        let places = within
            .iter()
            .filter(|((name, _), _)| *name == difference.name);
        let largest =
            places.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()).then_with(|| b.0.cmp(a.0)));
        difference.within = largest.and_then(|((_, around), _)| around.map(str::to_owned));
    }
    all.sort_by(|a, b| {
        b.change()
            .abs()
            .total_cmp(&a.change().abs())
            .then_with(|| a.name.cmp(&b.name))
    });
    all
}

/// A cost that one name lost and another gained, as after inlining or moving code.
#[derive(Debug, Clone, PartialEq)]
pub struct Shift {
    /// The name that lost the cost.
    pub from: String,
    /// The name that gained it.
    pub to: String,
    /// The cost that the first one lost, per run.
    pub lost: f64,
    /// The cost that the second one gained, per run.
    pub gained: f64,
}

/// Smallest part of all gains that a gain must have to be a shift.
const SHIFT_PART: f64 = 0.1;

/// Largest difference of what was lost and gained, as a part of the larger of the two.
const SHIFT_TOLERANCE: f64 = 0.25;

/// Returns the costs that moved from one name to another, the largest first. A name takes part in one shift only.
///
/// A gain and a loss of about the same size belong together, as in the cost-shift analysis of FBDetect (Meta, SOSP
/// 2024). `all` are differences of one pair of profiles, as [`differences`] returns them.
pub fn shifts(all: &[Difference]) -> Vec<Shift> {
    let gains: f64 = all.iter().map(|it| it.change().max(0.0)).sum();
    let mut losses: Vec<&Difference> = all.iter().filter(|it| it.change() < 0.0).collect();
    let large = |it: &&Difference| it.change() > 0.0 && it.change() >= SHIFT_PART * gains;
    let mut shifts = Vec::new();
    for gain in all.iter().filter(large) {
        let gap = |loss: &Difference| (gain.change() + loss.change()).abs();
        let nearest = (0..losses.len()).min_by(|&a, &b| gap(losses[a]).total_cmp(&gap(losses[b])));
        let Some(nearest) = nearest else { break };
        let loss = losses[nearest];
        if gap(loss) <= SHIFT_TOLERANCE * gain.change().max(-loss.change()) {
            losses.remove(nearest);
            shifts.push(Shift {
                from: loss.name.clone(),
                to: gain.name.clone(),
                lost: -loss.change(),
                gained: gain.change(),
            });
        }
    }
    shifts
}

/// Differences by name and by enclosing name of another module.
fn changes_within<'a>(base: Seen<'a>, head: Seen<'a>) -> HashMap<(&'a str, Option<&'a str>), f64> {
    let mut changes = HashMap::new();
    for (seen, sign) in [(base, -1.0), (head, 1.0)] {
        let mut around: Vec<&str> = Vec::new();
        for (depth, node) in seen.tree.walk() {
            around.truncate(depth);
            let foreign = around
                .iter()
                .rev()
                .find(|outer| module(outer) != module(&node.name));
            *changes
                .entry((node.name.as_str(), foreign.copied()))
                .or_insert(0.0) += sign * node.own as f64 * seen.scale();
            around.push(&node.name);
        }
    }
    changes
}

/// Returns the crate and module of a function, such as `engine::simd`; of any other name all of it.
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
        let stacks: Vec<([String; 2], u64)> = parts
            .iter()
            .map(|(name, own)| (["run".to_owned(), (*name).to_owned()], *own))
            .collect();
        Tree::of_stacks(
            stacks
                .iter()
                .map(|(stack, own)| (stack.as_slice(), *own, 1)),
        )
    }

    #[test]
    fn changed_new_and_removed_names_are_reported() {
        let (base, head) = (
            tree(&[("norm", 10), ("product", 50), ("old", 7)]),
            tree(&[("norm", 40), ("product", 100), ("new", 4)]),
        );
        let found = differences(
            Seen {
                tree: &base,
                runs: 1,
            },
            Seen {
                tree: &head,
                runs: 2,
            },
        );
        let found: Vec<_> = found
            .iter()
            .map(|it| (it.name.as_str(), it.base, it.head, it.share))
            .collect();
        let whole = 5.0;
        assert_eq!(
            found,
            [
                ("norm", 10.0, 20.0, Some(10.0 / whole)),
                ("old", 7.0, 0.0, Some(-7.0 / whole)),
                ("new", 0.0, 2.0, Some(2.0 / whole)),
            ]
        );
        assert!(
            differences(
                Seen {
                    tree: &base,
                    runs: 3
                },
                Seen {
                    tree: &base,
                    runs: 3
                }
            )
            .is_empty()
        );
    }

    fn shifts_of(base: &[(&str, u64)], head: &[(&str, u64)]) -> Vec<(String, String)> {
        let seen = |tree| Seen { tree, runs: 1 };
        let found = differences(seen(&tree(base)), seen(&tree(head)));
        let pair = |shift: Shift| (shift.from, shift.to);
        shifts(&found).into_iter().map(pair).collect()
    }

    #[test]
    fn a_cost_that_moved_is_a_shift_and_a_new_cost_is_none() {
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        let base = [("parse", 100), ("split", 40), ("copy", 7)];
        assert_eq!(
            shifts_of(&base, &[("parse", 138), ("copy", 7)]),
            [pair("split", "parse")],
            "inlined"
        );
        assert_eq!(
            shifts_of(&base, &[("parse", 160), ("split", 40), ("copy", 6)]),
            [],
            "the loss is too small to be the cause"
        );
        assert_eq!(
            shifts_of(&base, &[("parse", 140), ("next", 41), ("copy", 7)]),
            [pair("split", "next")],
            "one loss explains one gain, the nearest"
        );
    }

    proptest! {
        #[test]
        fn every_shift_is_a_gain_and_a_loss_of_about_the_same_size(
            base in prop::collection::vec(0_u64..1000, 6),
            head in prop::collection::vec(0_u64..1000, 6),
        ) {
            const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
            let side = |own: &[u64]| {
                let parts: Vec<(&str, u64)> = NAMES.into_iter().zip(own.iter().copied()).collect();
                tree(&parts)
            };
            let (base, head) = (side(&base), side(&head));
            let seen = |tree| Seen { tree, runs: 1 };
            let all = differences(seen(&base), seen(&head));
            let mut used = std::collections::BTreeSet::new();
            for shift in shifts(&all) {
                prop_assert!(shift.lost > 0.0 && shift.gained > 0.0);
                prop_assert!((shift.lost - shift.gained).abs() <= 0.25 * shift.lost.max(shift.gained));
                prop_assert!(used.insert(shift.from) && used.insert(shift.to));
            }
        }
    }

    #[test]
    fn a_function_with_many_callers_names_the_caller_that_changed() {
        let side = |gelu: u64, product: u64| {
            let stack = |outer: &[&str], own| {
                let frames = [
                    outer,
                    &["engine::simd::level::run", "engine::simd::avx2::enter"],
                ]
                .concat();
                (
                    frames.into_iter().map(str::to_owned).collect::<Vec<_>>(),
                    own,
                )
            };
            let stacks = [
                stack(&["run", "engine::gelu::apply"], gelu),
                stack(&["run", "engine::matmul::apply"], product),
            ];
            Tree::of_stacks(
                stacks
                    .iter()
                    .map(|(stack, own)| (stack.as_slice(), *own, 1)),
            )
        };
        let (base, head) = (side(100, 5000), side(200, 4990));
        let found = differences(
            Seen {
                tree: &base,
                runs: 1,
            },
            Seen {
                tree: &head,
                runs: 1,
            },
        );
        let found: Vec<_> = found
            .iter()
            .map(|it| (it.name.as_str(), it.within.as_deref(), it.change()))
            .collect();
        assert_eq!(
            found,
            [(
                "engine::simd::avx2::enter",
                Some("engine::gelu::apply"),
                90.0
            )]
        );
        assert_eq!(
            module("<engine::gelu::Gelu as engine::Operation>::run"),
            "engine::gelu"
        );
    }

    proptest! {
        #[test]
        fn differences_add_up_to_the_total(base in prop::collection::vec(0..9000_u64, 6), head in prop::collection::vec(0..9000_u64, 6)) {
            let names = ["a", "b", "c", "d", "e", "f"];
            let side = |costs: &[u64]| tree(&names.iter().copied().zip(costs.iter().copied()).collect::<Vec<_>>());
            let (base, head) = (side(&base), side(&head));
            let (base, head) = (Seen { tree: &base, runs: 1 }, Seen { tree: &head, runs: 1 });
            let sum: f64 = differences(base, head).iter().map(Difference::change).sum();
            prop_assert_eq!(sum, head.per_run() - base.per_run());
        }
    }
}
