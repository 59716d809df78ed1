//! The verdict on counts as a table.

use harness_judge::Standing;
use harness_judge::counts::{CountsVerdict, JudgedCount};

use crate::render::{Cell, Table, Tone};
use crate::tables::comparisons::{change, figure_columns, place_columns};

/// Table of the verdict, in the order of the standings. `exact` adds the columns for programs.
pub fn table(verdict: &CountsVerdict, exact: bool) -> Table {
    let mut rows: Vec<&JudgedCount> = verdict.rows.iter().collect();
    rows.sort_by_key(|row| row.judgement.standing());
    let places = place_columns("", rows, |row| &row.comparison).left("verdict", "verdict", |row| {
        Cell::standing(row.judgement.standing())
    });
    let change = |row: &&JudgedCount| judged_change(row);
    figure_columns(places, exact, |row| &row.comparison, change)
        .left("limit", "limit", |row| row.judgement.rule())
        .left_if(exact, "explanation", "explanation", |row| row.explanation())
        .table
}

/// The change of a count. It is coloured only if the verdict is: a count that moved within its limit is not bad.
pub(super) fn judged_change(row: &JudgedCount) -> Cell {
    // The quotient of two counts that scatter would be read as a change.
    if row.judgement.standing() == Standing::NotRepeatable {
        return Cell::missing();
    }
    let tone = match Tone::of_standing(row.judgement.standing()) {
        Tone::Bad => Tone::Bad,
        Tone::Good => Tone::Good,
        _ => Tone::Plain,
    };
    change(&row.comparison).toned(tone)
}
