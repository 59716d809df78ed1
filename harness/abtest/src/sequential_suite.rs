//! The sequential tests of a suite, and the choice of the workload that gets the next pair.

use crate::{Rules, SequentialTest, SignedRankTest};

/// Pairs that a suspect gets for each pair of another workload: a possible regression is the best use of the time.
const SUSPECTS_SHARE: usize = 2;

/// If time is too short for all, one workload gets at most this many times the minimum of pairs before the next one
/// starts.
const PATIENCE: usize = 2;

/// The sequential tests of all workloads that are judged by time.
///
/// Usage: get the [next](Self::next) workload, measure one pair of it, [push](Self::push) its log ratio, and repeat
/// until `next` returns none.
///
/// Guarantee: the error rates of the [rules](Rules) do not depend on the order in which workloads are measured,
/// because each test is valid at every number of pairs (see [`SequentialTest`]).
#[derive(Debug, Clone)]
pub struct SequentialSuite {
    sequential_tests: Vec<SequentialTest>,
    withdrawn: Vec<bool>,
    fewest: usize,
}

impl SequentialSuite {
    /// Creates a suite of this many workloads, numbered from 0.
    pub fn new(rules: Rules, workloads: usize) -> Self {
        Self::part(rules, workloads, workloads)
    }

    /// Creates a part of a larger suite: this many workloads, tested at the level of a suite of `of`. If every part is, the
    /// error rates of the [rules](Rules) hold for all parts together: they come from a union bound over all workloads
    /// ([`Rules::confirmation`]), which does not depend on where each of them is measured.
    pub fn part(rules: Rules, workloads: usize, of: usize) -> Self {
        Self {
            sequential_tests: vec![SequentialTest::new(rules, of.max(workloads)); workloads],
            withdrawn: vec![false; workloads],
            fewest: fewest_pairs(&rules),
        }
    }

    /// Returns the workload that should get the next pair if the budget has time for `left` more; none if `left` is 0
    /// or all workloads are settled or withdrawn.
    ///
    /// If time allows, this is the workload with the fewest pairs, so that the pairs of each are spread over the
    /// whole measuring time; a suspect counts only half of its pairs. If not even the minimum of pairs fits for all,
    /// workloads are finished one after the other: some settled workloads are worth more than many unfinished ones.
    pub fn next(&self, left: usize) -> Option<usize> {
        if left == 0 {
            return None;
        }
        let unsettled = || {
            let wanting = |(workload, sequential_test): &(usize, &SequentialTest)| {
                !self.withdrawn[*workload] && !sequential_test.is_settled()
            };
            self.sequential_tests
                .iter()
                .enumerate()
                .filter(wanting)
                .map(|(workload, sequential_test)| {
                    let pairs = sequential_test.log_ratios().len();
                    (workload, pairs, sequential_test.is_suspect())
                })
        };
        let wanted: usize = unsettled()
            .map(|(_, pairs, _)| self.fewest.saturating_sub(pairs).max(1))
            .sum();
        if wanted > left {
            // The workload with the most pairs among those that have not had far more than their share.
            let hopeful = unsettled().filter(|(_, pairs, _)| *pairs < PATIENCE * self.fewest);
            if let Some((workload, ..)) =
                hopeful.min_by_key(|(_, pairs, _)| std::cmp::Reverse(*pairs))
            {
                return Some(workload);
            }
        }
        unsettled()
            .min_by_key(|(_, pairs, is_suspect)| {
                if *is_suspect {
                    *pairs
                } else {
                    pairs * SUSPECTS_SHARE
                }
            })
            .map(|(workload, ..)| workload)
    }

    /// Takes ln(head time / base time) of the next pair of a workload.
    ///
    /// # Panics
    /// If the suite has no such workload.
    pub fn push(&mut self, workload: usize, log_ratio: f64) {
        self.sequential_tests[workload].push(log_ratio);
    }

    /// Excludes a workload that cannot be measured from [`Self::next`]. The confirmation level of the others stays:
    /// it depends on the number of workloads at the start.
    ///
    /// # Panics
    /// If the suite has no such workload.
    pub fn withdraw(&mut self, workload: usize) {
        self.withdrawn[workload] = true;
    }

    /// The tests, indexed by the number of the workload.
    pub fn sequential_tests(&self) -> &[SequentialTest] {
        &self.sequential_tests
    }

    /// Smallest number of pairs that can settle a workload.
    pub fn fewest(&self) -> usize {
        self.fewest
    }
}

