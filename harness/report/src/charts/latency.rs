//! Latency per token against the position of the token, one line per phase. The lines rise if each token recomputes the
//! window, and stay flat with a KV-cache.

use harness_abtest::{median, median_interval};
use harness_probe::Instrument;
use harness_record::metric::{LEVEL, Quantity};
use harness_record::{Data, Row, Run};

use crate::charts::by_phase::{self, times};
use crate::headline::headline;
use crate::render::chart::{Chart, LineChart, Point, Series};
use crate::{ReportData, figures};

pub(super) fn chart(report_data: &ReportData) -> Option<Chart> {
    let workload = headline(&report_data.record)?;
    let rows = by_phase::phases(&report_data.record, workload);
    let line = |row: &&Row| {
        let points = points(row);
        let growth = growth(&points)?;
        Some((
            Series::new(
                &row.phase,
                report_data.place(&row.phase),
                Quantity::Seconds,
                points,
            ),
            growth,
        ))
    };
    let lines: Vec<(Series, f64)> = rows
        .iter()
        .filter(|row| figures::trusted(row))
        .filter_map(line)
        .collect();
    let title = title(&lines, &report_data.anchors)?;
    let remark = "; median over runs, with its 95 % interval as a band (all runs if there are fewer than six)";
    let subtitle = report_data.subtitle(workload, &rows, Instrument::Clock, remark);
    let lines = LineChart {
        x_axis: "generated tokens after the first".to_owned(),
        sizes: false,
        y_axis: "time per token".to_owned(),
        quantity: Quantity::Seconds,
        series: lines.into_iter().map(|(series, _)| series).collect(),
        events: Vec::new(),
    };
    Some(Chart::new(title, subtitle, lines))
}

/// The time of each generated token after the first: median over runs with its interval, or the range of all runs if there
/// are fewer than six.
pub(crate) fn points(row: &Row) -> Vec<Point> {
    let Some(Data::Clock { runs, .. }) =
        row.reading(Instrument::Clock).map(|reading| &reading.data)
    else {
        return Vec::new();
    };
    let tokens = runs
        .iter()
        .map(|run| run.tokens_at.len())
        .max()
        .unwrap_or_default();
    (1..tokens)
        .filter_map(|token| {
            let gaps: Vec<f64> = runs.iter().filter_map(|run| gap(run, token)).collect();
            let band = median_interval(&gaps, LEVEL).map(|ends| (ends.low, ends.high));
            Some(Point {
                x: token as f64,
                y: median(&gaps)?,
                band,
            })
        })
        .collect()
}

/// Seconds between the previous token and this one; none if the clock did not advance.
fn gap(run: &Run, token: usize) -> Option<f64> {
    let nanoseconds = run
        .tokens_at
        .get(token)?
        .checked_sub(*run.tokens_at.get(token - 1)?)?;
    (nanoseconds > 0).then_some(nanoseconds as f64 / 1e9)
}

/// The median of the last tenth of the tokens over that of the first tenth.
fn growth(points: &[Point]) -> Option<f64> {
    let tenth = (points.len() / 10).max(1);
    let middle = |points: &[Point]| median(&points.iter().map(|point| point.y).collect::<Vec<_>>());
    Some(middle(points.get(points.len().checked_sub(tenth)?..)?)? / middle(points.get(..tenth)?)?)
}

/// The title: the growth of the first measured anchor (or else the first line) and of the last line.
fn title(lines: &[(Series, f64)], anchors: &[String]) -> Option<String> {
    let line = |name: &String| lines.iter().find(|(series, _)| series.name == *name);
    let (base, last) = (
        anchors.iter().find_map(line).or(lines.first())?,
        lines.last()?,
    );
    // A growth of less than a tenth counts as flat.
    let finding = |(series, growth): &(Series, f64)| match growth {
        1.1.. => format!("{} takes {} as long per token", series.name, times(*growth)),
        _ => format!("{} does not slow down", series.name),
    };
    let findings = if base.0.name == last.0.name {
        finding(last)
    } else {
        format!("{}; {}", finding(base), finding(last))
    };
    Some(format!("From the first tokens to the last, {findings}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_end_over_beginning() {
        let points: Vec<Point> = (0..50)
            .map(|x| Point {
                x: f64::from(x),
                y: 1.0 + f64::from(x) / 49.0,
                band: None,
            })
            .collect();
        let growth = growth(&points).expect("points");
        assert!((growth - 1.92 / 1.04).abs() < 0.05, "{growth}");
        assert_eq!(super::growth(&[]), None);
    }

    #[test]
    fn the_title_names_the_anchor_and_the_last_line() {
        let line = |name: &str, growth| {
            let (name, label) = (name.to_owned(), String::new());
            (
                Series {
                    name,
                    place: 0,
                    label,
                    points: Vec::new(),
                },
                growth,
            )
        };
        let lines = [line("first", 9.0), line("naive", 2.25), line("cached", 0.8)];
        let anchors = ["unknown".to_owned(), "naive".to_owned()];
        let text =
            |lines: &[(Series, f64)], anchors: &[String]| title(lines, anchors).expect("a line");
        assert_eq!(
            text(&lines, &anchors),
            "From the first tokens to the last, naive takes 2.25x as long per token; cached does not slow down"
        );
        assert_eq!(
            text(&lines[1..2], &[]),
            "From the first tokens to the last, naive takes 2.25x as long per token"
        );
        assert_eq!(title(&[], &anchors), None);
    }

    #[test]
    fn a_clock_that_stood_still_gives_no_point() {
        let run = Run {
            round: 0,
            iterations: 1,
            nanoseconds: 10,
            tokens_at: vec![5, 5, 9, 7],
        };
        assert_eq!(gap(&run, 1), None);
        assert_eq!(gap(&run, 2), Some(4e-9));
        assert_eq!(gap(&run, 3), None);
        assert_eq!(gap(&run, 4), None);
    }
}
