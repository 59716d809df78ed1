//! The times of a ruling as a table.

use super::{GateVerdict, TimeOutcome, TimeVerdict};
use crate::paired::Verdict;
use crate::render::{Cell, Column, Table, Tone, number};

/// One line for each workload that was timed. With `exact`, a column for everything a program may want.
pub fn times_table(verdict: &GateVerdict, exact: bool) -> Table {
    let mut columns = vec![
        Column::left("workload", "workload"),
        Column::left("phase", "phase"),
        Column::left("verdict", "time"),
        Column::right("time_change", "change"),
    ];
    if exact {
        columns.extend([Column::right("time_change_low", "low"), Column::right("time_change_high", "high")]);
    }
    columns.extend([
        Column::right("smallest_found", "would have found"),
        Column::right("pair_spread", "pair spread"),
        Column::right("pairs", "pairs"),
        Column::right("seconds", "seconds"),
    ]);
    if exact {
        columns.extend([
            Column::right("seconds_to_tell", "to tell"),
            Column::right("instructions_ratio", "Ir"),
            Column::left("explanation", "explanation"),
        ]);
    }
    let mut table = Table::new("", columns);
    let is_noisy = verdict.noise().is_some();
    table.rows = verdict.times.iter().map(|time| cells(time, exact, is_noisy)).collect();
    table
}

fn cells(time: &TimeVerdict, exact: bool, is_noisy: bool) -> Vec<Cell> {
    let number = |value: Option<f64>, text: &dyn Fn(f64) -> String| {
        value.map_or_else(Cell::missing, |value| Cell::number(value, text(value)))
    };
    let interval = time.found.and_then(|found| found.interval);
    let percent = |share: f64| format!("{:.2} %", 100.0 * share);
    let change = |change: f64| match interval {
        Some(interval) => {
            format!("{} [{:+.1}, {:+.1}]", number::percent(1.0 + change), 100.0 * interval.low, 100.0 * interval.high)
        }
        None => number::percent(1.0 + change),
    };
    let mut cells = vec![
        Cell::text(&time.workload),
        Cell::text(&time.phase),
        Cell::text(time.outcome.name()).toned(if is_noisy { Tone::Notice } else { tone(time) }),
        number(time.found.map(|found| found.change), &change),
    ];
    if exact {
        let end = |value: Option<f64>| number(value, &|value| value.to_string());
        cells.extend([end(interval.map(|ends| ends.low)), end(interval.map(|ends| ends.high))]);
    }
    cells.extend([
        number(time.minimum_detectable, &|share| format!("+{:.1} %", 100.0 * share)),
        number(time.found.map(|found| found.spread), &percent),
        Cell::number(time.pairs as f64, time.pairs.to_string()),
        Cell::number(time.seconds, format!("{:.1}", time.seconds)),
    ]);
    if exact {
        cells.extend([
            number(time.remaining_seconds, &|seconds| seconds.to_string()),
            number(time.instructions, &|ratio| ratio.to_string()),
            Cell::text(time.sentence()),
        ]);
    }
    cells
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
