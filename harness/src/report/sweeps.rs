//! How costs grow with sizes, threads and streams, as exponents with their intervals: 1 is proportional, 2 is square, 0 does not
//! grow.

use super::charts::{self, Named};
use super::figures;
use super::parameters::{Sweep, sweeps};
use super::{Dossier, Section};
use crate::metric::{self, Figure, Metric};
use crate::record::Row;
use crate::render::{Cell, Column, Table, number};
use crate::statistics::{Line, line};

/// What is asked of a sweep over a key.
pub(super) struct Question {
    /// The key.
    pub(super) key: &'static str,
    /// As a heading.
    pub(super) title: &'static str,
    /// The metric that answers it.
    pub(super) metric: &'static str,
    /// What the x axis shows.
    pub(super) axis: &'static str,
    /// What each one of the sizes is called, where what one of them gets is told too.
    pub(super) each: Option<&'static str>,
    /// The name of its chart.
    pub(super) chart: &'static str,
}

const fn question(
    key: &'static str,
    title: &'static str,
    metric: &'static str,
    axis: &'static str,
    each: Option<&'static str>,
    chart: &'static str,
) -> Question {
    Question { key, title, metric, axis, each, chart }
}

/// The questions there are. A sweep over another key is told by the time of a run, in a table.
pub(super) const QUESTIONS: [Question; 5] = [
    question("prompt", "Prefill against prompt length", "time", "tokens of the prompt", None, "growth-prompt"),
    question("context", "Memory against context", "peak-bytes", "tokens of the context", None, "growth-context"),
    question("threads", "Tokens/s against threads", "tokens-per-second", "threads", None, "growth-threads"),
    question(
        "sequences",
        "Tokens/s against batch size",
        "tokens-per-second",
        "sequences in the batch",
        Some("sequence"),
        "growth-batch",
    ),
    question(
        "streams",
        "Tokens/s against concurrent streams",
        "tokens-per-second",
        "concurrent streams",
        Some("stream"),
        "growth-streams",
    ),
];

/// Fewer sizes than this have no interval at 95 % by Sen's method.
const FEWEST_SIZES: usize = 5;

/// What one phase needs at each size.
#[derive(Debug, Clone)]
pub(super) struct Growing<'a> {
    pub(super) phase: &'a str,
    pub(super) points: Vec<(f64, Figure)>,
    /// The exponent: the slope of a line through the logarithms (Theil and Sen).
    pub(super) exponent: Option<Line>,
}

/// The metric of a sweep over each size, for each phase that has any.
pub(super) fn growing<'a>(dossier: &'a Dossier, sweep: &Sweep<'_>, metric: &dyn Metric) -> Vec<Growing<'a>> {
    let phases = dossier.record.phases().into_iter();
    let one = phases.map(|phase| {
        let figure = |workload: &str| {
            let row: Option<&Row> = dossier.row(workload, phase).filter(|row| figures::trusted(row));
            figures::figure(metric, row).ok()
        };
        let points: Vec<(f64, Figure)> =
            sweep.sizes.iter().filter_map(|(size, workload)| Some((*size, figure(workload)?))).collect();
        let logs: Vec<(f64, f64)> =
            points.iter().filter(|(_, y)| y.value > 0.0).map(|(x, y)| (x.ln(), y.value.ln())).collect();
        let exponent = if logs.len() >= FEWEST_SIZES { line(&logs) } else { None };
        Growing { phase, points, exponent }
    });
    one.filter(|growing| !growing.points.is_empty()).collect()
}

