//! Replays the sequential test of a workload pair by pair, from the raw slices of a session.

use harness_abtest::{Levels, Pair, Rules, SequentialTest, Verdict, WorkloadPairs};
use harness_record::session::Session;

/// The pairs of a workload, and the course of the sequential test.
#[derive(Debug, Clone)]
pub struct Replay {
    /// Id of the workload.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// The pairs, in the order of measurement.
    pub steps: Vec<Step>,
    /// Error rates, margin and minimum effect.
    pub rules: Rules,
    /// Level at which fresh pairs must confirm an alarm.
    pub confirmation: f64,
}

/// One pair, and the state of the sequential test after it.
#[derive(Debug, Clone)]
pub struct Step {
    /// Duration of the pair, in seconds.
    pub seconds: f64,
    /// Nanoseconds per iteration of the base.
    pub base: f64,
    /// Nanoseconds per iteration of the head.
    pub head: f64,
    /// Change of the pair, as a share: 0.01 is one percent slower.
    pub change: f64,
    /// Number of blocks that the change is computed from.
    pub blocks: usize,
    /// Number of blocks left out because one of their slices was impossibly short.
    pub left_out: usize,
    /// Share of the slices' time in which a process waited for its core. It is subtracted.
    pub waited: f64,
    /// Estimate of the change after this pair, from the pairs that the current verdict rests on.
    pub estimate: f64,
    /// Levels of evidence after this pair.
    pub levels: Levels,
    /// Verdict after this pair.
    pub verdict: Verdict,
    /// Events at this pair, such as an alarm or a confirmation; usually empty.
    pub events: Vec<&'static str>,
}

impl Replay {
    /// Replays the pairs of every timed workload through the sequential test.
    pub fn all(session: &Session) -> Vec<Self> {
        session
            .measured
            .iter()
            .map(|measured| Self::of(measured, session.terms.rules, session.suite_size()))
            .collect()
    }

    /// Runs the pairs of one workload through the decision again, in a suite of this many workloads.
    pub fn of(measured: &WorkloadPairs, rules: Rules, workloads: usize) -> Self {
        let mut sequential_test = SequentialTest::new(rules, workloads);
        let steps = measured.pairs.iter().filter_map(|pair| {
            let one = pair.estimate()?;
            let before = (
                sequential_test.levels(),
                sequential_test.verdict(),
                sequential_test.is_settled(),
            );
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

    /// The events with the number of their pair, such as `suspected slower at pair 6`.
    pub fn events(&self) -> Vec<String> {
        let numbered = self.steps.iter().zip(1..);
        numbered
            .flat_map(|(step, pair)| {
                step.events
                    .iter()
                    .map(move |event| format!("{event} at pair {pair}"))
            })
            .collect()
    }
}

/// The events at the newest pair. The first argument is the state before it.
fn events(
    (levels, verdict, was_settled): (Levels, Verdict, bool),
    sequential_test: &SequentialTest,
) -> Vec<&'static str> {
    let now = sequential_test.levels();
    let mut events = Vec::new();
    events.extend((now.slower_raised && !levels.slower_raised).then_some("suspected slower"));
    events.extend((now.faster_raised && !levels.faster_raised).then_some("suspected faster"));
    if sequential_test.verdict() != verdict {
        events.extend(match sequential_test.verdict() {
            Verdict::Regressed => Some("confirmed slower"),
            Verdict::Improved => Some("confirmed faster"),
            Verdict::NotSlower => Some("not slower"),
            Verdict::Inconclusive => None,
        });
    }
    events.extend((sequential_test.is_settled() && !was_settled).then_some("settled"));
    events
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
    fn the_pairs_are_replayed_one_by_one_with_their_events() {
        let slower = replay(&[0.03; 24]);
        assert_eq!(slower.steps.len(), 24);
        let first = &slower.steps[0];
        assert_eq!(
            (first.base, first.head, first.blocks, first.left_out),
            (500_000.0, 515_000.0, 2, 0)
        );
        assert!((first.change - 0.03).abs() < 1e-9 && (first.estimate - 0.03).abs() < 1e-9);
        let events = slower.events();
        let place = |name: &str| {
            events
                .iter()
                .position(|event| event.starts_with(name))
                .expect(name)
        };
        assert!(
            place("suspected slower") < place("confirmed slower")
                && place("confirmed slower") < place("settled")
        );
        assert!(
            replay(&[0.0; 24])
                .events()
                .iter()
                .any(|event| event.starts_with("not slower"))
        );
        assert!(replay(&[]).events().is_empty());
    }

    #[test]
    fn waiting_time_is_subtracted_and_impossible_blocks_are_left_out() {
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
