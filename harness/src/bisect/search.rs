//! Bisection over numbered commits, independent of the way in which a commit is tried.

use std::cmp::Reverse;

/// Largest number of trials of one commit.
const MOST_TRIALS: usize = 3;

/// A commit whose probability is below this share of the highest one is left out of a range.
const NEGLIGIBLE: f64 = 0.01;

/// Result of the trial of a commit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Evidence {
    /// The commit certainly is as good as the good end.
    Good,
    /// The commit certainly is worse than the good end.
    Bad,
    /// Natural logarithm of the odds that it is bad, if both were equally probable before: a Bayes factor.
    LogOdds(f64),
    /// The commit could not be judged.
    Skipped,
}

/// Next step, or the result, of the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try the commit with this number.
    Try(usize),
    /// Result: this commit is the first bad one, with the wanted probability.
    Found(usize),
    /// Result: the first bad commit is among these, both ends included, and further trials would not help.
    Among(usize, usize),
}

/// A search for the first bad commit among commits numbered from 0, oldest first. The last one is known to be bad,
/// and the commit before number 0 is known to be good.
///
/// It keeps the probability of each commit to be the first bad one, all equal at first, and updates it by each trial
/// (Bayes). The commit that is tried next splits the probability into halves most evenly, which is the most informative
/// one (Horstein, "Sequential transmission using noiseless feedback", IEEE Transactions on Information Theory 9, 1963;
/// Waeber, Frazier and Henderson, "Bisection search with noisy responses", SIAM Journal on Control and Optimization 51,
/// 2013). A doubtful commit may be tried again. With certain answers it is an ordinary bisection.
#[derive(Debug, Clone)]
pub struct Search {
    confidence: f64,
    /// For each commit the logarithm of its probability, up to a common constant.
    weights: Vec<f64>,
    trials: Vec<usize>,
}

impl Search {
    /// Creates a search among this many commits, which ends once a commit has the probability `confidence`.
    ///
    /// # Panics
    /// If `commits` is 0.
    pub fn new(commits: usize, confidence: f64) -> Self {
        assert!(commits > 0, "the last commit is the bad one");
        Self {
            confidence,
            weights: vec![0.0; commits],
            trials: vec![0; commits],
        }
    }

    /// Returns the next step, or the result.
    pub fn next(&self) -> Next {
        let probabilities = self.probabilities();
        let first_most = (0..probabilities.len()).max_by(|&a, &b| {
            let order = probabilities[a].total_cmp(&probabilities[b]);
            order.then(b.cmp(&a))
        });
        let highest = first_most.map_or(0.0, |commit| probabilities[commit]);
        if let Some(commit) = first_most.filter(|_| highest >= self.confidence) {
            return Next::Found(commit);
        }
        let mut bad = 0.0;
        let mut open = Vec::new();
        for (commit, probability) in probabilities.iter().enumerate() {
            bad += probability;
            // A commit whose state is certain teaches nothing.
            if self.trials[commit] < MOST_TRIALS && (1e-9..1.0 - 1e-9).contains(&bad) {
                open.push((commit, bad));
            }
        }
        // Equal up to rounding errors: the later one, as in the middle of an even number.
        let uneven = |bad: f64| ((bad - 0.5).abs() * 1e9).round() as u64;
        let best = open
            .into_iter()
            .min_by_key(|&(commit, bad)| (uneven(bad), Reverse(commit)));
        if let Some((commit, _)) = best {
            return Next::Try(commit);
        }
        let is_left = |commit: &usize| probabilities[*commit] >= NEGLIGIBLE * highest;
        let commits = 0..probabilities.len();
        let first = commits.clone().find(is_left).unwrap_or(0);
        let last = commits.rev().find(is_left).unwrap_or(first);
        Next::Among(first, last)
    }

    /// Takes the result of a trial. If the commit is bad, the first bad one is it or an earlier one, else a later one.
    pub fn answer(&mut self, commit: usize, evidence: Evidence) {
        self.trials[commit] += 1;
        let (upto, after) = match evidence {
            Evidence::Good => (f64::NEG_INFINITY, 0.0),
            Evidence::Bad => (0.0, f64::NEG_INFINITY),
            Evidence::LogOdds(odds) => (odds, 0.0),
            Evidence::Skipped => {
                self.trials[commit] = MOST_TRIALS;
                return;
            }
        };
        for (number, weight) in self.weights.iter_mut().enumerate() {
            *weight += if number <= commit { upto } else { after };
        }
    }

