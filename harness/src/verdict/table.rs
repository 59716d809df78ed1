//! The verdict as a table.

use super::{Judged, Judgement, Verdict};
use crate::compare::{figure_cells, grouped, place_cells, place_columns};
use crate::render::{Cell, Column, Table, Tone};

impl Verdict {
    /// The table of the verdict, regressions first, those that were accepted, then what was not judged, improvements, passes. With `exact`, a
    /// column for everything a program may want; without, what a person reads.
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
        let mut rows: Vec<&Judged> = self.rows.iter().collect();
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

    /// One sentence per regression, in the order of the suite.
    pub fn regressions(&self) -> Vec<String> {
        let regressed = self.rows.iter().filter(|row| matches!(row.judgement, Judgement::Regressed(_)));
        regressed.map(Judged::explanation).collect()
    }

    /// One sentence per regression that was accepted, in the order of the suite.
    pub fn accepted(&self) -> Vec<String> {
        let accepted = self.rows.iter().filter(|row| matches!(row.judgement, Judgement::Accepted(..)));
        accepted.map(Judged::explanation).collect()
    }

    /// One sentence per reason why figures were not judged.
    pub fn unjudged(&self) -> Vec<String> {
        grouped(self.rows.iter().filter_map(|row| match &row.judgement {
            Judgement::Unjudged(why) => Some((row.comparison.place(), why.clone())),
            _ => None,
        }))
    }

    /// The same verdict without what passed and without what [`Verdict::unjudged`] tells.
    #[must_use]
    pub fn remarkable(&self) -> Self {
        let changed = |row: &&Judged| {
            matches!(row.judgement, Judgement::Regressed(_) | Judgement::Accepted(..) | Judgement::Improved(_))
        };
        Self { rows: self.rows.iter().filter(changed).cloned().collect() }
    }
}

fn rank(judgement: &Judgement) -> u8 {
    match judgement {
        Judgement::Regressed(_) => 0,
        Judgement::Accepted(..) => 1,
        Judgement::Unjudged(_) => 2,
        Judgement::Improved(_) => 3,
        Judgement::Pass(_) => 4,
    }
}

fn tone(judgement: &Judgement) -> Tone {
    match judgement {
        Judgement::Regressed(_) => Tone::Bad,
        Judgement::Accepted(..) | Judgement::Unjudged(_) => Tone::Notice,
        Judgement::Improved(_) => Tone::Good,
        Judgement::Pass(_) => Tone::Plain,
    }
}
