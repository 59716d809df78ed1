//! The phases of a workload as rungs of a ladder: each with its place on a logarithmic axis, its value, the step over the
//! phase before and the total over a base.

use harness_record::metric::{self, Better, Figure, Metric, Quantity};
use harness_record::{Check, Row, number};
use serde::Serialize;

use super::log_axis::LogAxis;
use crate::figures::{self, Absent};
use crate::headline::{base, main_metric};
use crate::render::{Cell, Table, Tone};
use crate::{ReportData, problems};

/// The metrics that can be selected after the main one.
const SELECTABLE: [&str; 6] = [
    "time-to-first-token",
    "latency-p95",
    "peak-bytes",
    "bytes-per-unit",
    "instructions",
    "allocations-per-unit",
];

/// The costs that stand beside every figure, because a gain in speed may be paid with them.
pub(super) const COSTS: [&str; 2] = ["time-to-first-token", "peak-bytes"];

/// The ladder of one workload.
#[derive(Debug, Serialize)]
pub(crate) struct Ladder {
    pub(super) workload: String,
    /// One line on the workload; may be empty.
    pub(super) about: String,
    pub(super) phases: Vec<Phase>,
    /// The phases that totals may be compared with, and the place of the default one.
    pub(super) bases: Vec<String>,
    pub(super) base: usize,
    /// The headings of the costs beside each figure.
    pub(super) costs: Vec<String>,
    /// One view for each metric, the main one first.
    pub(super) views: Vec<View>,
}

/// The part of a rung that does not depend on the metric.
#[derive(Debug, Serialize)]
pub(super) struct Phase {
    pub(super) name: String,
    /// One line on the phase; may be empty.
    pub(super) about: String,
    /// A wrong or missing answer in two words; may be empty.
    pub(super) problem: &'static str,
    pub(super) costs: Vec<String>,
}

/// The rungs in one metric.
#[derive(Debug, Serialize)]
pub(super) struct View {
    pub(super) metric: &'static str,
    pub(super) title: String,
    pub(super) better: &'static str,
    /// The marks of the axis: place in percent, and text.
    pub(super) ticks: Vec<(f64, String)>,
    pub(super) rungs: Vec<Rung>,
}

/// A phase in one metric.
#[derive(Debug, Serialize)]
pub(super) struct Rung {
    /// Place of the value in percent; 0 for a value of zero, which no logarithmic axis has. None without a value.
    pub(super) at: Option<f64>,
    /// Place and width in percent of the way from the phase before.
    pub(super) way: Option<(f64, f64)>,
    /// Places of the ends of the interval in percent.
    pub(super) ends: Option<(f64, f64)>,
    pub(super) value: Text,
    pub(super) step: Text,
    /// One for each base.
    pub(super) totals: Vec<Text>,
}

/// A number for people, with the interval apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Text {
    pub(super) number: String,
    pub(super) interval: String,
    pub(super) tone: Tone,
}

impl Text {
    pub(super) fn of(cell: &Cell) -> Self {
        // The interval, or the number of rounds if they are too few for one.
        let starts = [" [", " ("]
            .iter()
            .filter_map(|start| cell.text.find(start));
        let (number, rest) = cell.text.split_at(starts.min().unwrap_or(cell.text.len()));
        Self {
            number: number.to_owned(),
            interval: rest.trim_start().to_owned(),
            tone: cell.tone,
        }
    }

    /// The whole text.
    pub(super) fn whole(&self) -> String {
        format!("{} {}", self.number, self.interval)
            .trim_end()
            .to_owned()
    }
}

impl Ladder {
    /// The workload with its definition in one line, if it has one.
    pub(crate) fn about(&self) -> Option<String> {
        (!self.about.is_empty()).then(|| format!("{}: {}", self.workload, self.about))
    }
}

