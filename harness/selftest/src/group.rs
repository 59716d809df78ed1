//! Counts over the trials of one machine under one condition.

use std::collections::BTreeSet;

use harness_abtest::{Verdict, median};
use harness_judge::gate::TimeOutcome;

use crate::condition::{BackgroundLoad, Scope};
use crate::rate::Rate;
use crate::{Milli, Role, Row, WorkloadResult};

/// Trials that are counted together.
#[derive(Clone)]
pub(crate) struct Group<'a> {
    /// The machine; none for all machines.
    pub(crate) machine: Option<&'a str>,
    /// The scope of trials on one program; none for trials on commits.
    pub(crate) scope: Option<Scope>,
    /// The background load.
    pub(crate) hogs: BackgroundLoad,
    /// The trials.
    pub(crate) rows: Vec<&'a Row>,
}

/// Estimates in percent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Estimates(Vec<f64>);

/// Counts over the trials of one slowdown.
pub(crate) struct Slowdown {
    pub(crate) percent: f64,
    /// Gates that were red on a slowed workload.
    pub(crate) found: Rate,
    /// Gates that were red on a workload that is not slower.
    pub(crate) false_alarms: Rate,
    /// Slowed workloads that ended *not slower*.
    pub(crate) not_slower: Rate,
    /// Estimates of the slowed workloads.
    pub(crate) estimates: Estimates,
    /// Median of the seconds of measuring of a gate.
    pub(crate) seconds: Option<f64>,
}

/// Counts over the trials on unchanged code.
pub(crate) struct Unchanged<'a> {
    /// The kind; none for all.
    pub(crate) kind: Option<&'a str>,
    /// All gates.
    pub(crate) gates: usize,
    /// Gates that ended red, among those that timed something.
    pub(crate) red: Rate,
    /// Gates that could not judge.
    pub(crate) unjudged: usize,
    /// Workloads that stayed inconclusive.
    pub(crate) inconclusive: Rate,
}

/// The groups of the trials: for each condition all machines together if there are several, and each machine.
pub(crate) fn groups(rows: &[Row]) -> Vec<Group<'_>> {
    let mut groups = Vec::new();
    let conditions: BTreeSet<_> = rows.iter().map(|row| (row.scope(), row.hogs)).collect();
    for (scope, hogs) in conditions {
        let rows: Vec<&Row> = rows
            .iter()
            .filter(|row| (row.scope(), row.hogs) == (scope, hogs))
            .collect();
        let machines: BTreeSet<&str> = rows.iter().map(|row| row.machine.as_str()).collect();
        let all = (machines.len() > 1).then_some(None);
        for machine in all.into_iter().chain(machines.into_iter().map(Some)) {
            let is_here = |row: &&Row| machine.is_none_or(|machine| row.machine == machine);
            let rows = rows.iter().copied().filter(is_here).collect();
            groups.push(Group {
                machine,
                scope,
                hogs,
                rows,
            });
        }
    }
    groups
}

/// The percentages of the slowdowns among the trials, from the smallest to the largest.
pub(crate) fn percentages<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Vec<f64> {
    let mut percentages: Vec<f64> = rows.into_iter().filter_map(|row| row.percent).collect();
    percentages.sort_by(f64::total_cmp);
    percentages.dedup();
    percentages
}

impl<'a> Group<'a> {
    /// The gates on unchanged code.
    pub(crate) fn unchanged(&self) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().copied().filter(|row| !row.is_slowdown())
    }

    /// The kinds of unchanged code.
    pub(crate) fn kinds(&self) -> BTreeSet<&'a str> {
        self.unchanged().map(|row| row.kind.as_str()).collect()
    }

    /// Counts unchanged code, of one kind or all.
    pub(crate) fn count<'k>(&self, kind: Option<&'k str>) -> Unchanged<'k> {
        let rows: Vec<&Row> = self
            .unchanged()
            .filter(|row| kind.is_none_or(|kind| row.kind == kind))
            .collect();
        let count = |holds: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| holds(row)).count();
        let workloads: Vec<&WorkloadResult> = rows.iter().flat_map(|row| &row.workloads).collect();
        let is_open = |one: &&&WorkloadResult| {
            matches!(
                one.verdict,
                TimeOutcome::Verdict(Verdict::Inconclusive) | TimeOutcome::Failed
            )
        };
        Unchanged {
            kind,
            gates: rows.len(),
            red: Rate {
                count: count(&Row::is_red),
                of: count(&|row| !row.workloads.is_empty()),
            },
            unjudged: count(&|row| row.exit > 1),
            inconclusive: Rate {
                count: workloads.iter().filter(is_open).count(),
                of: workloads.len(),
            },
        }
    }

    /// The estimates on unchanged code, of one workload or all. With `forced` those of gates that timed identical
    /// programs, otherwise those of the other gates.
    pub(crate) fn estimates(&self, forced: bool, workload: Option<&str>) -> Estimates {
        let outcomes = self
            .unchanged()
            .filter(|row| row.forced == forced)
            .flat_map(|row| &row.workloads);
        Estimates::of(
            outcomes.filter(|one| workload.is_none_or(|workload| one.workload == workload)),
        )
    }

    /// The mean of the estimates of each gate on unchanged code. Estimates of one gate are not independent: its
    /// workloads share layouts and are measured within minutes.
    pub(crate) fn means(&self, forced: bool) -> Estimates {
        let gates = self.unchanged().filter(|row| row.forced == forced);
        Estimates(
            gates
                .filter_map(|row| Estimates::of(row.workloads.iter()).mean())
                .collect(),
        )
    }

    /// The workloads that were timed on unchanged code.
    pub(crate) fn workloads(&self) -> BTreeSet<&'a str> {
        self.unchanged()
            .flat_map(|row| &row.workloads)
            .map(|one| one.workload.as_str())
            .collect()
    }

    /// The slowdowns, from the smallest to the largest.
    pub(crate) fn slowdowns(&self) -> Vec<Slowdown> {
        let slowdown = |percent| {
            let rows: Vec<&Row> = self
                .rows
                .iter()
                .copied()
                .filter(|row| row.percent == Some(percent))
                .collect();
            let red_on = |role| {
                let is_red = |row: &&&Row| row.red().any(|one| one.role == role);
                Rate {
                    count: rows.iter().filter(is_red).count(),
                    of: rows.len(),
                }
            };
            let seconds: Vec<f64> = rows
                .iter()
                .map(|row| row.measuring_seconds.value())
                .collect();
            let slowed = || {
                rows.iter()
                    .flat_map(|row| &row.workloads)
                    .filter(|one| one.role == Role::Slowed)
            };
            let is_assured =
                |one: &&WorkloadResult| one.verdict == TimeOutcome::Verdict(Verdict::NotSlower);
            Slowdown {
                percent,
                found: red_on(Role::Slowed),
                false_alarms: red_on(Role::Same),
                not_slower: Rate {
                    count: slowed().filter(is_assured).count(),
                    of: slowed().count(),
                },
                estimates: Estimates::of(slowed()),
                seconds: median(&seconds),
            }
        };
        percentages(self.rows.iter().copied())
            .into_iter()
            .map(slowdown)
            .collect()
    }
}