/// The part of the report. It is there even where nothing was measured, to say how to.
pub fn section(dossier: &Dossier) -> Option<Section> {
    let mut section = Section::new("growth", "Growth");
    let sweeps = sweeps(dossier);
    for sweep in &sweeps {
        let question = QUESTIONS.iter().find(|question| question.key == sweep.key);
        let Some(metric) = metric::by_name(question.map_or("time", |question| question.metric)) else { continue };
        let growing = growing(dossier, sweep, metric);
        if growing.is_empty() {
            continue;
        }
        section.says.extend(verdict(sweep, question, &growing));
        let drawn = |named: &Named| section.charts.iter().all(|known| known.name != named.name);
        let chart = question.and_then(|question| charts::sweeps::chart(dossier, sweep, question, metric, &growing));
        section.charts.extend(chart.filter(drawn));
        section.tables.push(table(dossier, sweep, question, metric, &growing));
    }
    let asked = |question: &&Question| !sweeps.iter().any(|sweep| sweep.key == question.key);
    let open: Vec<&str> = QUESTIONS.iter().filter(asked).map(|question| question.title).collect();
    if !open.is_empty() {
        let what = format!("{} {}", open.join(", "), if open.len() == 1 { "is" } else { "are" });
        section.missing.push(Section::not_measured(&what, &dossier.commands.growth));
    }
    Some(section)
}

/// What the last phase does over the whole sweep.
fn verdict(sweep: &Sweep<'_>, question: Option<&Question>, growing: &[Growing<'_>]) -> Option<String> {
    let last = growing.last()?;
    let ((from, low), (to, high)) = (last.points.first()?, last.points.last()?);
    if low.value <= 0.0 || from == to {
        return None;
    }
    let told = last.exponent.map(|line| format!(", exponent {}", exponent(&line))).unwrap_or_default();
    Some(format!(
        "{}: from {from} to {to} {} {} goes {}{told}.",
        question.map_or(sweep.name, |question| question.title),
        question.map_or(sweep.key, |question| question.axis),
        last.phase,
        number::ratio(high.value / low.value),
    ))
}

/// An exponent with its interval: `1.04 [0.98, 1.11]`.
pub(super) fn exponent(line: &Line) -> String {
    format!("{:.2} [{:.2}, {:.2}]", line.slope, line.interval.low, line.interval.high)
}

fn table(
    dossier: &Dossier,
    sweep: &Sweep<'_>,
    question: Option<&Question>,
    metric: &dyn Metric,
    growing: &[Growing<'_>],
) -> Table {
    let mut columns = vec![Column::left("phase", "phase")];
    columns.extend(sweep.sizes.iter().map(|(size, _)| Column::right(&format!("at_{size}"), &format!("{size}"))));
    columns.push(Column::right("exponent", "exponent"));
    let unit = sweep.sizes.first().and_then(|(_, workload)| {
        dossier.record.rows.iter().find(|row| row.workload == *workload).map(|row| row.unit.name.as_str())
    });
    let title = question.map_or(sweep.name, |question| question.title);
    let mut table =
        Table::new(format!("{title} ({}): {}", sweep.name, metric.title_per(unit.unwrap_or("unit"))), columns);
    for one in growing {
        let cell = |size: f64, each: bool| {
            let point = one.points.iter().find(|(x, _)| *x == size).map(|(_, figure)| *figure);
            point.map_or_else(Cell::missing, |figure| match each {
                false => Cell::number(figure.value, number::figure(metric.quantity(), &figure)),
                true => Cell::number(figure.value / size, number::plain(metric.quantity(), figure.value / size)),
            })
        };
        let mut cells = vec![Cell::text(one.phase)];
        cells.extend(sweep.sizes.iter().map(|(size, _)| cell(*size, false)));
        cells.push(match &one.exponent {
            Some(line) => Cell::number(line.slope, exponent(line)),
            None => Cell::missing(),
        });
        table.rows.push(cells);
        if let Some(each) = question.and_then(|question| question.each) {
            let mut cells = vec![Cell::text(format!("{}, per {each}", one.phase))];
            cells.extend(sweep.sizes.iter().map(|(size, _)| cell(*size, true)));
            cells.push(Cell::missing());
            table.rows.push(cells);
        }
    }
    table.notes.push(format!(
        "Exponent: of {} in the metric, a line through the logarithms of all sizes (Theil and Sen) with its 95 % interval; none for fewer than {FEWEST_SIZES} sizes.",
        sweep.key
    ));
    table.notes.push(dossier.provenance(sweep.sizes.iter().map(|(_, workload)| *workload)));
    table
}
