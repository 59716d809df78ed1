//! Latency per token against the position of the token, one line per phase. The lines rise if each token recomputes the
//! window, and stay flat with a KV-cache.

use harness_abtest::{Rounds, median};
use harness_probe::Instrument;
use harness_record::metric::{self, LEVEL, Quantity};
use harness_record::{Data, Row, Run};

use crate::charts::by_phase::{self, times};
use crate::groups::positions::warm_up;
use crate::headline::headline;
use crate::render::chart::{Chart, LineChart, Point, Series};
use crate::{ReportData, figures};

/// A phase of the chart.
struct Line {
    series: Series,
    /// The time at the end over that at the beginning.
    growth: f64,
    /// The warm-up in words, if there is one.
    warm_up: Option<String>,
}

pub(super) fn chart(report_data: &ReportData) -> Option<Chart> {
    let workload = headline(&report_data.record)?;
    let rows = by_phase::phases(&report_data.record, workload);
    let line = |row: &&Row| {
        let points = points(row);
        let growth = growth(&points)?;
        let place = report_data.place(&row.phase);
        let series = Series::new(&row.phase, place, Quantity::Seconds, points);
        let warm_up = warm_up(row).map(|warm_up| warm_up.words(&row.phase));
        Some(Line {
            series: series.over(rounds(row).count()),
            growth,
            warm_up,
        })
    };
    let lines: Vec<Line> = rows
        .iter()
        .filter(|row| figures::trusted(row))
        .filter_map(line)
        .collect();
    let title = title(&lines, &report_data.anchors)?;
    let remark = "; geometric mean over rounds, with its 95 % interval as a band";
    let subtitle = report_data.subtitle(workload, &rows, Instrument::Clock, remark);
    let lines = LineChart {
        x_axis: "generated tokens after the first".to_owned(),
        sizes: false,
        y_axis: "time per token".to_owned(),
        quantity: Quantity::Seconds,
        series: lines.into_iter().map(|line| line.series).collect(),
        events: Vec::new(),
    };
    let metric = metric::by_name("latency-median")?;
    Some(Chart::new(title, subtitle, lines).of(workload, metric))
}

/// The time of each generated token after the first: the mean over rounds of the median over the slices of a round, with its
/// interval, as of all times.
pub(crate) fn points(row: &Row) -> Vec<Point> {
    let tokens = runs(row)
        .iter()
        .map(|run| run.tokens_at.len())
        .max()
        .unwrap_or_default();
    let of_token = |token: usize| {
        let gaps = rounds(row).filter_map(|slices| {
            let gaps: Vec<f64> = slices.iter().filter_map(|run| gap(run, token)).collect();
            Some((slices.first()?.round, median(&gaps)?))
        });
        let gaps = Rounds::new(gaps)?;
        let band = gaps.interval(LEVEL).map(|ends| (ends.low, ends.high));
        Some(Point {
            x: token as f64,
            y: gaps.mean(),
            band,
        })
    };
    (1..tokens).filter_map(of_token).collect()
}

/// The slices of each round, which are adjacent.
fn rounds(row: &Row) -> impl Iterator<Item = &[Run]> {
    runs(row).chunk_by(|a, b| a.round == b.round)
}

/// The slices of the clock.
fn runs(row: &Row) -> &[Run] {
    match row.reading(Instrument::Clock).map(|reading| &reading.data) {
        Some(Data::Clock { runs, .. }) => runs,
        _ => &[],
    }
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

/// The title: the growth of the first measured anchor (or else the first line) and of the last line, and the warm-up of the
/// last line.
fn title(lines: &[Line], anchors: &[String]) -> Option<String> {
    let line = |name: &String| lines.iter().find(|line| line.series.name == *name);
    let (base, last) = (
        anchors.iter().find_map(line).or(lines.first())?,
        lines.last()?,
    );
    // A growth of less than a tenth counts as flat.
    let finding = |line: &Line| match line.growth {
        1.1.. => format!(
            "{} takes {} as long per token",
            line.series.name,
            times(line.growth)
        ),
        _ => format!("{} does not slow down", line.series.name),
    };
    let findings = if base.series.name == last.series.name {
        finding(last)
    } else {
        format!("{}; {}", finding(base), finding(last))
    };
    let warm_up = last.warm_up.as_ref().map(|words| format!("; {words}"));
    Some(format!(
        "From the first tenth of the tokens to the last, {findings}{}",
        warm_up.unwrap_or_default()
    ))
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
        let line = |name: &str, growth| Line {
            series: Series::new(name, 0, Quantity::Seconds, Vec::new()),
            growth,
            warm_up: (name == "cached").then(|| "cached warms up".to_owned()),
        };
        let lines = [line("first", 9.0), line("naive", 2.25), line("cached", 0.8)];
        let anchors = ["unknown".to_owned(), "naive".to_owned()];
        let text = |lines: &[Line], anchors: &[String]| title(lines, anchors).expect("a line");
        assert_eq!(
            text(&lines, &anchors),
            "From the first tenth of the tokens to the last, naive takes 2.25x as long per token; cached does not slow down; cached warms up"
        );
        assert_eq!(
            text(&lines[1..2], &[]),
            "From the first tenth of the tokens to the last, naive takes 2.25x as long per token"
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
