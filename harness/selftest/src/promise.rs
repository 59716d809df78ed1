//! The promises of the gate, compared with the trials.

use harness_abtest::Rules;
use harness_report::render::{Cell, Column, Table, Tone};

use crate::group::{Estimates, Group};
use crate::rate::{Rate, percent};
use crate::table::{Show, table};

/// The largest mean of the estimates on identical programs, in percent.
const MEAN: f64 = 0.1;
/// The largest share of workloads that stay inconclusive on unchanged code.
const INCONCLUSIVE: f64 = 0.05;
/// The normal quantile of a two-sided 95 % interval.
const Z: f64 = 1.96;
/// Smallest number of gates for which the mean of their means is nearly normal.
const MANY: usize = 30;

/// The promises that have trials, over all machines.
pub(crate) fn promises(groups: &[Group]) -> Table {
    // The first group of a condition is that of all its machines.
    let mut firsts = groups.to_vec();
    firsts.dedup_by_key(|group| (group.scope, group.hogs));
    let columns: [Show<[Cell; 4]>; 4] = [
        (Column::left("asked", "asked"), |[promise, ..]| {
            promise.clone()
        }),
        (Column::left("measured", "measured"), |[_, measured, ..]| {
            measured.clone()
        }),
        (Column::left("bound", "bound"), |[.., bound, _]| {
            bound.clone()
        }),
        (
            Column::left("conclusion", "conclusion"),
            |[.., conclusion]| conclusion.clone(),
        ),
    ];
    let mut table = table("Asked and measured", &firsts, &columns, rows);
    table.notes = vec![
        "Shown: the 95 % bound keeps the limit. Measured: the measured value keeps it, and too few trials show it. Missed: the \
         measured value does not keep it. Bounds of shares are those of Clopper and Pearson."
            .to_owned(),
    ];
    table
}

fn rows(group: &Group) -> Vec<[Cell; 4]> {
    let mut rows = Vec::new();
    let unchanged = group.count(None);
    if unchanged.red.of > 0 {
        rows.push(at_most(
            "no timed gate on unchanged code is red",
            unchanged.red,
            0.0,
        ));
    }
    rows.extend(mean("identical programs", &group.means(true)));
    rows.extend(mean("unchanged code", &group.means(false)));
    if unchanged.inconclusive.of > 0 {
        let promise = format!(
            "at most {} % of workloads inconclusive on unchanged code",
            100.0 * INCONCLUSIVE
        );
        rows.push(at_most(&promise, unchanged.inconclusive, INCONCLUSIVE));
    }
    let slowdowns = group.slowdowns();
    let Rules {
        margin,
        false_assurance,
        ..
    } = Rules::default();
    let beyond = slowdowns
        .iter()
        .filter(|slowdown| slowdown.percent > 100.0 * margin);
    let assured = beyond.fold(Rate { count: 0, of: 0 }, |sum, one| Rate {
        count: sum.count + one.not_slower.count,
        of: sum.of + one.not_slower.of,
    });
    if assured.of > 0 {
        let promise = format!(
            "at most {} % of workloads slower than the margin end not slower",
            100.0 * false_assurance
        );
        rows.push(at_most(&promise, assured, false_assurance));
    }
    for slowdown in slowdowns {
        let wanted = match slowdown.percent {
            2.0.. => 0.95,
            1.0.. => 0.9,
            _ => continue,
        };
        let promise = format!(
            "+{} % is red in at least {:.0} % of gates",
            slowdown.percent,
            100.0 * wanted
        );
        rows.push(at_least(&promise, slowdown.found, wanted));
    }
    rows
}

fn at_most(promise: &str, rate: Rate, most: f64) -> [Cell; 4] {
    let bound = rate.interval().high;
    let conclusion = conclusion(bound <= most, rate.share().unwrap_or_default() <= most);
    [
        Cell::text(promise),
        Cell::text(rate.text()),
        Cell::text(format!("at most {} %", percent(bound))),
        conclusion,
    ]
}

