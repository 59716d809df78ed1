//! The tables that a run prints at its end: everything that matters of each workload, in 140 columns.

use harness_judge::trends::Trends;
use harness_probe::Instrument;
use harness_record::metric::{self, Figure, LEVEL};
use harness_record::{Check, Record, Row, number};

use crate::figures::{self, Absent};
use crate::render::{Cell, Column, Table, Tone, sparkline};
use crate::{problems, provenance};

/// One table per workload that counts tokens, with phases as rows; everything else (kernels, counted in calls) in one
/// table at the end. A title tells the workload of its table; `for_programs`, every row tells its own. With `trends`, a
/// sparkline beside each figure that ever moved: that may be wider than 140 columns.
pub fn run_tables(record: &Record, anchors: &[String], for_programs: bool, trends: Option<&Trends>) -> Vec<Table> {
    let shape = Shape { record, anchors, trends };
    let rows_of = |workload: &str| record.rows.iter().filter(|row| row.workload == workload).collect::<Vec<_>>();
    let (tokens, calls): (Vec<&str>, Vec<&str>) =
        record.workloads().into_iter().partition(|name| rows_of(name).iter().any(|row| row.unit.name == "token"));
    let mut tables: Vec<Table> = tokens
        .into_iter()
        .map(|workload| {
            let rows = rows_of(workload);
            shape.table(&title(workload, &rows), &rows, "token", for_programs)
        })
        .collect();
    let rows: Vec<&Row> = calls.into_iter().flat_map(rows_of).collect();
    if !rows.is_empty() {
        let units: Vec<&str> = rows.iter().map(|row| row.unit.name.as_str()).collect();
        let unit = if units.iter().all(|unit| *unit == units[0]) { units[0] } else { "unit" };
        tables.push(shape.table(&title(&format!("per {unit}"), &rows), &rows, unit, true));
    }
    tables
}

fn title(name: &str, rows: &[&Row]) -> String {
    let conditions = |instruments: &[Instrument]| provenance::conditions(rows.iter().copied(), instruments);
    let time = conditions(&[Instrument::Clock]);
    let counts = conditions(&Instrument::COUNTED);
    format!("{name}   (time: {time}; counts: {counts})")
}

/// A column that shows something of a row.
struct Shown<'a> {
    column: Column,
    cell: Box<dyn Fn(&Row) -> Cell + 'a>,
}

/// What all tables of a run have in common.
struct Shape<'a> {
    record: &'a Record,
    anchors: &'a [String],
    trends: Option<&'a Trends>,
}

impl Shape<'_> {
    fn table(&self, title: &str, rows: &[&Row], unit: &str, with_workload: bool) -> Table {
        let mut shown = Vec::new();
        if with_workload {
            shown.push(words("workload", "workload", |row| Cell::text(&row.workload)));
        }
        shown.push(words("phase", "phase", |row| Cell::text(&row.phase)));
        shown.push(of_metric("time", "time_seconds", "time"));
        shown.push(of_metric("tokens-per-second", "tokens_per_second", "tokens/s"));
        for (place, anchor) in self.anchors.iter().enumerate() {
            shown.push(Some(speed(self.record, anchor)));
            shown.push((place == 0).then(|| self.trend("time")).flatten());
        }
        shown.push(of_metric("time-to-first-token", "time_to_first_token_seconds", "first token"));
        shown.push(of_metric("latency-median", "latency_median_seconds", "median"));
        shown.push(of_metric("latency-p95", "latency_p95_seconds", "p95"));
        for (name, key, heading) in [
            ("instructions", "instructions_per_unit", "instr"),
            ("bytes-per-token", "heap_bytes_per_unit", "heap"),
            ("allocations-per-token", "allocations_per_unit", "allocs"),
        ] {
            shown.push(of_metric(name, key, &format!("{heading}/{unit}")));
            shown.push(self.trend(name));
        }
        shown.push(words("check", "check", check));
        let shown: Vec<Shown<'_>> = shown.into_iter().flatten().filter(|shown| says_something(shown, rows)).collect();

        let mut table = Table::new(title, shown.iter().map(|shown| shown.column.clone()).collect());
        table.rows = rows.iter().map(|row| shown.iter().map(|shown| (shown.cell)(row)).collect()).collect();
        if with_workload {
            say_once(&mut table.rows);
        }
        table.notes = notes(rows, self.anchors, &table.columns);
        table
    }

    /// How a metric went up to this run, in one word of bars.
    fn trend<'a>(&'a self, metric: &'static str) -> Option<Shown<'a>> {
        let trends = self.trends?;
        let cell = move |row: &Row| match trends.values(row, metric) {
            // Without a value: a column in which nothing ever moved says nothing.
            Some(values) if values.iter().all(|value| *value == values[0]) => {
                Cell { text: sparkline(values, BARS), ..Cell::missing() }
            }
            Some(values) => Cell::text(sparkline(values, BARS)),
            None => Cell { text: String::new(), ..Cell::missing() },
        };
        words(&format!("{}{TREND}", metric.replace('-', "_")), "trend", cell)
    }
}

