//! The tables that a run prints at its end: the main figures of each workload, in 140 columns.

use std::collections::HashMap;

use harness_judge::trends::Trends;
use harness_probe::Instrument;
use harness_record::metric::{self, Quantity, process};
use harness_record::{Check, Record, Row, RowIndex, number};

use crate::figures::{self, Absent};
use crate::render::{Cell, Column, Table, TableOf, Tone, sparkline};
use crate::{problems, provenance};

/// Returns one table per workload that counts tokens, with phases as rows, and one table at the end for all others (kernels,
/// counted in calls). The title of a table names its workload; with `for_programs`, every row does. With `trends`, there is
/// a sparkline beside each figure that ever changed, which may exceed 140 columns.
pub fn run_tables(
    record: &Record,
    anchors: &[String],
    for_programs: bool,
    trends: Option<&Trends>,
) -> Vec<Table> {
    let shape = Shape {
        anchors,
        for_programs,
        trends,
        phases: record.phases(),
        rows: record.index(),
    };
    let mut by_workload: HashMap<&str, Vec<&Row>> = HashMap::new();
    for row in &record.rows {
        by_workload.entry(&row.workload).or_default().push(row);
    }
    let rows_of = |workload: &str| by_workload.get(workload).cloned().unwrap_or_default();
    let (tokens, calls): (Vec<&str>, Vec<&str>) = record
        .workloads()
        .into_iter()
        .partition(|name| rows_of(name).iter().any(|row| row.unit.name == TOKEN));
    let mut tables: Vec<Table> = tokens
        .into_iter()
        .map(|workload| {
            let rows = rows_of(workload);
            shape.table(&title(workload, &rows), &rows, TOKEN, for_programs)
        })
        .collect();
    let rows: Vec<&Row> = calls.into_iter().flat_map(rows_of).collect();
    if !rows.is_empty() {
        let units: Vec<&str> = rows.iter().map(|row| row.unit.name.as_str()).collect();
        let unit = if units.iter().all(|unit| *unit == units[0]) {
            units[0]
        } else {
            "unit"
        };
        tables.push(shape.table(&title(&format!("per {unit}"), &rows), &rows, unit, true));
    }
    tables.extend(program_table(record));
    tables
}

/// The sizes and build times of the programs; none if nothing of them was measured.
fn program_table(record: &Record) -> Option<Table> {
    let rows: Vec<&Row> = record
        .rows
        .iter()
        .filter(|row| row.is_of_program())
        .collect();
    let mut table = Table::of("programs", rows.iter().copied())
        .left("program", "program", |row| &row.workload)
        .left("phase", "profile", |row| &row.phase)
        .right("code_bytes", "machine code", |row| {
            measured("code-size", row)
        })
        .right("program_bytes", "in memory", |row| {
            measured("program-size", row)
        })
        .right("build_seconds", "build of the package", |row| {
            measured("build-time", row)
        })
        .table;
    table = table.without_columns_of(|cell| cell.value.is_null() && cell.tone != Tone::Notice);
    table.notes = problems::of(rows.iter().copied());
    (!rows.is_empty()).then_some(table)
}

fn title(name: &str, rows: &[&Row]) -> String {
    let conditions =
        |instruments: &[Instrument]| provenance::conditions(rows.iter().copied(), instruments);
    let time = conditions(&[Instrument::Clock]);
    let counts = conditions(&Instrument::COUNTED);
    format!("{name}   (time: {time}; counts: {counts})")
}

/// The inputs that all tables of a run share.
struct Shape<'a> {
    anchors: &'a [String],
    for_programs: bool,
    trends: Option<&'a Trends>,
    phases: Vec<&'a str>,
    rows: RowIndex<'a>,
}

