//! The growth of costs with sizes, threads and streams, as exponents with their intervals: 1 is proportional, 2 is quadratic,
//! 0 is constant.

use harness_record::metric::{self, Figure, Metric, Quantity};
use harness_record::number;

use super::Group;
use super::exponent::{self, FEWEST_SIZES};
use super::parameters::{Sweep, sweeps};
use crate::ReportData;
use crate::charts::{Named, times};
use crate::render::chart::{Chart, Event, LineChart, Point, Series};
use crate::render::{Cell, Table};

/// The question that a sweep over a key answers.
#[derive(Clone, Copy)]
struct Question<'a> {
    key: &'a str,
    /// The heading.
    title: &'a str,
    /// The metric that answers it.
    metric: &'static str,
    /// The title of the x axis.
    axis: &'a str,
    /// The name of one unit of the size, if the table also has a row of the metric per unit.
    each: Option<&'static str>,
    /// True if sizes above the number of CPUs are left out of the exponent, because threads then wait for each other.
    by_cpus: bool,
    /// The name and the heading of its chart, if there is one.
    chart: Option<(&'static str, &'static str)>,
}

const fn question(
    key: &'static str,
    title: &'static str,
    metric: &'static str,
    axis: &'static str,
    chart: &'static str,
) -> Question<'static> {
    Question {
        key,
        title,
        metric,
        axis,
        each: None,
        by_cpus: false,
        chart: Some((chart, title)),
    }
}

const PER_SECOND: &str = "tokens-per-second";

/// The questions.
const QUESTIONS: [Question<'static>; 6] = [
    question(
        "position",
        "Latency per token against position",
        "time",
        "preceding tokens",
        "growth-position",
    ),
    question(
        "prompt",
        "Prefill against prompt length",
        "time",
        "tokens of the prompt",
        "growth-prompt",
    ),
    question(
        "context",
        "Memory against context",
        "peak-bytes",
        "tokens of the context",
        "growth-context",
    ),
    Question {
        by_cpus: true,
        ..question(
            "threads",
            "Tokens/s against threads",
            PER_SECOND,
            "threads",
            "growth-threads",
        )
    },
    Question {
        each: Some("sequence"),
        ..question(
            "sequences",
            "Tokens/s against batch size",
            PER_SECOND,
            "sequences in the batch",
            "growth-batch",
        )
    },
    Question {
        each: Some("stream"),
        ..question(
            "streams",
            "Tokens/s against concurrent streams",
            PER_SECOND,
            "concurrent streams",
            "growth-streams",
        )
    },
];

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
    /// The exponent of those points.
    exponent: Option<Figure>,
}

impl Line<'_> {
    /// The first and the last point that count for the exponent.
    fn ends(&self) -> Option<[(f64, Figure); 2]> {
        let within = &self.points[..self.within];
        Some([*within.first()?, *within.last()?])
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

pub(super) fn groups(report_data: &ReportData) -> (Vec<Group>, Option<String>) {
    let mut sweeps = sweeps(report_data);
    let place = |sweep: &Sweep<'_>| {
        QUESTIONS
            .iter()
            .position(|question| question.key == sweep.key)
    };
    sweeps.sort_by_key(|sweep| place(sweep).unwrap_or(QUESTIONS.len()));
    let swept: Vec<Swept<'_>> = sweeps
        .iter()
        .filter_map(|sweep| Swept::new(report_data, sweep))
        .collect();
    let group = |one: &Swept<'_>| Group {
        says: one.verdict().into_iter().collect(),
        chart: one.chart(),
        table: one.table(),
    };
    let open = QUESTIONS
        .iter()
        .filter(|question| swept.iter().all(|one| one.sweep.key != question.key));
    let open: Vec<&str> = open.map(|question| question.title).collect();
    let verb = if open.len() == 1 { "is" } else { "are" };
    let missing = (!open.is_empty()).then(|| format!("{} {verb}", open.join(", ")));
    (swept.iter().map(group).collect(), missing)
}

