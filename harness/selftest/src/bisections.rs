//! Simulated bisections: how often the commit that `bisect` finds is the right one.

use std::time::Duration;

use harness::bisect::{Answer, Finding, Next, Search, Threshold};
use harness::timing::{Conditions, conditions};
use harness_abtest::noise::Noise;
use harness_abtest::{Centre, Random, Rules, SequentialTest, share_interval};
use harness_report::render::{Cell, Column, Table};

/// Scatter between builds of equal code, in percent.
const BUILD_NOISE: Noise = Noise::Normal(0.03);

/// The noise of a pair, with the name of its distribution.
const NOISES: [(&str, Noise); 6] = [
    ("normal, 0.5 %", Noise::Normal(0.5)),
    ("normal, 1 %", Noise::Normal(1.0)),
    ("normal, 2 %", Noise::Normal(2.0)),
    ("normal, 3 %", Noise::Normal(3.0)),
    ("as on a shared machine", Noise::Shared),
    ("heavy tails", Noise::HeavyTailed),
];

/// A series of simulated bisections.
#[derive(Debug, Clone, Copy)]
pub struct Bisections {
    /// Number of bisections for each noise.
    pub times: usize,
    /// Number of commits.
    pub commits: usize,
    /// Slowdown of the first bad commit and all later ones, as a share.
    pub slowdown: f64,
    /// Number of pairs that the budget of one trial allows.
    pub pairs: usize,
    /// Probability at which a commit counts as found.
    pub confidence: f64,
    /// Seed of everything that is drawn.
    pub seed: u64,
}

/// Counts over the bisections of one noise.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Outcomes {
    /// BAD was not slower by the rules of the gate, so there was no search.
    pub refused: usize,
    /// The search ended without a commit.
    pub not_found: usize,
    /// The right commit was found.
    pub right: usize,
    /// Another commit was found.
    pub wrong: usize,
    /// Sum of the stated probabilities of the commits that were found.
    pub stated: f64,
    /// Number of trials of all searches.
    pub trials: usize,
    /// Number of pairs of all trials.
    pub pairs: usize,
}

impl Bisections {
    /// Simulates the bisections with one noise.
    pub fn outcomes(&self, noise: Noise) -> Outcomes {
        let conditions = conditions(1, None, Duration::MAX);
        let mut random = Random::new(self.seed);
        let mut outcomes = Outcomes::default();
        for _ in 0..self.times {
            self.bisect(noise, &conditions, &mut random, &mut outcomes);
        }
        outcomes
    }

    fn bisect(
        &self,
        noise: Noise,
        conditions: &Conditions,
        random: &mut Random,
        outcomes: &mut Outcomes,
    ) {
        let guilty = random.below(self.commits);
        let mut threshold = Threshold::Time {
            conditions,
            rules: Rules::default(),
            budget: Duration::MAX,
            seed: 0,
            slowdown: None,
        };
        let builds: Vec<f64> = (0..self.commits)
            .map(|commit| {
                let slowdown = if commit >= guilty {
                    self.slowdown.ln_1p()
                } else {
                    0.0
                };
                slowdown + BUILD_NOISE.draw(random)
            })
            .collect();
        let bad = self.trial(builds[self.commits - 1], &threshold, noise, random);
        if bad.0.finding != Finding::Bad {
            outcomes.refused += 1;
            return;
        }
        threshold.aim(&bad.0);
        let mut search = Search::new(self.commits, self.confidence);
        while let Next::Try(commit) = search.next() {
            let (answer, pairs) = self.trial(builds[commit], &threshold, noise, random);
            search.answer(commit, answer.evidence);
            outcomes.trials += 1;
            outcomes.pairs += pairs;
        }
        match search.next() {
            Next::Found(found) => {
                outcomes.stated += search.probabilities()[found];
                match found == guilty {
                    true => outcomes.right += 1,
                    false => outcomes.wrong += 1,
                }
            }
            Next::Among(..) | Next::Try(_) => outcomes.not_found += 1,
        }
    }

