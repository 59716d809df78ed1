//! Growth of the latency per token with its position, as the slope of a straight line. With a KV-cache only attention reads
//! earlier tokens, so the slope is small. Without one the whole window is computed again, so each position adds the cost of
//! one token.

use harness_abtest::{LineFit, line};
use harness_probe::Instrument;
use harness_record::metric::Quantity;
use harness_record::{Row, number};

use crate::charts::points;
use crate::headline::headline;
use crate::render::{Cell, Table};
use crate::{ReportData, figures};

/// The line of a phase, and its values at the first and at the last position.
struct Fitted<'a> {
    phase: &'a str,
    line: LineFit,
    first: f64,
    last: f64,
}

/// The line of each phase of the headline workload; none if no phase has the times of single tokens.
pub(crate) fn positions(report_data: &ReportData) -> Option<Table> {
    let record = &report_data.record;
    let workload = headline(record)?;
    let rows = record
        .phases()
        .into_iter()
        .filter_map(|phase| record.row(workload, phase));
    let lines = rows.filter(|row| figures::trusted(row)).filter_map(fitted);
    let share = |line: &Fitted<'_>| line.line.slope / line.first;
    let table = Table::of(format!("{workload}, latency per token against position"), lines)
        .left("phase", "phase", |line| line.phase)
        .right("first_seconds", "second token", |line| Cell::plain(Quantity::Seconds, line.first))
        .right("seconds_per_position", "added per position", |line| Cell::number(line.line.slope, slope(&line.line)))
        .right("share_per_position", "share of second token", |line| {
            Cell::number(share(line), number::percent(1.0 + share(line)))
        })
        .right("last_over_first", "last / second token", |line| {
            Cell::number(line.last / line.first, number::ratio(line.last / line.first))
        })
        .notes([
            "A Theil-Sen line through the medians of all positions; [low, high] is the 95 % interval of its slope. If it contains 0, no growth was shown. The section Growth has exponents of single tokens."
                .to_owned(),
            report_data.provenance_of(Instrument::Clock, [workload]),
        ]);
    (!table.rows.is_empty()).then_some(table)
}

fn fitted(row: &Row) -> Option<Fitted<'_>> {
    let points: Vec<(f64, f64)> = points(row).iter().map(|point| (point.x, point.y)).collect();
    let line = line(&points)?;
    let at = |(x, _): &(f64, f64)| line.level + line.slope * x;
    Some(Fitted {
        phase: &row.phase,
        first: at(points.first()?),
        last: at(points.last()?),
        line,
    })
}

/// The slope and its interval as text.
fn slope(line: &LineFit) -> String {
    let text = |value: f64| match value < 0.0 {
        true => format!("-{}", number::plain(Quantity::Seconds, -value)),
        false => number::plain(Quantity::Seconds, value),
    };
    format!(
        "{} [{}, {}]",
        text(line.slope),
        text(line.interval.low),
        text(line.interval.high)
    )
}

#[cfg(test)]
mod tests {
    use harness_record::sample::{clock, record, row};
    use harness_record::{Data, Reading};

    use super::*;

    fn report_data(record: harness_record::Record) -> ReportData {
        let commands = crate::Commands {
            ablation: String::new(),
            growth: String::new(),
            matrix: String::new(),
        };
        ReportData::new("", record, &[], commands)
    }

    /// A generation whose tokens take `first` nanoseconds and then `more` for each position.
    fn generation(first: u64, more: u64) -> Reading {
        let mut reading = clock("s", &[1_000_000; 6]);
        if let Data::Clock { runs, .. } = &mut reading.data {
            for run in runs {
                let tokens = (0..20).map(|token| first + more * token);
                run.tokens_at = tokens
                    .scan(0, |at, took| {
                        *at += took;
                        Some(*at)
                    })
                    .collect();
            }
        }
        reading
    }

    #[test]
    fn only_a_phase_that_slows_down_has_a_slope() {
        let record = record(vec![
            row("medium/inference", "naive", vec![generation(1000, 100)]),
            row("medium/inference", "cached", vec![generation(1000, 0)]),
        ]);
        let table = positions(&report_data(record)).expect("times of single tokens");
        let texts = |row: usize| -> Vec<&str> {
            table.rows[row]
                .iter()
                .map(|cell| cell.text.as_str())
                .collect()
        };
        assert_eq!(
            texts(0),
            [
                "naive",
                "1.10 µs",
                "100 ns [100 ns, 100 ns]",
                "+9.1 %",
                "2.64x"
            ]
        );
        assert_eq!(
            texts(1),
            ["cached", "1.00 µs", "0 s [0 s, 0 s]", "0 %", "1.00x"]
        );
    }

    #[test]
    fn without_tokens_there_is_no_growth() {
        let record = record(vec![row(
            "kernel/gelu",
            "naive",
            vec![clock("s", &[10, 11])],
        )]);
        assert_eq!(positions(&report_data(record)), None);
    }
}
