//! Ablation: the gain of each optimization alone, added to a starting phase, and at the end, taken out of the last phase. The
//! starting phase has no optimizations, or it is the one that forecasts refer to. A phase `BASE,axis=value` is BASE with one
//! axis changed.

use harness_abtest::Interval;
use harness_probe::Instrument;
use harness_record::distinct::distinct;
use harness_record::metric::{self, Figure};
use harness_record::{Row, number};

use super::Group;
use super::parameters::changed_axis;
use crate::charts::{Named, times};
use crate::render::chart::{Bar, Chart, Waterfall};
use crate::render::{Cell, Table, Tone};
use crate::roadmap::change;
use crate::{ReportData, figures, problems};

/// The possible charts, one for each ablation: name and heading.
const CHARTS: [(&str, &str); 2] = [
    ("ablation", "What each optimization is worth"),
    (
        "ablation-second",
        "What each optimization is worth, begun elsewhere",
    ),
];

pub(super) fn chart_names() -> impl Iterator<Item = &'static str> {
    CHARTS.into_iter().map(|(name, _)| name)
}

/// Two phases of a workload, and the axes that were changed in them.
#[derive(Debug)]
struct Ablation<'a> {
    workload: &'a str,
    /// The phase that single optimizations are added to.
    start: &'a str,
    /// The phase that single optimizations are taken out of.
    end: &'a str,
    axes: Vec<Axis<'a>>,
}

/// An axis that was changed.
#[derive(Debug)]
struct Axis<'a> {
    name: &'a str,
    /// The choice of the last phase; none if the start was not measured with it.
    choice: Option<&'a str>,
    /// The start without and with that choice.
    alone: Change<'a>,
    /// The end without and with that choice.
    at_the_end: Change<'a>,
}

/// The rows before and after a change, where they were measured.
#[derive(Debug)]
struct Change<'a>(Option<&'a Row>, Option<&'a Row>);

impl Change<'_> {
    fn speed(&self) -> Option<Figure> {
        figures::speed(self.0, self.1?).ok()
    }

    /// The ratio of a count.
    fn count(&self, metric: &str) -> Option<f64> {
        Some(
            figures::ratio(metric::by_name(metric)?, self.0, self.1?)
                .ok()?
                .value,
        )
    }
}

pub(super) fn groups(report_data: &ReportData) -> (Vec<Group>, Option<String>) {
    let workloads = report_data.record.workloads().into_iter();
    let mut ablations: Vec<Ablation<'_>> = workloads
        .filter_map(|workload| of(report_data, workload))
        .collect();
    ablations.sort_by_key(|ablation| report_data.place(ablation.start));
    let against = report_data
        .roadmap
        .as_ref()
        .map(|roadmap| roadmap.against.as_str());
    let missing = match against {
        _ if ablations.is_empty() => Some("The gain of each optimization is".to_owned()),
        Some(against) if ablations.iter().all(|ablation| ablation.start != against) => Some(
            format!("The gain of each optimization alone on {against} is"),
        ),
        _ => None,
    };
    let group = |(ablation, chart_name): (&Ablation<'_>, _)| Group {
        says: says(ablation),
        chart: chart(report_data, ablation, chart_name),
        table: table(report_data, ablation),
    };
    (ablations.iter().zip(CHARTS).map(group).collect(), missing)
}

