//! The table of counts after a change.

use harness_abtest::Side;
use harness_judge::compare::{Comparability, Comparison, grouped};
use harness_probe::Instrument;
use harness_record::distinct::distinct;
use harness_record::metric::{Metric, Quantity};
use harness_record::number;

use crate::render::{Cell, Column, Table, Tone};
use crate::tables::comparisons::figure_cells;

/// A figure compared with the last build and with the first one of the session.
#[derive(Clone, Copy)]
struct Double<'a> {
    last: &'a Comparison,
    first: Option<&'a Comparison>,
}

/// One row for each figure that differs from the last build or from the first one of the session; `first` is none if
/// the two are the same. Equal figures are summed up in one quiet row for each instrument, so that changes stand out.
/// The notes list every reason why something does not compare, once, except reasons that are reported with the new
/// counts.
pub fn counts_table(last: &[Comparison], first: Option<&[Comparison]>) -> Table {
    let mut table = Table::new("counts, compared with the last build", columns(first.is_some()));
    let of = |comparison: &Comparison| (comparison.workload.clone(), comparison.head_phase.clone());
    let counterpart = |comparison: &Comparison| {
        let same = |other: &&Comparison| {
            of(other) == of(comparison) && other.metric.map(Metric::name) == comparison.metric.map(Metric::name)
        };
        first.and_then(|first| first.iter().find(same))
    };
    for place in distinct(last.iter().map(of)) {
        let doubles: Vec<Double<'_>> =
            last.iter().filter(|row| of(row) == place).map(|last| Double { last, first: counterpart(last) }).collect();
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        let (quiet, loud): (Vec<_>, Vec<_>) = doubles.into_iter().partition(|double| double.is_quiet());
        rows.extend(loud.into_iter().map(|double| row(&title(double.last), double, first.is_some())));
        for instrument in Instrument::ALL {
            let quiet: Vec<Double<'_>> =
                quiet.iter().copied().filter(|double| is_read_by(double.last, instrument)).collect();
            rows.extend(match quiet.as_slice() {
                [] => None,
                [double] => Some(row(&title(double.last), *double, first.is_some())),
                [double, rest @ ..] => {
                    let mut cells =
                        row(&format!("{}, and {} more", title(double.last), rest.len()), *double, first.is_some());
                    // The values of the first figure would be mistaken for those of all.
                    cells[1..3].fill(Cell::text(""));
                    Some(cells)
                }
            });
        }
        let named = std::iter::once([Cell::text(place.0), Cell::text(place.1)]);
        let names = named.chain(std::iter::repeat([Cell::text(""), Cell::text("")]));
        table.rows.extend(names.zip(rows).map(|(name, row)| name.into_iter().chain(row).collect()));
    }
    let incomparable =
        last.iter().filter(|row| row.state != Comparability::Comparable && !is_reported_by_the_run(&row.state));
    table.notes = grouped(incomparable.map(|row| (row.place(), row.state.to_string())));
    table
}

/// Returns true if the reason lies in the new counts, which are reported with it.
fn is_reported_by_the_run(state: &Comparability) -> bool {
    matches!(
        state,
        Comparability::FailedCheck { place: Side::Head, .. } | Comparability::Missing { place: Side::Head, .. }
    )
}

/// Columns: workload, phase, metric, before, after, change; with `since_start` also the change since the first build.
pub(super) fn columns(since_start: bool) -> Vec<Column> {
    let mut columns = vec![
        Column::left("workload", "workload"),
        Column::left("phase", "phase"),
        Column::left("metric", "metric"),
        Column::right("before", "before"),
        Column::right("after", "after"),
        Column::left("change", "change"),
    ];
    if since_start {
        columns.push(Column::left("since_start", "since the start"));
    }
    columns
}

/// The cell of an equal figure.
fn equal() -> Cell {
    Cell::text("equal").toned(Tone::Quiet)
}

fn row(title: &str, double: Double<'_>, since_start: bool) -> Vec<Cell> {
    let [before, after, _] = figure_cells(double.last).map(|cell| every_digit(cell, double.last));
    let tone = if double.last.equal() { Tone::Quiet } else { Tone::Plain };
    let mut cells = vec![Cell::text(title).toned(tone), before.toned(tone), after.toned(tone), change(double.last)];
    if since_start {
        cells.push(double.first.map_or_else(Cell::missing, change));
    }
    cells
}

