//! The verdict on counts as a table.

use harness_judge::counts::{CountVerdict, CountsVerdict, JudgedCount};

use crate::render::{Cell, Table, Tone};
use crate::tables::comparisons::figure_table;

/// Table of the verdict, in the order: regressed, accepted, not judged, improved, passed. `exact` adds the columns
/// for programs.
pub fn table(verdict: &CountsVerdict, exact: bool) -> Table {
    let mut rows: Vec<&JudgedCount> = verdict.rows.iter().collect();
    rows.sort_by_key(|row| rank(&row.judgement));
    figure_table("", rows, exact, |row| &row.comparison)
        .left("limit", "limit", |row| {
            row.judgement
                .limit()
                .map(|limit| limit.tolerance.to_string())
        })
        .left("verdict", "verdict", |row| {
            Cell::text(row.judgement.name()).toned(tone(&row.judgement))
        })
        .left_if(exact, "explanation", "explanation", |row| row.explanation())
        .table
}

fn rank(judgement: &CountVerdict) -> u8 {
    match judgement {
        CountVerdict::Regressed(_) => 0,
        CountVerdict::Accepted(..) => 1,
        CountVerdict::Unjudged(_) => 2,
        CountVerdict::Improved(_) => 3,
        CountVerdict::Pass(_) => 4,
    }
}

fn tone(judgement: &CountVerdict) -> Tone {
    match judgement {
        CountVerdict::Regressed(_) => Tone::Bad,
        CountVerdict::Accepted(..) | CountVerdict::Unjudged(_) => Tone::Notice,
        CountVerdict::Improved(_) => Tone::Good,
        CountVerdict::Pass(_) => Tone::Plain,
    }
}
