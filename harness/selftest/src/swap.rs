//! Replays thousands of gates from recorded null pairs, with their labels swapped at random.
//!
//! If both sides are the same program, the labels base and head are arbitrary, so a gate with some labels swapped is as
//! likely as the measured one. The replay estimates how often the decision turns red on errors of the size and order
//! that this machine has. It shows nothing about builds that differ.

use std::collections::BTreeMap;

use harness_abtest::{Random, Rules, SequentialSuite, Verdict};

use crate::rate::Rate;
use crate::trial::Trial;

/// Counts over the replayed gates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swapped {
    /// Number of gates.
    pub gates: usize,
    /// Gates with a workload that ended regressed.
    pub red: usize,
    /// Number of verdicts on single workloads.
    pub verdicts: usize,
    /// Verdicts "not slower".
    pub not_slower: usize,
    /// Number of recorded pairs.
    pub pairs: usize,
}

/// Number of gates to replay.
const GATES: usize = 2000;
/// Seed of the labels.
const SEED: u64 = 42;
/// Budget of a replayed gate for each workload, in seconds.
const SECONDS: f64 = 6.0;

/// Replays 2000 gates over all workloads of the null trials. The pairs of each workload keep their order and begin at a
/// random place.
pub fn swapped(trials: &[Trial]) -> Swapped {
    replay(trials, GATES, SEED)
}

impl Swapped {
    /// The section of the page; empty without recorded pairs.
    pub fn section(&self) -> String {
        let Self {
            gates,
            red,
            verdicts,
            not_slower,
            pairs,
        } = *self;
        if gates == 0 {
            return String::new();
        }
        format!(
            "\n## Replayed with labels swapped\n\nIf both sides are the same program, the labels base and head are arbitrary. \
             Of {gates} gates over the {pairs} recorded null pairs, with base and head swapped at random in each pair, {red} turned red: \
             {}, and {not_slower} of {verdicts} verdicts were *not slower*. These gates share their pairs, so they are not \
             independent trials of the machine; they test the decision on errors of the same size and order.\n",
            Rate {
                count: red,
                of: gates
            }
            .with_interval(),
        )
    }
}

fn replay(trials: &[Trial], gates: usize, seed: u64) -> Swapped {
    let recorded = recorded(trials);
    let mut random = Random::new(seed);
    let pairs: usize = recorded.iter().map(Vec::len).sum();
    let mut all = Swapped {
        gates: 0,
        red: 0,
        verdicts: 0,
        not_slower: 0,
        pairs,
    };
    if recorded.is_empty() {
        return all;
    }
    let seconds: f64 = recorded.iter().flatten().map(|(_, seconds)| seconds).sum();
    let budget = SECONDS * recorded.len() as f64;
    let most = (budget / (seconds / pairs as f64)) as usize;
    for _ in 0..gates {
        let mut places: Vec<usize> = recorded.iter().map(|one| random.below(one.len())).collect();
        let mut suite = SequentialSuite::new(Rules::default(), recorded.len());
        let mut left = most;
        while let Some(workload) = suite.next(left) {
            let one = &recorded[workload];
            let (log_ratio, _) = one[places[workload] % one.len()];
            places[workload] += 1;
            suite.push(workload, if random.coin() { log_ratio } else { -log_ratio });
            left -= 1;
        }
        let verdicts = || {
            suite
                .sequential_tests()
                .iter()
                .map(|sequential_test| sequential_test.verdict())
        };
        all.gates += 1;
        all.red += usize::from(verdicts().any(|verdict| verdict == Verdict::Regressed));
        all.verdicts += recorded.len();
        all.not_slower += verdicts()
            .filter(|verdict| *verdict == Verdict::NotSlower)
            .count();
    }
    all
}

/// The pairs of each workload of the null trials: ln(head time / base time), and the seconds they took.
fn recorded(trials: &[Trial]) -> Vec<Vec<(f64, f64)>> {
    let mut recorded: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
    let null = trials
        .iter()
        .filter(|trial| trial.condition.change.0.is_none());
    for measured in null.flat_map(|trial| &trial.session.measured) {
        let estimates = measured
            .pairs
            .iter()
            .filter_map(|pair| Some((pair.estimate()?.log_ratio, pair.seconds)));
        recorded
            .entry(&measured.timed.workload)
            .or_default()
            .extend(estimates);
    }
    recorded
        .into_values()
        .filter(|pairs| !pairs.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use harness_abtest::noise::Noise;

    use super::*;
    use crate::trial::tests::trial;

    fn null(noise: Noise, pairs: usize) -> Trial {
        let mut random = Random::new(3);
        trial(
            "null",
            &(0..pairs)
                .map(|_| noise.draw(&mut random))
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn quiet_pairs_give_green_gates_and_their_bias_is_no_matter() {
        let quiet = replay(&[null(Noise::Normal(0.3), 200)], 200, 1);
        assert_eq!(
            (quiet.gates, quiet.red, quiet.verdicts, quiet.pairs),
            (200, 0, 200, 200)
        );
        assert!(quiet.not_slower >= 199, "{quiet:?}");
        assert!(
            quiet.section().contains("0 turned red: 0 % [0, 1.49]"),
            "{}",
            quiet.section()
        );
        // Swapping removes the bias of a machine that always favours the head.
        let biased = replay(&[trial("null", &[0.002; 50])], 50, 1);
        assert_eq!((biased.red, biased.not_slower), (0, 50));
    }

    #[test]
    fn the_rate_stays_within_its_promise_whatever_the_noise() {
        for noise in [Noise::Normal(2.0), Noise::Shared, Noise::Cauchy] {
            let all = replay(&[null(noise, 400)], 1000, 2);
            // 1 % is promised; 1000 gates at 1 % give at most 20 with probability 0.998.
            assert!(all.red <= 20, "{noise:?}: {all:?}");
        }
    }

    #[test]
    fn only_what_cannot_differ_is_swapped() {
        let none = replay(&[trial("inject:1", &[0.01; 9])], 10, 1);
        assert_eq!(
            (none.gates, none.pairs, none.section()),
            (0, 0, String::new())
        );
    }
}