impl Shape<'_> {
    fn table(&self, title: &str, rows: &[&Row], unit: &str, with_workload: bool) -> Table {
        let mut table = Table::of(title, rows.iter().copied())
            .left_if(with_workload, "workload", "workload", |row| &row.workload)
            .left("phase", "phase", |row| &row.phase)
            .right("time_seconds", time_heading(rows, unit), |row| {
                measured("time", row)
            })
            .right("tokens_per_second", "tokens/s", |row| {
                measured("tokens-per-second", row)
            })
            .right("units_per_second", &format!("{unit}s/s"), |row| {
                units_per_second(row)
            });
        for (place, anchor) in self.anchors.iter().enumerate() {
            let key = format!(
                "speed_over_{}",
                anchor.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
            );
            table = table.right(&key, &format!("x {anchor}"), |row| self.speed(anchor, row));
            if place == 0 {
                table = self.with_trend(table, "time");
            }
        }
        table = table
            .right("time_to_first_token_seconds", "first token", |row| {
                measured("time-to-first-token", row)
            })
            .right("latency_median_seconds", "median", |row| {
                measured("latency-median", row)
            })
            .right("latency_p95_seconds", "p95", |row| {
                measured("latency-p95", row)
            });
        for (name, key, heading) in [
            ("instructions", "instructions_per_unit", "instr"),
            ("bytes-per-unit", "heap_bytes_per_unit", "heap"),
            ("allocations-per-unit", "allocations_per_unit", "allocs"),
            // On demand only.
            (
                "simulated-branch-misses",
                "simulated_branch_misses_per_unit",
                "branch misses (simulated)",
            ),
            (
                "simulated-l1-misses",
                "simulated_l1_misses_per_unit",
                "L1 misses (simulated)",
            ),
            (
                "simulated-ll-misses",
                "simulated_ll_misses_per_unit",
                "LL misses (simulated)",
            ),
            ("cycles", "cycles_per_unit", "cycles"),
            (
                "retired-instructions",
                "retired_instructions_per_unit",
                "retired instr",
            ),
            ("branch-misses", "branch_misses_per_unit", "branch misses"),
            ("cache-misses", "cache_misses_per_unit", "cache misses"),
        ] {
            table = table.right(key, &format!("{heading}/{unit}"), |row| measured(name, row));
            table = self.with_trend(table, name);
        }
        // Tables of phases are wide already; user and system time are of use for commands above all.
        let with_times =
            self.for_programs || rows.iter().any(|row| process::exit_status(row).is_some());
        let mut table = table
            .right_if(with_times, "user_seconds", "user", |row| {
                measured("user-time", row)
            })
            .right_if(with_times, "system_seconds", "system", |row| {
                measured("system-time", row)
            })
            .right("peak_rss_bytes", "peak rss", |row| {
                measured("peak-rss", row)
            })
            .left("check", "check", |row| check(row))
            .table;
        // Without anything that was measured or failed, a column is dropped.
        table = table.without_columns_of(|cell| cell.value.is_null() && cell.tone != Tone::Notice);
        if with_workload {
            clear_repeats(&mut table.rows);
        }
        table.notes = notes(rows, self.anchors, &table.columns);
        table
    }

    /// Adds the trend of a metric up to this run, as a sparkline.
    fn with_trend<'r>(&self, table: TableOf<&'r Row>, metric: &'static str) -> TableOf<&'r Row> {
        table.left(
            &format!("{}{TREND}", metric.replace('-', "_")),
            "trend",
            |row| {
                match self.trends.and_then(|trends| trends.values(row, metric)) {
                    // No value: a column in which nothing ever changed is dropped.
                    Some(values) if values.iter().all(|value| *value == values[0]) => {
                        Cell::no_number(sparkline(values, BARS))
                    }
                    Some(values) => Cell::text(sparkline(values, BARS)),
                    None => Cell::no_number(""),
                }
            },
        )
    }

    /// The speed as a multiple of that of an anchor.
    fn speed(&self, anchor: &str, row: &Row) -> Cell {
        let place = |phase: &str| self.phases.iter().position(|name| *name == phase);
        match figures::speed(self.rows.row(&row.workload, anchor), row) {
            Ok(figure) => {
                // A phase before the anchor is neither an improvement nor a regression from it.
                let is_after = place(&row.phase) > place(anchor);
                let tone = if is_after {
                    Tone::of_speed(&figure)
                } else {
                    Tone::Quiet
                };
                Cell::number(figure.value, number::ratio(figure.value)).toned(tone)
            }
            Err(absent) => missing(&absent),
        }
    }
}

/// The unit of workloads that process tokens.
const TOKEN: &str = "token";

/// Suffix of the keys of trends.
const TREND: &str = "_trend";

/// Most runs in a trend, this one included.
pub const BARS: usize = 8;

fn measured(metric: &str, row: &Row) -> Option<Cell> {
    let metric = metric::by_name(metric)?;
    Some(match figures::figure(metric, Some(row)) {
        // Only the time has its interval: the table is dense.
        Ok(figure) if metric.name() == "time" => Cell::figure(metric, &figure),
        Ok(figure) => Cell::plain(metric.quantity(), figure.value),
        Err(absent) => missing(&absent),
    })
}

/// The heading of the times. Beside counts per unit, it states that a time is that of a whole run, if a run has several.
fn time_heading(rows: &[&Row], unit: &str) -> &'static str {
    let is_of_run = unit != TOKEN && rows.iter().any(|row| row.unit.per_run > 1);
    if is_of_run { "time of a run" } else { "time" }
}

