//! The search among commits, knowing nothing of what a commit is.

/// What a trial of a commit showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// It is as the good end is.
    Good,
    /// It is worse than the good end.
    Bad,
    /// It cannot be told.
    Skipped,
}

/// What the search wants, or has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The commit with this number is to be tried.
    Try(usize),
    /// This one is bad, and the one before it is good.
    Found(usize),
    /// Nothing between can be told: the guilty one is among these, both ends included.
    Among(usize, usize),
}

/// A search for the first bad one among commits numbered from 0, oldest first, the last of which is bad; what comes before 0 is
/// good. One that is skipped is stepped around: its neighbours are tried instead, as close to the middle as there are.
#[derive(Debug, Clone)]
pub struct Search {
    skipped: Vec<bool>,
    /// The first one that is not known to be good.
    first: usize,
    /// The first one that is known to be bad.
    bad: usize,
}

impl Search {
    /// A search among this many commits.
    ///
    /// # Panics
    /// If there are none: then there is no bad one either.
    pub fn new(commits: usize) -> Self {
        assert!(commits > 0, "the last commit is the bad one");
        Self { skipped: vec![false; commits], first: 0, bad: commits - 1 }
    }

    /// What is to be done next.
    pub fn next(&self) -> Next {
        if self.first == self.bad {
            return Next::Found(self.bad);
        }
        // The middle one halves what is left, whatever it turns out to be.
        let middle = self.first + (self.bad - self.first) / 2;
        let open = (self.first..self.bad).filter(|&commit| !self.skipped[commit]);
        open.min_by_key(|commit| commit.abs_diff(middle)).map_or(Next::Among(self.first, self.bad), Next::Try)
    }

    /// Takes what a trial showed. An older commit is taken for good as well, a newer one for bad.
    pub fn answer(&mut self, commit: usize, finding: Finding) {
        match finding {
            Finding::Good => self.first = self.first.max(commit + 1).min(self.bad),
            Finding::Bad => self.bad = self.bad.min(commit).max(self.first),
            Finding::Skipped => self.skipped[commit] = true,
        }
    }

    /// About how many trials are left, if none is skipped.
    pub fn trials_left(&self) -> u32 {
        usize::BITS - (self.bad - self.first).leading_zeros()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Searches where the commits from `guilty` on are bad and some cannot be told; also how many trials it took.
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
    fn the_middle_is_tried_first_and_around_it_if_it_cannot_be_told() {
        let mut nine = Search::new(9);
        assert_eq!((nine.next(), nine.trials_left()), (Next::Try(4), 4));
        nine.answer(4, Finding::Skipped);
        assert_eq!(nine.next(), Next::Try(3));
        nine.answer(3, Finding::Good);
        assert_eq!(nine.next(), Next::Try(6));
    }

    #[test]
    fn where_nothing_can_be_told_the_range_is() {
        let skipped = [false, true, true, false, false];
        assert_eq!(search(5, 2, &skipped).0, Next::Among(1, 3));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn the_guilty_one_is_found_or_is_among_those_that_are_left(
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
        fn without_skipping_each_trial_halves_what_is_left(commits in 1..500_usize, place in 0.0..1.0f64) {
            let guilty = (place * commits as f64) as usize;
            let (end, trials) = search(commits, guilty, &vec![false; commits]);
            prop_assert_eq!(end, Next::Found(guilty));
            prop_assert!(trials <= Search::new(commits).trials_left());
        }
    }
}
