//! Growth of the latency per token with its position, as the slope of a straight line. With a KV-cache only attention reads
//! earlier tokens, so the slope is small. Without one the whole window is computed again, so each position adds the cost of
//! one token.

use harness_abtest::{LineFit, line};
use harness_probe::Instrument;
use harness_record::metric::Quantity;
use harness_record::{Row, number};

use crate::charts::latency::points;
use crate::headline::headline;
use crate::render::{Cell, Column, Table};
use crate::{ReportData, figures};

/// The line of each phase of the headline workload; none if no phase has the times of single tokens.
pub(super) fn growth(report_data: &ReportData) -> Option<Table> {
    let record = &report_data.record;
    let workload = headline(record)?;
    let columns = vec![
        Column::left("phase", "phase"),
        Column::right("first_seconds", "second token"),
        Column::right("seconds_per_position", "added per position"),
        Column::right("share_per_position", "share of second token"),
        Column::right("last_over_first", "last / second token"),
    ];
    let mut table = Table::new(format!("{workload}, latency per token against position"), columns);
    let rows = record.phases().into_iter().filter_map(|phase| record.row(workload, phase));
    table.rows = rows.filter(|row| figures::trusted(row)).filter_map(cells).collect();
    table.notes.push(
        "A Theil-Sen line through the medians of all positions; [low, high] is the 95 % interval of its slope. If it contains 0, no growth was shown. The section Growth has exponents of single tokens."
            .to_owned(),
    );
    table.notes.push(report_data.provenance_of(Instrument::Clock, [workload]));
    (!table.rows.is_empty()).then_some(table)
}

fn cells(row: &Row) -> Option<Vec<Cell>> {
    let points: Vec<(f64, f64)> = points(row).iter().map(|point| (point.x, point.y)).collect();
    let (first, last) = (points.first()?.0, points.last()?.0);
    let fitted = line(&points)?;
    let at = |x: f64| fitted.level + fitted.slope * x;
    let seconds = |value: f64| number::plain(Quantity::Seconds, value);
    Some(vec![
        Cell::text(&row.phase),
        Cell::number(at(first), seconds(at(first))),
        Cell::number(fitted.slope, slope(&fitted)),
        Cell::number(fitted.slope / at(first), number::percent(1.0 + fitted.slope / at(first))),
        Cell::number(at(last) / at(first), number::ratio(at(last) / at(first))),
    ])
}

/// The slope and its interval as text.
fn slope(line: &LineFit) -> String {
    let text = |value: f64| match value < 0.0 {
        true => format!("-{}", number::plain(Quantity::Seconds, -value)),
        false => number::plain(Quantity::Seconds, value),
    };
    format!("{} [{}, {}]", text(line.slope), text(line.interval.low), text(line.interval.high))
}

#[cfg(test)]
mod tests {
    use harness_record::sample::{clock, record, row};
    use harness_record::{Data, Reading};

    use super::*;

    fn report_data(record: harness_record::Record) -> ReportData {
        let commands = crate::Commands { ablation: String::new(), growth: String::new(), matrix: String::new() };
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
        let table = growth(&report_data(record)).expect("times of single tokens");
        let texts = |row: usize| -> Vec<&str> { table.rows[row].iter().map(|cell| cell.text.as_str()).collect() };
        assert_eq!(texts(0), ["naive", "1.10 µs", "100 ns [100 ns, 100 ns]", "+9.1 %", "x2.64"]);
        assert_eq!(texts(1), ["cached", "1.00 µs", "0 s [0 s, 0 s]", "0 %", "x1.00"]);
    }

    #[test]
    fn without_tokens_there_is_no_growth() {
        let record = record(vec![row("kernel/gelu", "naive", vec![clock("s", &[10, 11])])]);
        assert_eq!(growth(&report_data(record)), None);
    }
}
