//! The growth of costs with sizes, threads and streams, as exponents with their intervals: 1 is proportional, 2 is quadratic,
//! 0 is constant.

use std::fmt;

use harness_abtest::{Interval, line};
use harness_record::metric::{self, Figure, Metric};
use harness_record::{Row, number};

use crate::charts::{self, Named};
use crate::parameters::{Sweep, sweeps};
use crate::render::{Cell, Column, Table};
use crate::{ReportData, Section, figures};

/// The question that a sweep over a key answers.
pub(super) struct Question {
    /// The key.
    pub(super) key: &'static str,
    /// The heading.
    pub(super) title: &'static str,
    /// The metric that answers it.
    pub(super) metric: &'static str,
    /// The title of the x axis.
    pub(super) axis: &'static str,
    /// The name of one unit of the size, if the table also has a row of the metric per unit.
    pub(super) each: Option<&'static str>,
    /// True if sizes above the number of CPUs are left out of the exponent, because threads then wait for each other.
    pub(super) by_cpus: bool,
    /// The name of its chart.
    pub(super) chart: &'static str,
}

const fn question(
    key: &'static str,
    title: &'static str,
    metric: &'static str,
    axis: &'static str,
    chart: &'static str,
) -> Question {
    Question { key, title, metric, axis, each: None, by_cpus: false, chart }
}

/// The questions. A sweep over any other key gets a table of the time of a run.
pub(super) const QUESTIONS: [Question; 6] = [
    question("position", "Latency per token against position", "time", "preceding tokens", "growth-position"),
    question("prompt", "Prefill against prompt length", "time", "tokens of the prompt", "growth-prompt"),
    question("context", "Memory against context", "peak-bytes", "tokens of the context", "growth-context"),
    Question {
        by_cpus: true,
        ..question("threads", "Tokens/s against threads", "tokens-per-second", "threads", "growth-threads")
    },
    Question {
        each: Some("sequence"),
        ..question(
            "sequences",
            "Tokens/s against batch size",
            "tokens-per-second",
            "sequences in the batch",
            "growth-batch",
        )
    },
    Question {
        each: Some("stream"),
        ..question(
            "streams",
            "Tokens/s against concurrent streams",
            "tokens-per-second",
            "concurrent streams",
            "growth-streams",
        )
    },
];

impl Question {
    /// The largest size that counts for the exponent.
    pub(super) fn limit(&self, report_data: &ReportData) -> f64 {
        if self.by_cpus { f64::from(report_data.record.environment.cpus) } else { f64::INFINITY }
    }
}

/// Fewest sizes for which Sen's method gives a 95 % interval.
const FEWEST_SIZES: usize = 5;

/// The exponent of a cost as a power of a size: 1 is proportional, 2 is quadratic, 0 is constant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Exponent {
    pub(super) value: f64,
    /// None for fewer than [`FEWEST_SIZES`] sizes.
    pub(super) interval: Option<Interval>,
}

impl Exponent {
    /// The slope of a Theil-Sen line through the logarithms; with fewer than [`FEWEST_SIZES`] points, the slope from the first
    /// to the last. None for fewer than two values above zero.
    fn of(points: &[(f64, Figure)]) -> Option<Self> {
        let logs: Vec<(f64, f64)> =
            points.iter().filter(|(_, y)| y.value > 0.0).map(|(x, y)| (x.ln(), y.value.ln())).collect();
        if logs.len() >= FEWEST_SIZES {
            return line(&logs).map(|line| Self { value: line.slope, interval: Some(line.interval) });
        }
        let ((from, low), (to, high)) = (logs.first()?, logs.last()?);
        (to > from).then(|| Self { value: (high - low) / (to - from), interval: None })
    }
}

impl fmt::Display for Exponent {
    /// `1.04 [0.98, 1.11]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}", self.value)?;
        self.interval.map_or(Ok(()), |ends| write!(f, " [{:.2}, {:.2}]", ends.low, ends.high))
    }
}

/// The figures of one phase at each size.
#[derive(Debug, Clone)]
pub(super) struct Growing<'a> {
    pub(super) phase: &'a str,
    pub(super) points: Vec<(f64, Figure)>,
    /// The number of leading points that count for the exponent.
    within: usize,
    /// The exponent of those points.
    pub(super) exponent: Option<Exponent>,
}

impl Growing<'_> {
    /// The first and the last point that count for the exponent.
    pub(super) fn ends(&self) -> Option<[(f64, Figure); 2]> {
        let within = &self.points[..self.within];
        Some([*within.first()?, *within.last()?])
    }
}

/// Returns the metric at each size of a sweep for each phase that has figures. Sizes above the limit do not count for the
/// exponent.
pub(super) fn growing<'a>(
    report_data: &'a ReportData,
    sweep: &Sweep<'_>,
    metric: &Metric,
    limit: f64,
) -> Vec<Growing<'a>> {
    let phases = report_data.record.phases().into_iter();
    let growing = phases.map(|phase| {
        let figure = |workload: &str| {
            let row: Option<&Row> = report_data.row(workload, phase).filter(|row| figures::trusted(row));
            figures::figure(metric, row).ok()
        };
        let points: Vec<(f64, Figure)> =
            sweep.sizes.iter().filter_map(|(size, workload)| Some((*size, figure(workload)?))).collect();
        let within = points.iter().filter(|(size, _)| *size <= limit).count();
        Growing { phase, exponent: Exponent::of(&points[..within]), within, points }
    });
    growing.filter(|growing| !growing.points.is_empty()).collect()
}

