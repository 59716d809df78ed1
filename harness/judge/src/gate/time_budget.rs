//! Budgets of time: the time of the head per run, which must not exceed a value that the project states.
//!
//! A time is above its budget if the whole interval of the head's time is, so that one disturbed pair does not decide.
//! The budget belongs to the machine that the project had in mind; another machine may be slower.

use harness_abtest::{Interval, Pair, WorkloadPairs, median_interval};
use harness_record::limits::{Budget, Limits};
use harness_record::metric::{self, Quantity};
use harness_record::number;

use super::verdict::LEVEL;
use crate::gate::TimeVerdict;

/// A budget, and the time that is above it.
#[derive(Debug, Clone)]
pub struct TimeOverBudget {
    budget: Budget,
    /// The 95 % interval of the head's time per run, in seconds.
    interval: Interval,
}

impl TimeVerdict {
    /// Marks the time if it is above its budget.
    pub(super) fn hold(&mut self, limits: &Limits, measured: &WorkloadPairs) {
        let budget = metric::by_name("time").and_then(|time| limits.budget(time, &self.workload));
        let estimates = measured.pairs.iter().filter_map(Pair::estimate);
        let seconds: Vec<f64> = estimates.map(|pair| 1e-9 * pair.head).collect();
        let interval = median_interval(&seconds, LEVEL).filter(|ends| ends.level >= LEVEL);
        self.over_budget = budget.zip(interval).and_then(|(budget, interval)| {
            let budget = budget.clone();
            (interval.low > budget.max.value).then_some(TimeOverBudget { budget, interval })
        });
    }

    /// The clause on the budget, such as `time 2.31 ms [2.28, 2.35] per run is above its budget of 2 ms, because ...`;
    /// none if the time is not above it.
    pub(super) fn budget_clause(&self) -> Option<String> {
        let TimeOverBudget { budget, interval } = self.over_budget.as_ref()?;
        let middle = (interval.low * interval.high).sqrt();
        let head = self.found.map_or(middle, |found| found.head);
        Some(format!(
            "time {} per run is above its budget of {}, because {}",
            number::range(Quantity::Seconds, head, interval),
            budget.size(),
            budget.reason.trim().trim_end_matches('.')
        ))
    }
}

/// One sentence for each budget of time that no timed workload has, so that it is not taken for a budget that was held.
pub(super) fn idle(limits: &Limits, measured: &[WorkloadPairs]) -> Vec<String> {
    let time = metric::by_name("time");
    let of_time = limits
        .budgets()
        .iter()
        .filter(|budget| Some(budget.metric) == time);
    let is_idle = |budget: &&Budget| {
        let matches = |one: &WorkloadPairs| match &budget.workload {
            Some(glob) => glob.matches(&one.timed.workload),
            None => true,
        };
        !measured.iter().any(matches)
    };
    let sentence = |budget: &Budget| {
        let glob = budget.workload.as_ref();
        let of = glob.map_or_else(|| "all workloads".to_owned(), |glob| format!("`{glob}`"));
        format!(
            "limits.toml has a budget of {} for the time of {of}, but none of these was timed",
            budget.size()
        )
    };
    of_time.filter(is_idle).map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use harness_record::sample;
    use harness_record::session::Session;

    use super::*;
    use crate::counts::SuiteVerdict;
    use crate::gate::GateVerdict;

    /// A session of one workload that takes 0.5 ms per run on both sides, with this budget.
    fn session(max: &str, glob: &str) -> Session {
        let limits = format!(
            "schema = 1\n[[limit]]\nmetric = \"time\"\nmax = \"{max}\"\nworkload = \"{glob}\"\nreason = \"a frame\"\n"
        );
        Limits::parse(&limits, Path::new("limits.toml")).expect("valid");
        Session {
            measured: vec![sample::pairs(&[0.0; 24])],
            floor: Vec::new(),
            limits: Some(limits),
            ..sample::session(&[0.0; 24])
        }
    }

    #[test]
    fn a_time_above_its_budget_is_a_regression_although_it_did_not_change() {
        let within = GateVerdict::of(&session("0.6 ms", "kernel/*")).expect("valid");
        assert_eq!(within.conclusion(), SuiteVerdict::Passed);
        let above = GateVerdict::of(&session("0.4 ms", "kernel/*")).expect("valid");
        assert_eq!(above.conclusion(), SuiteVerdict::Regressed);
        let sentence = above.times[0].sentence();
        assert!(
            sentence.contains("is above its budget of 0.4 ms, because a frame"),
            "{sentence}"
        );
        assert!(
            above.summary().contains("over budget"),
            "{}",
            above.summary()
        );
        // It is no slowdown that a line could accept.
        assert!(above.losses(&session("0.4 ms", "kernel/*")).is_empty());
        assert!(above.complaints.is_empty(), "{:?}", above.complaints);
    }

    #[test]
    fn a_budget_that_no_timed_workload_has_is_a_complaint() {
        let elsewhere = GateVerdict::of(&session("0.4 ms", "model/*")).expect("valid");
        assert_eq!(elsewhere.conclusion(), SuiteVerdict::Passed);
        assert!(
            elsewhere
                .complaints
                .iter()
                .any(|one| one.contains("none of these was timed")),
            "{:?}",
            elsewhere.complaints
        );
    }

    #[test]
    fn too_few_pairs_do_not_decide() {
        let mut few = session("0.4 ms", "kernel/*");
        few.measured = vec![sample::pairs(&[0.0; 3])];
        let verdict = GateVerdict::of(&few).expect("valid");
        assert!(verdict.times[0].over_budget.is_none());
    }
}
