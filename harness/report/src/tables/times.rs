//! The verdicts on time as a table.

use harness_abtest::Verdict;
use harness_judge::gate::{GateVerdict, TimeOutcome, TimeVerdict};
use harness_record::number;

use crate::render::{Cell, Table, Tone};

/// Table with one line for each timed workload. `exact` adds the columns for programs.
pub fn times_table(verdict: &GateVerdict, exact: bool) -> Table {
    let is_noisy = verdict.noise().is_some();
    let outcome = |time: &TimeVerdict| {
        Cell::text(time.outcome.name()).toned(if is_noisy { Tone::Notice } else { tone(time) })
    };
    let interval = |time: &TimeVerdict| time.found.and_then(|found| found.interval);
    let change = |time: &TimeVerdict| {
        let change = time.found?.change;
        let ends = interval(time)
            .map(|ends| format!(" [{:+.1}, {:+.1}]", 100.0 * ends.low, 100.0 * ends.high));
        Some(Cell::number(
            change,
            number::percent(1.0 + change) + &ends.unwrap_or_default(),
        ))
    };
    let detectable = |share: f64| Cell::number(share, format!("+{:.1} %", 100.0 * share));
    let spread = |share: f64| Cell::number(share, format!("{:.2} %", 100.0 * share));
    Table::of("", &verdict.times)
        .left("workload", "workload", |time| &time.workload)
        .left("phase", "phase", |time| &time.phase)
        .left("verdict", "time", |time| outcome(time))
        .right("time_change", "change", |time| change(time))
        .right_if(exact, "time_change_low", "low", |time| {
            interval(time).map(|ends| ends.low)
        })
        .right_if(exact, "time_change_high", "high", |time| {
            interval(time).map(|ends| ends.high)
        })
        .right("smallest_found", "detectable", |time| {
            time.minimum_detectable.map(detectable)
        })
        .right("pair_spread", "pair spread", |time| {
            time.found.map(|found| spread(found.spread))
        })
        .right("pairs", "pairs", |time| time.pairs)
        .right("seconds", "seconds", |time| {
            Cell::number(time.seconds, format!("{:.1}", time.seconds))
        })
        .right_if(exact, "seconds_to_tell", "seconds to settle", |time| {
            time.remaining_seconds
        })
        .right_if(exact, "instructions_ratio", "Ir", |time| time.instructions)
        .left_if(exact, "explanation", "explanation", |time| time.sentence())
        .table
}

pub(super) fn tone(time: &TimeVerdict) -> Tone {
    match time.outcome {
        _ if time.is_red => Tone::Bad,
        TimeOutcome::Verdict(Verdict::Improved) => Tone::Good,
        TimeOutcome::Verdict(Verdict::NotSlower) => Tone::Plain,
        TimeOutcome::Verdict(Verdict::Regressed)
        | TimeOutcome::Accepted
        | TimeOutcome::WithinLayoutLimit
        | TimeOutcome::Verdict(Verdict::Inconclusive)
        | TimeOutcome::Failed => Tone::Notice,
    }
}
