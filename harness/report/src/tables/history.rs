//! Tables of histories.

use harness_record::history::{Dated, HistoryQuery, LevelChange, Series, title};
use harness_record::number::{self, plain};

use crate::render::{Cell, Table, Tone, sparkline};

/// Largest number of bars in a sparkline.
const BARS: usize = 32;

/// One row per series: first value, last value, change, and a sparkline.
pub fn trend_table(series: &[Series], question: &HistoryQuery<'_>) -> Table {
    let rows = series.iter().map(|one| (one, one.values()));
    let ends = |values: &[f64]| (values[0], values[values.len() - 1]);
    let value = |value| Cell::number(value, show(question, value));
    let table = Table::of(heading(series, question), rows)
        .left("workload", "workload", |(one, _)| &one.workload)
        .left("phase", "phase", |(one, _)| &one.phase)
        .right("points", "states", |(_, values)| values.len())
        .right("first", "first", |(_, values)| value(ends(values).0))
        .right("last", "last", |(_, values)| value(ends(values).1))
        .right("change", "change", |(one, values)| {
            whole_change(one, ends(values), question)
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
pub fn jumps_table<T>(
    series: &[Series],
    dated_records: &[Dated<T>],
    question: &HistoryQuery<'_>,
) -> Table {
    let mut jumps: Vec<(&Dated<T>, &Series, &LevelChange)> = series
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
pub fn points_table<T>(
    series: &[Series],
    dated_records: &[Dated<T>],
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
    Table::of(heading(series, question), points)
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

fn subject<T>(moment: &Dated<T>) -> &str {
    moment.commit.as_ref().map_or("", |commit| &commit.subject)
}

pub(crate) fn day<T>(moment: &Dated<T>) -> String {
    moment.date.strftime("%Y-%m-%d").to_string()
}

/// The change over a whole series; none with a single state. Without a change point, a count is unchanged or has moved, and a
/// time has no change to show.
fn whole_change(series: &Series, ends: (f64, f64), question: &HistoryQuery<'_>) -> Option<Cell> {
    if series.points.len() < 2 {
        return None;
    }
    let cell = change(ends, question);
    if !series.jumps.is_empty() {
        return Some(cell);
    }
    let text = match (question.metric.portable(), ends.0 == ends.1) {
        (true, true) => "unchanged".to_owned(),
        (true, false) => format!("moved {}", cell.text),
        (false, _) => "no change shown".to_owned(),
    };
    Some(Cell { text, ..cell }.toned(Tone::Quiet))
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

/// Returns the heading, such as `instructions per token, over the counted states of the branch`.
fn heading(series: &[Series], query: &HistoryQuery<'_>) -> String {
    format!("{}, {}", title(query.metric, series), scope(query))
}

/// Returns a description of the values: counts over states, or ratios of times.
pub(crate) fn scope(query: &HistoryQuery<'_>) -> String {
    match (query.anchor, query.metric.portable()) {
        (None, _) => "over imported runs".to_owned(),
        (Some(_), true) => "over the counted states of the branch".to_owned(),
        (Some(anchor), false) => format!("as a ratio to {anchor} in the same record"),
    }
}

/// Formats a value with its unit.
pub(crate) fn show(query: &HistoryQuery<'_>, value: f64) -> String {
    if query.metric.portable() || query.anchor.is_none() {
        plain(query.metric.quantity(), value)
    } else {
        number::ratio(value)
    }
}

#[cfg(test)]
mod tests {
    use harness_record::choice::Choice;
    use harness_record::history::Point;
    use harness_record::metric;

    use super::*;

    /// The text of the change of a series with these values and this many change points.
    fn shown(metric: &str, values: &[f64], jumps: usize) -> String {
        let points = values.iter().enumerate();
        let jump = LevelChange {
            point: 1,
            from: 1.0,
            to: 2.0,
        };
        let series = Series {
            workload: "w".to_owned(),
            phase: "fast".to_owned(),
            unit: "token".to_owned(),
            points: points
                .map(|(moment, &value)| Point { moment, value })
                .collect(),
            jumps: vec![jump; jumps],
            redefined: 0,
        };
        let choice = Choice::default();
        let question = HistoryQuery {
            metric: metric::by_name(metric).expect("a metric"),
            choice: &choice,
            phases: &[],
            anchor: Some("naive"),
        };
        let table = trend_table(&[series], &question);
        let place = table
            .columns
            .iter()
            .position(|column| column.key == "change");
        table.rows[0][place.expect("a column")].text.clone()
    }

    #[test]
    fn unchanged_and_moved_are_kept_apart() {
        assert_eq!(shown("instructions", &[1000.0, 1000.0], 0), "unchanged");
        assert_eq!(
            shown("instructions", &[10_000.0, 10_002.0], 0),
            "moved +0.02 %"
        );
        assert_eq!(shown("instructions", &[1000.0, 2000.0], 1), "+100 %");
        assert_eq!(shown("instructions", &[1000.0], 0), "-", "a single state");
    }

    #[test]
    fn the_noise_of_times_is_no_change() {
        assert_eq!(shown("time", &[0.5, 0.503], 0), "no change shown");
        assert_eq!(shown("time", &[0.5, 0.25], 1), "-50 %");
    }
}
