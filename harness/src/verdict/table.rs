//! The verdict as a table.

use super::{CountVerdict, CountsVerdict, JudgedCount};
use crate::compare::{figure_cells, place_cells, place_columns};
use crate::render::{Cell, Column, Table, Tone};

/// The table of the verdict, regressions first, those that were accepted, then what was not judged, improvements, passes. With `exact`, a
/// column for everything a program may want; without, what a person reads.
pub fn table(verdict: &CountsVerdict, exact: bool) -> Table {
    let mut columns = place_columns(exact);
    columns.extend([
        Column::right("base", "base"),
        Column::right("head", "head"),
        Column::right("ratio", "change"),
        Column::left("limit", "limit"),
        Column::left("verdict", "verdict"),
    ]);
    if exact {
        columns.push(Column::left("explanation", "explanation"));
    }
    let mut table = Table::new(String::new(), columns);
    let mut rows: Vec<&JudgedCount> = verdict.rows.iter().collect();
    rows.sort_by_key(|row| rank(&row.judgement));
    for row in rows {
        let mut cells = place_cells(&row.comparison, exact);
        cells.extend(figure_cells(&row.comparison));
        let limit = row.judgement.limit().map(|limit| limit.tolerance.to_string());
        cells.push(limit.map_or_else(Cell::missing, Cell::text));
        cells.push(Cell::text(row.judgement.name()).toned(tone(&row.judgement)));
        if exact {
            cells.push(Cell::text(row.explanation()));
        }
        table.rows.push(cells);
    }
    table
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
