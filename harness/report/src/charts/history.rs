//! Chart of the history of a metric.

use harness_record::distinct::distinct;
use harness_record::history::{Dated, HistoryQuery, LevelChange, Series, title as metric_title};
use harness_record::metric::Quantity;
use harness_record::number;

use crate::render::chart::{self, Chart, Event, LineChart, Panel, Panels};
use crate::tables::history::{day, scope, show};

/// Largest number of lines in a chart; more lines cannot be distinguished.
const MOST_LINES: usize = 7;

/// Largest number of panels of a chart. A picture of thousands would take gigabytes, and nobody would look at it.
const MOST_PANELS: usize = 60;

/// Draws one line per series. Series with change points come first, and the largest changes are marked. Returns `None`
/// if no series has two points above zero; the logarithmic axis cannot show zero.
pub fn chart<T>(
    series: &[Series],
    dated_records: &[Dated<T>],
    question: &HistoryQuery<'_>,
) -> Option<Chart> {
    let is_shown = |series: &&Series| {
        series
            .points
            .iter()
            .filter(|point| point.value > 0.0)
            .count()
            > 1
    };
    let mut shown: Vec<&Series> = series.iter().filter(is_shown).collect();
    shown.sort_by_key(|one| one.jumps.is_empty());
    let beyond = shown.len().saturating_sub(MOST_LINES);
    shown.truncate(MOST_LINES);
    let (first, last) = (dated_records.first()?, dated_records.last()?);
    let line = |(place, one): (usize, &&Series)| {
        let points = one.points.iter().filter(|point| point.value > 0.0);
        let label = format!(
            "{} {}",
            show(question, one.points[one.points.len() - 1].value),
            one.workload
        );
        chart::Series {
            name: one.workload.clone(),
            place,
            label,
            points: points
                .map(|point| chart::Point {
                    x: point.moment as f64 + 1.0,
                    y: point.value,
                    band: None,
                })
                .collect(),
            n: None,
        }
    };
    if shown.is_empty() {
        return None;
    }
    let jumps = jumps(&shown);
    let left_out = if beyond > 0 {
        format!("; {beyond} more workloads are not drawn")
    } else {
        String::new()
    };
    let lines = LineChart {
        x_axis: format!("states, from {} to {}", day(first), day(last)),
        y_axis: metric_title(question.metric, shown.iter().copied()),
        quantity: if question.metric.portable() {
            question.metric.quantity()
        } else {
            Quantity::Blocks
        },
        series: shown.iter().enumerate().map(line).collect(),
        events: events(&jumps, dated_records),
        sizes: false,
    };
    let subtitle = format!(
        "{}{left_out}. Changes are the steps of the best-fitting step function.",
        scope(question)
    );
    Some(Chart::new(
        title(&jumps, dated_records, question, &shown),
        subtitle,
        lines,
    ))
}

/// Draws a small panel for each series, those with change points first, and marks every change point. Returns `None` if no series
/// has two points.
pub fn panels<T>(
    series: &[Series],
    dated_records: &[Dated<T>],
    question: &HistoryQuery<'_>,
) -> Option<Chart> {
    let mut shown: Vec<&Series> = series.iter().filter(|one| one.points.len() > 1).collect();
    shown.sort_by_key(|one| one.jumps.is_empty());
    let (first, last) = (dated_records.first()?, dated_records.last()?);
    let title = title(&jumps(&shown), dated_records, question, &shown);
    let left_out = match shown.len().saturating_sub(MOST_PANELS) {
        0 => String::new(),
        beyond => {
            format!(" {beyond} more workloads are not drawn; those with change points come first.")
        }
    };
    shown.truncate(MOST_PANELS);
    let (start, end) = (shown.first()?, shown.last()?);
    let one_phase = shown.iter().all(|one| one.phase == start.phase);
    let one_workload = shown.iter().all(|one| one.workload == end.workload);
    let panel = |one: &&Series| {
        let name = match (one_phase, one_workload) {
            (true, _) => one.workload.clone(),
            (_, true) => one.phase.clone(),
            _ => format!("{}, {}", one.workload, one.phase),
        };
        let values = one.values();
        let (from, to) = (values[0], values[values.len() - 1]);
        let change = match from {
            0.0 => String::new(),
            from => format!(
                ", {} since {}",
                number::percent(to / from),
                day(&dated_records[one.points[0].moment])
            ),
        };
        let step = |jump: &LevelChange| {
            let moment = &dated_records[one.points[jump.point].moment];
            let text = format!(
                "{} -> {} with {}",
                show(question, jump.from),
                show(question, jump.to),
                place(moment)
            );
            (jump.point, text)
        };
        Panel {
            name,
            label: format!("{}{change}", show(question, to)),
            points: one
                .points
                .iter()
                .map(|point| (point.moment, point.value))
                .collect(),
            steps: one.jumps.iter().map(step).collect(),
        }
    };
    let panels = Panels {
        axis: format!(
            "{} over {} states, from {} to {}; each panel has its own vertical scale",
            metric_title(question.metric, shown.iter().copied()),
            dated_records.len(),
            day(first),
            day(last)
        ),
        positions: dated_records.len(),
        panels: shown.iter().map(panel).collect(),
    };
    let subtitle = format!(
        "{}. Marks are change points: the steps of the best-fitting step function.{left_out}",
        scope(question)
    );
    Some(Chart::new(title, subtitle, panels))
}

