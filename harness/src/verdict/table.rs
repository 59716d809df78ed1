//! The verdict on counts as a table.

use super::{CountVerdict, CountsVerdict, JudgedCount};
use crate::compare::{figure_cells, grouped, place_cells, place_columns};
use crate::render::{Cell, Column, Table, Tone};

impl CountsVerdict {
    /// Table of the verdict, in the order: regressed, accepted, not judged, improved, passed. `exact` adds the columns
    /// for programs.
    pub fn table(&self, exact: bool) -> Table {
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
        let mut rows: Vec<&JudgedCount> = self.rows.iter().collect();
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

    /// One sentence for each regression, in the order of the suite.
    pub fn regressions(&self) -> Vec<String> {
        let regressed = self.rows.iter().filter(|row| matches!(row.judgement, CountVerdict::Regressed(_)));
        regressed.map(JudgedCount::explanation).collect()
    }

    /// One sentence for each accepted regression, in the order of the suite.
    pub fn accepted(&self) -> Vec<String> {
        let accepted = self.rows.iter().filter(|row| matches!(row.judgement, CountVerdict::Accepted(..)));
        accepted.map(JudgedCount::explanation).collect()
    }

    /// One sentence for each reason why figures were not judged.
    pub fn unjudged(&self) -> Vec<String> {
        grouped(self.rows.iter().filter_map(|row| match &row.judgement {
            CountVerdict::Unjudged(why) => Some((row.comparison.place(), why.clone())),
            _ => None,
        }))
    }

    /// The verdict without figures that passed and without those in [`CountsVerdict::unjudged`].
    #[must_use]
    pub fn remarkable(&self) -> Self {
        let changed = |row: &&JudgedCount| {
            matches!(row.judgement, CountVerdict::Regressed(_) | CountVerdict::Accepted(..) | CountVerdict::Improved(_))
        };
        Self { rows: self.rows.iter().filter(changed).cloned().collect() }
    }
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
