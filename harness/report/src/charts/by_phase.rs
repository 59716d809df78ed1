//! The charts with one number per phase: throughput, memory and instructions.

use harness_record::metric::{self, Figure, Metric, Quantity};
use harness_record::{Record, Row, number};

use crate::headline::{headline, unit};
use crate::render::chart::{Chart, Mark, PhaseChart};
use crate::{ReportData, figures};

/// Tokens per second.
pub(super) fn throughput(report_data: &ReportData) -> Option<Chart> {
    chart(report_data, "tokens-per-second", |found, _| {
        let title = match found {
            Some(Finding {
                head,
                anchor,
                ratio,
                ..
            }) if ratio.value >= 1.0 => {
                format!(
                    "{head} generates {} the tokens per second of {anchor}",
                    times(ratio.value)
                )
            }
            Some(Finding {
                head,
                anchor,
                ratio,
                ..
            }) => {
                format!(
                    "{head} is {} slower than {anchor} in tokens per second",
                    times(1.0 / ratio.value)
                )
            }
            None => "Tokens per second by phase".to_owned(),
        };
        (title, "tokens per second".to_owned())
    })
}

/// Heap bytes per unit; the unit is the generated token if the workload generates text.
pub(super) fn memory(report_data: &ReportData) -> Option<Chart> {
    chart(report_data, "bytes-per-unit", |found, unit| {
        let bytes = |figure: &Figure| number::plain(Quantity::Bytes, figure.value);
        let title = match found {
            Some(Finding {
                head,
                anchor,
                ratio,
                head_figure,
                base_figure,
            }) => match ratio.value {
                1.0 => format!(
                    "{head} allocates {} per {unit}, the same as {anchor}",
                    bytes(head_figure)
                ),
                _ => {
                    let (to, from) = (bytes(head_figure), bytes(base_figure));
                    format!("{head} allocates {to} per {unit}, {anchor} {from}")
                }
            },
            None => format!("Heap bytes per {unit} by phase"),
        };
        (title, format!("heap bytes allocated per {unit}"))
    })
}

/// Instructions per unit.
pub(super) fn instructions(report_data: &ReportData) -> Option<Chart> {
    chart(report_data, "instructions", |found, unit| {
        let title = match found {
            Some(Finding {
                head,
                anchor,
                ratio,
                ..
            }) if ratio.value < 1.0 => {
                format!(
                    "{head} needs {} of the instructions per {unit} of {anchor}",
                    share(ratio.value)
                )
            }
            Some(Finding {
                head,
                anchor,
                ratio,
                ..
            }) => {
                format!(
                    "{head} needs {} the instructions per {unit} of {anchor}",
                    times(ratio.value)
                )
            }
            None => format!("Instructions per {unit} by phase"),
        };
        (title, format!("instructions per {unit}"))
    })
}

/// The chart of a metric over all phases of the workload that shows it; none if no phase has a figure. `words` returns title
/// and axis for the finding and the unit of work.
fn chart(
    report_data: &ReportData,
    metric: &str,
    words: impl Fn(Option<&Finding<'_>>, &str) -> (String, String),
) -> Option<Chart> {
    let metric = metric::by_name(metric)?;
    let record = &report_data.record;
    let workload = workload(report_data, metric)?;
    let found = finding(record, &report_data.anchors, workload, metric);
    let (title, axis) = words(found.as_ref(), unit(record, workload));
    let rows = phases(record, workload);
    rows.iter().find(|row| metric.figure(row).is_some())?;
    let marks = rows
        .iter()
        .map(|row| mark(report_data, metric, row))
        .collect();
    let remark = if metric.portable() { "" } else { MEANS };
    let subtitle = report_data.subtitle(workload, &rows, metric.instrument(), remark);
    let (quantity, better) = (metric.quantity(), metric.better());
    let phases = PhaseChart {
        axis,
        quantity,
        better,
        marks,
    };
    Some(Chart::new(title, subtitle, phases).of(workload, metric))
}

/// The remark on the numbers of the clock.
const MEANS: &str = "; geometric means over rounds, with 95 % intervals";

/// The rows of a workload, in the order of the phases.
pub(super) fn phases<'a>(record: &'a Record, workload: &str) -> Vec<&'a Row> {
    record
        .phases()
        .into_iter()
        .filter_map(|phase| record.row(workload, phase))
        .collect()
}

