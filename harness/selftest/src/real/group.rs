//! Counts over the trials of one machine under one condition.

use harness_abtest::{Verdict, median};
use harness_judge::gate::TimeOutcome;

use crate::condition::BackgroundLoad;
use crate::finding::{Rate, deviation};
use crate::real::{Milli, Role, Row, WorkloadResult};

/// Trials that are counted together.
pub(super) struct Group<'a> {
    /// The machine; none for all machines.
    pub(super) machine: Option<&'a str>,
    /// The background load.
    pub(super) hogs: BackgroundLoad,
    /// The trials.
    pub(super) rows: Vec<&'a Row>,
}

/// Estimates in percent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Estimates(Vec<f64>);

/// Counts over the trials of one slowdown.
pub(super) struct Slowdown {
    pub(super) percent: f64,
    /// Gates that were red on a slowed workload.
    pub(super) found: Rate,
    /// Gates that were red on a workload that is not slower.
    pub(super) false_alarms: Rate,
    /// Estimates of the slowed workloads.
    pub(super) estimates: Estimates,
    /// Median of the seconds of measuring of a gate.
    pub(super) seconds: Option<f64>,
}

/// Counts over the trials on unchanged code.
pub(super) struct Unchanged {
    /// All gates.
    pub(super) gates: usize,
    /// Gates that ended red, among those that timed something.
    pub(super) red: Rate,
    /// Gates that could not judge.
    pub(super) unjudged: usize,
    /// Workloads that stayed inconclusive.
    pub(super) inconclusive: Rate,
}

/// The groups of the trials: for each condition all machines together if there are several, and each machine.
pub(super) fn groups(rows: &[Row]) -> Vec<Group<'_>> {
    let mut groups = Vec::new();
    for hogs in [BackgroundLoad::None, BackgroundLoad::Other, BackgroundLoad::Each] {
        let all: Vec<&Row> = rows.iter().filter(|row| row.hogs == hogs).collect();
        let mut machines: Vec<&str> = all.iter().map(|row| row.machine.as_str()).collect();
        machines.sort_unstable();
        machines.dedup();
        if machines.len() > 1 {
            groups.push(Group { machine: None, hogs, rows: all.clone() });
        }
        for machine in machines {
            let rows = all.iter().copied().filter(|row| row.machine == machine).collect();
            groups.push(Group { machine: Some(machine), hogs, rows });
        }
    }
    groups
}

impl<'a> Group<'a> {
    /// The gates on unchanged code.
    pub(super) fn unchanged(&self) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().copied().filter(|row| !row.is_slowdown())
    }

    /// The kinds of unchanged code, sorted.
    pub(super) fn kinds(&self) -> Vec<&'a str> {
        let mut kinds: Vec<&str> = self.unchanged().map(|row| row.kind.as_str()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// Counts unchanged code, of one kind or all.
    pub(super) fn count(&self, kind: Option<&str>) -> Unchanged {
        let rows: Vec<&Row> = self.unchanged().filter(|row| kind.is_none_or(|kind| row.kind == kind)).collect();
        let count = |holds: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| holds(row)).count();
        let workloads: Vec<&WorkloadResult> = rows.iter().flat_map(|row| &row.workloads).collect();
        let is_open = |one: &&&WorkloadResult| {
            matches!(one.verdict, TimeOutcome::Verdict(Verdict::Inconclusive) | TimeOutcome::Failed)
        };
        Unchanged {
            gates: rows.len(),
            red: Rate { count: count(&Row::is_red), of: count(&|row| !row.workloads.is_empty()) },
            unjudged: count(&|row| row.exit > 1),
            inconclusive: Rate { count: workloads.iter().filter(is_open).count(), of: workloads.len() },
        }
    }

    /// The estimates on unchanged code, of one workload or all. With `forced` those of gates that timed identical
    /// programs, otherwise those of the other gates.
    pub(super) fn estimates(&self, forced: bool, workload: Option<&str>) -> Estimates {
        let outcomes = self.unchanged().filter(|row| row.forced == forced).flat_map(|row| &row.workloads);
        Estimates::of(outcomes.filter(|one| workload.is_none_or(|workload| one.workload == workload)))
    }

    /// The mean of the estimates of each gate on unchanged code. Estimates of one gate are not independent: its
    /// workloads share layouts and are measured within minutes.
    pub(super) fn means(&self, forced: bool) -> Estimates {
        let gates = self.unchanged().filter(|row| row.forced == forced);
        Estimates(gates.filter_map(|row| Estimates::of(row.workloads.iter()).mean()).collect())
    }

    /// The workloads that were timed on unchanged code, sorted.
    pub(super) fn workloads(&self) -> Vec<&'a str> {
        let outcomes = self.unchanged().flat_map(|row| &row.workloads);
        let mut workloads: Vec<&str> = outcomes.map(|one| one.workload.as_str()).collect();
        workloads.sort_unstable();
        workloads.dedup();
        workloads
    }

    /// The slowdowns, from the smallest to the largest.
    pub(super) fn slowdowns(&self) -> Vec<Slowdown> {
        let mut percentages: Vec<f64> = self.rows.iter().filter_map(|row| row.percent).collect();
        percentages.sort_by(f64::total_cmp);
        percentages.dedup();
        let slowdown = |percent| {
            let rows: Vec<&Row> = self.rows.iter().copied().filter(|row| row.percent == Some(percent)).collect();
            let red_on = |role| {
                let is_red = |row: &&&Row| row.red().any(|one| one.role == role);
                Rate { count: rows.iter().filter(is_red).count(), of: rows.len() }
            };
            let seconds: Vec<f64> = rows.iter().map(|row| row.measuring_seconds.value()).collect();
            let slowed = rows.iter().flat_map(|row| &row.workloads).filter(|one| one.role == Role::Slowed);
            Slowdown {
                percent,
                found: red_on(Role::Slowed),
                false_alarms: red_on(Role::Same),
                estimates: Estimates::of(slowed),
                seconds: median(&seconds),
            }
        };
        percentages.into_iter().map(slowdown).collect()
    }
}

impl Estimates {
    fn of<'a>(outcomes: impl Iterator<Item = &'a WorkloadResult>) -> Self {
        Self(outcomes.filter_map(|one| one.estimate.map(Milli::value)).collect())
    }

    /// The number of estimates.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The mean; none without estimates.
    pub(super) fn mean(&self) -> Option<f64> {
        (!self.0.is_empty()).then(|| self.0.iter().sum::<f64>() / self.0.len() as f64)
    }

    /// The standard deviation; none for fewer than two.
    pub(super) fn deviation(&self) -> Option<f64> {
        deviation(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::real::row::tests::{slowdown, unchanged};

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
        assert_eq!((all.red.count, all.red.of, all.gates, all.unjudged), (1, 3, 4, 1));
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
        let [one] = slowdowns.as_slice() else { panic!("{}", slowdowns.len()) };
        assert_eq!((one.found.count, one.found.of, one.false_alarms.count), (1, 4, 1));
        assert_eq!((one.estimates.len(), one.seconds), (3, Some(30.0)));
    }
}
