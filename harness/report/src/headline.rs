//! The headline workload of a report, and the figures that summarize it.

use harness_probe::Instrument;
use harness_record::metric::{self, Figure, Metric};
use harness_record::{Data, Record, Row, number};

use crate::charts::{Finding, finding};
use crate::render::{Cell, Column, Table, Tone};
use crate::{ReportData, figures};

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
    record.rows.iter().find(|row| row.workload == workload).map_or("unit", |row| &row.unit.name)
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
    let Some(workload) = headline(record) else { return Vec::new() };
    let mut tiles = Vec::new();
    for anchor in anchors {
        if let Some((metric, found)) = found(record, workload, "tokens-per-second", anchor) {
            tiles.push(Tile {
                number: number::ratio(found.ratio.value),
                says: format!(
                    "the tokens per second of {anchor}{}; {} reaches {}, its median over all rounds",
                    interval(&found.ratio),
                    found.head,
                    number::figure(metric.quantity(), &found.head_figure)
                ),
            });
        }
    }
    if let Some((metric, found)) = anchors.iter().find_map(|anchor| found(record, workload, "bytes-per-token", anchor))
    {
        let unit = unit(record, workload);
        let plain = |figure: &Figure| number::plain(metric.quantity(), figure.value);
        tiles.push(Tile {
            number: plain(&found.head_figure),
            says: format!("allocated per {unit}; {} allocates {}", found.anchor, plain(&found.base_figure)),
        });
    }
    tiles
}

fn found<'a>(
    record: &'a Record,
    workload: &str,
    metric: &str,
    anchor: &'a String,
) -> Option<(&'static Metric, Finding<'a>)> {
    let metric = metric::by_name(metric)?;
    Some((metric, finding(record, std::slice::from_ref(anchor), workload, metric)?))
}

fn interval(ratio: &Figure) -> String {
    ratio.interval.map_or_else(String::new, |ends| {
        format!(
            " ({:.0} % confidence interval {} to {})",
            ends.level * 100.0,
            number::ratio(ends.low),
            number::ratio(ends.high)
        )
    })
}

/// The table of phases: the phases of the headline workload in order, each compared with the anchors and with the previous
/// phase.
pub fn ladder(report_data: &ReportData) -> Option<Table> {
    let (record, anchors) = (&report_data.record, &report_data.anchors);
    let workload = headline(record)?;
    let throughput = metric::by_name("tokens-per-second")?;
    let time = metric::by_name("time")?;
    let rows: Vec<&Row> = record.phases().into_iter().filter_map(|phase| record.row(workload, phase)).collect();
    let shown = if rows.iter().any(|row| throughput.figure(row).is_some()) { throughput } else { time };
    let mut columns = vec![Column::left("phase", "phase"), Column::right(&key(shown), shown.title())];
    columns.extend(anchors.iter().map(|anchor| Column::right(&format!("speed_over_{anchor}"), &format!("x {anchor}"))));
    columns.push(Column::right("speed_over_the_phase_before", "x previous phase"));
    let counted = ["bytes-per-token", "allocations-per-token"].map(metric::by_name).into_iter().flatten();
    let counted: Vec<&Metric> = counted.collect();
    let unit = &rows.first()?.unit.name;
    columns.extend(counted.iter().map(|metric| Column::right(&key(metric), &metric.title_per(unit))));
    columns.push(Column::left("check", "check"));

    let mut table = Table::new(format!("{workload}, phase by phase"), columns);
    for (index, &row) in rows.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| rows[before]);
        let mut cells = vec![Cell::text(&row.phase), value_cell(shown, row)];
        cells.extend(anchors.iter().map(|anchor| speed_cell(record.row(workload, anchor), row)));
        cells.push(speed_cell(before, row));
        cells.extend(counted.iter().map(|metric| value_cell(metric, row)));
        cells.push(super::run_tables::check(row));
        table.rows.push(cells);
    }
    table.notes = super::problems::of(rows.iter().copied()).iter().map(ToString::to_string).collect();
    if rows.iter().any(|row| shown.figure(row).is_some()) {
        table.notes.push(format!(
            "Speed (the columns with x) is relative to the named phase: the median ratio of {} over the rounds in which both ran. A slow phase runs in few rounds, so this need not be the quotient of the two medians. [low, high] is the 95 % interval, or the range of all rounds if there are fewer than six.",
            shown.title()
        ));
    }
    table.notes.push(report_data.provenance([workload]));
    drop_empty_columns(&mut table);
    Some(table)
}

/// Removes the columns without any measured value.
pub(super) fn drop_empty_columns(table: &mut Table) {
    for index in (0..table.columns.len()).rev() {
        if table.rows.iter().all(|row| row[index].value.is_null()) {
            table.columns.remove(index);
            table.rows.iter_mut().for_each(|row| drop(row.remove(index)));
        }
    }
}

fn key(metric: &Metric) -> String {
    metric.name().replace('-', "_")
}

fn value_cell(metric: &Metric, row: &Row) -> Cell {
    match figures::figure(metric, Some(row)) {
        Ok(figure) => Cell::number(figure.value, number::figure(metric.quantity(), &figure)),
        Err(_) => Cell::missing(),
    }
}

fn speed_cell(base: Option<&Row>, head: &Row) -> Cell {
    match figures::speed(base, head) {
        Ok(figure) => {
            let text = match (base.is_some_and(|base| base.phase == head.phase), figure.interval) {
                (false, Some(ends)) => number::ratio_range(figure.value, &ends),
                _ => number::ratio(figure.value),
            };
            Cell::number(figure.value, text)
        }
        Err(figures::Absent::NoBase | figures::Absent::NotMeasured | figures::Absent::NoMeaning) => Cell::missing(),
        Err(absent) => {
            Cell::missing().toned(if absent == figures::Absent::AnswerNotRight { Tone::Bad } else { Tone::Notice })
        }
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
        let commands = crate::Commands { ablation: String::new(), growth: String::new(), matrix: String::new() };
        assert_eq!(ladder(&ReportData::new("", record, &[], commands)), None);
    }
}