impl<'a> Swept<'a> {
    fn new(report_data: &'a ReportData, sweep: &'a Sweep<'a>) -> Option<Self> {
        let known = QUESTIONS
            .into_iter()
            .find(|question| question.key == sweep.key);
        // A sweep over any other key gets a table of the time of a run.
        let (title, axis) = (sweep.name, sweep.key);
        let other = Question {
            key: axis,
            title,
            metric: "time",
            axis,
            each: None,
            by_cpus: false,
            chart: None,
        };
        let question = known.unwrap_or(other);
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
                exponent: exponent::of(&points[..within]),
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
        let [(from, low), (to, high)] = last.ends()?;
        let exponent = last
            .exponent
            .map(|figure| format!(", exponent {}", exponent::text(&figure)))
            .unwrap_or_default();
        (low.value > 0.0 && from != to).then(|| {
            format!(
                "{}: from {from} to {to} {}, {} changes by {}{exponent}.",
                self.question.title,
                self.question.axis,
                last.phase,
                number::ratio(high.value / low.value),
            )
        })
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
        let exponent = |exponent: Figure| Cell::number(exponent.value, exponent::text(&exponent));
        table
            .right("exponent", "exponent", |(line, each)| {
                line.exponent.filter(|_| each.is_none()).map(exponent)
            })
            .notes(self.notes())
    }

    fn notes(&self) -> impl Iterator<Item = String> {
        let limited = self.is_limited().then(|| beyond(self.limit));
        limited.into_iter().chain([
            format!(
                "Exponent: the power of {} that the metric follows (1 is proportional, 2 quadratic, 0 constant), the slope of a Theil-Sen line through the logarithms of all sizes with its 95 % interval. With fewer than {FEWEST_SIZES} sizes it is the slope from the first to the last, without an interval.",
                self.sweep.key
            ),
            self.report_data.provenance_of(self.metric.instrument(), self.workloads()),
        ])
    }

    /// The metric over the sizes, one line per phase. Both axes are logarithmic, so a power law is a straight line.
    fn chart(&self) -> Option<Named> {
        let (name, heading) = self.question.chart?;
        let quantity = self.metric.quantity();
        let drawn = self
            .lines
            .iter()
            .filter(|line| line.points.iter().all(|(_, figure)| figure.value > 0.0));
        let series = drawn.map(|line| {
            let band = |figure: &Figure| figure.interval.map(|ends| (ends.low, ends.high));
            let points = line.points.iter().map(|(x, figure)| Point {
                x: *x,
                y: figure.value,
                band: band(figure),
            });
            Series::new(
                line.phase,
                self.report_data.place(line.phase),
                quantity,
                points.collect(),
            )
        });
        let mut remark = String::new();
        if !self.metric.portable() {
            remark += "; bands are 95 % intervals, or the range of all rounds if there are fewer than six";
        }
        if self.is_limited() {
            remark += "; right of the mark, threads wait for each other";
        }
        let subtitle = self.report_data.subtitle(
            self.sweep.name,
            &self.report_data.rows_of(self.workloads()),
            self.metric.instrument(),
            &remark,
        );
        let lines = LineChart {
            x_axis: format!("{}, logarithmic scale", self.question.axis),
            sizes: true,
            y_axis: self.metric.title().to_owned(),
            quantity,
            series: series.collect(),
            events: self
                .is_limited()
                .then(|| Event {
                    x: self.limit,
                    label: cpus(self.limit),
                })
                .into_iter()
                .collect(),
        };
        let chart = Chart::new(self.chart_title()?, subtitle, lines);
        Some(Named {
            name,
            heading,
            chart,
        })
    }

    /// The title: the change of the first phase and of the last one over the whole sweep.
    fn chart_title(&self) -> Option<String> {
        let what = match self.metric.quantity() {
            Quantity::Seconds => "the time",
            Quantity::PerSecond => "the throughput",
            Quantity::Bytes => "the memory",
            Quantity::Instructions => "the instructions",
            Quantity::Blocks => "the allocations",
        };
        let change = |line: &Line<'_>| {
            let [(from, low), (to, high)] = line.ends()?;
            let text = format!("{} {} {what}", line.phase, times(high.value / low.value));
            (low.value > 0.0).then_some((text, to / from))
        };
        let (first, sizes) = change(self.lines.first()?)?;
        let last = self.lines[1..]
            .last()
            .and_then(change)
            .map(|(last, _)| format!(", {last}"));
        Some(format!(
            "{sizes}x the {}: {first}{}",
            self.question.axis,
            last.unwrap_or_default()
        ))
    }
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
