//! The promises of the gate, compared with the trials.

use harness_report::render::{Cell, Column, Table, Tone};

use crate::group::{Estimates, Group};
use crate::rate::{Rate, percent};
use crate::table::table;

/// The largest mean of the estimates on identical programs, in percent.
const MEAN: f64 = 0.1;
/// The largest share of workloads that stay inconclusive on unchanged code.
const INCONCLUSIVE: f64 = 0.05;
/// The normal quantile of a two-sided 95 % interval.
const Z: f64 = 1.96;
/// Smallest number of gates for which the mean of their means is nearly normal.
const MANY: usize = 30;

/// The state of a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The 95 % bound keeps the limit.
    Shown,
    /// The measured value keeps the limit, but its bound does not.
    Measured,
    /// The measured value does not keep the limit.
    Missed,
}

/// A promise, compared with the trials.
struct Held {
    measured: String,
    bound: String,
    state: State,
}

/// The promises that have trials, over all machines.
pub(crate) fn promises(groups: &[Group]) -> Table {
    // The first group of a condition is that of all its machines.
    let mut firsts = groups.to_vec();
    firsts.dedup_by_key(|group| (group.scope, group.hogs));
    let columns = ["asked", "measured", "bound", "conclusion"].map(|name| Column::left(name, name));
    let mut table = table("Asked and measured", &firsts, &columns, |group| {
        held(group).into_iter().map(|(promise, held)| held.cells(promise)).collect()
    });
    table.notes = vec![
        "Shown: the 95 % bound keeps the limit. Measured: the measured value keeps it, and too few trials show it. Missed: the \
         measured value does not keep it. Bounds of shares are those of Clopper and Pearson."
            .to_owned(),
    ];
    table
}

/// Each promise that has trials.
fn held(group: &Group) -> Vec<(String, Held)> {
    let mut all = Vec::new();
    let unchanged = group.count(None);
    if unchanged.red.of > 0 {
        all.push(("no timed gate on unchanged code is red".to_owned(), at_most(unchanged.red, 0.0)));
    }
    for (forced, programs) in [(true, "identical programs"), (false, "unchanged code")] {
        let promise = format!("mean estimate on {programs} within {MEAN} %");
        all.extend(mean(&group.means(forced)).map(|held| (promise, held)));
    }
    if unchanged.inconclusive.of > 0 {
        let promise = format!("at most {} % of workloads inconclusive on unchanged code", 100.0 * INCONCLUSIVE);
        all.push((promise, at_most(unchanged.inconclusive, INCONCLUSIVE)));
    }
    for slowdown in group.slowdowns() {
        let wanted = match slowdown.percent {
            2.0.. => 0.95,
            1.0.. => 0.9,
            _ => continue,
        };
        let promise = format!("+{} % is red in at least {:.0} % of gates", slowdown.percent, 100.0 * wanted);
        all.push((promise, at_least(slowdown.found, wanted)));
    }
    all
}

fn at_most(rate: Rate, most: f64) -> Held {
    let bound = rate.interval().high;
    let state = State::of(bound <= most, rate.share().unwrap_or_default() <= most);
    Held { measured: rate.text(), bound: format!("at most {} %", percent(bound)), state }
}

fn at_least(rate: Rate, least: f64) -> Held {
    let bound = rate.interval().low;
    let state = State::of(bound >= least, rate.share().unwrap_or_default() >= least);
    Held { measured: rate.text(), bound: format!("at least {} %", percent(bound)), state }
}

fn mean(estimates: &Estimates) -> Option<Held> {
    let mean = estimates.mean()?;
    let count = estimates.len();
    let bound = estimates.deviation().filter(|_| count >= MANY).map(|one| mean.abs() + Z * one / (count as f64).sqrt());
    Some(Held {
        measured: format!("{mean:+.3} % over {count} gates"),
        bound: bound.map_or_else(|| format!("none below {MANY} gates"), |bound| format!("within {bound:.3} %")),
        state: State::of(bound.is_some_and(|bound| bound <= MEAN), mean.abs() <= MEAN),
    })
}

impl Held {
    fn cells(self, promise: String) -> Vec<Cell> {
        let state = match self.state {
            State::Shown => Cell::text("shown").toned(Tone::Good),
            State::Measured => Cell::text("measured"),
            State::Missed => Cell::text("missed").toned(Tone::Bad),
        };
        vec![Cell::text(promise), Cell::text(self.measured), Cell::text(self.bound), state]
    }
}

impl State {
    fn of(is_shown: bool, is_measured: bool) -> Self {
        match (is_shown, is_measured) {
            (true, _) => Self::Shown,
            (false, true) => Self::Measured,
            (false, false) => Self::Missed,
        }
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
        let state = |held: Held| held.state;
        let rate = |count, of| Rate { count, of };
        assert_eq!(state(at_most(rate(0, 500), 0.0)), State::Measured, "no number of trials can show a rate of zero");
        assert_eq!(state(at_most(rate(1, 500), 0.0)), State::Missed);
        assert_eq!(state(at_most(rate(10, 1000), 0.05)), State::Shown);
        assert_eq!(state(at_least(rate(59, 59), 0.95)), State::Shown);
        assert_eq!(state(at_least(rate(58, 58), 0.95)), State::Measured);
        assert_eq!(state(at_least(rate(50, 58), 0.95)), State::Missed);
    }

    #[test]
    fn each_promise_with_trials_has_a_row() {
        let mut rows = vec![
            slowdown(0.5, 0, TimeOutcome::Verdict(Verdict::NotSlower), 0.4),
            slowdown(1.0, 1, TimeOutcome::Verdict(Verdict::Regressed), 1.0),
        ];
        rows.extend((0..40).map(|place| {
            unchanged(0, TimeOutcome::Verdict(Verdict::NotSlower), if place % 2 == 0 { 0.01 } else { -0.01 })
        }));
        rows.iter_mut().for_each(|row| row.forced = true);
        let table = promises(&groups(&rows));
        let texts: Vec<String> = table
            .rows
            .iter()
            .map(|row| row[2..].iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join("; "))
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