/// The ablation of a workload that has two phases with single axes changed.
fn of<'a>(report_data: &'a ReportData, workload: &'a str) -> Option<Ablation<'a>> {
    let rows = report_data
        .record
        .rows
        .iter()
        .filter(|row| row.workload == workload);
    let phases: Vec<&str> = rows.map(|row| row.phase.as_str()).collect();
    let changed: Vec<(&str, &str, &str)> = phases
        .iter()
        .filter_map(|phase| changed_axis(phase))
        .collect();
    let bases = distinct(
        changed
            .iter()
            .map(|(base, ..)| *base)
            .filter(|base| phases.contains(base)),
    );
    let (&start, &end) = (bases.first()?, bases.last()?);
    let axes_of = |base: &str| {
        distinct(
            changed
                .iter()
                .filter(|of| of.0 == base)
                .map(|(_, axis, _)| *axis),
        )
    };
    let at_end = axes_of(end);
    // Both ends need several axes: a kernel in one of its implementations is not an ablation.
    if start == end || axes_of(start).len() < 3 || at_end.len() < 3 {
        return None;
    }
    let row = |phase: &str| report_data.row(workload, phase);
    let axes = at_end.iter().map(|&axis| {
        // If several choices were tried, the first is that of the last phase.
        let choice = |base: &str| {
            changed
                .iter()
                .find(|of| of.0 == base && of.1 == axis)
                .map(|(.., value)| *value)
        };
        let with = |base: &str| row(&format!("{base},{axis}={}", choice(base)?));
        Axis {
            name: axis,
            choice: choice(start),
            alone: Change(row(start), with(start)),
            at_the_end: Change(with(end), row(end)),
        }
    });
    Some(Ablation {
        workload,
        start,
        end,
        axes: axes.collect(),
    })
}

fn says(ablation: &Ablation<'_>) -> Vec<String> {
    let Ablation { start, end, .. } = ablation;
    let explanation = format!(
        "Alone: {start} with one axis changed to the choice of {end}, compared with the unchanged phase. At the end: {end} compared with the same phase with that one axis reset to its plain choice."
    );
    [verdict(ablation), explanation]
        .into_iter()
        .chain(outweighed(ablation))
        .collect()
}

/// The sentence on the largest gains, alone and at the end.
fn verdict(ablation: &Ablation<'_>) -> String {
    let largest = |change: fn(&Axis<'_>) -> Option<Figure>| {
        let gains = ablation
            .axes
            .iter()
            .filter_map(|axis| Some((axis.name, change(axis)?.value)));
        let (name, gain) = gains.max_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(format!("{name} ({})", number::ratio(gain)))
    };
    let Ablation {
        workload,
        start,
        end,
        ..
    } = ablation;
    match (
        largest(|axis| axis.alone.speed()),
        largest(|axis| axis.at_the_end.speed()),
    ) {
        (Some(alone), Some(at_the_end)) => {
            format!(
                "Largest speedup alone: {alone}; at the end: {at_the_end}; from {start} to {end} in {workload}."
            )
        }
        (Some(axis), None) | (None, Some(axis)) => {
            format!("Largest speedup: {axis} in {workload}.")
        }
        (None, None) => format!("No speed was measured of {workload}."),
    }
}

/// An axis with at least this speedup alone hides the gains of all others in the time.
const OUTWEIGHS: f64 = 4.0;

/// The sentence on axes that hide the gains of the others in the time of the start.
fn outweighed(ablation: &Ablation<'_>) -> Option<String> {
    let large = ablation.axes.iter().filter(|axis| {
        axis.alone
            .speed()
            .is_some_and(|gain| gain.value >= OUTWEIGHS)
    });
    let large: Vec<&str> = large.map(|axis| axis.name).collect();
    let counted = ablation
        .axes
        .iter()
        .any(|axis| axis.alone.count("instructions").is_some());
    (!large.is_empty() && counted).then(|| {
        format!(
            "On {}, nearly all of the time is spent in code that {} would speed up: the gains of the other axes alone are visible in instructions, not in time.",
            ablation.start,
            large.join(" or ")
        )
    })
}

