//! A metric over the sizes of a sweep, one line per phase. Both axes are logarithmic, so a power law is a straight line.

use harness_record::metric::{Metric, Quantity};
use harness_record::number;

use crate::charts::Named;
use crate::parameters::Sweep;
use crate::render::chart::{Chart, Event, LineChart, Point, Series};
use crate::sweeps::{Growing, QUESTIONS, Question};
use crate::{ReportData, provenance};

/// The names of all possible charts.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    QUESTIONS.iter().map(|question| question.chart)
}

pub(crate) fn chart(
    report_data: &ReportData,
    sweep: &Sweep<'_>,
    question: &Question,
    metric: &Metric,
    growing: &[Growing<'_>],
) -> Option<Named> {
    let series: Vec<Series> = growing
        .iter()
        .filter(|phase| phase.points.iter().all(|(_, figure)| figure.value > 0.0))
        .map(|phase| {
            let last = phase.points.last().map_or(0.0, |(_, figure)| figure.value);
            Series {
                name: phase.phase.to_owned(),
                place: report_data.place(phase.phase),
                label: format!("{} {}", number::plain(metric.quantity(), last), phase.phase),
                points: phase
                    .points
                    .iter()
                    .map(|(x, figure)| Point {
                        x: *x,
                        y: figure.value,
                        band: figure.interval.map(|ends| (ends.low, ends.high)),
                    })
                    .collect(),
            }
        })
        .collect();
    let title = title(question, metric, growing)?;
    let limit = question.limit(report_data);
    let mark = || Event { x: limit, label: format!("{limit} CPU{}", if limit == 1.0 { "" } else { "s" }) };
    let beyond: Vec<Event> = sweep.sizes.last().filter(|(size, _)| *size > limit).map(|_| mark()).into_iter().collect();
    let rows = sweep
        .sizes
        .iter()
        .flat_map(|(_, workload)| report_data.record.rows.iter().filter(|row| row.workload == *workload));
    Some(Named {
        name: question.chart,
        heading: question.title,
        chart: Chart::Lines(LineChart {
            title,
            subtitle: format!(
                "{}, {}{}{}. {}.",
                sweep.name,
                provenance::conditions(rows, &[metric.instrument()]),
                if metric.portable() {
                    ""
                } else {
                    "; bands are 95 % intervals, or the range of all rounds if there are fewer than six"
                },
                if beyond.is_empty() { "" } else { "; right of the mark, threads wait for each other" },
                report_data.provenance_of(metric.instrument(), sweep.sizes.iter().map(|(_, workload)| *workload))
            ),
            x_axis: format!("{}, logarithmic scale", question.axis),
            sizes: true,
            y_axis: metric.title().to_owned(),
            quantity: metric.quantity(),
            series,
            events: beyond,
        }),
    })
}

/// The title: the change of the first phase and of the last one over the whole sweep.
fn title(question: &Question, metric: &Metric, growing: &[Growing<'_>]) -> Option<String> {
    let change = |phase: &Growing<'_>| {
        let [(from, low), (to, high)] = phase.ends()?;
        let ratio = high.value / low.value;
        let what = match metric.quantity() {
            Quantity::Seconds => "the time",
            Quantity::PerSecond => "the throughput",
            Quantity::Bytes => "the memory",
            Quantity::Instructions => "the instructions",
            Quantity::Blocks => "the allocations",
        };
        let times = number::ratio(ratio);
        (low.value > 0.0).then(|| (format!("{} {} {what}", phase.phase, times.replacen('x', "", 1) + "x"), to / from))
    };
    let (first, sizes) = change(growing.first()?)?;
    let last = if growing.len() > 1 { change(growing.last()?).map(|(text, _)| text) } else { None };
    let last = last.map(|last| format!(", {last}")).unwrap_or_default();
    Some(format!("{}x the {}: {first}{last}", sizes, question.axis))
}
