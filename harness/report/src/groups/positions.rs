//! Latency per token at single positions, as measured: the mean over rounds, never a fitted line. Without a KV-cache the whole
//! window is computed again, so each position adds the cost of one token. The first tokens after the prompt can be slower
//! than later ones, because caches are still filled: the warm-up.

use harness_abtest::{Interval, median};
use harness_probe::Instrument;
use harness_record::metric::{self, Figure, LEVEL};
use harness_record::{Row, number};

use crate::charts::points;
use crate::headline::headline;
use crate::render::chart::Point;
use crate::render::{Cell, Table};
use crate::{ReportData, Section, figures};

/// The smallest share by which a token of the warm-up is slower than a steady one.
const SLOWER: f64 = 0.1;

/// Fewest positions of which a quarter says what a steady token is.
const FEWEST_POSITIONS: usize = 12;

/// The slower first tokens after the prompt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct WarmUp {
    /// The number of these tokens.
    pub(crate) tokens: usize,
    /// Their mean time as a multiple of the time of a steady token.
    pub(crate) factor: f64,
}

impl WarmUp {
    /// The warm-up of a phase in words, as part of a sentence.
    pub(crate) fn words(&self, phase: &str) -> String {
        let (tokens, verb) = match self.tokens {
            1 => ("token".to_owned(), "takes"),
            several => (format!("{several} tokens"), "take"),
        };
        format!(
            "the first {tokens} of {phase} after the prompt {verb} {} the time of a steady one",
            number::ratio(self.factor)
        )
    }
}

/// Returns the warm-up of a row: the leading positions whose time is at least a tenth above a steady token, with the lower
/// end of their interval above it as well. A steady token is the median of the second quarter of positions: behind the first
/// tokens, and before the growth with the position counts. None without a warm-up, or for fewer than twelve positions.
pub(crate) fn warm_up(row: &Row) -> Option<WarmUp> {
    let points = points(row);
    let quarter = points.len() / 4;
    if points.len() < FEWEST_POSITIONS {
        return None;
    }
    let (first, rest) = points.split_at(quarter);
    let steady = median(
        &rest[..quarter]
            .iter()
            .map(|point| point.y)
            .collect::<Vec<_>>(),
    )?;
    let is_slow = |point: &&Point| {
        point.y >= steady * (1.0 + SLOWER) && point.band.is_some_and(|(low, _)| low > steady)
    };
    let slow: Vec<f64> = first
        .iter()
        .take_while(is_slow)
        .map(|point| point.y / steady)
        .collect();
    (!slow.is_empty()).then(|| WarmUp {
        tokens: slow.len(),
        factor: slow.iter().sum::<f64>() / slow.len() as f64,
    })
}

/// The times of a phase by position.
struct Positions<'a> {
    phase: &'a str,
    points: Vec<Point>,
    warm_up: Option<WarmUp>,
}

impl Positions<'_> {
    /// The time at the last position as a multiple of that at the first one.
    fn growth(&self) -> Option<f64> {
        Some(self.points.last()?.y / self.points.first()?.y)
    }
}

/// The section of the report; none if no phase of the headline workload has the times of single tokens.
pub(crate) fn section(report_data: &ReportData) -> Option<Section> {
    let record = &report_data.record;
    let workload = headline(record)?;
    let rows = record
        .phases()
        .into_iter()
        .filter_map(|phase| record.row(workload, phase))
        .filter(|row| figures::trusted(row));
    let phases: Vec<Positions<'_>> = rows
        .map(|row| Positions {
            phase: &row.phase,
            points: points(row),
            warm_up: warm_up(row),
        })
        .filter(|phase| phase.points.len() > 1)
        .collect();
    let last = phases.last()?;
    Some(Section {
        id: "positions",
        title: "Latency by position",
        says: vec![finding(last)],
        tables: vec![table(report_data, workload, &phases)],
        ..Section::default()
    })
}

/// The sentence on the first tokens after the prompt in one phase.
fn finding(phase: &Positions<'_>) -> String {
    let name = phase.phase;
    match &phase.warm_up {
        Some(warm_up) => format!("Warm-up: {}.", warm_up.words(name)),
        None => format!("{name} has no warm-up: its first tokens after the prompt are steady."),
    }
}

/// The name of a token by the number of generated tokens before it.
fn token(before: f64) -> String {
    format!("token {}", before + 1.0)
}