/// The section of the report. Without measurements it has the command that takes them.
pub fn section(report_data: &ReportData) -> Option<Section> {
    let mut section = Section::new("growth", "Growth");
    let mut sweeps = sweeps(report_data);
    let place = |sweep: &Sweep<'_>| QUESTIONS.iter().position(|question| question.key == sweep.key);
    sweeps.sort_by_key(|sweep| place(sweep).unwrap_or(QUESTIONS.len()));
    let mut answered = Vec::new();
    for sweep in &sweeps {
        let question = QUESTIONS.iter().find(|question| question.key == sweep.key);
        let limit = question.map_or(f64::INFINITY, |question| question.limit(report_data));
        let Some(metric) = metric::by_name(question.map_or("time", |question| question.metric)) else { continue };
        let growing = growing(report_data, sweep, metric, limit);
        if growing.is_empty() {
            continue;
        }
        answered.push(sweep.key);
        section.says.extend(verdict(sweep, question, &growing));
        let drawn = |named: &Named| section.charts.iter().all(|known| known.name != named.name);
        let chart = question.and_then(|question| charts::sweeps::chart(report_data, sweep, question, metric, &growing));
        section.charts.extend(chart.filter(drawn));
        section.tables.push(table(report_data, sweep, question, metric, &growing));
    }
    let open = QUESTIONS.iter().filter(|question| !answered.contains(&question.key));
    let open: Vec<&str> = open.map(|question| question.title).collect();
    if !open.is_empty() {
        let what = format!("{} {}", open.join(", "), if open.len() == 1 { "is" } else { "are" });
        section.missing.push(Section::not_measured(&what, &report_data.commands.growth));
    }
    Some(section)
}

/// The sentence on the last phase over the whole sweep.
fn verdict(sweep: &Sweep<'_>, question: Option<&Question>, growing: &[Growing<'_>]) -> Option<String> {
    let last = growing.last()?;
    let [(from, low), (to, high)] = last.ends()?;
    if low.value <= 0.0 || from == to {
        return None;
    }
    let exponent = last.exponent.map(|exponent| format!(", exponent {exponent}")).unwrap_or_default();
    Some(format!(
        "{}: from {from} to {to} {}, {} changes by {}{exponent}.",
        question.map_or(sweep.name, |question| question.title),
        question.map_or(sweep.key, |question| question.axis),
        last.phase,
        number::ratio(high.value / low.value),
    ))
}

fn table(
    report_data: &ReportData,
    sweep: &Sweep<'_>,
    question: Option<&Question>,
    metric: &Metric,
    growing: &[Growing<'_>],
) -> Table {
    let limit = question.map_or(f64::INFINITY, |question| question.limit(report_data));
    let mark = |size: f64| if size > limit { "*" } else { "" };
    let mut columns = vec![Column::left("phase", "phase")];
    columns.extend(
        sweep.sizes.iter().map(|(size, _)| Column::right(&format!("at_{size}"), &format!("{size}{}", mark(*size)))),
    );
    columns.push(Column::right("exponent", "exponent"));
    let unit = sweep.sizes.first().and_then(|(_, workload)| {
        report_data.record.rows.iter().find(|row| row.workload == *workload).map(|row| row.unit.name.as_str())
    });
    let title = question.map_or(sweep.name, |question| question.title);
    let mut table =
        Table::new(format!("{title} ({}): {}", sweep.name, metric.title_per(unit.unwrap_or("unit"))), columns);
    for phase in growing {
        let cell = |size: f64, each: bool| {
            let point = phase.points.iter().find(|(x, _)| *x == size).map(|(_, figure)| *figure);
            point.map_or_else(Cell::missing, |figure| match each {
                false => Cell::number(figure.value, number::figure(metric.quantity(), &figure)),
                true => Cell::number(figure.value / size, number::plain(metric.quantity(), figure.value / size)),
            })
        };
        let mut cells = vec![Cell::text(phase.phase)];
        cells.extend(sweep.sizes.iter().map(|(size, _)| cell(*size, false)));
        cells.push(match &phase.exponent {
            Some(exponent) => Cell::number(exponent.value, exponent.to_string()),
            None => Cell::missing(),
        });
        table.rows.push(cells);
        if let Some(each) = question.and_then(|question| question.each) {
            let mut cells = vec![Cell::text(format!("{}, per {each}", phase.phase))];
            cells.extend(sweep.sizes.iter().map(|(size, _)| cell(*size, true)));
            cells.push(Cell::missing());
            table.rows.push(cells);
        }
    }
    if sweep.sizes.iter().any(|(size, _)| *size > limit) {
        table.notes.push(beyond(limit));
    }
    table.notes.push(format!(
        "Exponent: the power of {} that the metric follows (1 is proportional, 2 quadratic, 0 constant), the slope of a Theil-Sen line through the logarithms of all sizes with its 95 % interval. With fewer than {FEWEST_SIZES} sizes it is the slope from the first to the last, without an interval.",
        sweep.key
    ));
    table.notes.push(report_data.provenance_of(metric.instrument(), sweep.sizes.iter().map(|(_, workload)| *workload)));
    table
}

/// The note on sizes above the number of CPUs.
pub(super) fn beyond(cpus: f64) -> String {
    let cpus = if cpus == 1.0 { "1 CPU".to_owned() } else { format!("{cpus} CPUs") };
    format!("*: more threads than the {cpus}, so threads wait for each other; not used for the exponent.")
}
