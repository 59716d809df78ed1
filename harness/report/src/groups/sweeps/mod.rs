//! The growth of costs with sizes, threads and streams: the ratio of the ends of a sweep, and an exponent where a power law fits.

mod chart;
mod question;
#[cfg(test)]
mod tests;

use harness_record::metric::{self, Figure, Metric};
use harness_record::number;

use super::parameters::{Sweep, sweeps};
use super::power_law::{self, PowerLaw};
use super::{Group, Groups};
use crate::ReportData;
use crate::render::{Cell, Table};
use question::{QUESTIONS, Question};

pub(super) fn chart_names() -> impl Iterator<Item = &'static str> {
    QUESTIONS
        .iter()
        .filter_map(|question| Some(question.chart?.0))
}

/// The figures of one phase at each size.
#[derive(Debug, Clone)]
struct Line<'a> {
    phase: &'a str,
    points: Vec<(f64, Figure)>,
    /// The number of leading points that count for the exponent.
    within: usize,
    /// The power law through those points, if there are enough of them.
    law: Option<PowerLaw>,
}

/// The change of a figure from the first to the last size that count for the exponent.
struct Change {
    from: f64,
    to: f64,
    /// The last figure divided by the first one.
    ratio: Figure,
}

impl Line<'_> {
    /// The change over the whole sweep; none with a single size or from zero.
    fn change(&self) -> Option<Change> {
        let within = &self.points[..self.within];
        let ((from, first), (to, last)) = (within.first()?, within.last()?);
        let ratio = power_law::quotient(last, first).filter(|_| from != to)?;
        Some(Change {
            from: *from,
            to: *to,
            ratio,
        })
    }
}

/// A sweep with a line for each phase that has figures.
struct Swept<'a> {
    report_data: &'a ReportData,
    sweep: &'a Sweep<'a>,
    question: Question<'a>,
    metric: &'static Metric,
    /// The largest size that counts for the exponent.
    limit: f64,
    lines: Vec<Line<'a>>,
}

pub(super) fn groups(report_data: &ReportData) -> Groups {
    let mut sweeps = sweeps(report_data);
    let place = |sweep: &Sweep<'_>| {
        QUESTIONS
            .iter()
            .position(|question| question.key == sweep.key)
    };
    // Sweeps of known questions have a chart; the others come after them.
    sweeps.sort_by_key(|sweep| place(sweep).unwrap_or(QUESTIONS.len()));
    let swept: Vec<Swept<'_>> = sweeps
        .iter()
        .filter_map(|sweep| Swept::new(report_data, sweep))
        .collect();
    let group = |one: &Swept<'_>| Group {
        chart: one.chart(),
        table: one.table(),
    };
    let open = QUESTIONS
        .iter()
        .filter(|question| swept.iter().all(|one| one.sweep.key != question.key));
    let open: Vec<&str> = open.map(|question| question.title).collect();
    let verb = if open.len() == 1 { "is" } else { "are" };
    let missing = (!open.is_empty()).then(|| format!("{} {verb}", open.join(", ")));
    Groups {
        says: says(&swept),
        groups: swept.iter().map(group).collect(),
        missing,
    }
}

