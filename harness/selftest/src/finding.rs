//! Counts over the trials of one condition.

use harness_abtest::{Interval, Verdict, median, share_interval};
use harness_judge::counts::SuiteVerdict;
use harness_judge::gate::{GateError, GateVerdict, TimeOutcome, TimeVerdict};

use crate::condition::Condition;
use crate::trial::Trial;

/// Level of intervals, so that each end alone holds at 95 %.
pub(super) const LEVEL: f64 = 0.9;

/// Counts and estimates over the trials of one condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The condition.
    pub condition: Condition,
    /// Number of trials.
    pub trials: usize,
    /// Trials that ended red.
    pub red: Rate,
    /// Verdicts on single workloads with a confirmed slowdown, even if the gate is not red because of the layout limit.
    pub found: Rate,
    /// Verdicts "not slower".
    pub not_slower: Rate,
    /// Verdicts "inconclusive", and failures.
    pub inconclusive: Rate,
    /// Verdicts "improved".
    pub improved: Rate,
    /// Median of the seconds of measuring until the verdict on a workload.
    pub seconds: Option<f64>,
    /// Median of the seconds of measuring of a trial.
    pub trial_seconds: Option<f64>,
    /// Mean of the estimates of the change, as a share.
    pub mean: Option<f64>,
    /// Standard deviation of the estimates; none for fewer than two.
    pub deviation: Option<f64>,
    /// Spread of single pairs around their centre, as a share: the median over the verdicts.
    pub spread: Option<f64>,
}

/// A number of cases out of a total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// The number of cases.
    pub count: usize,
    /// The total.
    pub of: usize,
}

impl Rate {
    /// The share; none if the total is 0.
    pub fn share(self) -> Option<f64> {
        (self.of > 0).then(|| self.count as f64 / self.of as f64)
    }

    /// Confidence interval of the true rate (Clopper and Pearson 1934); each end alone holds at 95 %.
    pub fn interval(self) -> Interval {
        share_interval(self.count, self.of, LEVEL)
    }
}

/// Counts the trials of every condition: unchanged code first, then slowdowns from the smallest to the largest.
///
/// # Errors
/// If the limits in a trial are invalid.
pub fn findings(trials: &[Trial]) -> Result<Vec<Finding>, GateError> {
    conditions(trials)
        .into_iter()
        .map(|condition| {
            let of_it = trials.iter().filter(|trial| trial.condition == condition);
            let rulings = of_it.map(|trial| GateVerdict::verdict_of(&trial.session)).collect::<Result<Vec<_>, _>>()?;
            Ok(Finding::of(condition, &rulings))
        })
        .collect()
}

/// The conditions of the trials, in the order of [`findings`].
pub(super) fn conditions(trials: &[Trial]) -> Vec<Condition> {
    let mut conditions: Vec<Condition> = Vec::new();
    for trial in trials {
        if !conditions.contains(&trial.condition) {
            conditions.push(trial.condition);
        }
    }
    conditions.sort_by(|a, b| {
        let order = |one: &Condition| (one.scope, one.hogs);
        a.change.share().total_cmp(&b.change.share()).then_with(|| order(a).cmp(&order(b)))
    });
    conditions
}

impl Finding {
    fn of(condition: Condition, rulings: &[GateVerdict]) -> Self {
        let red = rulings.iter().filter(|gate_verdict| gate_verdict.conclusion() == SuiteVerdict::Regressed).count();
        let times: Vec<&TimeVerdict> = rulings.iter().flat_map(|gate_verdict| &gate_verdict.times).collect();
        let seconds: Vec<f64> =
            rulings.iter().map(|gate_verdict| gate_verdict.times.iter().map(|time| time.seconds).sum()).collect();
        Self {
            condition,
            trials: rulings.len(),
            red: Rate { count: red, of: rulings.len() },
            trial_seconds: median(&seconds),
            ..Self::of_times(condition, &times)
        }
    }

    /// Counts verdicts on single workloads; each counts as a trial.
    pub(super) fn of_times(condition: Condition, times: &[&TimeVerdict]) -> Self {
        let rate = |words: &[TimeOutcome]| Rate {
            count: times.iter().filter(|time| words.contains(&time.outcome)).count(),
            of: times.len(),
        };
        let estimates: Vec<f64> = times.iter().filter_map(|time| Some(time.found?.change)).collect();
        let spreads: Vec<f64> = times.iter().filter_map(|time| Some(time.found?.spread)).collect();
        let seconds: Vec<f64> = times.iter().map(|time| time.seconds).collect();
        let mean = (!estimates.is_empty()).then(|| estimates.iter().sum::<f64>() / estimates.len() as f64);
        Self {
            condition,
            trials: times.len(),
            red: Rate { count: times.iter().filter(|time| time.is_red).count(), of: times.len() },
            found: rate(&[TimeOutcome::Verdict(Verdict::Regressed), TimeOutcome::WithinLayoutLimit]),
            not_slower: rate(&[TimeOutcome::Verdict(Verdict::NotSlower)]),
            inconclusive: rate(&[TimeOutcome::Verdict(Verdict::Inconclusive), TimeOutcome::Failed]),
            improved: rate(&[TimeOutcome::Verdict(Verdict::Improved)]),
            seconds: median(&seconds),
            trial_seconds: None,
            mean,
            deviation: deviation(&estimates),
            spread: median(&spreads),
        }
    }
}

/// The standard deviation of the values; none for fewer than two.
pub(super) fn deviation(values: &[f64]) -> Option<f64> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (count - 1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::tests::trial;

    #[test]
    fn verdicts_are_counted_by_condition() {
        let trials = [
            trial("inject:2", &[0.02; 30]),
            trial("null", &[0.001, -0.001].repeat(10)),
            trial("inject:2", &[0.0; 12]),
            trial("null", &[0.03; 30]),
            trial("null", &[-0.03; 30]),
            trial("null", &[0.0; 3]),
        ];
        let found = findings(&trials).expect("no limits");
        let [null, injected] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((null.trials, null.red.count, null.found.count), (4, 1, 1));
        assert_eq!((null.not_slower.count, null.inconclusive.count, null.improved.count), (1, 1, 1));
        assert!(null.seconds.is_some_and(|seconds| (seconds - 2.5).abs() < 1e-9), "{:?}", null.seconds);
        assert_eq!((injected.red.count, injected.found.count, injected.not_slower.count), (1, 1, 1));
        assert!(injected.mean.is_some_and(|mean| (mean - 0.0101).abs() < 1e-4), "{:?}", injected.mean);
        assert!(injected.deviation.is_some_and(|one| (one - 0.0143).abs() < 1e-4), "{:?}", injected.deviation);
    }
}