fn table(report_data: &ReportData, ablation: &Ablation<'_>) -> Table {
    let Ablation {
        workload,
        start,
        end,
        axes,
    } = ablation;
    let count = |ratio: f64| {
        Cell::number(
            ratio,
            if ratio == 0.0 {
                "zero".to_owned()
            } else {
                change(ratio, None)
            },
        )
    };
    let rows = report_data
        .record
        .rows
        .iter()
        .filter(|row| row.workload == *workload);
    let problems = problems::of(rows).into_iter();
    Table::of(format!("{workload}, one axis at a time"), axes)
        .left("axis", "axis", |axis| axis.name)
        .left("choice", "choice", |axis| axis.choice.unwrap_or("-"))
        .right("alone", &format!("speed alone, on {start}"), |axis| axis.alone.speed().map(speed))
        .right("at_the_end", &format!("speed at the end, in {end}"), |axis| axis.at_the_end.speed().map(speed))
        .right("instructions_alone", "instructions alone", |axis| axis.alone.count("instructions").map(count))
        .right("instructions_at_the_end", "instructions at the end", |axis| {
            axis.at_the_end.count("instructions").map(count)
        })
        .right("bytes_alone", "heap bytes alone", |axis| axis.alone.count("bytes-per-token").map(count))
        .right("bytes_at_the_end", "heap bytes at the end", |axis| axis.at_the_end.count("bytes-per-token").map(count))
        .notes(problems.chain([
            "[low, high] is the 95 % interval over the rounds in which both ran, or the range of all rounds if there are fewer than six. Coloured if it excludes no change. A dash: the start already has that choice, or it was not measured."
                .to_owned(),
            report_data.provenance([*workload]),
        ]))
        .without_empty_columns()
}

fn speed(figure: Figure) -> Cell {
    Cell::number(figure.value, change(figure.value, figure.interval)).toned(Tone::of_speed(&figure))
}

/// The waterfall from the start to the end: the gain of each optimization alone, and the gain of the combination. None if the
/// two ends were not timed side by side.
fn chart(
    report_data: &ReportData,
    ablation: &Ablation<'_>,
    (name, heading): (&'static str, &'static str),
) -> Option<Named> {
    let Ablation {
        workload,
        start,
        end,
        axes,
    } = ablation;
    let [start_row, end_row] = [*start, *end].map(|phase| report_data.row(workload, phase));
    let whole = figures::speed(start_row, end_row?).ok()?;
    let mut axes: Vec<(&Axis<'_>, Figure)> = axes
        .iter()
        .filter_map(|axis| Some((axis, axis.alone.speed()?)))
        .collect();
    axes.sort_by(|(_, a), (_, b)| b.value.total_cmp(&a.value));
    let (first, largest) = axes.first().filter(|(_, gain)| gain.value > 0.0)?;
    let bar = |name: &str, from, to, interval, label| Bar {
        name: name.to_owned(),
        from,
        to,
        interval,
        place: None,
        label,
    };
    let mut at = 1.0;
    let mut bars = Vec::new();
    for (axis, gain) in &axes {
        let end = axis
            .at_the_end
            .speed()
            .map(|end| format!(" · {} at the end", number::ratio(end.value)));
        let label = format!(
            "{} alone{}",
            number::ratio(gain.value),
            end.unwrap_or_default()
        );
        let interval = gain.interval.map(|ends| Interval {
            low: at * ends.low,
            high: at * ends.high,
            ..ends
        });
        bars.push(bar(
            &axis.name.replace('_', " "),
            at,
            at * gain.value,
            interval,
            label,
        ));
        at *= gain.value;
    }
    let together = whole.value / at;
    let (rest, more) = match together >= 1.0 {
        true => (
            "only together",
            format!("the combination adds {}", times(together)),
        ),
        false => (
            "overlap",
            format!("the gains overlap by {}", times(1.0 / together)),
        ),
    };
    bars.push(bar(rest, at, whole.value, None, number::ratio(together)));
    let label = format!("{} {start}", number::ratio(whole.value));
    bars.push(Bar {
        place: Some(report_data.place(end)),
        ..bar(end, 1.0, whole.value, whole.interval, label)
    });
    let title = format!(
        "{} alone gains most, {}; {more}",
        first.name.replace('_', " "),
        times(largest.value)
    );
    let remark = format!(
        "; each bar is one optimization alone on {start}, with its 95 % interval as a line, or the range of all rounds if there are fewer than six"
    );
    let rows: Vec<&Row> = start_row.into_iter().chain(end_row).collect();
    let subtitle = report_data.subtitle(workload, &rows, Instrument::Clock, &remark);
    let chart = Chart::new(
        title,
        subtitle,
        Waterfall {
            axis: format!("speed over {start}"),
            bars,
        },
    );
    Some(Named {
        name,
        heading,
        chart,
    })
}