    /// Measures pairs until the test is settled or the budget is spent, as the scheduler does.
    fn trial(
        &self,
        effect: f64,
        threshold: &Threshold<'_>,
        noise: Noise,
        random: &mut Random,
    ) -> (Answer, usize) {
        let (rules, slowdown): (Rules, Option<&Centre>) = match threshold {
            Threshold::Time {
                rules, slowdown, ..
            } => (*rules, slowdown.as_ref()),
            Threshold::Count { .. } => (Rules::default(), None),
        };
        let mut test = SequentialTest::new(rules, 1);
        while !test.is_settled() && test.log_ratios().len() < self.pairs {
            test.push(effect + noise.draw(random));
        }
        (Answer::by_time(&test, slowdown), test.log_ratios().len())
    }
}

impl Outcomes {
    /// Number of bisections that named a commit.
    pub fn found(&self) -> usize {
        self.right + self.wrong
    }
}

/// Simulates the bisections with each noise, and shows the counts. The bound of the share of right commits holds at 95 %.
pub fn bisection_table(bisections: &Bisections) -> Table {
    let columns = vec![
        Column::left("noise", "noise of a pair"),
        Column::right("bisections", "bisections"),
        Column::right("bad_not_bad", "BAD not bad"),
        Column::right("not_found", "not found"),
        Column::right("found", "found"),
        Column::right("right", "right"),
        Column::right("right_share", "share right"),
        Column::right("right_at_least", "at least"),
        Column::right("stated", "stated"),
        Column::right("trials", "trials each"),
        Column::right("pairs", "pairs each"),
    ];
    let title = format!(
        "Simulated bisections over {} commits, +{} %",
        bisections.commits,
        bisections.slowdown * 100.0
    );
    let mut table = Table::new(title, columns);
    for (name, noise) in NOISES {
        let outcomes = bisections.outcomes(noise);
        let whole = |number: usize| Cell::number(number as f64, number.to_string());
        let percent = |share: f64| Cell::number(share, format!("{:.1} %", share * 100.0));
        let found = outcomes.found();
        let mean = |sum: f64, of: usize| sum / of.max(1) as f64;
        let searches = bisections.times - outcomes.refused;
        let each = |sum: usize| {
            let each = mean(sum as f64, searches);
            Cell::number(each, format!("{each:.1}"))
        };
        table.rows.push(vec![
            Cell::text(name),
            whole(bisections.times),
            whole(outcomes.refused),
            whole(outcomes.not_found),
            whole(found),
            whole(outcomes.right),
            percent(mean(outcomes.right as f64, found)),
            percent(share_interval(outcomes.right, found, 0.9).low),
            percent(mean(outcomes.stated, found)),
            each(outcomes.trials),
            each(outcomes.pairs),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_percent_within_16_commits_are_found_with_the_stated_probability() {
        let bisections = Bisections {
            times: 400,
            commits: 16,
            slowdown: 0.02,
            pairs: 60,
            confidence: 0.95,
            seed: 1,
        };
        for noise in [Noise::Normal(0.5), Noise::Shared, Noise::Normal(2.0)] {
            let outcomes = bisections.outcomes(noise);
            let least = share_interval(outcomes.right, outcomes.found(), 0.9).low;
            assert!(least >= 0.95, "{noise:?}: {least}, {outcomes:?}");
            assert!(
                outcomes.stated / outcomes.found() as f64 >= 0.95,
                "{outcomes:?}"
            );
        }
    }

    #[test]
    fn a_higher_confidence_costs_more_trials() {
        let at = |confidence| {
            let bisections = Bisections {
                times: 50,
                commits: 16,
                slowdown: 0.02,
                pairs: 60,
                confidence,
                seed: 2,
            };
            bisections.outcomes(Noise::Shared)
        };
        let (usual, strict) = (at(0.95), at(0.9999));
        assert!(strict.trials > usual.trials, "{usual:?} and {strict:?}");
    }
}
