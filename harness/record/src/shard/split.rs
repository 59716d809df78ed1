//! The split of a suite into shards of about equal cost.
//!
//! Longest processing time first (Graham, "Bounds on multiprocessing timing anomalies", 1969): workloads in descending
//! order of cost, each to the shard with the least cost so far. The longest shard costs at most the mean plus the last
//! workload that it got, and at most 4/3 of the best split.

use std::cmp::Reverse;

/// Assigns workloads, each an id and a cost, to shards. Returns the number of the shard of each, from 1. Ties are broken by
/// the number of workloads, then by id, so the order of the list has no influence.
pub fn split(costs: &[(&str, u64)], shards: u32) -> Vec<u32> {
    let mut order: Vec<usize> = (0..costs.len()).collect();
    order.sort_by_key(|&place| (Reverse(costs[place].1), costs[place].0));
    let mut loads = vec![(0_u64, 0_usize); shards.max(1) as usize];
    let mut assigned = vec![1; costs.len()];
    for place in order {
        let least = (0..loads.len()).min_by_key(|&shard| loads[shard]);
        let shard = least.unwrap_or_default();
        loads[shard].0 = loads[shard].0.saturating_add(costs[place].1);
        loads[shard].1 += 1;
        assigned[place] = shard as u32 + 1;
    }
    assigned
}

/// The cost of each shard of a split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// Cost and number of workloads of each shard, in the order of their numbers.
    pub shards: Vec<(u64, usize)>,
}

impl Balance {
    /// Sums the costs of the workloads of each shard.
    pub fn of(costs: &[(&str, u64)], assigned: &[u32], shards: u32) -> Self {
        let mut sums = vec![(0_u64, 0); shards.max(1) as usize];
        for ((_, cost), number) in costs.iter().zip(assigned) {
            let sum = &mut sums[*number as usize - 1];
            *sum = (sum.0.saturating_add(*cost), sum.1 + 1);
        }
        Self { shards: sums }
    }

    /// The cost of the longest shard over the mean cost; 1 without costs.
    pub fn longest_over_mean(&self) -> f64 {
        let costs = || self.shards.iter().map(|(cost, _)| *cost as f64);
        let mean = costs().sum::<f64>() / self.shards.len() as f64;
        match mean > 0.0 {
            true => costs().fold(0.0, f64::max) / mean,
            false => 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(costs: &[u64]) -> Vec<(String, u64)> {
        let name = |(place, cost): (usize, &u64)| (format!("w{place}"), *cost);
        costs.iter().enumerate().map(name).collect()
    }

    fn borrowed(costs: &[(String, u64)]) -> Vec<(&str, u64)> {
        costs
            .iter()
            .map(|(id, cost)| (id.as_str(), *cost))
            .collect()
    }

    /// The cost of the longest shard in the best of all splits.
    fn best(costs: &[u64], loads: &mut Vec<u64>) -> u64 {
        let Some((first, rest)) = costs.split_first() else {
            return loads.iter().copied().max().unwrap_or_default();
        };
        (0..loads.len())
            .map(|shard| {
                loads[shard] += first;
                let longest = best(rest, loads);
                loads[shard] -= first;
                longest
            })
            .min()
            .unwrap_or_default()
    }

    #[test]
    fn workloads_without_cost_are_spread_too() {
        let costs = named(&[0; 6]);
        let assigned = split(&borrowed(&costs), 3);
        let balance = Balance::of(&borrowed(&costs), &assigned, 3);
        assert_eq!(balance.shards, [(0, 2); 3]);
        assert_eq!(balance.longest_over_mean(), 1.0);
        assert_eq!(split(&[], 3), [0; 0]);
    }

    proptest! {
        #[test]
        fn every_workload_is_in_one_shard_and_the_longest_is_bounded(
            costs in prop::collection::vec(0..1_000_000_000_u64, 0..200),
            shards in 1..40_u32,
        ) {
            let named = named(&costs);
            let assigned = split(&borrowed(&named), shards);
            prop_assert_eq!(assigned.len(), costs.len());
            prop_assert!(assigned.iter().all(|number| (1..=shards).contains(number)));
            let balance = Balance::of(&borrowed(&named), &assigned, shards);
            prop_assert_eq!(balance.shards.iter().map(|(cost, _)| cost).sum::<u64>(), costs.iter().sum::<u64>());
            prop_assert_eq!(balance.shards.iter().map(|(_, count)| count).sum::<usize>(), costs.len());
            // The bound for a list in any order: the shard was the least loaded when it got its last workload.
            let mean = costs.iter().sum::<u64>() as f64 / f64::from(shards);
            let largest = costs.iter().copied().max().unwrap_or_default() as f64;
            let longest = balance.shards.iter().map(|(cost, _)| *cost).max().unwrap_or_default() as f64;
            prop_assert!(longest <= mean + largest * (1.0 - 1.0 / f64::from(shards)) + 1e-6, "{longest} {mean} {largest}");
            if largest <= 0.15 * mean {
                prop_assert!(balance.longest_over_mean() <= 1.15);
            }
        }

        #[test]
        fn the_order_of_the_list_has_no_influence(costs in prop::collection::vec(0..9_u64, 1..30), shards in 1..6_u32) {
            let named = named(&costs);
            let mut reversed = borrowed(&named);
            reversed.reverse();
            let mut assigned = split(&reversed, shards);
            assigned.reverse();
            prop_assert_eq!(assigned, split(&borrowed(&named), shards));
        }

        #[test]
        fn the_longest_shard_is_within_a_third_of_the_best(costs in prop::collection::vec(0..1000_u64, 1..8), shards in 1..4_u32) {
            let named = named(&costs);
            let balance = Balance::of(&borrowed(&named), &split(&borrowed(&named), shards), shards);
            let longest = balance.shards.iter().map(|(cost, _)| *cost).max().unwrap_or_default();
            let best = best(&costs, &mut vec![0; shards as usize]);
            let bound = 4.0 / 3.0 - 1.0 / (3.0 * f64::from(shards));
            prop_assert!(longest as f64 <= bound * best as f64 + 1e-6, "{longest} {best}");
        }
    }
}