/// The ladder of a workload; none if it has no figure.
pub(crate) fn ladder(report_data: &ReportData, workload: &str) -> Option<Ladder> {
    let record = &report_data.record;
    let main = main_metric(record, workload)?;
    let rows: Vec<&Row> = record
        .phases()
        .into_iter()
        .filter_map(|phase| record.row(workload, phase))
        .collect();
    let has_figures = |metric: &&Metric| rows.iter().any(|row| metric.figure(row).is_some());
    let named = |names: &'static [&'static str]| {
        let metrics = names.iter().filter_map(|name| metric::by_name(name));
        metrics.filter(has_figures).collect::<Vec<_>>()
    };
    let costs = named(&COSTS);
    let bases: Vec<&Row> = report_data
        .anchors
        .iter()
        .filter_map(|anchor| record.row(workload, anchor))
        .collect();
    let unit = &rows.first()?.unit.name;
    let views = std::iter::once(main)
        .chain(
            named(&SELECTABLE)
                .into_iter()
                .filter(|metric| *metric != main),
        )
        .map(|metric| view(metric, unit, &rows, &bases))
        .collect();
    let about = |lines: &std::collections::BTreeMap<String, String>, name: &str| {
        lines.get(name).cloned().unwrap_or_default()
    };
    let phase = |row: &&Row| Phase {
        name: row.phase.clone(),
        about: about(&record.about.phases, &row.phase),
        problem: match row.check {
            Check::Passed | Check::Unchecked => "",
            Check::Failed(_) => "wrong answer",
            Check::NotRun(_) => "answer not checked",
        },
        costs: costs.iter().map(|metric| plain(metric, row)).collect(),
    };
    let default = base(report_data, workload);
    Some(Ladder {
        workload: workload.to_owned(),
        about: about(&record.about.workloads, workload),
        phases: rows.iter().map(phase).collect(),
        base: bases
            .iter()
            .position(|row| Some(row.phase.as_str()) == default)
            .unwrap_or_default(),
        bases: bases.iter().map(|row| row.phase.clone()).collect(),
        costs: costs.iter().map(|metric| metric.title_per(unit)).collect(),
        views,
    })
}

fn plain(metric: &Metric, row: &Row) -> String {
    let figure = figures::figure(metric, Some(row)).ok();
    Cell::from(figure.map(|figure| Cell::plain(metric.quantity(), figure.value))).text
}

fn view(metric: &'static Metric, unit: &str, rows: &[&Row], bases: &[&Row]) -> View {
    let found = rows.iter().filter_map(|row| metric.figure(row));
    let all = found.flat_map(
        |Figure {
             value, interval, ..
         }| {
            let ends = interval.into_iter().flat_map(|ends| [ends.low, ends.high]);
            std::iter::once(value).chain(ends)
        },
    );
    let axis = LogAxis::over(all);
    let rung = |(index, row): (usize, &&Row)| {
        let figure = figures::figure(metric, Some(row));
        let known = figure.as_ref().ok();
        let before = index.checked_sub(1).map(|before| rows[before]);
        let at = known.and_then(|figure| place(axis, figure.value));
        // A phase before the base is no loss.
        let is_before = |base: &Row| rows[index..].iter().any(|later| later.phase == base.phase);
        let total = |base: &&Row| match ratio(metric, base, row) {
            cell if is_before(base) => Text::of(&cell.toned(Tone::Quiet)),
            cell => Text::of(&cell),
        };
        let from = before
            .and_then(|before| metric.figure(before))
            .and_then(|figure| place(axis, figure.value));
        Rung {
            at,
            way: from
                .zip(at)
                .filter(|&(from, at)| from > 0.0 && at > 0.0)
                .map(|(from, at)| (from.min(at), (from - at).abs())),
            ends: known
                .and_then(|figure| figure.interval)
                .and_then(|ends| Some((place(axis, ends.low)?, place(axis, ends.high)?))),
            value: Text::of(&value(metric, &figure, row)),
            step: Text::of(&Cell::from(before.map(|base| ratio(metric, base, row)))),
            totals: bases.iter().map(total).collect(),
        }
    };
    let tick = |axis: LogAxis, value: f64| (axis.at(value), short(metric.quantity(), value));
    View {
        metric: metric.name(),
        title: metric.title_per(unit),
        better: match metric.better() {
            Better::Higher => "right is better",
            Better::Lower => "left is better",
        },
        ticks: axis
            .map(|axis| {
                axis.ticks()
                    .into_iter()
                    .map(|value| tick(axis, value))
                    .collect()
            })
            .unwrap_or_default(),
        rungs: rows.iter().enumerate().map(rung).collect(),
    }
}