    /// The probability of each commit to be the first bad one.
    pub fn probabilities(&self) -> Vec<f64> {
        let most = self
            .weights
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max);
        let shares: Vec<f64> = self
            .weights
            .iter()
            .map(|weight| (weight - most).exp())
            .collect();
        let sum: f64 = shares.iter().sum();
        shares.into_iter().map(|share| share / sum).collect()
    }

    /// Estimated number of trials left if each is certain and no commit is skipped: the entropy in bits.
    pub fn trials_left(&self) -> u32 {
        let probabilities = self.probabilities();
        let terms = probabilities
            .iter()
            .filter(|probability| **probability > 0.0);
        let bits: f64 = terms
            .map(|probability| -probability * probability.log2())
            .sum();
        (bits - 1e-9).ceil() as u32
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Searches commits that are bad from `guilty` on, some of which cannot be judged. Also returns the number of
    /// trials.
    fn search(commits: usize, guilty: usize, skipped: &[bool]) -> (Next, u32) {
        let mut search = Search::new(commits, 0.95);
        let mut trials = 0;
        loop {
            match search.next() {
                Next::Try(commit) => {
                    trials += 1;
                    assert!(commit < commits - 1, "the last one is known to be bad");
                    search.answer(
                        commit,
                        match commit {
                            _ if skipped[commit] => Evidence::Skipped,
                            commit if commit >= guilty => Evidence::Bad,
                            _ => Evidence::Good,
                        },
                    );
                }
                over => return (over, trials),
            }
        }
    }

    #[test]
    fn a_single_commit_is_the_guilty_one() {
        assert_eq!(search(1, 0, &[false]), (Next::Found(0), 0));
    }

    #[test]
    fn the_middle_is_tried_first_and_its_neighbours_if_it_is_skipped() {
        let mut nine = Search::new(9, 0.95);
        assert_eq!((nine.next(), nine.trials_left()), (Next::Try(4), 4));
        nine.answer(4, Evidence::Skipped);
        assert_eq!(nine.next(), Next::Try(3));
        nine.answer(3, Evidence::Good);
        assert_eq!(nine.next(), Next::Try(6));
    }

    #[test]
    fn if_all_others_are_skipped_the_result_is_a_range() {
        let skipped = [false, true, true, false, false];
        assert_eq!(search(5, 2, &skipped).0, Next::Among(1, 3));
    }

    #[test]
    fn a_doubtful_commit_is_tried_again_and_ends_in_a_range() {
        let mut two = Search::new(2, 0.95);
        for _ in 0..2 {
            assert_eq!(two.next(), Next::Try(0));
            two.answer(0, Evidence::LogOdds(4.0_f64.ln()));
        }
        assert!((two.probabilities()[0] - 16.0 / 17.0).abs() < 1e-12);
        let mut sure = two.clone();
        sure.answer(0, Evidence::LogOdds(4.0_f64.ln()));
        assert_eq!(sure.next(), Next::Found(0));
        two.answer(0, Evidence::LogOdds(0.0));
        assert_eq!(two.next(), Next::Among(0, 1));
    }

    #[test]
    fn a_wrong_answer_is_corrected_by_later_ones() {
        let mut eight = Search::new(8, 0.95);
        let sure = 199.0_f64.ln();
        eight.answer(3, Evidence::LogOdds(9.0_f64.ln()));
        let mut trials = 0;
        // The first bad commit is number 6, so the answer about number 3 was wrong.
        while let Next::Try(commit) = eight.next() {
            trials += 1;
            eight.answer(
                commit,
                Evidence::LogOdds(if commit >= 6 { sure } else { -sure }),
            );
        }
        assert_eq!(eight.next(), Next::Found(6), "after {trials} trials");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn the_first_bad_commit_is_found_or_in_the_range(
            (commits, guilty, skipped) in (1..40_usize).prop_flat_map(|commits| {
                (Just(commits), 0..commits, prop::collection::vec(prop::bool::weighted(0.3), commits))
            }),
        ) {
            let (end, trials) = search(commits, guilty, &skipped);
            prop_assert!(trials < commits as u32);
            match end {
                Next::Found(found) => prop_assert_eq!(found, guilty),
                Next::Among(first, last) => {
                    prop_assert!(first <= guilty && guilty <= last);
                    prop_assert!((first..last).all(|commit| skipped[commit]));
                }
                Next::Try(_) => prop_assert!(false, "the search is over"),
            }
        }

        #[test]
        fn without_skipping_each_trial_halves_the_range(commits in 1..500_usize, place in 0.0..1.0f64) {
            let guilty = (place * commits as f64) as usize;
            let (end, trials) = search(commits, guilty, &vec![false; commits]);
            prop_assert_eq!(end, Next::Found(guilty));
            prop_assert!(trials <= Search::new(commits, 0.95).trials_left());
        }

        #[test]
        fn probabilities_sum_to_one(answers in prop::collection::vec((0..19_usize, -6.0..6.0f64), 0..40)) {
            let mut search = Search::new(20, 0.95);
            for (commit, odds) in answers {
                search.answer(commit, Evidence::LogOdds(odds));
            }
            prop_assert!((search.probabilities().iter().sum::<f64>() - 1.0).abs() < 1e-9);
        }
    }
}