fn table(report_data: &ReportData, workload: &str, phases: &[Positions<'_>]) -> Table {
    let title = format!("{workload}, time per token at single positions");
    let mut table = Table::of(title, phases).left("phase", "phase", |phase| phase.phase);
    let last = phases
        .iter()
        .filter_map(|phase| phase.points.last())
        .map(|point| point.x)
        .fold(0.0, f64::max);
    for position in shown(last) {
        let key = format!("token_{}_seconds", position + 1.0);
        table = table.right(&key, &token(position), |phase| {
            let point = phase.points.iter().find(|point| point.x == position)?;
            let interval = point.band.map(|(low, high)| Interval {
                low,
                high,
                level: LEVEL,
            });
            let figure = Figure::with_interval(point.y, interval);
            Some(Cell::figure(metric::by_name("latency-median")?, &figure))
        });
    }
    table
        .right("last_over_first", "last / first position", |phase| {
            let growth = phase.growth()?;
            Some(Cell::number(growth, number::ratio(growth)))
        })
        .right("warm_up_tokens", "warm-up", |phase| {
            let WarmUp { tokens, factor } = phase.warm_up?;
            let text = format!(
                "{tokens} token{} at {}",
                if tokens == 1 { "" } else { "s" },
                number::ratio(factor)
            );
            Some(Cell::number(tokens as f64, text))
        })
        .notes([
            "Token 1 is the first generated one, which includes the prompt; it is shown as time to first token. Each time is the geometric mean over rounds; [low, high] is its 95 % interval. Warm-up: leading tokens that are at least 10 % slower than a steady one, the median of the second quarter of positions."
                .to_owned(),
            report_data.provenance_of(Instrument::Clock, [workload]),
        ])
}

/// The positions that the table shows: the powers of two, and the last one.
fn shown(last: f64) -> Vec<f64> {
    let powers = std::iter::successors(Some(1.0), |position| Some(position * 2.0));
    let mut shown: Vec<f64> = powers.take_while(|position| *position < last).collect();
    shown.push(last);
    shown
}

#[cfg(test)]
mod tests {
    use harness_record::sample::{clock, record, row};
    use harness_record::{Data, Reading};
    use proptest::prelude::*;

    use super::*;

    fn report_data(record: harness_record::Record) -> ReportData {
        let commands = crate::Commands {
            ablation: String::new(),
            growth: String::new(),
            matrix: String::new(),
        };
        ReportData::new("", record, &[], commands)
    }

    /// A generation whose tokens take these nanoseconds.
    fn generation(times: &[u64]) -> Reading {
        let mut reading = clock("s", &[1_000_000; 6]);
        if let Data::Clock { runs, .. } = &mut reading.data {
            for run in runs {
                run.tokens_at = times
                    .iter()
                    .scan(0, |at, took| {
                        *at += took;
                        Some(*at)
                    })
                    .collect();
            }
        }
        reading
    }

    /// The times of 21 tokens that grow by `more` for each position.
    fn grown(first: u64, more: u64) -> Vec<u64> {
        (0..21).map(|token| first + more * token).collect()
    }

    #[test]
    fn the_table_has_the_measured_times() {
        let record = record(vec![
            row(
                "medium/inference",
                "naive",
                vec![generation(&grown(1000, 100))],
            ),
            row(
                "medium/inference",
                "cached",
                vec![generation(&grown(1000, 0))],
            ),
        ]);
        let report_data = report_data(record);
        let section = section(&report_data).expect("times of single tokens");
        let table = &section.tables[0];
        let values = |row: usize| -> Vec<f64> {
            table.rows[row][1..=6]
                .iter()
                .map(|cell| (cell.value.as_f64().expect("a number") * 1e9).round())
                .collect()
        };
        // Tokens 2, 3, 5, 9, 17 and 21.
        assert_eq!(values(0), [1100.0, 1200.0, 1400.0, 1800.0, 2600.0, 3000.0]);
        assert_eq!(values(1), [1000.0; 6]);
        let growth = table.rows[0][7].value.as_f64().expect("a number");
        assert!((growth - 3000.0 / 1100.0).abs() < 1e-9, "{growth}");
        assert!(
            section.says[0].starts_with("cached has no warm-up"),
            "{:?}",
            section.says
        );
    }

    #[test]
    fn slow_first_tokens_are_the_warm_up() {
        let mut times = grown(1000, 1);
        // The first time is that of the prompt.
        times[..4].copy_from_slice(&[90_000, 2000, 1500, 1020]);
        let warm_up = |times: &[u64]| warm_up(&row("w", "p", vec![generation(times)]));
        let found = warm_up(&times).expect("two slow tokens");
        assert_eq!(found.tokens, 2);
        assert!((found.factor - 1.74).abs() < 0.02, "{found:?}");
        assert_eq!(warm_up(&grown(1000, 100)), None, "growth is no warm-up");
        assert_eq!(warm_up(&times[..8]), None, "too few positions");
    }

    #[test]
    fn a_slow_token_that_is_not_always_slow_is_no_warm_up() {
        let mut row = row("w", "p", vec![generation(&grown(1000, 0))]);
        let Data::Clock { runs, .. } = &mut row.readings[0].data else {
            unreachable!("a clock")
        };
        // In half of the runs the first token after the prompt takes twice as long.
        for run in &mut runs[..3] {
            run.tokens_at[1..].iter_mut().for_each(|at| *at += 1000);
        }
        assert_eq!(warm_up(&row), None);
    }

    #[test]
    fn without_tokens_there_is_no_section() {
        let record = record(vec![row(
            "kernel/gelu",
            "naive",
            vec![clock("s", &[10, 11])],
        )]);
        assert!(section(&report_data(record)).is_none());
    }

    proptest! {
        /// A warm-up is slower by its definition, and shorter than the positions it is compared with.
        #[test]
        fn a_warm_up_is_slower(times in prop::collection::vec(1..10_000_u64, 2..80)) {
            if let Some(found) = warm_up(&row("w", "p", vec![generation(&times)])) {
                prop_assert!(found.factor >= 1.0 + SLOWER && found.tokens >= 1 && found.tokens <= times.len() / 4);
            }
        }
    }
}
