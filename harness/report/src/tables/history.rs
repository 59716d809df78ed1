//! Tables of histories.

use harness_record::history::{DatedRecord, HistoryQuery, LevelChange, Series};
use harness_record::number::{self, plain};

use crate::render::{Cell, Table, Tone, sparkline};

/// Largest number of bars in a sparkline.
const BARS: usize = 32;

/// One row per series: first value, last value, change, and a sparkline.
pub fn trend_table(series: &[Series], question: &HistoryQuery<'_>) -> Table {
    let rows = series.iter().map(|one| (one, one.values()));
    let ends = |values: &[f64]| (values[0], values[values.len() - 1]);
    let value = |value| Cell::number(value, show(question, value));
    let table = Table::of(title(question), rows)
        .left("workload", "workload", |(one, _)| &one.workload)
        .left("phase", "phase", |(one, _)| &one.phase)
        .right("points", "states", |(_, values)| values.len())
        .right("first", "first", |(_, values)| value(ends(values).0))
        .right("last", "last", |(_, values)| value(ends(values).1))
        .right("change", "change", |(_, values)| {
            change(ends(values), question)
        })
        .left("trend", "trend", |(_, values)| sparkline(values, BARS))
        .right("jumps", "change points", |(one, _)| one.jumps.len());
    let redefined: Vec<&Series> = series.iter().filter(|one| one.redefined > 0).collect();
    let [first, rest @ ..] = redefined.as_slice() else {
        return table.table;
    };
    let others = if rest.is_empty() {
        String::new()
    } else {
        format!(" and of {} other rows", rest.len())
    };
    table.notes([format!(
        "Older states of {}{others} are not comparable: the definition or the answer was different.",
        first.workload
    )])
}

/// One row per change point, the newest first.
pub fn jumps_table(
    series: &[Series],
    dated_records: &[DatedRecord],
    question: &HistoryQuery<'_>,
) -> Table {
    let mut jumps: Vec<(&DatedRecord, &Series, &LevelChange)> = series
        .iter()
        .flat_map(|one| {
            one.jumps
                .iter()
                .map(move |jump| (&dated_records[one.points[jump.point].moment], one, jump))
        })
        .collect();
    jumps.sort_by_key(|(moment, ..)| std::cmp::Reverse(moment.date));
    let value = |value| Cell::number(value, show(question, value));
    Table::of("Change points", jumps)
        .left("date", "date", |(moment, ..)| day(moment))
        .left("commit", "commit", |(moment, ..)| {
            moment.commit.as_ref().map_or("-", |commit| commit.short())
        })
        .left("workload", "workload", |(_, one, _)| &one.workload)
        .left("phase", "phase", |(_, one, _)| &one.phase)
        .right("from", "from", |(.., jump)| value(jump.from))
        .right("to", "to", |(.., jump)| value(jump.to))
        .right("change", "change", |(.., jump)| {
            change((jump.from, jump.to), question)
        })
        .left("subject", "subject", |(moment, ..)| subject(moment))
        .table
}

/// One row per point, for machine-readable output.
pub fn points_table(
    series: &[Series],
    dated_records: &[DatedRecord],
    question: &HistoryQuery<'_>,
) -> Table {
    let points = series.iter().flat_map(|one| {
        one.points
            .iter()
            .enumerate()
            .map(move |(index, point)| (one, index, point.value, &dated_records[point.moment]))
    });
    let is_jump = |one: &Series, index: usize| {
        let is_jump = one.jumps.iter().any(|jump| jump.point == index);
        Cell {
            value: is_jump.into(),
            ..Cell::text(is_jump.to_string())
        }
    };
    Table::of(title(question), points)
        .left("workload", "workload", |(one, ..)| &one.workload)
        .left("phase", "phase", |(one, ..)| &one.phase)
        .left("metric", "metric", |_| question.metric.name())
        .left("date", "date", |(.., moment)| moment.date.to_string())
        .left("commit", "commit", |(.., moment)| {
            moment.commit.as_ref().map_or("", |commit| &commit.id)
        })
        .left("subject", "subject", |(.., moment)| subject(moment))
        .right("value", "value", |(_, _, value, _)| {
            Cell::number(*value, show(question, *value))
        })
        .left("change_point", "change point", |(one, index, ..)| {
            is_jump(one, *index)
        })
        .table
}

fn subject(moment: &DatedRecord) -> &str {
    moment.commit.as_ref().map_or("", |commit| &commit.subject)
}

pub(crate) fn day(moment: &DatedRecord) -> String {
    moment.date.strftime("%Y-%m-%d").to_string()
}

fn change((from, to): (f64, f64), question: &HistoryQuery<'_>) -> Cell {
    if from == to {
        return Cell::number(0.0, "0 %").toned(Tone::Quiet);
    }
    let tone = Tone::of_change(question.metric, to - from);
    if from == 0.0 {
        return Cell::no_number("from 0").toned(tone);
    }
    Cell::number(to / from - 1.0, number::percent(to / from)).toned(tone)
}

/// Returns the title, such as `instructions per token, over the counted states of the branch`.
pub fn title(query: &HistoryQuery<'_>) -> String {
    format!("{}, {}", query.metric.title(), scope(query))
}

/// Returns a description of the values: counts over states, or ratios of times.
pub(crate) fn scope(query: &HistoryQuery<'_>) -> String {
    match query.metric.portable() {
        true => "over the counted states of the branch".to_owned(),
        false => format!("as a ratio to {} in the same record", query.anchor),
    }
}

/// Formats a value with its unit.
pub(crate) fn show(query: &HistoryQuery<'_>, value: f64) -> String {
    if query.metric.portable() {
        plain(query.metric.quantity(), value)
    } else {
        number::ratio(value)
    }
}
