//! The burn-down of the roadmap: the share of the reference phase's cost that each phase still has, beside its target.

use harness_abtest::Interval;
use harness_record::metric::{self, Better, Figure, Metric};
use harness_record::number;
use harness_record::roadmap::{Phase, Roadmap};

use crate::charts::Named;
use crate::charts::by_phase::share;
use crate::render::chart::{BurnDown, Chart, Stage, Wanted};
use crate::{ReportData, figures, provenance};

/// The burn-downs: metric, name, heading and axis.
const DRAWN: [(&str, &str, &str, &str); 3] = [
    (
        "tokens-per-second",
        "roadmap-time-per-token",
        "Roadmap: time per token by throughput",
        "time per token (one over tokens/s)",
    ),
    ("latency-median", "roadmap-latency", "Roadmap: latency per token", "latency per token, median"),
    ("bytes-per-token", "roadmap-memory", "Roadmap: memory per token", "heap bytes per token"),
];

/// The names of all possible charts.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    DRAWN.iter().map(|(_, name, ..)| *name)
}

/// Returns a burn-down for each metric that has relative targets.
pub(crate) fn charts(report_data: &ReportData, roadmap: &Roadmap) -> Vec<Named> {
    let drawn = DRAWN.iter().filter_map(|&(metric, name, heading, axis)| {
        let chart = chart(report_data, roadmap, metric::by_name(metric)?, axis)?;
        Some(Named { name, heading, chart: Chart::BurnDown(chart) })
    });
    drawn.collect()
}

fn chart(report_data: &ReportData, roadmap: &Roadmap, metric: &'static Metric, axis: &str) -> Option<BurnDown> {
    let stages: Vec<Stage> = roadmap.phases.iter().map(|phase| stage(report_data, roadmap, metric, phase)).collect();
    stages.iter().find(|stage| stage.wanted.is_some())?;
    stages.iter().find(|stage| stage.reached.is_some())?;
    let rows = roadmap.phases.iter().filter_map(|phase| report_data.row(&roadmap.workload, &phase.name));
    Some(BurnDown {
        title: title(roadmap, &stages, axis),
        subtitle: format!(
            "{}, {}. {}.",
            roadmap.workload,
            provenance::conditions(rows, &[metric.instrument()]),
            report_data.provenance_of(metric.instrument(), [roadmap.workload.as_str()])
        ),
        axis: format!("{axis}, relative to {}", roadmap.against),
        stages,
    })
}

fn stage(report_data: &ReportData, roadmap: &Roadmap, metric: &'static Metric, phase: &Phase) -> Stage {
    let target = phase.targets.iter().find(|target| target.metric.name() == metric.name() && target.range.relative);
    let cost = |ratio: f64| if metric.better() == Better::Higher { 1.0 / ratio } else { ratio };
    let wanted = target.map(|target| Wanted { near: cost(target.range.near), far: cost(target.range.far) });
    let ratio = match report_data.row(&roadmap.workload, &phase.name) {
        // The reference itself is exactly 1, without an interval.
        Some(row) if phase.name == roadmap.against => figures::figure(metric, Some(row)).map(|_| Figure::exact(1.0)),
        Some(row) => figures::ratio(metric, report_data.row(&roadmap.workload, &roadmap.against), row),
        None => Err(figures::Absent::NotMeasured),
    };
    let reached = ratio.as_ref().ok().map(|figure| {
        let interval = figure.interval.map(|ends| match metric.better() {
            Better::Higher => Interval { low: 1.0 / ends.high, high: 1.0 / ends.low, ..ends },
            Better::Lower => ends,
        });
        (cost(figure.value), interval)
    });
    let label = match (&reached, ratio) {
        (Some((value, _)), _) if *value <= 0.0 => "nothing left".to_owned(),
        (Some((value, _)), _) if *value < 0.1 => number::ratio(*value).replacen('x', "", 1),
        (Some((value, _)), _) => format!("{:.0} %", value * 100.0),
        (None, Err(absent)) => absent.to_string(),
        (None, Ok(_)) => String::new(),
    };
    Stage {
        name: phase.title.clone(),
        when: phase.when.clone(),
        place: report_data.place(&phase.name),
        wanted,
        reached,
        label,
    }
}

/// The title: the share that is left at the last stage with both a target and a measurement, and that target.
fn title(roadmap: &Roadmap, stages: &[Stage], axis: &str) -> String {
    let axis = axis.split([',', '(']).next().unwrap_or(axis).trim();
    let last = stages.iter().rev().find_map(|stage| Some((stage, stage.wanted?, stage.reached?.0)));
    match last {
        Some((stage, wanted, reached)) => {
            let left = if reached <= 0.0 { "nothing".to_owned() } else { share(reached) };
            format!(
                "{} leaves {left} of {}'s {axis}; the target is {:.0} %",
                stage.name,
                roadmap.against,
                wanted.near * 100.0
            )
        }
        None => format!("The {axis} of each phase, as a share of {}'s", roadmap.against),
    }
}
