//! Comparisons as a table.

use harness_judge::compare::{Comparability, Comparison, grouped};
use harness_record::metric::{Figure, LEVEL};
use harness_record::number;

use crate::render::{Cell, Table, TableOf, Tone};

/// The note on intervals of ratios of times.
pub(crate) const INTERVALS: &str = "[low, high] is the 95 % interval over rounds; n is their number where they are too few for one.";

/// Table of comparisons. `exact` selects the columns for programs; without it, notes list each reason why figures are
/// not comparable once.
pub fn table(title: impl Into<String>, comparisons: &[Comparison], exact: bool) -> Table {
    let is_comparable = |comparison: &Comparison| comparison.state == Comparability::Comparable;
    let state = |comparison: &Comparison| match (is_comparable(comparison), exact) {
        (true, false) => Cell::text(""),
        (true, true) => Cell::text(comparison.state.name()),
        (false, _) => Cell::text(comparison.state.name()).toned(Tone::Notice),
    };
    let interval = |comparison: &Comparison| comparison.ratio.and_then(|ratio| ratio.interval);
    let places = place_columns(title, comparisons.iter().collect(), |one| one);
    let mut table = figure_columns(places, exact, |one| one, |one| change(one))
        .left("state", "state", |comparison| state(comparison))
        .right_if(exact, "ratio_low", "ratio, low", |comparison| {
            interval(comparison).map(|ends| ends.low)
        })
        .right_if(exact, "ratio_high", "ratio, high", |comparison| {
            interval(comparison).map(|ends| ends.high)
        })
        .left_if(exact, "reason", "reason", |one| {
            (!is_comparable(one)).then(|| one.state.to_string())
        })
        .table;
    if !exact {
        let incomparable = comparisons
            .iter()
            .filter(|comparison| !is_comparable(comparison));
        table.notes = grouped(
            incomparable.map(|comparison| (comparison.place(), comparison.state.to_string())),
        );
        if comparisons
            .iter()
            .any(|comparison| interval(comparison).is_some())
        {
            table.notes.push(INTERVALS.to_owned());
        }
    }
    table
}

/// The columns for workload and phase.
pub(crate) fn place_columns<R>(
    title: impl Into<String>,
    rows: Vec<R>,
    comparison: impl Fn(&R) -> &Comparison,
) -> TableOf<R> {
    Table::of(title, rows)
        .left("workload", "workload", |row| {
            Cell::text(&comparison(row).workload)
        })
        .left("phase", "phase", |row| {
            Cell::text(&comparison(row).head_phase)
        })
}

/// Adds the columns for metric, base, head and change. `exact` adds the phase of the base and the
/// unit.
pub(crate) fn figure_columns<R>(
    table: TableOf<R>,
    exact: bool,
    comparison: impl Fn(&R) -> &Comparison,
    change: impl Fn(&R) -> Cell,
) -> TableOf<R> {
    table
        .left_if(exact, "base_phase", "base phase", |row| {
            Cell::text(&comparison(row).base_phase)
        })
        .left("metric", "metric", |row| metric(comparison(row), exact))
        .left_if(exact, "unit", "unit", |row| {
            comparison(row)
                .metric
                .map(|metric| number::base_unit(metric.quantity()))
        })
        .right("base", "base", |row| {
            figure(comparison(row), comparison(row).base)
        })
        .right("head", "head", |row| {
            figure(comparison(row), comparison(row).head)
        })
        .right("ratio", "change", change)
}

/// The name of the metric for programs, or its title for people.
pub(crate) fn metric(comparison: &Comparison, exact: bool) -> Option<String> {
    comparison.metric.map(|metric| match exact {
        true => metric.name().to_owned(),
        false => metric.title_per(&comparison.unit.name),
    })
}

/// The cell of a figure of one side.
pub(crate) fn figure(comparison: &Comparison, figure: Option<Figure>) -> Cell {
    comparison
        .metric
        .zip(figure)
        .map(|(metric, figure)| Cell::figure(metric, &figure))
        .into()
}

pub(crate) fn change(comparison: &Comparison) -> Cell {
    let (Some(metric), Some(base), Some(head)) =
        (comparison.metric, comparison.base, comparison.head)
    else {
        return Cell::missing();
    };
    if comparison.state != Comparability::Comparable {
        return Cell::missing();
    }
    let Some(ratio) = comparison.ratio else {
        // The base is zero, so there is no ratio.
        let text = if head.value == 0.0 { "0 %" } else { "from 0" };
        return Cell::no_number(text).toned(Tone::of_change(metric, head.value - base.value));
    };
    let text = match ratio.interval {
        None if metric.portable() && (0.5..=2.0).contains(&ratio.value) => {
            number::percent(ratio.value)
        }
        _ => number::ratio_figure(&ratio),
    };
    let sure = ratio
        .interval
        .map_or(metric.portable(), |interval| interval.excludes(1.0, LEVEL));
    let difference = if sure { ratio.value - 1.0 } else { 0.0 };
    Cell::number(ratio.value, text).toned(Tone::of_change(metric, difference))
}

#[cfg(test)]
mod tests {
    use harness_judge::compare::{RecordView, compare};
    use harness_record::sample::{callgrind, clock, dhat, record, row};

    use super::*;

    #[test]
    fn only_a_ratio_with_an_interval_is_coloured() {
        let tone = |rounds: usize| {
            let one = record(vec![
                row("w", "naive", vec![clock("a", &vec![1000; rounds])]),
                row("w", "fast", vec![clock("a", &vec![100; rounds])]),
            ]);
            let comparisons = compare(
                RecordView::record(&one).phase("naive"),
                RecordView::record(&one).phase("fast"),
            );
            let table = table("", &comparisons[..1], false);
            let place = table
                .columns
                .iter()
                .position(|column| column.key == "ratio")
                .expect("a change");
            table.rows[0][place].tone
        };
        assert_eq!(
            [1, 2, 3, 6].map(tone),
            [Tone::Plain, Tone::Plain, Tone::Good, Tone::Good]
        );
    }

    #[test]
    fn people_read_what_one_run_yields() {
        let mut one = record(vec![row(
            "kernel/gelu",
            "naive",
            vec![callgrind(1000), dhat(64, 2)],
        )]);
        one.rows[0].unit.name = "call".to_owned();
        let comparisons = compare(RecordView::record(&one), RecordView::record(&one));
        let metrics = |exact| -> Vec<String> {
            let table = table("", &comparisons[..2], exact);
            let place = table
                .columns
                .iter()
                .position(|column| column.key == "metric")
                .expect("the metric");
            table
                .rows
                .iter()
                .map(|row| row[place].text.clone())
                .collect()
        };
        assert_eq!(
            metrics(false),
            ["instructions per call", "heap bytes per call"]
        );
        assert_eq!(metrics(true), ["instructions", "bytes-per-unit"]);
    }
}
