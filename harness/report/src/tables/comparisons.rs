//! Comparisons as a table.

use harness_judge::compare::{Comparability, Comparison, grouped};
use harness_record::metric::{Better, Figure, LEVEL, Metric};
use harness_record::number;

use crate::render::{Cell, Column, Table, Tone};

/// Table of comparisons. `exact` selects the columns for programs; without it, notes list each reason why figures are
/// not comparable once.
pub fn table(title: impl Into<String>, comparisons: &[Comparison], exact: bool) -> Table {
    let mut columns = place_columns(exact);
    columns.extend([
        Column::right("base", "base"),
        Column::right("head", "head"),
        Column::right("ratio", "change"),
        Column::left("state", "state"),
    ]);
    if exact {
        columns.extend([
            Column::right("ratio_low", "ratio, low"),
            Column::right("ratio_high", "ratio, high"),
            Column::left("reason", "reason"),
        ]);
    }
    let mut table = Table::new(title, columns);
    for comparison in comparisons {
        let mut cells = place_cells(comparison, exact);
        cells.extend(figure_cells(comparison));
        let comparable = comparison.state == Comparability::Comparable;
        cells.push(match (comparable, exact) {
            (true, false) => Cell::text(""),
            _ => Cell::text(comparison.state.name()).toned(if comparable { Tone::Plain } else { Tone::Notice }),
        });
        if exact {
            let interval = comparison.ratio.and_then(|ratio| ratio.interval);
            let end = |value: Option<f64>| value.map_or_else(Cell::missing, |v| Cell::number(v, v.to_string()));
            cells.push(end(interval.map(|interval| interval.low)));
            cells.push(end(interval.map(|interval| interval.high)));
            cells.push(if comparable { Cell::missing() } else { Cell::text(comparison.state.to_string()) });
        }
        table.rows.push(cells);
    }
    if !exact {
        let incomparable = comparisons.iter().filter(|comparison| comparison.state != Comparability::Comparable);
        table.notes = grouped(incomparable.map(|comparison| (comparison.place(), comparison.state.to_string())));
        if comparisons.iter().any(|comparison| comparison.ratio.is_some_and(|ratio| ratio.interval.is_some())) {
            table.notes.push(
                "A ratio of times is the median over rounds; [low, high] is its 95 % interval, or the span of all \
                 rounds if there are fewer than six."
                    .to_owned(),
            );
        }
    }
    table
}

/// The columns for workload, phase and metric.
pub(crate) fn place_columns(exact: bool) -> Vec<Column> {
    let mut columns = vec![Column::left("workload", "workload"), Column::left("phase", "phase")];
    if exact {
        columns.push(Column::left("base_phase", "base phase"));
    }
    columns.push(Column::left("metric", "metric"));
    if exact {
        columns.push(Column::left("unit", "unit"));
    }
    columns
}

/// The cells of [`place_columns`].
pub(crate) fn place_cells(comparison: &Comparison, exact: bool) -> Vec<Cell> {
    let mut cells = vec![Cell::text(&comparison.workload), Cell::text(&comparison.head_phase)];
    if exact {
        cells.push(Cell::text(&comparison.base_phase));
    }
    cells.push(comparison.metric.map_or_else(Cell::missing, |metric| match exact {
        true => Cell::text(metric.name()),
        false => Cell::text(metric.title_per(&comparison.unit.name)),
    }));
    if exact {
        let unit = comparison.metric.map(|metric| number::base_unit(metric.quantity()));
        cells.push(unit.map_or_else(Cell::missing, Cell::text));
    }
    cells
}

/// The cells for base, head and change.
pub(crate) fn figure_cells(comparison: &Comparison) -> [Cell; 3] {
    let figure = |figure: Option<Figure>| match (figure, comparison.metric) {
        (Some(figure), Some(metric)) => Cell::number(figure.value, number::figure(metric.quantity(), &figure)),
        _ => Cell::missing(),
    };
    [figure(comparison.base), figure(comparison.head), change(comparison)]
}

fn change(comparison: &Comparison) -> Cell {
    let (Some(metric), Some(base), Some(head)) = (comparison.metric, comparison.base, comparison.head) else {
        return Cell::missing();
    };
    if comparison.state != Comparability::Comparable {
        return Cell::missing();
    }
    let Some(ratio) = comparison.ratio else {
        // The base is zero, so there is no ratio.
        let text = if head.value == 0.0 { "0 %" } else { "from 0" };
        return Cell { text: text.to_owned(), ..Cell::missing() }.toned(tone(metric, head.value - base.value));
    };
    let text = match ratio.interval {
        Some(interval) => number::ratio_range(ratio.value, &interval),
        None if (0.5..=2.0).contains(&ratio.value) => number::percent(ratio.value),
        None => number::ratio(ratio.value),
    };
    let sure = ratio.interval.map_or(metric.portable(), |interval| interval.excludes(1.0, LEVEL));
    let difference = if sure { ratio.value - 1.0 } else { 0.0 };
    Cell::number(ratio.value, text).toned(tone(metric, difference))
}

fn tone(metric: &Metric, difference: f64) -> Tone {
    let worse = match metric.better() {
        Better::Lower => difference,
        Better::Higher => -difference,
    };
    if worse > 0.0 {
        Tone::Bad
    } else if worse < 0.0 {
        Tone::Good
    } else {
        Tone::Plain
    }
}

#[cfg(test)]
mod tests {
    use harness_judge::compare::{RecordView, compare};
    use harness_record::sample::{callgrind, clock, dhat, record, row};

    use super::*;

    #[test]
    fn only_an_interval_that_reaches_its_level_is_coloured() {
        let tone = |rounds: usize| {
            let one = record(vec![
                row("w", "naive", vec![clock("a", &vec![1000; rounds])]),
                row("w", "fast", vec![clock("a", &vec![100; rounds])]),
            ]);
            let comparisons = compare(RecordView::record(&one).phase("naive"), RecordView::record(&one).phase("fast"));
            let table = table("", &comparisons[..1], false);
            let place = table.columns.iter().position(|column| column.key == "ratio").expect("a change");
            table.rows[0][place].tone
        };
        assert_eq!([1, 3, 5, 6].map(tone), [Tone::Plain, Tone::Plain, Tone::Plain, Tone::Good]);
    }

    #[test]
    fn people_read_what_one_run_yields() {
        let mut one = record(vec![row("kernel/gelu", "naive", vec![callgrind(1000), dhat(64, 2)])]);
        one.rows[0].unit.name = "call".to_owned();
        let comparisons = compare(RecordView::record(&one), RecordView::record(&one));
        let metrics = |exact| -> Vec<String> {
            let table = table("", &comparisons[..2], exact);
            let place = table.columns.iter().position(|column| column.key == "metric").expect("the metric");
            table.rows.iter().map(|row| row[place].text.clone()).collect()
        };
        assert_eq!(metrics(false), ["instructions per call", "heap bytes per call"]);
        assert_eq!(metrics(true), ["instructions", "bytes-per-token"]);
    }
}
