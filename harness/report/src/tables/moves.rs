//! The largest moves of a gate as a table: times and counts together.

use harness_judge::gate::{JudgedFigure, Measured};
use harness_record::metric::Quantity;

use crate::render::{Cell, Table};
use crate::tables::comparisons::{figure, metric};
use crate::tables::counts::judged_change;

/// Table with one line for each figure, in their order.
pub fn moves_table(figures: &[JudgedFigure<'_>]) -> Table {
    Table::of("", figures)
        .left("workload", "workload", |one| one.workload())
        .left("phase", "phase", |one| one.phase())
        .left("verdict", "verdict", |one| Cell::standing(one.standing))
        .left("metric", "metric", |one| match one.measured {
            Measured::Time(_) => Cell::text("time"),
            Measured::Count(row) => metric(&row.comparison, false).into(),
        })
        .right("base", "base", |one| match one.measured {
            Measured::Time(time) => time
                .found
                .map(|found| Cell::plain(Quantity::Seconds, found.base))
                .into(),
            Measured::Count(row) => figure(&row.comparison, row.comparison.base),
        })
        .right("head", "head", |one| match one.measured {
            Measured::Time(time) => time
                .found
                .map(|found| Cell::plain(Quantity::Seconds, found.head))
                .into(),
            Measured::Count(row) => figure(&row.comparison, row.comparison.head),
        })
        .right("change", "change", |one| match one.measured {
            Measured::Time(time) => time
                .found
                .map(|found| Cell::number(1.0 + found.change, time.change_text()))
                .into(),
            Measured::Count(row) => judged_change(row),
        })
        .table
}