/// Units per second of a workload that yields several in a run; tokens have a metric of their own.
fn units_per_second(row: &Row) -> Option<Cell> {
    let is_shown = row.unit.name != TOKEN && row.unit.per_run > 1;
    let time = metric::by_name("time")?;
    if !is_shown {
        return Some(missing(&Absent::NoMeaning));
    }
    Some(match figures::figure(time, Some(row)) {
        Ok(figure) => Cell::plain(Quantity::PerSecond, row.unit.per_run as f64 / figure.value),
        Err(absent) => missing(&absent),
    })
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
        Check::Unchecked => Cell::missing().toned(Tone::Quiet),
        Check::Failed(_) => Cell::text("FAILED").toned(Tone::Bad),
        Check::NotRun(_) => Cell::text("not run").toned(Tone::Notice),
    }
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
    let mut notes = problems::of(rows.iter().copied());
    if columns
        .iter()
        .any(|column| column.key.starts_with("speed_over_"))
    {
        let anchors = anchors
            .iter()
            .map(|anchor| format!("`x {anchor}`"))
            .collect::<Vec<_>>()
            .join(" and ");
        notes.push(format!("[low, high] is the 95 % interval of a mean over rounds; {anchors}: speed as a multiple of that phase's, coloured if its interval excludes 1."));
    }
    if columns.iter().any(|column| column.key.ends_with(TREND)) {
        notes.push(format!(
            "trend: the figure to its left over at most {} earlier runs on this machine; this run is at the right.",
            BARS - 1
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use harness_record::metric::program::{BUILD, BUILDS, CODE, LOADED, UNIT};
    use harness_record::sample::{callgrind, clock, counts, record, row};

    use super::*;

    #[test]
    fn a_program_has_a_table_of_its_own_and_is_no_workload() {
        let size = counts(Instrument::Size, &[(CODE, 4096), (LOADED, 9000)]);
        let build = counts(Instrument::Build, &[(BUILD, 1_500_000_000), (BUILDS, 3)]);
        let mut program = row("program/words/harness", "release", vec![size, build]);
        program.unit.name = UNIT.to_owned();
        let simulated = [("Bcm", 30), ("Bim", 10), ("D1mr", 4), ("D1mw", 2)];
        let work = vec![callgrind(1000), counts(Instrument::Misses, &simulated)];
        let record = record(vec![row("parse", "measured", work), program]);
        assert_eq!(
            (record.workloads(), record.phases()),
            (vec!["parse"], vec!["measured"])
        );
        let tables = run_tables(&record, &[], false, None);
        let keys = |table: &Table| -> Vec<String> {
            table
                .columns
                .iter()
                .map(|column| column.key.clone())
                .collect()
        };
        assert_eq!(tables.len(), 2);
        assert_eq!(
            keys(&tables[1]),
            [
                "program",
                "phase",
                "code_bytes",
                "program_bytes",
                "build_seconds"
            ]
        );
        let texts: Vec<&str> = tables[1].rows[0]
            .iter()
            .map(|cell| cell.text.as_str())
            .collect();
        assert_eq!(texts[2..], ["4.10 KB", "9.00 KB", "1.50 s"]);
        let keys = keys(&tables[0]);
        assert!(
            keys.contains(&"simulated_branch_misses_per_unit".to_owned()),
            "{keys:?}"
        );
        assert!(
            !keys.iter().any(|key| key.starts_with("cycles")),
            "{keys:?}"
        );
    }

    /// The headings and the cells of the only row of a workload that yields so many rows in a run of 2 ms.
    fn table(per_run: u64) -> Vec<(String, String)> {
        let mut one = row(
            "parse",
            "now",
            vec![clock("s", &[2_000_000; 8]), callgrind(4_000_000)],
        );
        one.unit.name = "row".to_owned();
        one.unit.per_run = per_run;
        let tables = run_tables(&record(vec![one]), &[], false, None);
        let [table] = tables.as_slice() else {
            panic!("one table: {tables:?}")
        };
        let headings = table.columns.iter().map(|column| column.heading.clone());
        let cells = table.rows[0].iter().map(|cell| cell.text.clone());
        headings.zip(cells).collect()
    }

    #[test]
    fn a_run_of_many_units_has_its_time_named_and_its_throughput() {
        let named = |table: &[(String, String)], heading: &str| {
            let found = table.iter().find(|(name, _)| name == heading);
            found.map(|(_, text)| text.clone())
        };
        let many = table(2000);
        assert_eq!(named(&many, "rows/s").as_deref(), Some("1.00 M"));
        assert_eq!(named(&many, "instr/row").as_deref(), Some("2000"));
        assert!(named(&many, "time of a run").is_some_and(|text| text.starts_with("2.0")));
        assert_eq!(named(&many, "time"), None);
        let one = table(1);
        assert!(named(&one, "time").is_some() && named(&one, "rows/s").is_none());
    }
}
