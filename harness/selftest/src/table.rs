//! The findings as tables.

use harness_judge::gate::{GateError, GateVerdict, TimeVerdict};
use harness_report::render::{Cell, Column, Table};

use crate::condition::{Change, Condition};
use crate::finding::{Finding, Rate, conditions};
use crate::trial::Trial;

/// One row for each condition.
pub fn table(findings: &[Finding]) -> Table {
    let mut columns = vec![Column::left("change", "the head is"), Column::left("hogs", "hogs")];
    columns.extend([Column::left("scope", "judged"), Column::right("trials", "trials")]);
    columns.extend(["red", "found", "not_slower"].iter().flat_map(rate_columns));
    columns.extend([
        Column::right("inconclusive", "inconclusive"),
        Column::right("median_seconds", "seconds"),
        Column::right("mean_change", "mean change"),
        Column::right("change_deviation", "its SD"),
        Column::right("pair_spread", "pair spread"),
    ]);
    let mut table = Table::new("", columns);
    table.rows = findings.iter().map(|finding| cells(finding, finding.condition)).collect();
    table
}

/// One row for each condition and workload.
///
/// # Errors
/// If the limits in a trial are invalid.
pub fn by_workload(trials: &[Trial]) -> Result<Table, GateError> {
    let mut kinds: Vec<(String, Condition, Vec<TimeVerdict>)> = Vec::new();
    for trial in trials {
        for time in GateVerdict::verdict_of(&trial.session)?.times {
            let same = |kind: &&mut (String, Condition, Vec<TimeVerdict>)| {
                kind.0 == time.workload && kind.1 == trial.condition
            };
            match kinds.iter_mut().find(same) {
                Some(kind) => kind.2.push(time),
                None => kinds.push((time.workload.clone(), trial.condition, vec![time])),
            }
        }
    }
    let conditions = conditions(trials);
    kinds.sort_by_key(|(workload, condition, _)| {
        (workload.clone(), conditions.iter().position(|other| other == condition))
    });
    let mut all = table(&[]);
    all.columns.insert(0, Column::left("workload", "workload"));
    all.rows = kinds
        .into_iter()
        .map(|(workload, condition, times)| {
            let finding = Finding::of_times(condition, &times.iter().collect::<Vec<_>>());
            let mut row = cells(&finding, condition);
            row.insert(0, Cell::text(workload));
            row
        })
        .collect();
    Ok(all)
}

fn rate_columns(key: &&str) -> [Column; 1] {
    [Column::right(key, &key.replace('_', " "))]
}

fn cells(finding: &Finding, condition: Condition) -> Vec<Cell> {
    let share = |value: Option<f64>, text: &dyn Fn(f64) -> String| {
        value.map_or_else(Cell::missing, |value| Cell::number(value, text(value)))
    };
    let changed = |value: f64| format!("{:+.2} %", 100.0 * value);
    let percent = |value: f64| format!("{:.2} %", 100.0 * value);
    vec![
        Cell::text(told(condition)),
        Cell::text(condition.hogs.told()),
        Cell::text(condition.scope.told()),
        Cell::number(finding.trials as f64, finding.trials.to_string()),
        rate(finding.red),
        rate(finding.found),
        rate(finding.not_slower),
        share(finding.inconclusive.share(), &|share| format!("{:.1} %", 100.0 * share)),
        share(finding.seconds, &|seconds| format!("{seconds:.1}")),
        share(finding.mean, &changed),
        share(finding.deviation, &percent),
        share(finding.spread, &percent),
    ]
}

/// Text such as `unchanged` or `1 % slower`.
pub(super) fn told(condition: Condition) -> String {
    match condition.change {
        Change::Null => "unchanged".to_owned(),
        Change::Injected(percent) => format!("{percent} % slower"),
    }
}

/// Cell such as `1 of 300 [0.02, 1.6]`, with the interval in percent; formats for programs get the share.
fn rate(rate: Rate) -> Cell {
    let Some(share) = rate.share() else { return Cell::missing() };
    let ends = rate.interval();
    Cell::number(share, format!("{} of {} [{}, {}]", rate.count, rate.of, percent(ends.low), percent(ends.high)))
}

/// A share in percent, with at most two decimals and without the sign.
pub(super) fn percent(share: f64) -> String {
    match 100.0 * share {
        percent if percent == 0.0 || percent >= 99.95 => format!("{percent:.0}"),
        percent if percent < 10.0 => format!("{percent:.2}"),
        percent => format!("{percent:.1}"),
    }
}
