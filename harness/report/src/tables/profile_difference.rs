//! Table of the differences between two profiles.

use harness_judge::profile::{Difference, differences, shifts};
use harness_record::number;
use harness_record::profile::{Seen, View};

use crate::render::{Cell, Table, Tone};
use crate::tables::profile::{name, unit_key};

/// Returns the names with different own costs per run, the largest difference first: all of them if `exact`,
/// otherwise the first `most`.
pub fn difference_table(
    title: String,
    view: View,
    base: Seen<'_>,
    head: Seen<'_>,
    most: usize,
    exact: bool,
) -> Table {
    let (quantity, one) = view.quantity();
    let amount = |raw: f64| Cell::plain(quantity, raw / one);
    let calls = |calls: f64| (calls != 0.0).then(|| Cell::number(calls, number::count(calls)));
    let change = |change: f64| {
        let (sign, tone) = if change > 0.0 {
            ("+", Tone::Bad)
        } else {
            ("", Tone::Good)
        };
        let cell = amount(change);
        Cell {
            text: format!("{sign}{}", cell.text),
            ..cell
        }
        .toned(tone)
    };
    let percent = |share: f64| Cell::number(share, format!("{:.0} %", 100.0 * share));
    let all = differences(base, head);
    let mut table = Table::of(
        title,
        all.iter().take(if exact { usize::MAX } else { most }),
    )
    .left("name", view.noun(), |each| name(&each.name))
    .left("within", "mostly in", |each| {
        each.within.as_deref().map(name)
    })
    .right(&unit_key("from", view), "from", |each| amount(each.base))
    .right(&unit_key("to", view), "to", |each| amount(each.head))
    .right(&unit_key("difference", view), "difference", |each| {
        change(each.change())
    })
    .right("ratio", "change", |each| ratio(each))
    .right("share", "share", |each| each.share.map(percent))
    .right("calls_from", "calls from", |each| calls(each.base_calls))
    .right("calls_to", "to", |each| calls(each.head_calls))
    .table;
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
    for shift in shifts(&all) {
        table.notes.push(format!(
            "cost shifted from {} (-{}) to {} (+{})",
            name(&shift.from).text,
            number::plain(quantity, shift.lost / one),
            name(&shift.to).text,
            number::plain(quantity, shift.gained / one),
        ));
    }
    if all.is_empty() {
        table.notes.push("nothing differs".to_owned());
    }
    if all.len() > table.rows.len() {
        table.notes.push(format!(
            "the first {} of {} that differ",
            table.rows.len(),
            all.len()
        ));
    }
    table
}

fn ratio(difference: &Difference) -> Cell {
    match (difference.base, difference.head) {
        (0.0, _) => Cell::no_number("new"),
        (_, 0.0) => Cell::number(0.0, "gone"),
        (base, head) => Cell::number(head / base, number::percent(head / base)),
    }
}