/// The marks of the largest changes, at different states.
fn events<T>(jumps: &[(&Series, &LevelChange)], dated_records: &[Dated<T>]) -> Vec<Event> {
    let moments = distinct(
        jumps
            .iter()
            .map(|(one, jump)| one.points[jump.point].moment),
    );
    let event = |moment: usize| {
        let record = &dated_records[moment];
        let commit = record
            .commit
            .as_ref()
            .map(|commit| commit.short().to_owned());
        Event {
            x: moment as f64 + 1.0,
            label: commit.unwrap_or_else(|| day(record)),
        }
    };
    moments.into_iter().take(4).map(event).collect()
}

/// Returns all changes, the largest first.
fn jumps<'a>(series: &[&'a Series]) -> Vec<(&'a Series, &'a LevelChange)> {
    let size = |jump: &LevelChange| (jump.to.ln_1p() - jump.from.ln_1p()).abs();
    let mut jumps: Vec<(&Series, &LevelChange)> = series
        .iter()
        .flat_map(|one| one.jumps.iter().map(move |jump| (*one, jump)))
        .collect();
    jumps.sort_by(|(_, a), (_, b)| size(b).total_cmp(&size(a)));
    jumps
}

fn title<T>(
    jumps: &[(&Series, &LevelChange)],
    dated_records: &[Dated<T>],
    question: &HistoryQuery<'_>,
    shown: &[&Series],
) -> String {
    let metric = match jumps.first() {
        Some((one, _)) => metric_title(question.metric, [*one]),
        None => metric_title(question.metric, shown.iter().copied()),
    };
    let Some((one, jump)) = jumps.first() else {
        let plural = if shown.len() == 1 {
            "workload"
        } else {
            "workloads"
        };
        let states = shown
            .iter()
            .map(|one| one.points.len())
            .max()
            .unwrap_or_default();
        return format!(
            "No change of {metric} in {} {plural} over {states} states",
            shown.len()
        );
    };
    let place = place(&dated_records[one.points[jump.point].moment]);
    let verb = if jump.to < jump.from { "fell" } else { "rose" };
    let by = match jump.from {
        0.0 => format!("from 0 to {}", show(question, jump.to)),
        from => format!(
            "by {}",
            number::percent(jump.to / from).trim_start_matches(['+', '-'])
        ),
    };
    format!("{}: {metric} {verb} {by} with {place}", one.workload)
}

/// The subject of the commit of a record, or else the day.
fn place<T>(moment: &Dated<T>) -> String {
    let commit = moment.commit.as_ref();
    commit.map_or_else(|| day(moment), |commit| format!("{:?}", commit.subject))
}

#[cfg(test)]
mod tests {
    use harness_record::choice::Choice;
    use harness_record::history::{DatedRecord, series};
    use harness_record::sample::{callgrind, record, row};
    use harness_record::{Commit, metric};

    use super::*;

    fn dated_records(counts: &[u64]) -> Vec<DatedRecord> {
        let moment = |(index, &count): (usize, &u64)| {
            let date = jiff::Timestamp::from_second(1_700_000_000 + 86_400 * index as i64)
                .expect("a date");
            let commit = Commit {
                id: format!("{index:040}"),
                subject: format!("Change {index}"),
                date,
                author: "N. N.".to_owned(),
            };
            let rows = vec![row("kernel/gelu", "fast", vec![callgrind(count)])];
            DatedRecord {
                date,
                commit: Some(commit),
                record: record(rows),
            }
        };
        counts.iter().enumerate().map(moment).collect()
    }

    type Marks = Vec<(f64, String)>;

    /// Both charts of these counts, and the places and labels of the marks of the first one.
    fn drawn(counts: &[u64]) -> Option<([Chart; 2], Marks)> {
        let (dated_records, choice) = (dated_records(counts), Choice::default());
        let metric = metric::by_name("instructions").expect("it is there");
        let question = HistoryQuery {
            metric,
            choice: &choice,
            phases: &[],
            anchor: Some("naive"),
        };
        let series = series(&dated_records, &question);
        let panels = panels(&series, &dated_records, &question)?;
        let jumps = jumps(&series.iter().collect::<Vec<_>>());
        let events = events(&jumps, &dated_records)
            .into_iter()
            .map(|event| (event.x, event.label))
            .collect();
        let chart = chart(&series, &dated_records, &question)?;
        Some(([chart, panels], events))
    }

    #[test]
    fn the_largest_change_is_the_title_and_every_change_is_marked() {
        let ([chart, panels], events) = drawn(&[1000, 1000, 1100, 1100, 550, 550]).expect("points");
        assert_eq!(
            chart.title(),
            "kernel/gelu: instructions per token fell by 50 % with \"Change 4\""
        );
        assert_eq!(
            events,
            [
                (5.0, "0000000000".to_owned()),
                (3.0, "0000000000".to_owned())
            ]
        );
        let svg = chart.to_svg();
        assert!(svg.contains("Change 4"));
        assert_eq!(panels.title(), chart.title());
        let panels = panels.to_svg();
        for step in [
            "1000 -&gt; 1100 with &quot;Change 2&quot;",
            "1100 -&gt; 550 with &quot;Change 4&quot;",
            "kernel/gelu: 550, -45 % since 2023-11-14",
        ] {
            assert!(panels.contains(step), "{step} is not in {panels}");
        }
        assert_eq!(svg.matches(">0000000000<").count(), 2, "{svg}");
    }

    #[test]
    fn the_title_reports_no_change_and_without_points_there_is_no_chart() {
        let ([chart, _], events) = drawn(&[1000, 1000, 1000]).expect("points");
        assert_eq!(
            chart.title(),
            "No change of instructions per token in 1 workload over 3 states"
        );
        assert!(events.is_empty());
        assert!(drawn(&[1000]).is_none() && drawn(&[0, 0]).is_none() && drawn(&[]).is_none());
    }
}
