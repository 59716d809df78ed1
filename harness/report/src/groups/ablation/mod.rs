//! Ablation: the effect of each optimization alone, added to a starting phase, and at the end, taken out of the last phase. The
//! starting phase has no optimizations, or it is the one that forecasts refer to. A phase `BASE,axis=value` is BASE with one
//! axis changed. An effect whose interval contains no change is not ranked.

mod chart;
mod table;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use harness_abtest::Interval;
use harness_record::distinct::distinct;
use harness_record::metric::{self, Figure, LEVEL};
use harness_record::{Row, number};

use super::parameters::changed_axis;
use super::{Group, Groups};
use crate::render::Cell;
use crate::{ReportData, figures};

pub(super) use chart::chart_names;

/// Two phases of a workload, and the axes that were changed in them.
#[derive(Debug)]
struct Ablation<'a> {
    workload: &'a str,
    /// The phase that single optimizations are added to.
    start: &'a str,
    /// The phase that single optimizations are taken out of.
    end: &'a str,
    /// The axes: those with a shown effect alone first, by its size.
    axes: Vec<Axis<'a>>,
    /// The start and the end: all optimizations together.
    together: Change<'a>,
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
#[derive(Debug, Clone, Copy)]
struct Change<'a>(Option<&'a Row>, Option<&'a Row>);

impl Change<'_> {
    fn speed(&self) -> Option<Figure> {
        figures::speed(self.0, self.1?).ok()
    }

    /// The speed if its interval excludes no change.
    fn shown_speed(&self) -> Option<Figure> {
        self.speed().filter(is_shown)
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

/// True if the interval of an effect excludes no change.
fn is_shown(effect: &Figure) -> bool {
    effect
        .interval
        .is_some_and(|ends| ends.excludes(1.0, LEVEL))
}

/// The change of an axis: alone, or at the end.
type ChangeOf = for<'a, 'b> fn(&'b Axis<'a>) -> &'b Change<'a>;

const ALONE: ChangeOf = |axis| &axis.alone;
const AT_THE_END: ChangeOf = |axis| &axis.at_the_end;

impl Ablation<'_> {
    /// The product of the effects of all axes. The effects share a phase, so their errors are not independent: in logarithms,
    /// the half-widths of the intervals are added, which holds in any case. None without effects.
    fn product(&self, change: ChangeOf) -> Option<Figure> {
        let effects: Vec<Figure> = self
            .axes
            .iter()
            .filter_map(|axis| change(axis).speed())
            .collect();
        let whole = |ends: &Interval| ends.level >= LEVEL;
        let intervals: Option<Vec<Interval>> = effects
            .iter()
            .map(|effect| effect.interval.filter(whole))
            .collect();
        let product = |end: fn(&Interval) -> f64| {
            let ends = intervals.as_ref()?.iter().map(end);
            Some(ends.product::<f64>())
        };
        let interval =
            product(|ends| ends.low)
                .zip(product(|ends| ends.high))
                .map(|(low, high)| Interval {
                    low,
                    high,
                    level: LEVEL,
                });
        let value = effects.iter().map(|effect| effect.value).product();
        (!effects.is_empty()).then(|| Figure::with_interval(value, interval))
    }

    /// The span of the intervals that contain no change; none if every effect was shown.
    fn noise_band(&self) -> Option<(f64, f64)> {
        let effects = self
            .axes
            .iter()
            .flat_map(|axis| [axis.alone.speed(), axis.at_the_end.speed()])
            .flatten();
        let intervals = effects
            .filter(|effect| !is_shown(effect))
            .filter_map(|effect| effect.interval);
        intervals.fold(None, |band, ends| {
            let (low, high) = band.unwrap_or((ends.low, ends.high));
            Some((ends.low.min(low), ends.high.max(high)))
        })
    }

    /// The axis with the largest shown effect.
    fn largest(&self, change: ChangeOf) -> Option<(&str, Figure)> {
        let shown = self
            .axes
            .iter()
            .filter_map(|axis| Some((axis.name, change(axis).shown_speed()?)));
        shown.max_by(|a, b| a.1.value.total_cmp(&b.1.value))
    }
}

pub(super) fn groups(report_data: &ReportData) -> Groups {
    let workloads = report_data.record.workloads().into_iter();
    let mut ablations: Vec<Ablation<'_>> = workloads
        .filter_map(|workload| of(report_data, workload))
        .collect();
    ablations.sort_by_key(|ablation| report_data.place(ablation.start));
    ablations.truncate(chart::CHARTS.len());
    let against = report_data
        .roadmap
        .as_ref()
        .map(|roadmap| roadmap.against.as_str())
        .filter(|against| ablations.iter().all(|ablation| ablation.start != *against));
    let group = |(ablation, names): (&Ablation<'_>, _)| Group {
        chart: chart::chart(report_data, ablation, names),
        table: table::table(report_data, ablation),
    };
    Groups {
        says: ablations.iter().map(finding).collect(),
        groups: ablations.iter().zip(chart::CHARTS).map(group).collect(),
        missing: against
            .map(|against| format!("The gain of each optimization alone on {against} is")),
    }
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
    let axes = at_end.into_iter().map(|axis| {
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
    let mut axes: Vec<Axis<'_>> = axes.collect();
    let size = |axis: &Axis<'_>| axis.alone.shown_speed().map(|speed| speed.value.ln().abs());
    axes.sort_by(|a, b| size(b).partial_cmp(&size(a)).unwrap_or(Ordering::Equal));
    Some(Ablation {
        workload,
        start,
        end,
        axes,
        together: Change(row(start), row(end)),
    })
}

/// The sentence on the whole gain, and on the largest shown effects alone and at the end.
fn finding(ablation: &Ablation<'_>) -> String {
    let largest = |change: ChangeOf, place: &str, none: &str| match ablation.largest(change) {
        Some((name, effect)) => format!("{place}: {name} ({})", Cell::ratio(effect).text),
        None => none.to_owned(),
    };
    let together = match ablation.together.speed() {
        Some(speed) => format!("the speed changes by {}", Cell::ratio(speed).text),
        None => "the speed was not compared".to_owned(),
    };
    format!(
        "From {} to {} in {}, {together}; {}, {}.",
        ablation.start,
        ablation.end,
        ablation.workload,
        largest(ALONE, "worth most alone", "no effect alone was shown"),
        largest(AT_THE_END, "at the end", "none at the end was shown"),
    )
}

/// An effect for a label: its ratio, or that it was not shown.
fn label(effect: &Figure) -> String {
    if is_shown(effect) {
        number::ratio(effect.value)
    } else {
        "no effect".to_owned()
    }
}
