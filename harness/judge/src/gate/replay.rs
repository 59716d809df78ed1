//! The course of a workload, pair by pair, worked out again from the raw slices of a session.

use harness_abtest::{Levels, Pair, Rules, SequentialTest, Verdict, WorkloadPairs};
use harness_record::session::Session;

/// How a workload's time came to its verdict.
#[derive(Debug, Clone)]
pub struct Replay {
    /// Its id.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// Its pairs in the order they were measured.
    pub steps: Vec<Step>,
    /// Error rates and effects it was judged by.
    pub rules: Rules,
    /// The level at which a suspicion had to be confirmed.
    pub confirmation: f64,
}

/// What one pair added.
#[derive(Debug, Clone)]
pub struct Step {
    /// Seconds that the pair cost.
    pub seconds: f64,
    /// Nanoseconds a run, of the base.
    pub base: f64,
    /// Nanoseconds a run, of the head.
    pub head: f64,
    /// The pair's change as a share: 0.01 is one percent slower.
    pub change: f64,
    /// Blocks of slices that it rests on.
    pub blocks: usize,
    /// Blocks that were left out, because a slice of theirs was impossibly short.
    pub left_out: usize,
    /// The share of the slices' time in which a process waited for its core, which is taken off.
    pub waited: f64,
    /// The estimate of the change after this pair, by the pairs that the standing rests on.
    pub estimate: f64,
    /// How strongly the pairs speak after this one.
    pub levels: Levels,
    /// What they show.
    pub verdict: Verdict,
    /// What happened with this pair; empty if nothing did.
    pub events: Vec<&'static str>,
}

impl Replay {
    /// Runs the pairs of every timed workload through the decision again.
    pub fn all(session: &Session) -> Vec<Self> {
        session
            .measured
            .iter()
            .map(|measured| Self::of(measured, session.terms.rules, session.measured.len()))
            .collect()
    }

    /// Runs the pairs of one workload through the decision again, in a suite of this many workloads.
    pub fn of(measured: &WorkloadPairs, rules: Rules, workloads: usize) -> Self {
        let mut sequential_test = SequentialTest::new(rules, workloads);
        let steps = measured.pairs.iter().filter_map(|pair| {
            let one = pair.estimate()?;
            let before = (sequential_test.levels(), sequential_test.verdict(), sequential_test.is_settled());
            sequential_test.push(one.log_ratio);
            Some(Step {
                seconds: pair.seconds,
                base: one.base,
                head: one.head,
                change: one.log_ratio.exp_m1(),
                blocks: one.blocks,
                left_out: one.left_out,
                waited: waited(pair),
                estimate: sequential_test.estimate().unwrap_or_default().exp_m1(),
                levels: sequential_test.levels(),
                verdict: sequential_test.verdict(),
                events: events(before, &sequential_test),
            })
        });
        Self {
            workload: measured.timed.workload.clone(),
            phase: measured.timed.phase.clone(),
            steps: steps.collect(),
            rules,
            confirmation: rules.confirmation(workloads),
        }
    }

    /// What happened, and with which pair: one clause each.
    pub fn events(&self) -> Vec<String> {
        let numbered = self.steps.iter().zip(1..);
        numbered
            .flat_map(|(step, pair)| step.events.iter().map(move |event| format!("{event} at pair {pair}")))
            .collect()
    }
}

/// What the newest pair brought about.
fn events(
    (levels, verdict, was_settled): (Levels, Verdict, bool),
    sequential_test: &SequentialTest,
) -> Vec<&'static str> {
    let now = sequential_test.levels();
    let mut told = Vec::new();
    told.extend((now.slower_raised && !levels.slower_raised).then_some("suspected slower"));
    told.extend((now.faster_raised && !levels.faster_raised).then_some("suspected faster"));
    if sequential_test.verdict() != verdict {
        told.extend(match sequential_test.verdict() {
            Verdict::Regressed => Some("confirmed slower"),
            Verdict::Improved => Some("confirmed faster"),
            Verdict::NotSlower => Some("shown to be not slower"),
            Verdict::Inconclusive => None,
        });
    }
    told.extend((sequential_test.is_settled() && !was_settled).then_some("settled"));
    told
}

fn waited(pair: &Pair) -> f64 {
    let total: u64 = pair.slices().map(|slice| slice.nanoseconds).sum();
    pair.slices().map(|slice| slice.waited).sum::<u64>() as f64 / total.max(1) as f64
}

#[cfg(test)]
mod tests {
    use harness_record::sample::pairs;

    use super::*;

    fn replay(changes: &[f64]) -> Replay {
        Replay::of(&pairs(changes), Rules::default(), 4)
    }

    #[test]
    fn the_pairs_are_told_one_by_one_with_what_they_brought_about() {
        let slower = replay(&[0.03; 24]);
        assert_eq!(slower.steps.len(), 24);
        let first = &slower.steps[0];
        assert_eq!((first.base, first.head, first.blocks, first.left_out), (500_000.0, 515_000.0, 2, 0));
        assert!((first.change - 0.03).abs() < 1e-9 && (first.estimate - 0.03).abs() < 1e-9);
        let events = slower.events();
        let place = |what: &str| events.iter().position(|event| event.starts_with(what)).expect(what);
        assert!(place("suspected slower") < place("confirmed slower") && place("confirmed slower") < place("settled"));
        assert!(replay(&[0.0; 24]).events().iter().any(|event| event.starts_with("shown to be not slower")));
        assert!(replay(&[]).events().is_empty());
    }

    #[test]
    fn time_without_a_core_and_blocks_left_out_are_told() {
        let mut measured = pairs(&[0.0]);
        measured.pairs[0].rounds[0][0][1].nanoseconds += 1_000_000;
        measured.pairs[0].rounds[0][0][1].waited = 1_000_000;
        measured.pairs[0].rounds[0][1][2].nanoseconds = 1_000;
        let step = &Replay::of(&measured, Rules::default(), 1).steps[0];
        assert_eq!((step.blocks, step.left_out), (1, 1));
        assert!((step.change).abs() < 1e-9, "{}", step.change);
        assert!((step.waited - 1.0 / 8.001).abs() < 1e-9, "{}", step.waited);
    }
}