fn at_least(promise: &str, rate: Rate, least: f64) -> [Cell; 4] {
    let bound = rate.interval().low;
    let conclusion = conclusion(bound >= least, rate.share().unwrap_or_default() >= least);
    [
        Cell::text(promise),
        Cell::text(rate.text()),
        Cell::text(format!("at least {} %", percent(bound))),
        conclusion,
    ]
}

fn mean(programs: &str, estimates: &Estimates) -> Option<[Cell; 4]> {
    let mean = estimates.mean()?;
    let count = estimates.len();
    let bound = estimates
        .deviation()
        .filter(|_| count >= MANY)
        .map(|one| mean.abs() + Z * one / (count as f64).sqrt());
    Some([
        Cell::text(format!("mean estimate on {programs} within {MEAN} %")),
        Cell::text(format!("{mean:+.3} % over {count} gates")),
        Cell::text(bound.map_or_else(
            || format!("none below {MANY} gates"),
            |bound| format!("within {bound:.3} %"),
        )),
        conclusion(bound.is_some_and(|bound| bound <= MEAN), mean.abs() <= MEAN),
    ])
}

/// The state of a promise whose limit is kept by the 95 % bound, or only by the measured value, or by neither.
fn conclusion(is_shown: bool, is_measured: bool) -> Cell {
    match (is_shown, is_measured) {
        (true, _) => Cell::text("shown").toned(Tone::Good),
        (false, true) => Cell::text("measured"),
        (false, false) => Cell::text("missed").toned(Tone::Bad),
    }
}

#[cfg(test)]
mod tests {
    use harness_abtest::Verdict;
    use harness_judge::gate::TimeOutcome;

    use super::*;
    use crate::group::groups;
    use crate::row::tests::{slowdown, unchanged};

    #[test]
    fn a_promise_is_shown_measured_or_missed() {
        let state = |[.., state]: [Cell; 4]| state.text;
        let rate = |count, of| Rate { count, of };
        assert_eq!(
            state(at_most("", rate(0, 500), 0.0)),
            "measured",
            "no number of trials can show a rate of zero"
        );
        assert_eq!(state(at_most("", rate(1, 500), 0.0)), "missed");
        assert_eq!(state(at_most("", rate(10, 1000), 0.05)), "shown");
        assert_eq!(state(at_least("", rate(59, 59), 0.95)), "shown");
        assert_eq!(state(at_least("", rate(58, 58), 0.95)), "measured");
        assert_eq!(state(at_least("", rate(50, 58), 0.95)), "missed");
    }

    #[test]
    fn each_promise_with_trials_has_a_row() {
        let mut rows = vec![
            slowdown(0.5, 0, TimeOutcome::Verdict(Verdict::NotSlower), 0.4),
            slowdown(1.0, 1, TimeOutcome::Verdict(Verdict::Regressed), 1.0),
        ];
        rows.extend((0..40).map(|place| {
            unchanged(
                0,
                TimeOutcome::Verdict(Verdict::NotSlower),
                if place % 2 == 0 { 0.01 } else { -0.01 },
            )
        }));
        rows.iter_mut().for_each(|row| row.forced = true);
        let table = promises(&groups(&rows));
        let texts: Vec<String> = table
            .rows
            .iter()
            .map(|row| {
                row[2..]
                    .iter()
                    .map(|cell| cell.text.as_str())
                    .collect::<Vec<_>>()
                    .join("; ")
            })
            .collect();
        assert_eq!(
            texts,
            [
                "no timed gate on unchanged code is red; 0 of 40 = 0 %; at most 7.22 %; measured",
                "mean estimate on identical programs within 0.1 %; +0.000 % over 40 gates; within 0.003 %; shown",
                "at most 5 % of workloads inconclusive on unchanged code; 0 of 40 = 0 %; at most 7.22 %; measured",
                "+1 % is red in at least 90 % of gates; 1 of 1 = 100 %; at least 5.00 %; measured",
            ]
        );
    }
}
