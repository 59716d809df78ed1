//! The tables that a run prints at its end: everything that matters of each workload, in 140 columns.

use super::figures::{self, Absent};
use super::{facts, problems};
use crate::metric::{self, Figure, LEVEL};
use crate::record::{Check, Instrument, Record, Row};
use crate::render::{Cell, Column, Table, Tone, number};

/// One table per workload that counts tokens, with phases as rows; everything else (kernels, counted in calls) in one
/// table at the end. A title tells the workload of its table; `for_programs`, every row tells its own.
pub fn run_tables(record: &Record, anchors: &[String], for_programs: bool) -> Vec<Table> {
    let rows_of = |workload: &str| record.rows.iter().filter(|row| row.workload == workload).collect::<Vec<_>>();
    let (tokens, calls): (Vec<&str>, Vec<&str>) =
        record.workloads().into_iter().partition(|name| rows_of(name).iter().any(|row| row.unit.name == "token"));
    let mut tables: Vec<Table> = tokens
        .into_iter()
        .map(|workload| {
            let rows = rows_of(workload);
            table(record, anchors, &title(workload, &rows), &rows, "token", for_programs)
        })
        .collect();
    let rows: Vec<&Row> = calls.into_iter().flat_map(rows_of).collect();
    if !rows.is_empty() {
        let units: Vec<&str> = rows.iter().map(|row| row.unit.name.as_str()).collect();
        let unit = if units.iter().all(|unit| *unit == units[0]) { units[0] } else { "unit" };
        tables.push(table(record, anchors, &title(&format!("per {unit}"), &rows), &rows, unit, true));
    }
    tables
}

fn title(name: &str, rows: &[&Row]) -> String {
    let conditions = |instruments: &[Instrument]| facts::conditions(rows.iter().copied(), instruments);
    let time = conditions(&[Instrument::Clock]);
    let counts = conditions(&Instrument::COUNTED);
    format!("{name}   (time: {time}; counts: {counts})")
}

/// A column that shows something of a row.
struct Shown<'a> {
    column: Column,
    cell: Box<dyn Fn(&Row) -> Cell + 'a>,
}

fn table(record: &Record, anchors: &[String], title: &str, rows: &[&Row], unit: &str, with_workload: bool) -> Table {
    let mut shown = Vec::new();
    if with_workload {
        shown.push(words("workload", "workload", |row| Cell::text(&row.workload)));
    }
    shown.push(words("phase", "phase", |row| Cell::text(&row.phase)));
    shown.push(of_metric("time", "time_seconds", "time"));
    shown.push(of_metric("tokens-per-second", "tokens_per_second", "tokens/s"));
    for anchor in anchors {
        shown.push(Some(speed(record, anchor)));
    }
    shown.push(of_metric("time-to-first-token", "time_to_first_token_seconds", "first token"));
    shown.push(of_metric("latency-median", "latency_median_seconds", "median"));
    shown.push(of_metric("latency-p95", "latency_p95_seconds", "p95"));
    shown.push(of_metric("instructions", "instructions_per_unit", &format!("instr/{unit}")));
    shown.push(of_metric("bytes-per-token", "heap_bytes_per_unit", &format!("heap/{unit}")));
    shown.push(of_metric("allocations-per-token", "allocations_per_unit", &format!("allocs/{unit}")));
    shown.push(words("check", "check", check));
    let shown: Vec<Shown<'_>> = shown.into_iter().flatten().filter(|shown| says_something(shown, rows)).collect();

    let mut table = Table::new(title, shown.iter().map(|shown| shown.column.clone()).collect());
    table.rows = rows.iter().map(|row| shown.iter().map(|shown| (shown.cell)(row)).collect()).collect();
    if with_workload {
        say_once(&mut table.rows);
    }
    table.notes = notes(rows, anchors, &table.columns);
    table
}

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
    notes
}