/// The workload to show a metric of: the headline workload if it has figures. Else the middle one of those that yield one
/// token per run, because the first and last positions are extremes. Else the first that yields tokens.
fn workload<'a>(report_data: &'a ReportData, metric: &Metric) -> Option<&'a str> {
    let record = &report_data.record;
    let has_figures = |name: &str| {
        phases(record, name)
            .iter()
            .any(|row| metric.figure(row).is_some())
    };
    if let Some(headline) = headline(record).filter(|name| has_figures(name)) {
        return Some(headline);
    }
    // From the main record only: measurements on demand answer other questions.
    let main: Vec<&str> = report_data
        .sources
        .first()
        .into_iter()
        .flat_map(crate::Source::workloads)
        .collect();
    // Ablations are not about the phases either.
    let changed = |name: &str| {
        phases(record, name)
            .iter()
            .any(|row| row.phase.contains('='))
    };
    let mut names = record.workloads();
    names.retain(|name| {
        main.contains(name) && !name.contains('=') && has_figures(name) && !changed(name)
    });
    let with_unit = |wanted: fn(&Row) -> bool| -> Vec<&'a str> {
        let all = |name: &&&str| phases(record, name).iter().all(|row| wanted(row));
        names.iter().filter(all).copied().collect()
    };
    let single = with_unit(|row| row.unit.name == "token" && row.unit.per_run == 1);
    let middle = single.get(single.len() / 2).copied();
    middle.or_else(|| with_unit(|row| row.unit.name == "token").first().copied())
}

/// The finding of a title: the last phase with a correct answer and a figure, and its ratio to the first anchor that has one.
pub(crate) fn finding<'a>(
    record: &'a Record,
    anchors: &'a [String],
    workload: &str,
    metric: &Metric,
) -> Option<Finding<'a>> {
    let rows = phases(record, workload);
    let head = rows
        .iter()
        .rev()
        .find(|row| figures::trusted(row) && metric.figure(row).is_some())?;
    anchors
        .iter()
        .filter(|anchor| **anchor != head.phase)
        .find_map(|anchor| {
            let base = record.row(workload, anchor)?;
            let ratio = figures::ratio(metric, Some(base), head).ok()?;
            Some(Finding {
                head: &head.phase,
                anchor,
                ratio,
                head_figure: metric.figure(head)?,
                base_figure: metric.figure(base)?,
            })
        })
}

/// The comparison of a phase with an anchor.
pub(crate) struct Finding<'a> {
    pub(crate) head: &'a str,
    pub(crate) anchor: &'a str,
    /// Head over anchor.
    pub(crate) ratio: Figure,
    pub(crate) head_figure: Figure,
    pub(crate) base_figure: Figure,
}

fn mark(report_data: &ReportData, metric: &Metric, row: &Row) -> Mark {
    let value = figures::figure(metric, Some(row));
    let alarm = !figures::trusted(row);
    let label = match &value {
        Err(absent) => format!("missing: {absent}"),
        Ok(figure) if alarm => {
            format!(
                "{} (answer wrong or unchecked)",
                number::plain(metric.quantity(), figure.value)
            )
        }
        Ok(figure) => {
            let ratios = report_data
                .anchors
                .iter()
                .filter(|anchor| **anchor != row.phase)
                .filter_map(|anchor| {
                    let ratio =
                        figures::ratio(metric, report_data.row(&row.workload, anchor), row).ok()?;
                    // The figure itself already shows a zero.
                    (ratio.value > 0.0).then_some(())?;
                    Some(format!("{} {anchor}", number::ratio(ratio.value)))
                });
            let parts =
                std::iter::once(number::plain(metric.quantity(), figure.value)).chain(ratios);
            parts.collect::<Vec<_>>().join(" · ")
        }
    };
    let description = match &value {
        Ok(figure) => {
            // Without an interval, the figure shows its number of rounds itself.
            let rounds = figure.rounds.filter(|_| figure.interval.is_some());
            let n = rounds.map(|n| format!("; n = {n}")).unwrap_or_default();
            let value = number::figure(metric.quantity(), figure);
            format!("{}: {value}{n}", row.phase)
        }
        Err(absent) => format!("{}: {absent}", row.phase),
    };
    let value = value
        .map(|figure| (figure.value, figure.interval))
        .map_err(|absent| absent.to_string());
    Mark {
        name: row.phase.clone(),
        place: report_data.place(&row.phase),
        value,
        label,
        description,
        alarm,
    }
}

/// A share of one for a sentence: `1/812`, `34 %`.
pub(super) fn share(ratio: f64) -> String {
    match number::ratio(ratio) {
        fraction if fraction.contains('/') => fraction,
        _ => format!("{:.0} %", ratio * 100.0),
    }
}

/// A factor for a sentence: `812x`, `1.3x`.
pub(crate) fn times(ratio: f64) -> String {
    number::ratio(ratio)
}
