//! Comparisons of several sides with one base, as one table: a row for each figure, two columns for each side.

use std::collections::{HashMap, HashSet};

use harness_judge::compare::{Comparability, Comparison, grouped};

use crate::render::{Cell, Column, Table};
use crate::tables::comparisons;

/// A side, compared with the base.
#[derive(Debug, Clone)]
pub struct Compared<'a> {
    /// The name of the side, as the user wrote it.
    pub head: &'a str,
    /// Its comparisons with the base.
    pub comparisons: Vec<Comparison>,
}

/// What identifies a row: the workload, the phase of the base, that of the head, and the metric. Where sides are
/// single phases, their phases differ although the row is the same, so the phases are left out.
type Key<'a> = (&'a str, Option<(&'a str, &'a str)>, Option<&'a str>);

/// Table of all sides. For programs (`exact`), it has a row for each side and figure. For people, figures that are
/// equal on all sides are left out unless `all` is set, and notes give each reason why figures do not compare once.
pub fn table(base: &str, sides: &[Compared<'_>], exact: bool, all: bool) -> Table {
    if exact {
        return for_programs(base, sides);
    }
    let single_phases = sides
        .iter()
        .flat_map(|side| &side.comparisons)
        .any(|one| one.base_phase != one.head_phase);
    let by_key: Vec<HashMap<_, &Comparison>> = sides
        .iter()
        .map(|side| {
            side.comparisons
                .iter()
                .map(|one| (key_parts(one, single_phases), one))
                .collect()
        })
        .collect();
    let mut seen = HashSet::new();
    let rows: Vec<&Comparison> = sides
        .iter()
        .flat_map(|side| &side.comparisons)
        .filter(|one| seen.insert(key_parts(one, single_phases)))
        .collect();
    let of =
        |one: &Comparison, side: usize| by_key[side].get(&key_parts(one, single_phases)).copied();
    let differs = |one: &&&Comparison| {
        all || (0..sides.len()).any(|side| of(one, side).is_some_and(|one| !one.equal()))
    };
    let shown: Vec<&Comparison> = rows.iter().filter(differs).copied().collect();
    let left_out = rows.len() - shown.len();
    let mut table =
        Table::of(format!("against {base}"), shown)
            .left("workload", "workload", |one| Cell::text(&one.workload));
    if !single_phases {
        table = table.left("phase", "phase", |one| Cell::text(&one.head_phase));
    }
    table = table
        .left("metric", "metric", |one| comparisons::metric(one, false))
        .right("base", base, |one| {
            let bases =
                (0..sides.len()).filter_map(|side| of(one, side)?.base.map(|base| (one, base)));
            bases
                .map(|(one, base)| comparisons::figure(one, Some(base)))
                .next()
        });
    for (side, compared) in sides.iter().enumerate() {
        table = table
            .right(&format!("head_{side}"), compared.head, |one| {
                of(one, side).map(|one| comparisons::figure(one, one.head))
            })
            .right(&format!("ratio_{side}"), "change", |one| {
                of(one, side).map(comparisons::change)
            });
    }
    let mut notes = notes(sides);
    if rows.is_empty() {
        notes.push("The sides have no figure in common with the base.".to_owned());
    } else if left_out > 0 {
        notes.push(format!(
            "{left_out} of {} figures are equal on all sides and not shown; --all shows them.",
            rows.len()
        ));
    }
    table.notes(notes)
}

fn key_parts(one: &Comparison, single_phases: bool) -> Key<'_> {
    let phases = (one.base_phase.as_str(), one.head_phase.as_str());
    (
        &one.workload,
        (!single_phases).then_some(phases),
        one.metric.map(harness_record::metric::Metric::name),
    )
}

fn notes(sides: &[Compared<'_>]) -> Vec<String> {
    let reasons = sides.iter().flat_map(|side| {
        let is_obstructed = |one: &&Comparison| one.state != Comparability::Comparable;
        let obstructed = side.comparisons.iter().filter(is_obstructed);
        obstructed.map(|one| {
            (
                format!("{}: {}", side.head, one.place()),
                one.state.to_string(),
            )
        })
    });
    let mut notes = grouped(reasons);
    let interval = |one: &Comparison| one.ratio.is_some_and(|ratio| ratio.interval.is_some());
    if sides
        .iter()
        .flat_map(|side| &side.comparisons)
        .any(interval)
    {
        notes.push(comparisons::INTERVALS.to_owned());
    }
    notes
}

/// The tables of two sides under each other, with the name of the side first.
fn for_programs(base: &str, sides: &[Compared<'_>]) -> Table {
    let mut all = Table::default();
    for side in sides {
        let mut table = comparisons::table(format!("against {base}"), &side.comparisons, true);
        table.columns.insert(0, Column::left("side", "side"));
        for row in &mut table.rows {
            row.insert(0, Cell::text(side.head));
        }
        all.title = table.title;
        all.columns = table.columns;
        all.rows.append(&mut table.rows);
    }
    all
}

#[cfg(test)]
mod tests {
    use harness_judge::compare::{RecordView, compare};
    use harness_record::Record;
    use harness_record::sample::{callgrind, clock, record, row};

    use super::*;
    use crate::render::Format;

    fn counted(instructions: u64) -> Record {
        let counts = |phase| row("parse", phase, vec![callgrind(instructions)]);
        record(vec![
            counts("plain"),
            row("render", "plain", vec![callgrind(7)]),
        ])
    }

    #[test]
    fn several_records_stand_next_to_each_other() {
        let records = [1000, 1000, 900, 1200].map(counted);
        let sides: Vec<Compared<'_>> = ["b.json", "c.json", "d.json"]
            .into_iter()
            .zip(&records[1..])
            .map(|(head, other)| Compared {
                head,
                comparisons: compare(RecordView::record(&records[0]), RecordView::record(other)),
            })
            .collect();
        insta::assert_snapshot!(Format::TABLE.render(&[table("a.json", &sides, false, false)]));
        insta::assert_snapshot!(Format::CSV.render(&[table("a.json", &sides, true, false)]));
    }

    #[test]
    fn several_phases_of_one_record_share_a_row() {
        let timed =
            |phase, nanoseconds: u64| row("parse", phase, vec![clock("a", &[nanoseconds; 6])]);
        let one = record(vec![
            timed("plain", 1000),
            timed("fast", 500),
            timed("slow", 2000),
        ]);
        let sides: Vec<Compared<'_>> = ["fast", "slow"]
            .into_iter()
            .map(|phase| Compared {
                head: phase,
                comparisons: compare(
                    RecordView::record(&one).phase("plain"),
                    RecordView::record(&one).phase(phase),
                ),
            })
            .collect();
        insta::assert_snapshot!(Format::TABLE.render(&[table("plain", &sides, false, false)]));
    }
}
