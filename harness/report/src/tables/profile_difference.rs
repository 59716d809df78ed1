//! Table of the differences between two profiles.

use harness_judge::profile::{Difference, differences};
use harness_record::number;
use harness_record::profile::{Seen, View};

use crate::render::{Cell, Column, Table, Tone};
use crate::tables::profile::name;

/// Returns the names with different own costs per run, the largest difference first: all of them if `exact`,
/// otherwise the first `most`.
pub fn difference_table(title: String, view: View, base: Seen<'_>, head: Seen<'_>, most: usize, exact: bool) -> Table {
    let (quantity, one) = view.quantity();
    let amount = |raw: f64| Cell::number(raw / one, number::plain(quantity, raw / one));
    let calls = |calls: f64| match calls {
        0.0 => Cell::missing(),
        calls => Cell::number(calls, number::count(calls)),
    };
    let unit = match view {
        View::Time => "seconds",
        View::Instructions => "instructions",
        View::Allocations => "bytes",
    };
    let mut table = Table::new(
        title,
        vec![
            Column::left("name", view.noun()),
            Column::left("within", "mostly in"),
            Column::right(&format!("from_{unit}"), "from"),
            Column::right(&format!("to_{unit}"), "to"),
            Column::right(&format!("difference_{unit}"), "difference"),
            Column::right("ratio", "change"),
            Column::right("share", "share"),
            Column::right("calls_from", "calls from"),
            Column::right("calls_to", "to"),
        ],
    );
    let all = differences(base, head);
    for each in all.iter().take(if exact { usize::MAX } else { most }) {
        let tone = if each.change() > 0.0 { Tone::Bad } else { Tone::Good };
        let sign = if each.change() > 0.0 { "+" } else { "" };
        let change = amount(each.change());
        table.rows.push(vec![
            name(&each.name),
            each.within.as_deref().map_or_else(Cell::missing, name),
            amount(each.base),
            amount(each.head),
            Cell { text: format!("{sign}{}", change.text), ..change }.toned(tone),
            ratio(each),
            each.share.map_or_else(Cell::missing, |share| Cell::number(share, format!("{:.0} %", 100.0 * share))),
            calls(each.base_calls),
            calls(each.head_calls),
        ]);
    }
    let whole = |seen: Seen<'_>| number::plain(quantity, seen.per_run() / one);
    let changed = match base.per_run() {
        0.0 => String::new(),
        before => format!(" ({})", number::percent(head.per_run() / before)),
    };
    table.notes.push(format!(
        "own {}: without nested {}s; whole run: {} -> {}{changed}; share: part of that difference",
        view.name(),
        view.noun(),
        whole(base),
        whole(head)
    ));
    if all.is_empty() {
        table.notes.push("nothing differs".to_owned());
    }
    if all.len() > table.rows.len() {
        table.notes.push(format!("the first {} of {} that differ", table.rows.len(), all.len()));
    }
    table
}

fn ratio(difference: &Difference) -> Cell {
    match (difference.base, difference.head) {
        (0.0, _) => Cell { text: "new".to_owned(), ..Cell::missing() },
        (_, 0.0) => Cell::number(0.0, "gone"),
        (base, head) => Cell::number(head / base, number::percent(head / base)),
    }
}
