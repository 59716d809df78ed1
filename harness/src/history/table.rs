//! Histories as tables.

use super::{DatedRecord, HistoryQuery, LevelChange, Series};
use crate::metric::Better;
use crate::render::number::{self, plain};
use crate::render::{Cell, Column, Table, Tone, sparkline};

/// Bars of a sparkline.
const BARS: usize = 32;

/// One row for each series: where it began, where it is, and how it went.
pub fn trend_table(series: &[Series], question: &HistoryQuery<'_>) -> Table {
    let columns = vec![
        Column::left("workload", "workload"),
        Column::left("phase", "phase"),
        Column::right("points", "states"),
        Column::right("first", "first"),
        Column::right("last", "last"),
        Column::right("change", "change"),
        Column::left("trend", "trend"),
        Column::right("jumps", "change points"),
    ];
    let mut table = Table::new(title(question), columns);
    table.rows = series
        .iter()
        .map(|one| {
            let values = one.values();
            let (first, last) = (values[0], values[values.len() - 1]);
            vec![
                Cell::text(&one.workload),
                Cell::text(&one.phase),
                Cell::number(values.len() as f64, values.len().to_string()),
                Cell::number(first, show(question, first)),
                Cell::number(last, show(question, last)),
                change(first, last, question),
                Cell::text(sparkline(&values, BARS)),
                Cell::number(one.jumps.len() as f64, one.jumps.len().to_string()),
            ]
        })
        .collect();
    let redefined: Vec<&Series> = series.iter().filter(|one| one.redefined > 0).collect();
    if let [first, rest @ ..] = redefined.as_slice() {
        let others = if rest.is_empty() { String::new() } else { format!(", and of {} others,", rest.len()) };
        table.notes.push(format!(
            "Older states of {}{others} do not compare: it was defined, or answered, in another way.",
            first.workload
        ));
    }
    table
}

/// One row for each change point, the newest first.
pub fn jumps_table(series: &[Series], dated_records: &[DatedRecord], question: &HistoryQuery<'_>) -> Table {
    let columns = vec![
        Column::left("date", "date"),
        Column::left("commit", "commit"),
        Column::left("workload", "workload"),
        Column::left("phase", "phase"),
        Column::right("from", "from"),
        Column::right("to", "to"),
        Column::right("change", "change"),
        Column::left("subject", "subject"),
    ];
    let mut table = Table::new("Change points", columns);
    let mut jumps: Vec<(&DatedRecord, &Series, &LevelChange)> = series
        .iter()
        .flat_map(|one| one.jumps.iter().map(move |jump| (&dated_records[one.points[jump.point].moment], one, jump)))
        .collect();
    jumps.sort_by_key(|(moment, ..)| std::cmp::Reverse(moment.date));
    let row = |(moment, one, jump): (&DatedRecord, &Series, &LevelChange)| {
        vec![
            Cell::text(day(moment)),
            Cell::text(moment.commit.as_ref().map_or("-", |commit| commit.short())),
            Cell::text(&one.workload),
            Cell::text(&one.phase),
            Cell::number(jump.from, show(question, jump.from)),
            Cell::number(jump.to, show(question, jump.to)),
            change(jump.from, jump.to, question),
            Cell::text(moment.commit.as_ref().map_or("", |commit| &commit.subject)),
        ]
    };
    table.rows = jumps.into_iter().map(row).collect();
    table
}

/// One row for each point, for programs.
pub fn points_table(series: &[Series], dated_records: &[DatedRecord], question: &HistoryQuery<'_>) -> Table {
    let columns = ["workload", "phase", "metric", "date", "commit", "subject"].map(|key| Column::left(key, key));
    let mut columns = columns.to_vec();
    columns.extend([Column::right("value", "value"), Column::left("change_point", "change point")]);
    let mut table = Table::new(title(question), columns);
    for one in series {
        for (index, point) in one.points.iter().enumerate() {
            let moment = &dated_records[point.moment];
            let mut is_jump = Cell::text("");
            is_jump.value = one.jumps.iter().any(|jump| jump.point == index).into();
            is_jump.text = is_jump.value.to_string();
            table.rows.push(vec![
                Cell::text(&one.workload),
                Cell::text(&one.phase),
                Cell::text(question.metric.name()),
                Cell::text(moment.date.to_string()),
                Cell::text(moment.commit.as_ref().map_or("", |commit| &commit.id)),
                Cell::text(moment.commit.as_ref().map_or("", |commit| &commit.subject)),
                Cell::number(point.value, show(question, point.value)),
                is_jump,
            ]);
        }
    }
    table
}

pub(super) fn day(moment: &DatedRecord) -> String {
    moment.date.strftime("%Y-%m-%d").to_string()
}

fn change(from: f64, to: f64, question: &HistoryQuery<'_>) -> Cell {
    if from == to {
        return Cell::number(0.0, "0 %").toned(Tone::Quiet);
    }
    let lower_is_better = question.metric.better() == Better::Lower;
    let tone = if (to < from) == lower_is_better { Tone::Good } else { Tone::Bad };
    if from == 0.0 {
        return Cell { text: "from 0".to_owned(), value: serde_json::Value::Null, tone };
    }
    Cell::number(to / from - 1.0, number::percent(to / from)).toned(tone)
}

/// What is told and of what, as in `instructions per token, over the counted states of the branch`.
pub fn title(query: &HistoryQuery<'_>) -> String {
    format!("{}, {}", query.metric.title(), scope(query))
}

/// What the history is made of.
pub(super) fn scope(query: &HistoryQuery<'_>) -> String {
    match query.metric.portable() {
        true => "over the counted states of the branch".to_owned(),
        false => format!("as a ratio to {} in the same record", query.anchor),
    }
}

/// A value for people.
pub(super) fn show(query: &HistoryQuery<'_>, value: f64) -> String {
    if query.metric.portable() { plain(query.metric.quantity(), value) } else { number::ratio(value) }
}
