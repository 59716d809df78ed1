//! The charts of the roadmap: a bar for each target, and the measurements of each target over time. Both show changes for the
//! better relative to the reference phase.

use std::collections::BTreeSet;

use harness_abtest::Interval;
use harness_judge::roadmap::TargetStatus;
use harness_record::metric::{Better, Figure, Metric};
use harness_record::roadmap::Roadmap;
use harness_record::{Row, number};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::charts::Named;
use crate::render::chart::{Bullet, BulletChart, BurnUp, BurnUpPanel, BurnUpPoint, Chart, Wanted};
use crate::roadmap::{Progress, Reached, change, over_time};
use crate::{ReportData, figures};

/// Name of the chart of bars.
const TARGETS: &str = "roadmap-targets";
/// Name of the chart over time.
const DATES: &str = "roadmap-dates";

/// The names of all possible charts.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    [TARGETS, DATES].into_iter()
}

/// Returns the bars of the targets and their measurements over time, as far as there are any.
pub(crate) fn charts(
    report_data: &ReportData,
    roadmap: &Roadmap,
    progress: &[Progress<'_>],
) -> Vec<Named> {
    let targets = bars(report_data, roadmap, progress).map(|chart| Named {
        name: TARGETS,
        heading: "Roadmap: claims and measurements",
        chart,
    });
    let dates = dates(report_data, roadmap, progress).map(|chart| Named {
        name: DATES,
        heading: "Roadmap: claims over time",
        chart,
    });
    targets.into_iter().chain(dates).collect()
}

/// The scale of a target: figures as changes for the better since the reference phase.
struct Scale {
    /// The figure of the reference phase in the unit of the target; 1 for a relative target.
    start: f64,
    better: Better,
}

impl Scale {
    /// None without a figure of the reference phase above zero.
    fn of(report_data: &ReportData, roadmap: &Roadmap, one: &Progress<'_>) -> Option<Self> {
        let row = report_data.row(&roadmap.workload, &roadmap.against);
        let start = match one.target.range.relative {
            true => 1.0,
            false => figures::figure(one.target.metric, row).ok()?.value,
        };
        (start > 0.0).then_some(Self {
            start,
            better: one.target.metric.better(),
        })
    }

    fn change(&self, value: f64) -> f64 {
        match self.better {
            Better::Higher => value / self.start - 1.0,
            Better::Lower => 1.0 - value / self.start,
        }
    }

    fn ends(&self, interval: Option<Interval>) -> Option<(f64, f64)> {
        let ends = interval?;
        let [a, b] = [ends.low, ends.high].map(|end| self.change(end));
        Some((a.min(b), a.max(b)))
    }

    fn wanted(&self, one: &Progress<'_>) -> Wanted {
        Wanted {
            near: self.change(one.target.range.near),
            far: self.change(one.target.range.far),
        }
    }
}

fn name(report_data: &ReportData, roadmap: &Roadmap, one: &Progress<'_>) -> String {
    let title = report_data.title(one.target.metric, &roadmap.workload);
    format!("{}: {title}", one.phase.title)
}

/// A figure with its interval, as the table writes it.
fn text(metric: &Metric, relative: bool, figure: &Figure) -> String {
    match relative {
        true => change(figure.value, figure.interval),
        false => number::figure(metric.quantity(), figure),
    }
}

fn bars(report_data: &ReportData, roadmap: &Roadmap, progress: &[Progress<'_>]) -> Option<Chart> {
    let bullet = |one: &Progress<'_>| {
        let (metric, range) = (one.target.metric, &one.target.range);
        let scale = Scale::of(report_data, roadmap, one)?;
        let claim = range.text(metric);
        let (label, measured) = match (&one.measured, one.standing) {
            (Ok(measured), Some(standing)) => {
                let figure = measured.figure;
                let measured = text(metric, range.relative, &figure);
                (
                    format!("{}: {measured}, claimed {claim}", standing.name()),
                    Some((scale.change(figure.value), scale.ends(figure.interval))),
                )
            }
            (Err(absent), _) => (format!("{absent}, claimed {claim}"), None),
            (Ok(_), None) => return None,
        };
        Some(Bullet {
            name: name(report_data, roadmap, one),
            label,
            place: report_data.place(&one.phase.name),
            wanted: scale.wanted(one),
            measured,
            is_missed: one.standing == Some(TargetStatus::Missed),
        })
    };
    let bullets: Vec<Bullet> = progress.iter().filter_map(bullet).collect();
    if bullets.iter().all(|bullet| bullet.measured.is_none()) {
        return None;
    }
    let axis = format!(
        "Bars start at the phase {}; right is better. Each bar has its own scale; a bar at the edge goes on.",
        roadmap.against
    );
    Some(Chart::new(
        crate::roadmap::verdict(progress).trim_end_matches('.'),
        subtitle(report_data, roadmap, progress),
        BulletChart { axis, bullets },
    ))
}

fn dates(report_data: &ReportData, roadmap: &Roadmap, progress: &[Progress<'_>]) -> Option<Chart> {
    let planned = |one: &Progress<'_>| {
        let midnight = one.phase.schedule.date?.to_zoned(TimeZone::UTC).ok()?;
        Some(midnight.timestamp())
    };
    let all: Vec<(&Progress<'_>, Vec<Reached>)> = progress
        .iter()
        .map(|one| (one, over_time(report_data, roadmap, one.phase, one.target)))
        .filter(|(_, points)| !points.is_empty())
        .collect();
    let times = all.iter().flat_map(|(one, points)| {
        let measured = points.iter().map(|point| point.date);
        measured.chain(planned(one))
    });
    let (first, last) = (times.clone().min()?, times.max()?);
    let panel = |(one, points): &(&Progress<'_>, Vec<Reached>)| {
        let scale = Scale::of(report_data, roadmap, one)?;
        let (metric, range) = (one.target.metric, &one.target.range);
        let point = |point: &Reached| BurnUpPoint {
            time: seconds(point.date),
            value: scale.change(point.figure.value),
            ends: scale.ends(point.figure.interval),
        };
        let newest = points.last()?;
        let due = match one.phase.schedule.date {
            Some(date) => format!(", planned for {date}"),
            None => String::new(),
        };
        Some(BurnUpPanel {
            name: name(report_data, roadmap, one),
            label: format!(
                "{}, claimed {}{due}",
                text(metric, range.relative, &Figure::exact(newest.figure.value)),
                range.text(metric)
            ),
            place: report_data.place(&one.phase.name),
            wanted: scale.wanted(one),
            planned: planned(one).map(seconds),
            points: points.iter().map(point).collect(),
        })
    };
    let panels: Vec<BurnUpPanel> = all.iter().filter_map(panel).collect();
    if panels.is_empty() {
        return None;
    }
    let day = |time: Timestamp| time.strftime("%Y-%m-%d").to_string();
    let states = all
        .iter()
        .flat_map(|(_, points)| points.iter().map(|point| point.date));
    let states: BTreeSet<Timestamp> = states.collect();
    let since = day(*states.first()?);
    let title = match states.len() {
        1 => format!("The claims were measured once, on {since}"),
        several => format!("The claims were measured {several} times since {since}"),
    };
    let axis = format!(
        "Change relative to the phase {}, up is better. Each panel has its own vertical scale; a point at its edge is beyond.",
        roadmap.against
    );
    Some(Chart::new(
        title,
        subtitle(report_data, roadmap, progress),
        BurnUp {
            axis,
            ends: [first, last].map(|time| (seconds(time), day(time))),
            panels,
        },
    ))
}

fn seconds(time: Timestamp) -> f64 {
    time.as_second() as f64
}

fn subtitle(report_data: &ReportData, roadmap: &Roadmap, progress: &[Progress<'_>]) -> String {
    let names = roadmap.phases.iter().map(|phase| phase.name.as_str());
    let rows: Vec<&Row> = names
        .filter_map(|phase| report_data.row(&roadmap.workload, phase))
        .collect();
    let instrument = progress
        .iter()
        .find(|one| one.measured.is_ok())
        .map(|one| one.target.metric.instrument());
    match instrument {
        Some(instrument) => report_data.subtitle(&roadmap.workload, &rows, instrument, ""),
        None => roadmap.workload.clone(),
    }
}
