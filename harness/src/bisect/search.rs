//! Bisection over numbered commits, independent of the way in which a commit is tried.

/// Result of the trial of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The commit is as good as the good end.
    Good,
    /// The commit is worse than the good end.
    Bad,
    /// The commit could not be judged.
    Skipped,
}

/// Next step, or the result, of the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try the commit with this number.
    Try(usize),
    /// Result: this commit is bad, and the one before it is good.
    Found(usize),
    /// Result: the first bad commit is among these, both ends included, and the commits between cannot be judged.
    Among(usize, usize),
}

/// A search for the first bad commit among commits numbered from 0, oldest first. The last one is known to be bad,
/// and the commit before number 0 is known to be good. If a commit is skipped, the nearest one to the middle that is
/// not skipped is tried instead.
#[derive(Debug, Clone)]
pub struct Search {
    skipped: Vec<bool>,
    /// The first commit that is not known to be good.
    first: usize,
    /// The first commit that is known to be bad.
    bad: usize,
}

impl Search {
    /// Creates a search among this many commits.
    ///
    /// # Panics
    /// If `commits` is 0.
    pub fn new(commits: usize) -> Self {
        assert!(commits > 0, "the last commit is the bad one");
        Self {
            skipped: vec![false; commits],
            first: 0,
            bad: commits - 1,
        }
    }

    /// Returns the next step, or the result.
    pub fn next(&self) -> Next {
        if self.first == self.bad {
            return Next::Found(self.bad);
        }
        // Either result of the middle commit halves the range.
        let middle = self.first + (self.bad - self.first) / 2;
        let open = (self.first..self.bad).filter(|&commit| !self.skipped[commit]);
        open.min_by_key(|commit| commit.abs_diff(middle))
            .map_or(Next::Among(self.first, self.bad), Next::Try)
    }

    /// Takes the result of a trial. All commits before a good one count as good, all after a bad one as bad.
    pub fn answer(&mut self, commit: usize, finding: Finding) {
        match finding {
            Finding::Good => self.first = self.first.max(commit + 1).min(self.bad),
            Finding::Bad => self.bad = self.bad.min(commit).max(self.first),
            Finding::Skipped => self.skipped[commit] = true,
        }
    }

    /// Estimated number of trials left if no commit is skipped.
    pub fn trials_left(&self) -> u32 {
        usize::BITS - (self.bad - self.first).leading_zeros()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Searches commits that are bad from `guilty` on, some of which cannot be judged. Also returns the number of
    /// trials.
    fn search(commits: usize, guilty: usize, skipped: &[bool]) -> (Next, u32) {
        let mut search = Search::new(commits);
        let mut trials = 0;
        loop {
            match search.next() {
                Next::Try(commit) => {
                    trials += 1;
                    assert!(commit < commits - 1, "the last one is known to be bad");
                    search.answer(
                        commit,
                        match commit {
                            _ if skipped[commit] => Finding::Skipped,
                            commit if commit >= guilty => Finding::Bad,
                            _ => Finding::Good,
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
        let mut nine = Search::new(9);
        assert_eq!((nine.next(), nine.trials_left()), (Next::Try(4), 4));
        nine.answer(4, Finding::Skipped);
        assert_eq!(nine.next(), Next::Try(3));
        nine.answer(3, Finding::Good);
        assert_eq!(nine.next(), Next::Try(6));
    }

    #[test]
    fn if_all_others_are_skipped_the_result_is_a_range() {
        let skipped = [false, true, true, false, false];
        assert_eq!(search(5, 2, &skipped).0, Next::Among(1, 3));
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
            prop_assert!(trials <= Search::new(commits).trials_left());
        }
    }
}