/// What the keys of trends end in.
const TREND: &str = "_trend";

/// The longest trend that is shown: this run and those before it.
pub const BARS: usize = 8;

fn words<'a>(key: &str, heading: &str, cell: impl Fn(&Row) -> Cell + 'a) -> Option<Shown<'a>> {
    Some(Shown { column: Column::left(key, heading), cell: Box::new(cell) })
}

fn of_metric(name: &str, key: &str, heading: &str) -> Option<Shown<'static>> {
    let metric = metric::by_name(name)?;
    let cell = move |row: &Row| match figures::figure(metric, Some(row)) {
        // Of a sample's intervals the one of the time is enough for a table this dense.
        Ok(figure) if metric.name() == "time" => Cell::number(figure.value, number::figure(metric.quantity(), &figure)),
        Ok(figure) => Cell::number(figure.value, number::plain(metric.quantity(), figure.value)),
        Err(absent) => missing(&absent),
    };
    Some(Shown { column: Column::right(key, heading), cell: Box::new(cell) })
}

fn speed<'a>(record: &'a Record, anchor: &'a str) -> Shown<'a> {
    let key = format!("speed_over_{}", anchor.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
    let phases = record.phases();
    let place = move |phase: &str| phases.iter().position(|name| *name == phase);
    let cell = move |row: &Row| match figures::speed(record.row(&row.workload, anchor), row) {
        Ok(figure) => {
            let cell = Cell::number(figure.value, number::ratio(figure.value));
            // A phase that comes before the anchor on the ladder is no step forward or back from it.
            if place(&row.phase) > place(anchor) { cell.toned(direction(&figure)) } else { cell.toned(Tone::Quiet) }
        }
        Err(absent) => missing(&absent),
    };
    Shown { column: Column::right(&key, &format!("x {anchor}")), cell: Box::new(cell) }
}

/// Faster or slower beyond an interval that reaches its level.
fn direction(speed: &Figure) -> Tone {
    match speed.interval {
        Some(ends) if ends.excludes(1.0, LEVEL) && speed.value > 1.0 => Tone::Good,
        Some(ends) if ends.excludes(1.0, LEVEL) => Tone::Bad,
        _ => Tone::Plain,
    }
}

fn missing(absent: &Absent) -> Cell {
    let tone = match absent {
        Absent::Failed(_) | Absent::AnswerNotRight | Absent::OtherWork => Tone::Notice,
        _ => Tone::Quiet,
    };
    Cell::missing().toned(tone)
}

/// The verdict on the answer.
pub(super) fn check(row: &Row) -> Cell {
    match &row.check {
        Check::Passed => Cell::text("passed").toned(Tone::Good),
        Check::Failed(_) => Cell::text("FAILED").toned(Tone::Bad),
        Check::NotRun(_) => Cell::text("not run").toned(Tone::Notice),
    }
}

/// A column in which nothing was measured and nothing failed takes width and says nothing.
fn says_something(shown: &Shown<'_>, rows: &[&Row]) -> bool {
    rows.iter().map(|row| (shown.cell)(row)).any(|cell| !cell.value.is_null() || cell.tone == Tone::Notice)
}

/// The name in the first column stands where it begins; programs still read it in every row.
fn say_once(rows: &mut [Vec<Cell>]) {
    let mut last = serde_json::Value::Null;
    for first in rows.iter_mut().filter_map(|row| row.first_mut()) {
        if first.value == last {
            first.text.clear();
        } else {
            last = first.value.clone();
        }
    }
}

fn notes(rows: &[&Row], anchors: &[String], columns: &[Column]) -> Vec<String> {
    let mut notes: Vec<String> = problems::of(rows.iter().copied()).iter().map(ToString::to_string).collect();
    if columns.iter().any(|column| column.key.starts_with("speed_over_")) {
        let anchors = anchors.iter().map(|anchor| format!("`x {anchor}`")).collect::<Vec<_>>().join(" and ");
        notes.push(format!("± is the wider half of the 95 % interval, of all rounds where they are fewer than six; {anchors}: how many times as fast, the median over rounds, in colour where its 95 % interval leaves out 1."));
    }
    if columns.iter().any(|column| column.key.ends_with(TREND)) {
        notes.push(format!(
            "trend: how the figures left of it went, from at most {} earlier runs on this machine to this one at the right.",
            BARS - 1
        ));
    }
    notes
}
