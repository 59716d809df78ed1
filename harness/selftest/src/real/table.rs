//! The counts of the trials as tables.

use harness_report::render::{Cell, Column, Table, Tone};

use crate::condition::BackgroundLoad;
use crate::finding::Rate;
use crate::real::group::{Estimates, Group, groups};
use crate::real::promise::promises;
use crate::real::{Role, Row};
use crate::table::percent;

/// All tables, each with its title: the promises, unchanged code, slowdowns, and estimates on unchanged code.
pub fn tables(rows: &[Row]) -> Vec<Table> {
    let groups = groups(rows);
    let all = [promises(&groups), unchanged(&groups), slowdowns(&groups), estimates(&groups), by_workload(&groups)];
    all.into_iter().filter(|table| !table.rows.is_empty()).collect()
}

/// The main finding in one sentence.
pub(super) fn headline(rows: &[Row]) -> String {
    let unchanged: Vec<&Row> = rows.iter().filter(|row| !row.is_slowdown() && !row.workloads.is_empty()).collect();
    let red = unchanged.iter().filter(|row| row.is_red()).count();
    let mut parts = vec![format!("{red} of {} timed gates on unchanged code were red", unchanged.len())];
    for percent in [1.0, 2.0, 5.0] {
        let slowed: Vec<&Row> = rows.iter().filter(|row| row.percent == Some(percent)).collect();
        let found = slowed.iter().filter(|row| row.red().any(|one| one.role == Role::Slowed)).count();
        if !slowed.is_empty() {
            parts.push(format!("+{percent} % was found in {found} of {}", slowed.len()));
        }
    }
    parts.join("; ")
}

/// The machine and the condition of a group.
pub(super) fn place(group: &Group) -> [Cell; 2] {
    let hogs = match group.hogs {
        BackgroundLoad::None => "none",
        hogs => hogs.told(),
    };
    [Cell::text(group.machine.unwrap_or("all machines")), Cell::text(hogs)]
}

fn table(title: &str, columns: Vec<Column>) -> Table {
    let place = [Column::left("machine", "machine"), Column::left("hogs", "hogs")];
    Table::new(title, place.into_iter().chain(columns).collect())
}

fn unchanged(groups: &[Group]) -> Table {
    let columns = vec![
        Column::left("kind", "change"),
        Column::right("gates", "gates"),
        Column::right("timed", "timed"),
        Column::right("red", "red"),
        Column::right("red_bound", "true share at most"),
        Column::right("exit_2", "exit 2"),
        Column::right("inconclusive", "workloads inconclusive"),
    ];
    let mut table = table("Unchanged code", columns);
    for group in groups {
        let kinds = group.kinds();
        let all = if kinds.len() == 1 { Vec::new() } else { vec![None] };
        for kind in all.into_iter().chain(kinds.iter().map(|kind| Some(*kind))) {
            let count = group.count(kind);
            if count.gates == 0 {
                continue;
            }
            let tone = if count.red.count > 0 { Tone::Bad } else { Tone::Plain };
            table.rows.push(Vec::from_iter(place(group).into_iter().chain([
                Cell::text(kind.unwrap_or("all")),
                number(count.gates),
                number(count.red.of),
                number(count.red.count).toned(tone),
                bound(count.red.interval().high),
                number(count.unjudged),
                rate(count.inconclusive),
            ])));
        }
    }
    table
}

fn slowdowns(groups: &[Group]) -> Table {
    let mut columns = vec![
        Column::right("percent", "slower by"),
        Column::right("gates", "gates"),
        Column::right("found", "found"),
        Column::right("found_bound", "true share at least"),
    ];
    columns.extend(estimate_columns());
    columns.extend([
        Column::right("measuring_seconds", "measuring, median"),
        Column::right("false_alarms", "red on another workload"),
    ]);
    let mut table = table("Slowdowns", columns);
    table.notes.push(
        "A gate on a slowdown looks at the workloads of its `filter` in the file of changes: the slowed ones, and some that are not."
            .to_owned(),
    );
    for group in groups {
        for one in group.slowdowns() {
            let mut row = Vec::from(place(group));
            row.push(Cell::number(one.percent, format!("{} %", one.percent)));
            row.extend([number(one.found.of), number(one.found.count), bound(one.found.interval().low)]);
            row.extend(estimate_cells(&one.estimates));
            let seconds = one.seconds.map(|seconds| Cell::number(seconds, format!("{seconds:.1} s")));
            let tone = if one.false_alarms.count > 0 { Tone::Bad } else { Tone::Plain };
            row.extend([seconds.unwrap_or_else(Cell::missing), number(one.false_alarms.count).toned(tone)]);
            table.rows.push(row);
        }
    }
    table
}

fn estimates(groups: &[Group]) -> Table {
    let columns = [vec![Column::left("programs", "programs")], estimate_columns().to_vec()].concat();
    let mut table = table("Estimates on unchanged code", columns);
    for group in groups {
        for (forced, programs) in SIDES {
            let estimates = group.estimates(forced, None);
            if estimates.len() > 0 {
                let mut row = Vec::from(place(group));
                row.push(Cell::text(programs));
                row.extend(estimate_cells(&estimates));
                table.rows.push(row);
            }
        }
    }
    table
}

fn by_workload(groups: &[Group]) -> Table {
    let columns = vec![Column::left("workload", "workload"), Column::left("programs", "programs")];
    let mut table = table("The same by workload", [columns, estimate_columns().to_vec()].concat());
    for group in groups {
        for workload in group.workloads() {
            for (forced, programs) in SIDES {
                let estimates = group.estimates(forced, Some(workload));
                if estimates.len() > 0 {
                    let mut row = Vec::from(place(group));
                    row.extend([Cell::text(workload), Cell::text(programs)]);
                    row.extend(estimate_cells(&estimates));
                    table.rows.push(row);
                }
            }
        }
    }
    table
}

/// Gates that timed identical programs, and the others.
const SIDES: [(bool, &str); 2] = [(true, "identical"), (false, "different")];

fn estimate_columns() -> [Column; 3] {
    [Column::right("estimates", "estimates"), Column::right("mean", "mean"), Column::right("deviation", "SD")]
}

fn estimate_cells(estimates: &Estimates) -> [Cell; 3] {
    let cell = |value: Option<f64>, text: &dyn Fn(f64) -> String| {
        value.map_or_else(Cell::missing, |value| Cell::number(value / 100.0, text(value)))
    };
    // A zero has no minus sign.
    let mean = cell(estimates.mean(), &|value| format!("{value:+.2} %").replace("-0.00 ", "+0.00 "));
    [number(estimates.len()), mean, cell(estimates.deviation(), &|value| format!("{value:.2} %"))]
}

fn number(count: usize) -> Cell {
    Cell::number(count as f64, count.to_string())
}

fn bound(share: f64) -> Cell {
    Cell::number(share, format!("{} %", percent(share)))
}

fn rate(rate: Rate) -> Cell {
    let share =
        rate.share().map(|share| Cell::number(share, format!("{} of {} = {} %", rate.count, rate.of, percent(share))));
    share.unwrap_or_else(Cell::missing)
}
