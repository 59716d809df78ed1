//! The verdicts on time as a table.

use harness_judge::Standing;
use harness_judge::gate::{GateVerdict, Measured, TimeVerdict};

use crate::render::{Cell, Table};

/// Table with one line for each timed workload. `exact` adds the columns for programs.
pub fn times_table(verdict: &GateVerdict, exact: bool) -> Table {
    let interval = |time: &TimeVerdict| time.found.and_then(|found| found.interval);
    let change = |time: &TimeVerdict| Some(Cell::number(time.found?.change, time.change_text()));
    let detectable = |share: f64| Cell::number(share, format!("{:+.1} %", 100.0 * share));
    let spread = |share: f64| Cell::number(share, format!("{:.2} %", 100.0 * share));
    Table::of("", timed(verdict))
        .left("workload", "workload", |(_, time)| &time.workload)
        .left("phase", "phase", |(_, time)| &time.phase)
        .left("verdict", "verdict", |(standing, _)| {
            Cell::standing(*standing)
        })
        .right("time_change", "change of time", |(_, time)| change(time))
        .right_if(exact, "time_change_low", "low", |(_, time)| {
            interval(time).map(|ends| ends.low)
        })
        .right_if(exact, "time_change_high", "high", |(_, time)| {
            interval(time).map(|ends| ends.high)
        })
        .right("smallest_found", "detectable", |(_, time)| {
            time.minimum_detectable.map(detectable)
        })
        .right("pair_spread", "spread", |(_, time)| {
            time.found.map(|found| spread(found.spread))
        })
        .right("pairs", "pairs", |(_, time)| time.pairs)
        .right_if(exact, "seconds", "seconds", |(_, time)| {
            Cell::number(time.seconds, format!("{:.1}", time.seconds))
        })
        .right_if(
            exact,
            "seconds_to_tell",
            "seconds to settle",
            |(_, time)| time.remaining_seconds,
        )
        .right_if(exact, "instructions_ratio", "Ir", |(_, time)| {
            time.instructions
        })
        .left_if(exact, "explanation", "explanation", |(_, time)| {
            time.sentence()
        })
        .table
}

/// The timed workloads with their standing.
pub(super) fn timed(verdict: &GateVerdict) -> impl Iterator<Item = (Standing, &TimeVerdict)> {
    verdict
        .figures()
        .into_iter()
        .filter_map(|figure| match figure.measured {
            Measured::Time(time) => Some((figure.standing, time)),
            Measured::Count(_) => None,
        })
}