/// Number of pairs that show "not slower" if every one of them is evidence for it.
fn fewest_pairs(rules: &Rules) -> usize {
    let mut evidence = SignedRankTest::default();
    let mut pairs = 0;
    // Every win nearly doubles the capital, so any positive level is reached long before the limit; a level of 0
    // never is.
    while !evidence.proves(rules.false_assurance) && pairs < 2000 {
        evidence.push(1.0);
        pairs += 1;
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::Noise;
    use crate::{Random, Verdict};

    fn measured(
        rules: Rules,
        workloads: usize,
        mut left: usize,
        noise: Noise,
        random: &mut Random,
    ) -> SequentialSuite {
        let mut suite = SequentialSuite::new(rules, workloads);
        while let Some(workload) = suite.next(left) {
            suite.push(workload, noise.draw(random));
            left -= 1;
        }
        suite
    }

    fn pairs(suite: &SequentialSuite) -> Vec<usize> {
        suite
            .sequential_tests()
            .iter()
            .map(|sequential_test| sequential_test.log_ratios().len())
            .collect()
    }

    #[test]
    fn everything_is_settled_and_then_nothing_is_measured() {
        let mut random = Random::new(5);
        let suite = measured(Rules::default(), 4, 400, Noise::Shared, &mut random);
        assert!(
            suite
                .sequential_tests()
                .iter()
                .all(SequentialTest::is_settled)
        );
        assert_eq!(suite.next(100), None);
        assert_eq!(SequentialSuite::new(Rules::default(), 0).next(100), None);
        assert_eq!(SequentialSuite::new(Rules::default(), 3).next(0), None);
    }

    #[test]
    fn time_is_shared_and_a_suspect_gets_more_of_it() {
        let mut suite = SequentialSuite::new(Rules::default(), 3);
        for left in (100..118).rev() {
            let workload = suite.next(left).expect("time is left");
            suite.push(workload, 0.0);
        }
        assert_eq!(pairs(&suite), [6, 6, 6]);
        let mut suite = SequentialSuite::new(Rules::default(), 2);
        while suite
            .sequential_tests()
            .iter()
            .map(|sequential_test| sequential_test.log_ratios().len())
            .sum::<usize>()
            < 21
        {
            let workload = suite.next(100).expect("time is left");
            suite.push(
                workload,
                if workload == 0 {
                    0.02
                } else {
                    0.01 * [1.5, -1.5][pairs(&suite)[1] % 2]
                },
            );
        }
        assert!(pairs(&suite)[0] >= 13, "{:?}", pairs(&suite));
    }

    #[test]
    fn a_withdrawn_workload_gets_no_more_pairs() {
        let mut suite = SequentialSuite::new(Rules::default(), 2);
        suite.withdraw(0);
        for left in (1..100).rev() {
            let Some(workload) = suite.next(left) else {
                break;
            };
            assert_eq!(workload, 1);
            suite.push(workload, 0.0);
        }
        assert!(suite.sequential_tests()[1].is_settled());
        suite.withdraw(1);
        assert_eq!(suite.next(100), None);
    }

    #[test]
    fn too_little_time_for_all_settles_some() {
        let mut random = Random::new(6);
        let suite = measured(Rules::default(), 12, 40, Noise::Normal(0.2), &mut random);
        let settled = suite
            .sequential_tests()
            .iter()
            .filter(|sequential_test| sequential_test.is_settled())
            .count();
        assert!(
            settled >= 3 && pairs(&suite).iter().sum::<usize>() == 40,
            "{:?}",
            pairs(&suite)
        );
    }

    /// Under the default rules false alarms are too rare to count. These rules are loose enough, and they disable
    /// everything else that keeps a suite green.
    #[test]
    fn unchanged_suites_turn_red_no_more_often_than_promised() {
        let loose = Rules {
            false_alarm: 0.1,
            screening: 0.3,
            minimum_effect: 0.0,
            margin: 0.05,
            ..Rules::default()
        };
        let endless = Rules {
            false_assurance: 1e-9,
            ..loose
        };
        for noise in [
            Noise::Normal(0.5),
            Noise::Shared,
            Noise::HeavyTailed,
            Noise::Cauchy,
        ] {
            for workloads in [1, 4, 12] {
                let mut random = Random::new(9);
                let suites = 1200 / (workloads + 3);
                let red = (0..suites)
                    .filter(|_| {
                        let suite =
                            measured(endless, workloads, 40 * workloads, noise, &mut random);
                        suite
                            .sequential_tests()
                            .iter()
                            .any(|sequential_test| sequential_test.verdict() == Verdict::Regressed)
                    })
                    .count();
                // Three standard deviations above the guaranteed rate.
                let allowed = 0.1 * suites as f64 + 3.0 * (0.09 * suites as f64).sqrt();
                assert!(
                    red as f64 <= allowed,
                    "{noise:?}, {workloads} workloads: {red} of {suites}"
                );
            }
        }
    }

    /// The same, with a suite of twelve whose parts are measured apart.
    #[test]
    fn parts_of_a_suite_keep_the_rate_of_the_whole() {
        let rules = Rules {
            false_alarm: 0.1,
            screening: 0.3,
            minimum_effect: 0.0,
            margin: 0.05,
            false_assurance: 1e-9,
        };
        let mut random = Random::new(11);
        let suites = 100;
        let mut is_red = |workloads: usize| {
            let mut part = SequentialSuite::part(rules, workloads, 12);
            let mut left = 40 * workloads;
            while let Some(workload) = part.next(left) {
                part.push(workload, Noise::Shared.draw(&mut random));
                left -= 1;
            }
            let mut tests = part.sequential_tests().iter();
            tests.any(|one| one.verdict() == Verdict::Regressed)
        };
        let red = (0..suites).filter(|_| [5, 4, 3].map(&mut is_red).contains(&true));
        let red = red.count();
        let allowed = 0.1 * suites as f64 + 3.0 * (0.09 * suites as f64).sqrt();
        assert!(red as f64 <= allowed, "{red} of {suites}");
    }

    #[test]
    fn unchanged_suites_end_green_within_their_budget() {
        for noise in [Noise::Normal(0.5), Noise::Shared, Noise::HeavyTailed] {
            let mut random = Random::new(10);
            // 240 pairs are 60 s at a quarter of a second per pair.
            let suites: Vec<SequentialSuite> = (0..25)
                .map(|_| measured(Rules::default(), 12, 240, noise, &mut random))
                .collect();
            let verdicts: Vec<Verdict> = suites
                .iter()
                .flat_map(|suite| suite.sequential_tests().iter().map(SequentialTest::verdict))
                .collect();
            assert!(!verdicts.contains(&Verdict::Regressed), "{noise:?}");
            let assured = verdicts
                .iter()
                .filter(|verdict| **verdict == Verdict::NotSlower)
                .count();
            assert!(
                assured * 100 >= verdicts.len() * 98,
                "{noise:?}: {assured} of {}",
                verdicts.len()
            );
        }
    }
}
