//! The tables that a run prints at its end: the main figures of each workload, in 140 columns.

use harness_judge::trends::Trends;
use harness_probe::Instrument;
use harness_record::metric;
use harness_record::{Check, Record, Row, number};

use crate::figures::{self, Absent};
use crate::render::{Cell, Column, Table, Tone, sparkline};
use crate::{problems, provenance};

/// Returns one table per workload that counts tokens, with phases as rows, and one table at the end for all others (kernels,
/// counted in calls). The title of a table names its workload; with `for_programs`, every row does. With `trends`, there is
/// a sparkline beside each figure that ever changed, which may exceed 140 columns.
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

/// A column and the function that computes its cells.
struct Shown<'a> {
    column: Column,
    cell: Box<dyn Fn(&Row) -> Cell + 'a>,
}

/// The inputs that all tables of a run share.
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
        let shown: Vec<Shown<'_>> = shown.into_iter().flatten().filter(|shown| has_content(shown, rows)).collect();

        let mut table = Table::new(title, shown.iter().map(|shown| shown.column.clone()).collect());
        table.rows = rows.iter().map(|row| shown.iter().map(|shown| (shown.cell)(row)).collect()).collect();
        if with_workload {
            clear_repeats(&mut table.rows);
        }
        table.notes = notes(rows, self.anchors, &table.columns);
        table
    }

    /// The trend of a metric up to this run, as a sparkline.
    fn trend<'a>(&'a self, metric: &'static str) -> Option<Shown<'a>> {
        let trends = self.trends?;
        let cell = move |row: &Row| match trends.values(row, metric) {
            // No value: a column in which nothing ever changed is dropped.
            Some(values) if values.iter().all(|value| *value == values[0]) => {
                Cell { text: sparkline(values, BARS), ..Cell::missing() }
            }
            Some(values) => Cell::text(sparkline(values, BARS)),
            None => Cell { text: String::new(), ..Cell::missing() },
        };
        words(&format!("{}{TREND}", metric.replace('-', "_")), "trend", cell)
    }
}

/// Suffix of the keys of trends.
const TREND: &str = "_trend";

/// Most runs in a trend, this one included.
pub const BARS: usize = 8;

fn words<'a>(key: &str, heading: &str, cell: impl Fn(&Row) -> Cell + 'a) -> Option<Shown<'a>> {
    Some(Shown { column: Column::left(key, heading), cell: Box::new(cell) })
}

fn of_metric(name: &str, key: &str, heading: &str) -> Option<Shown<'static>> {
    let metric = metric::by_name(name)?;
    let cell = move |row: &Row| match figures::figure(metric, Some(row)) {
        // Only the time has its interval: the table is dense.
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
            // A phase before the anchor is neither an improvement nor a regression from it.
            if place(&row.phase) > place(anchor) {
                cell.toned(Tone::of_speed(&figure))
            } else {
                cell.toned(Tone::Quiet)
            }
        }
        Err(absent) => missing(&absent),
    };
    Shown { column: Column::right(&key, &format!("x {anchor}")), cell: Box::new(cell) }
}

fn missing(absent: &Absent) -> Cell {
    let tone = match absent {
        Absent::Failed(_) | Absent::AnswerNotRight | Absent::OtherWork => Tone::Notice,
        _ => Tone::Quiet,
    };
    Cell::missing().toned(tone)
}

/// The cell for the check of the answer.
pub(super) fn check(row: &Row) -> Cell {
    match &row.check {
        Check::Passed => Cell::text("passed").toned(Tone::Good),
        Check::Failed(_) => Cell::text("FAILED").toned(Tone::Bad),
        Check::NotRun(_) => Cell::text("not run").toned(Tone::Notice),
    }
}

/// Returns true if anything was measured or failed in a column.
fn has_content(shown: &Shown<'_>, rows: &[&Row]) -> bool {
    rows.iter().map(|row| (shown.cell)(row)).any(|cell| !cell.value.is_null() || cell.tone == Tone::Notice)
}

/// Clears the text of repeated names in the first column; their values remain for programs.
fn clear_repeats(rows: &mut [Vec<Cell>]) {
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
        notes.push(format!("± is the wider half of the 95 % interval, or of the range of all rounds if there are fewer than six; {anchors}: speed as a multiple of that phase's, median over rounds, coloured if its 95 % interval excludes 1."));
    }
    if columns.iter().any(|column| column.key.ends_with(TREND)) {
        notes.push(format!(
            "trend: the figure to its left over at most {} earlier runs on this machine; this run is at the right.",
            BARS - 1
        ));
    }
    notes
}