/// Shows instructions with all digits, because three digits would hide a change of a thousandth.
fn every_digit(cell: Cell, comparison: &Comparison) -> Cell {
    let is_instructions = comparison.metric.is_some_and(|metric| metric.quantity() == Quantity::Instructions);
    match cell.value.as_f64().filter(|_| is_instructions) {
        Some(value) => Cell { text: number::exact(value.round()), ..cell },
        None => cell,
    }
}

/// The change, or one word for the reason why the figures do not compare.
fn change(comparison: &Comparison) -> Cell {
    match &comparison.state {
        Comparability::Comparable if comparison.equal() => equal(),
        Comparability::Comparable => {
            let [_, _, change] = figure_cells(comparison);
            change
        }
        state @ Comparability::FailedCheck { .. } => Cell::text(state.name()).toned(Tone::Bad),
        state => Cell::text(state.name()).toned(Tone::Notice),
    }
}

impl Double<'_> {
    fn is_quiet(&self) -> bool {
        self.last.equal() && self.first.is_none_or(Comparison::equal)
    }
}

fn title(comparison: &Comparison) -> String {
    comparison.metric.map_or_else(String::new, |metric| metric.title_per(&comparison.unit.name))
}

fn is_read_by(comparison: &Comparison, instrument: Instrument) -> bool {
    comparison.metric.is_some_and(|metric| metric.instrument() == instrument)
}

#[cfg(test)]
mod tests {
    use harness_judge::compare::{RecordView, compare};
    use harness_record::sample::{callgrind, dhat, record, row};
    use harness_record::{Check, Record};

    use super::*;
    use crate::render::Format;

    /// Three workloads with their counts.
    fn counted(decode: u64, blocks: u64, gelu: u64) -> Record {
        record(vec![
            row("medium/decode", "optimized", vec![callgrind(decode), dhat(64 * blocks, blocks)]),
            row("kernel/gelu", "optimized", vec![callgrind(gelu), dhat(0, 0)]),
            row("kernel/softmax", "optimized", vec![callgrind(900)]),
        ])
    }

    fn rendered(last: &Record, first: Option<&Record>, now: &Record) -> (String, Table) {
        let compared_with = |record| compare(RecordView::record(record), RecordView::record(now));
        let table = counts_table(&compared_with(last), first.map(compared_with).as_deref());
        (anstream::adapter::strip_str(&Format::TABLE.render(std::slice::from_ref(&table))).to_string(), table)
    }

    #[test]
    fn a_change_stands_out_among_what_is_equal() {
        let (text, table) = rendered(&counted(50_000, 2, 700), None, &counted(51_000, 3, 650));
        insta::assert_snapshot!(text);
        let change = |row: &[Cell]| (row[5].text.clone(), row[5].tone);
        let tones: Vec<(String, Tone)> = table.rows.iter().map(|row| change(row)).collect();
        assert!(tones.contains(&("+2.0 %".to_owned(), Tone::Bad)), "{tones:?}");
        assert!(tones.contains(&("-7.1 %".to_owned(), Tone::Good)), "{tones:?}");
        assert!(tones.iter().all(|(text, tone)| (text == "equal") == (*tone == Tone::Quiet)), "{tones:?}");
    }

    #[test]
    fn what_an_earlier_change_did_is_still_told() {
        let (text, _) = rendered(&counted(51_000, 3, 700), Some(&counted(50_000, 2, 700)), &counted(51_000, 3, 690));
        insta::assert_snapshot!(text);
    }

    #[test]
    fn what_does_not_compare_is_told_with_the_reason() {
        let (before, mut now) = (counted(50_000, 2, 700), counted(50_000, 2, 700));
        now.rows[0].check = Check::Failed("token 3 is 17, not 12".to_owned());
        now.rows[1].definition.push_str(" changed");
        now.rows[2].workload = "kernel/new".to_owned();
        insta::assert_snapshot!(rendered(&before, Some(&before), &now).0);
    }
}