/// The sentence on the first sweep, and one on all others.
fn says(swept: &[Swept<'_>]) -> Vec<String> {
    let Some((first, others)) = swept.split_first() else {
        return Vec::new();
    };
    let others: Vec<String> = others.iter().filter_map(Swept::in_short).collect();
    let others = (!others.is_empty()).then(|| {
        format!(
            "From the smallest to the largest size: {}.",
            others.join(", ")
        )
    });
    first.verdict().into_iter().chain(others).collect()
}

impl<'a> Swept<'a> {
    fn new(report_data: &'a ReportData, sweep: &'a Sweep<'a>) -> Option<Self> {
        let question = Question::of(sweep);
        let metric = metric::by_name(question.metric)?;
        let limit = if question.by_cpus {
            f64::from(report_data.record.environment.cpus)
        } else {
            f64::INFINITY
        };
        let line = |phase| {
            let figure = |workload| report_data.figure(workload, phase, metric);
            let points = sweep
                .sizes
                .iter()
                .filter_map(|(size, workload)| Some((*size, figure(workload)?)));
            let points: Vec<(f64, Figure)> = points.collect();
            let within = points.iter().filter(|(size, _)| *size <= limit).count();
            Line {
                phase,
                law: power_law::fit(&points[..within]),
                within,
                points,
            }
        };
        let mut lines: Vec<Line<'a>> = report_data.record.phases().into_iter().map(line).collect();
        lines.retain(|line| !line.points.is_empty());
        (!lines.is_empty()).then_some(Self {
            report_data,
            sweep,
            question,
            metric,
            limit,
            lines,
        })
    }

    fn workloads(&self) -> impl Iterator<Item = &str> {
        self.sweep.sizes.iter().map(|(_, workload)| *workload)
    }

    /// True if there are sizes that do not count for the exponent.
    fn is_limited(&self) -> bool {
        self.sweep
            .sizes
            .last()
            .is_some_and(|(size, _)| *size > self.limit)
    }

    /// The sentence on the last phase over the whole sweep.
    fn verdict(&self) -> Option<String> {
        let last = self.lines.last()?;
        let Change { from, to, ratio } = last.change()?;
        let law = last
            .law
            .map(|law| format!("; {}", law.words()))
            .unwrap_or_default();
        Some(format!(
            "{}: {} changes by {} from {from} to {to} {}{law}.",
            self.question.title,
            last.phase,
            number::ratio(ratio.value),
            self.question.axis,
        ))
    }

    /// The change of the last phase in few words, for a list.
    fn in_short(&self) -> Option<String> {
        let ratio = number::ratio(self.lines.last()?.change()?.ratio.value);
        Some(format!("{} {ratio}", self.question.title))
    }

    fn table(&self) -> Table {
        let quantity = self.metric.quantity();
        let rows = self.report_data.rows_of(self.workloads().take(1));
        let unit = rows.first().map_or("unit", |row| row.unit.name.as_str());
        let title = format!(
            "{} ({}): {}",
            self.question.title,
            self.sweep.name,
            self.metric.title_per(unit)
        );
        let each = self.question.each;
        // With `each`, a second row of a phase has the figures per unit of the size.
        let rows = self.lines.iter().flat_map(|line| {
            [(line, None)]
                .into_iter()
                .chain(each.map(|each| (line, Some(each))))
        });
        let mut table = Table::of(title, rows).left("phase", "phase", |(line, each)| match each {
            None => line.phase.to_owned(),
            Some(each) => format!("{}, per {each}", line.phase),
        });
        for (size, _) in &self.sweep.sizes {
            let mark = if *size > self.limit { "*" } else { "" };
            table = table.right(
                &format!("at_{size}"),
                &format!("{size}{mark}"),
                |(line, each)| {
                    let (_, figure) = line.points.iter().find(|(x, _)| x == size)?;
                    Some(match each {
                        None => Cell::figure(self.metric, figure),
                        Some(_) => Cell::plain(quantity, figure.value / size),
                    })
                },
            );
        }
        let ends = |line: &Line<'_>| Some((line.change()?.from, line.change()?.to));
        let usual = self.lines.iter().find_map(ends);
        table
            .right("change", &change_heading(usual), |(line, each)| {
                let Change { from, to, ratio } = line.change().filter(|_| each.is_none())?;
                let mut cell = Cell::ratio(ratio);
                if ends(line) != usual {
                    cell.text += &format!(", from {from} to {to}");
                }
                Some(cell)
            })
            .right("exponent", "exponent", |(line, each)| {
                let law = line.law.filter(|_| each.is_none())?;
                Some(match law.exponent() {
                    Some(exponent) => Cell::number(exponent.value, power_law::text(&exponent)),
                    None => Cell::no_number("no power law"),
                })
            })
            .right("deviation", "largest deviation", |(line, each)| {
                let deviation = line.law.filter(|_| each.is_none())?.deviation;
                Some(Cell::number(
                    deviation,
                    format!("{:.1} %", deviation * 100.0),
                ))
            })
            .notes(self.notes())
    }

    fn notes(&self) -> impl Iterator<Item = String> {
        let limited = self.is_limited().then(|| beyond(self.limit));
        limited.into_iter().chain([
            format!(
                "Exponent: the power of {} that the metric follows (1 is proportional, 2 quadratic, 0 constant), the slope of a Theil-Sen line through the logarithms. It is stated for at least {} sizes that span at least {}x, if no point deviates from the line by more than {:.0} %; from five sizes on with its 95 % interval.",
                self.sweep.key,
                power_law::FEWEST_SIZES,
                power_law::SMALLEST_SPAN,
                power_law::LARGEST_DEVIATION * 100.0
            ),
            self.report_data.provenance_of(self.metric.instrument(), self.workloads()),
        ])
    }
}

/// The heading of the column with the ratio of the last to the first size.
fn change_heading(ends: Option<(f64, f64)>) -> String {
    ends.map_or_else(
        || "change".to_owned(),
        |(from, to)| format!("change, {from} to {to}"),
    )
}

fn cpus(count: f64) -> String {
    format!("{count} CPU{}", if count == 1.0 { "" } else { "s" })
}

/// The note on sizes above the number of CPUs.
fn beyond(count: f64) -> String {
    format!(
        "*: more threads than the {}, so threads wait for each other; not used for the exponent.",
        cpus(count)
    )
}