impl FromIterator<f64> for Estimates {
    fn from_iter<I: IntoIterator<Item = f64>>(percentages: I) -> Self {
        Self(percentages.into_iter().collect())
    }
}

impl Estimates {
    /// The estimates of workloads.
    fn of<'a>(outcomes: impl Iterator<Item = &'a WorkloadResult>) -> Self {
        Self(
            outcomes
                .filter_map(|one| one.estimate.map(Milli::value))
                .collect(),
        )
    }

    /// The number of estimates.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The mean; none without estimates.
    pub(crate) fn mean(&self) -> Option<f64> {
        (!self.0.is_empty()).then(|| self.0.iter().sum::<f64>() / self.0.len() as f64)
    }

    /// The standard deviation; none for fewer than two.
    pub(crate) fn deviation(&self) -> Option<f64> {
        let (mean, count) = (self.mean()?, self.0.len() as f64);
        let squares: f64 = self.0.iter().map(|value| (value - mean).powi(2)).sum();
        (self.0.len() > 1).then(|| (squares / (count - 1.0)).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::tests::{slowdown, unchanged};

    #[test]
    fn every_trial_counts_in_its_group_and_in_that_of_all_machines() {
        let mut rows = vec![
            unchanged(0, TimeOutcome::Verdict(Verdict::NotSlower), 0.1),
            unchanged(1, TimeOutcome::Verdict(Verdict::Regressed), 2.0),
            unchanged(2, TimeOutcome::Verdict(Verdict::Inconclusive), -0.3),
            unchanged(0, TimeOutcome::Verdict(Verdict::NotSlower), 0.2),
        ];
        rows[2].workloads.clear();
        rows[3].machine = "another CPU".to_owned();
        rows[3].forced = true;
        let groups = groups(&rows);
        let names: Vec<Option<&str>> = groups.iter().map(|group| group.machine).collect();
        assert_eq!(names, [None, Some("a CPU"), Some("another CPU")]);
        let all = groups[0].count(None);
        assert_eq!(
            (all.red.count, all.red.of, all.gates, all.unjudged),
            (1, 3, 4, 1)
        );
        assert_eq!((all.inconclusive.count, all.inconclusive.of), (0, 3));
        assert_eq!(groups[0].estimates(true, None).mean(), Some(0.2));
        assert_eq!(groups[0].estimates(false, Some("kernel/gelu")).len(), 2);
    }

    #[test]
    fn a_slowdown_is_found_where_it_is_and_false_where_it_is_not() {
        let mut rows = vec![
            slowdown(1.0, 1, TimeOutcome::Verdict(Verdict::Regressed), 1.1),
            slowdown(1.0, 0, TimeOutcome::Verdict(Verdict::Inconclusive), 0.7),
            slowdown(1.0, 1, TimeOutcome::Verdict(Verdict::Regressed), 0.9),
            // A machine that is too noisy for any verdict.
            slowdown(1.0, 2, TimeOutcome::Verdict(Verdict::Regressed), 0.9),
        ];
        rows[2].workloads[0].role = Role::Same;
        let slowdowns = groups(&rows)[0].slowdowns();
        let [one] = slowdowns.as_slice() else {
            panic!("{}", slowdowns.len())
        };
        assert_eq!(
            (one.found.count, one.found.of, one.false_alarms.count),
            (1, 4, 1)
        );
        assert_eq!((one.estimates.len(), one.seconds), (3, Some(30.0)));
    }
}
