//! The headline workload of a report, and the figures that summarize it.

use harness_probe::Instrument;
use harness_record::metric::{self, Figure, Metric, Quantity};
use harness_record::{Data, Record, Row, number};

use crate::ReportData;
use crate::charts::{Finding, finding};
use crate::figures::{self, Absent};
use crate::render::{Cell, Table, Tone};

/// Returns the headline workload: the first one that generates text, else the first one that yields tokens, else the first
/// one. None if the record has no rows.
pub fn headline(record: &Record) -> Option<&str> {
    let rows = &record.rows;
    let row = rows
        .iter()
        .find(|row| generates(row))
        .or_else(|| rows.iter().find(|row| row.unit.name == "token"))
        .or_else(|| rows.first())?;
    Some(&row.workload)
}

fn generates(row: &Row) -> bool {
    match row.reading(Instrument::Clock).map(|reading| &reading.data) {
        Some(Data::Clock { runs, .. }) => runs.iter().any(|run| run.tokens_at.len() > 1),
        _ => false,
    }
}

/// The unit of work of a workload.
pub(super) fn unit<'a>(record: &'a Record, workload: &str) -> &'a str {
    record
        .rows
        .iter()
        .find(|row| row.workload == workload)
        .map_or("unit", |row| &row.unit.name)
}

/// One number that summarizes a record, with its description.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Tile {
    /// The number, shown large: `x812`, `0 B`.
    pub number: String,
    /// The description, shown small.
    pub says: String,
}

/// The speedup of the last phase with a correct answer over each anchor, in tokens per second, and the heap bytes it allocates.
pub fn tiles(record: &Record, anchors: &[String]) -> Vec<Tile> {
    let Some(workload) = headline(record) else {
        return Vec::new();
    };
    let found = |metric, anchor| {
        finding(
            record,
            std::slice::from_ref(anchor),
            workload,
            metric::by_name(metric)?,
        )
    };
    let speed = |anchor| {
        let Finding {
            head,
            ratio,
            head_figure,
            ..
        } = found("tokens-per-second", anchor)?;
        let says = format!(
            "the tokens per second of {anchor}{}; {head} reaches {}, its median over all rounds",
            interval(&ratio),
            number::figure(Quantity::PerSecond, &head_figure)
        );
        Some(Tile {
            number: number::ratio(ratio.value),
            says,
        })
    };
    let heap = anchors
        .iter()
        .find_map(|anchor| found("bytes-per-token", anchor))
        .map(|found| {
            let bytes = |figure: &Figure| number::plain(Quantity::Bytes, figure.value);
            let (unit, base) = (unit(record, workload), bytes(&found.base_figure));
            let says = format!("allocated per {unit}; {} allocates {base}", found.anchor);
            Tile {
                number: bytes(&found.head_figure),
                says,
            }
        });
    anchors.iter().filter_map(speed).chain(heap).collect()
}

fn interval(ratio: &Figure) -> String {
    let Some(ends) = ratio.interval else {
        return String::new();
    };
    let [low, high] = [ends.low, ends.high].map(number::ratio);
    format!(
        " ({:.0} % confidence interval {low} to {high})",
        ends.level * 100.0
    )
}

/// The table of phases: the phases of the headline workload in order, each compared with the anchors and with the previous
/// phase.
pub fn ladder(report_data: &ReportData) -> Option<Table> {
    let (record, anchors) = (&report_data.record, &report_data.anchors);
    let workload = headline(record)?;
    let throughput = metric::by_name("tokens-per-second")?;
    let time = metric::by_name("time")?;
    let rows: Vec<&Row> = record
        .phases()
        .into_iter()
        .filter_map(|phase| record.row(workload, phase))
        .collect();
    let shown = if rows.iter().any(|row| throughput.figure(row).is_some()) {
        throughput
    } else {
        time
    };
    let unit = &rows.first()?.unit.name;
    let with_previous = rows
        .iter()
        .enumerate()
        .map(|(index, row)| (*row, index.checked_sub(1).map(|index| rows[index])));
    let mut table = Table::of(format!("{workload}, phase by phase"), with_previous)
        .left("phase", "phase", |(row, _)| Cell::text(&row.phase))
        .right(&key(shown), shown.title(), |(row, _)| {
            value_cell(shown, row)
        });
    for anchor in anchors {
        table = table.right(
            &format!("speed_over_{anchor}"),
            &format!("x {anchor}"),
            |(row, _)| speed_cell(record.row(workload, anchor), row),
        );
    }
    table = table.right(
        "speed_over_the_phase_before",
        "x previous phase",
        |(row, before)| speed_cell(*before, row),
    );
    for metric in ["bytes-per-token", "allocations-per-token"]
        .into_iter()
        .filter_map(metric::by_name)
    {
        table = table.right(&key(metric), &metric.title_per(unit), |(row, _)| {
            value_cell(metric, row)
        });
    }
    let speed = rows.iter().any(|row| shown.figure(row).is_some()).then(|| {
        format!(
            "Speed (the columns with x) is relative to the named phase: the median ratio of {} over the rounds in which both ran. A slow phase runs in few rounds, so this need not be the quotient of the two medians. [low, high] is the 95 % interval, or the range of all rounds if there are fewer than six.",
            shown.title()
        )
    });
    let problems = super::problems::of(rows.iter().copied()).into_iter();
    let notes = problems
        .chain(speed)
        .chain([report_data.provenance([workload])]);
    let table = table.left("check", "check", |(row, _)| super::run_tables::check(row));
    Some(table.notes(notes).without_empty_columns())
}

fn key(metric: &Metric) -> String {
    metric.name().replace('-', "_")
}

fn value_cell(metric: &Metric, row: &Row) -> Option<Cell> {
    figures::figure(metric, Some(row))
        .ok()
        .map(|figure| Cell::figure(metric, &figure))
}

fn speed_cell(base: Option<&Row>, head: &Row) -> Cell {
    match figures::speed(base, head) {
        Ok(figure) => {
            let interval = figure
                .interval
                .filter(|_| base.is_some_and(|base| base.phase != head.phase));
            Cell::ratio(Figure { interval, ..figure })
        }
        Err(Absent::NoBase | Absent::NotMeasured | Absent::NoMeaning) => Cell::missing(),
        Err(Absent::AnswerNotRight) => Cell::missing().toned(Tone::Bad),
        Err(_) => Cell::missing().toned(Tone::Notice),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_without_rows_has_no_headline() {
        let record = harness_record::sample::record(Vec::new());
        assert_eq!(headline(&record), None);
        assert_eq!(tiles(&record, &["naive".to_owned()]), []);
        let commands = crate::Commands {
            ablation: String::new(),
            growth: String::new(),
            matrix: String::new(),
        };
        assert_eq!(ladder(&ReportData::new("", record, &[], commands)), None);
    }
}