fn place(axis: Option<LogAxis>, value: f64) -> Option<f64> {
    if value > 0.0 {
        Some(axis?.at(value))
    } else {
        Some(0.0)
    }
}

/// A round number without needless zeros: `10 ms`, not `10.0 ms`.
fn short(quantity: Quantity, value: f64) -> String {
    let text = number::plain(quantity, value);
    let (digits, unit) = text.split_once(' ').unwrap_or((&text, ""));
    let digits = match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.'),
        false => digits,
    };
    format!("{digits} {unit}").trim_end().to_owned()
}

fn value(metric: &Metric, figure: &Result<Figure, Absent>, row: &Row) -> Cell {
    match figure {
        Ok(figure) if figures::trusted(row) => Cell::figure(metric, figure),
        Ok(figure) => Cell::figure(metric, figure).toned(Tone::Bad),
        Err(Absent::Failed(_)) => Cell::no_number("failed").toned(Tone::Bad),
        Err(absent) => Cell::no_number(absent.to_string()).toned(Tone::Quiet),
    }
}

/// The ratio to a base, with the tone of an improvement or a loss if its interval excludes 1.
fn ratio(metric: &Metric, base: &Row, head: &Row) -> Cell {
    if base.phase == head.phase {
        return Cell::no_number("base").toned(Tone::Quiet);
    }
    let Ok(ratio) = figures::ratio(metric, Some(base), head) else {
        return Cell::missing();
    };
    let better = match metric.better() {
        Better::Higher => ratio,
        Better::Lower => figures::inverse(ratio),
    };
    let tone = match (metric.portable(), better.value) {
        (true, 1.0) => Tone::Quiet,
        (true, 1.0..) => Tone::Good,
        (true, _) => Tone::Bad,
        (false, _) => Tone::of_speed(&better),
    };
    Cell::ratio(ratio).toned(tone)
}

/// The ladder in its main metric, for the summary.
pub(crate) fn table(report_data: &ReportData, ladder: &Ladder) -> Option<Table> {
    let view = ladder.views.first()?;
    let rows = ladder.phases.iter().zip(&view.rungs);
    let mut table = Table::of(ladder.workload.clone(), rows)
        .left("phase", "phase", |(phase, _)| &phase.name)
        .left("check", "answer", |(phase, _)| {
            let row = report_data.row(&ladder.workload, &phase.name);
            let is_checked = row.is_none_or(|row| row.check != Check::Unchecked);
            let (text, tone) = match phase.problem {
                "" if !is_checked => ("not checked", Tone::Quiet),
                "" => ("right", Tone::Good),
                problem => (problem, Tone::Bad),
            };
            Cell::text(text).toned(tone)
        })
        .right("value", &view.title, |(_, rung)| rung.value.whole())
        .right("step", "x previous phase", |(_, rung)| rung.step.whole());
    if let Some(base) = ladder.bases.get(ladder.base) {
        table = table.right("total", &format!("x {base}"), |(_, rung)| {
            rung.totals[ladder.base].whole()
        });
    }
    for (index, cost) in ladder.costs.iter().enumerate() {
        table = table.right(cost, cost, |(phase, _)| phase.costs[index].clone());
    }
    let rows = ladder
        .phases
        .iter()
        .filter_map(|phase| report_data.row(&ladder.workload, &phase.name));
    Some(table.notes(problems::of(rows)))
}
