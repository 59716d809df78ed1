//! The burn-down of the roadmap: the share of the reference phase's cost that each phase still has, beside its target.

use harness_record::metric::{self, Better, Figure, Metric};
use harness_record::roadmap::{Phase, Roadmap};
use harness_record::{Row, number};

use crate::charts::Named;
use crate::charts::by_phase::share;
use crate::render::chart::{BurnDown, Chart, Stage, Wanted};
use crate::{ReportData, figures};

/// The burn-downs: metric, name, heading and axis.
const DRAWN: [(&str, &str, &str, &str); 3] = [
    (
        "tokens-per-second",
        "roadmap-time-per-token",
        "Roadmap: time per token by throughput",
        "time per token (one over tokens/s)",
    ),
    (
        "latency-median",
        "roadmap-latency",
        "Roadmap: latency per token",
        "latency per token, median",
    ),
    (
        "bytes-per-token",
        "roadmap-memory",
        "Roadmap: memory per token",
        "heap bytes per token",
    ),
];

/// The names of all possible charts.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    DRAWN.iter().map(|(_, name, ..)| *name)
}

/// Returns a burn-down for each metric that has relative targets.
pub(crate) fn charts(report_data: &ReportData, roadmap: &Roadmap) -> Vec<Named> {
    let drawn = DRAWN.iter().filter_map(|&(metric, name, heading, axis)| {
        let chart = chart(report_data, roadmap, metric::by_name(metric)?, axis)?;
        Some(Named {
            name,
            heading,
            chart,
        })
    });
    drawn.collect()
}

fn chart(
    report_data: &ReportData,
    roadmap: &Roadmap,
    metric: &'static Metric,
    axis: &str,
) -> Option<Chart> {
    let stages: Vec<Stage> = roadmap
        .phases
        .iter()
        .map(|phase| stage(report_data, roadmap, metric, phase))
        .collect();
    stages.iter().find(|stage| stage.wanted.is_some())?;
    stages.iter().find(|stage| stage.reached.is_some())?;
    let rows = roadmap
        .phases
        .iter()
        .filter_map(|phase| report_data.row(&roadmap.workload, &phase.name));
    let rows: Vec<&Row> = rows.collect();
    let title = title(roadmap, &stages, axis);
    let subtitle = report_data.subtitle(&roadmap.workload, &rows, metric.instrument(), "");
    Some(Chart::new(
        title,
        subtitle,
        BurnDown {
            axis: format!("{axis}, relative to {}", roadmap.against),
            stages,
        },
    ))
}

fn stage(
    report_data: &ReportData,
    roadmap: &Roadmap,
    metric: &'static Metric,
    phase: &Phase,
) -> Stage {
    let target = phase
        .targets
        .iter()
        .find(|target| target.metric.name() == metric.name() && target.range.relative);
    let cost = |ratio: Figure| {
        if metric.better() == Better::Higher {
            figures::inverse(ratio)
        } else {
            ratio
        }
    };
    let end = |end: f64| cost(Figure::exact(end)).value;
    let wanted = target.map(|target| Wanted {
        near: end(target.range.near),
        far: end(target.range.far),
    });
    let ratio = match report_data.row(&roadmap.workload, &phase.name) {
        // The reference itself is exactly 1, without an interval.
        Some(row) if phase.name == roadmap.against => {
            figures::figure(metric, Some(row)).map(|_| Figure::exact(1.0))
        }
        Some(row) => figures::ratio(
            metric,
            report_data.row(&roadmap.workload, &roadmap.against),
            row,
        ),
        None => Err(figures::Absent::NotMeasured),
    };
    let reached = ratio.map(|ratio| (cost(ratio).value, cost(ratio).interval));
    let label = match &reached {
        Ok((value, _)) if *value <= 0.0 => "nothing left".to_owned(),
        Ok((value, _)) if *value < 0.1 => number::ratio(*value),
        Ok((value, _)) => format!("{:.0} %", value * 100.0),
        Err(absent) => absent.to_string(),
    };
    Stage {
        name: phase.title.clone(),
        when: phase.when.clone(),
        place: report_data.place(&phase.name),
        wanted,
        reached: reached.ok(),
        label,
    }
}

/// The title: the share that is left at the last stage with both a target and a measurement, and that target.
fn title(roadmap: &Roadmap, stages: &[Stage], axis: &str) -> String {
    let axis = axis.split([',', '(']).next().unwrap_or(axis).trim();
    let last = stages
        .iter()
        .rev()
        .find_map(|stage| Some((stage, stage.wanted?, stage.reached?.0)));
    match last {
        Some((stage, wanted, reached)) => {
            let left = if reached <= 0.0 {
                "nothing".to_owned()
            } else {
                share(reached)
            };
            format!(
                "{} leaves {left} of {}'s {axis}; the target is {:.0} %",
                stage.name,
                roadmap.against,
                wanted.near * 100.0
            )
        }
        None => format!(
            "The {axis} of each phase, as a share of {}'s",
            roadmap.against
        ),
    }
}
