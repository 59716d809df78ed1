//! The counts of the trials as tables.

use harness_report::render::{Cell, Column, Table, Tone};

use crate::group::{Estimates, Group, groups};
use crate::promise::promises;
use crate::rate::{Rate, percent};
use crate::{Role, Row};

/// All tables, each with its title: the promises, unchanged code, slowdowns, and estimates on unchanged code.
pub fn tables(rows: &[Row]) -> Vec<Table> {
    let groups = groups(rows);
    let all = [
        promises(&groups),
        unchanged(&groups),
        slowdowns(&groups),
        estimates("Estimates on unchanged code", &groups),
        estimates_by_workload("The same by workload", &groups),
    ];
    all.into_iter().filter(|table| !table.rows.is_empty()).collect()
}

/// The main finding in one sentence.
pub(crate) fn headline(rows: &[Row]) -> String {
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

/// A table with the rows of each group. Machine and condition of the group come before the columns; trials on commits
/// have no scope.
pub(crate) fn table(
    title: &str,
    groups: &[Group],
    columns: &[Column],
    rows: impl Fn(&Group) -> Vec<Vec<Cell>>,
) -> Table {
    let mut place = vec![Column::left("machine", "machine"), Column::left("hogs", "hogs")];
    let has_scope = groups.iter().any(|group| group.scope.is_some());
    place.extend(has_scope.then(|| Column::left("scope", "judged")));
    let mut table = Table::new(title, [&place, columns].concat());
    for group in groups {
        let mut place = vec![Cell::text(group.machine.unwrap_or("all machines")), Cell::text(group.hogs.text())];
        place.extend(group.scope.map(|scope| Cell::text(scope.text())));
        table.rows.extend(rows(group).into_iter().map(|cells| [place.clone(), cells].concat()));
    }
    table
}

fn unchanged(groups: &[Group]) -> Table {
    let columns = [
        Column::left("kind", "change"),
        Column::right("gates", "gates"),
        Column::right("timed", "timed"),
        Column::right("red", "red"),
        Column::right("red_bound", "true share at most"),
        Column::right("exit_2", "exit 2"),
        Column::right("inconclusive", "workloads inconclusive"),
    ];
    let row = |group: &Group, kind: Option<&str>| {
        let count = group.count(kind);
        vec![
            Cell::text(kind.unwrap_or("all")),
            number(count.gates),
            number(count.red.of),
            alarms(count.red),
            bound(count.red.interval().high),
            number(count.unjudged),
            rate(count.inconclusive),
        ]
    };
    table("Unchanged code", groups, &columns, |group| {
        let kinds = group.kinds();
        let all = (kinds.len() > 1).then_some(None);
        all.into_iter().chain(kinds.into_iter().map(Some)).map(|kind| row(group, kind)).collect()
    })
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
    let mut table = table("Slowdowns", groups, &columns, |group| {
        let row = |one: crate::group::Slowdown| {
            let mut row = vec![Cell::number(one.percent, format!("{} %", one.percent))];
            row.extend([number(one.found.of), number(one.found.count), bound(one.found.interval().low)]);
            row.extend(estimate_cells(&one.estimates));
            let seconds = one.seconds.map(|seconds| Cell::number(seconds, format!("{seconds:.1} s")));
            row.extend([seconds.unwrap_or_else(Cell::missing), alarms(one.false_alarms)]);
            row
        };
        group.slowdowns().into_iter().map(row).collect()
    });
    if groups.iter().any(|group| group.scope.is_none()) {
        table.notes.push(
            "A gate on a slowdown looks at the workloads of its `filter` in the file of changes: the slowed ones, and some that are not."
                .to_owned(),
        );
    }
    table
}

fn estimates(title: &str, groups: &[Group]) -> Table {
    let columns = [vec![Column::left("programs", "programs")], estimate_columns().to_vec()].concat();
    table(title, groups, &columns, |group| by_programs(group, None))
}

fn estimates_by_workload(title: &str, groups: &[Group]) -> Table {
    let columns = [Column::left("workload", "workload"), Column::left("programs", "programs")];
    let columns = [columns.to_vec(), estimate_columns().to_vec()].concat();
    table(title, groups, &columns, |group| {
        let rows = |workload| {
            let rows = by_programs(group, Some(workload)).into_iter();
            rows.map(move |cells| [vec![Cell::text(workload)], cells].concat())
        };
        group.workloads().into_iter().flat_map(rows).collect()
    })
}

/// The estimates of one workload or all: of gates that timed identical programs, and of the others.
fn by_programs(group: &Group, workload: Option<&str>) -> Vec<Vec<Cell>> {
    let sides = [(true, "identical"), (false, "different")].into_iter();
    let estimates = sides.map(|(forced, programs)| (programs, group.estimates(forced, workload)));
    let rows = estimates.filter(|(_, estimates)| estimates.len() > 0);
    rows.map(|(programs, estimates)| [vec![Cell::text(programs)], estimate_cells(&estimates).to_vec()].concat())
        .collect()
}

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

/// The number of false alarms, which is a bad one unless it is 0.
fn alarms(rate: Rate) -> Cell {
    number(rate.count).toned(if rate.count > 0 { Tone::Bad } else { Tone::Plain })
}

fn bound(share: f64) -> Cell {
    Cell::number(share, format!("{} %", percent(share)))
}

fn rate(rate: Rate) -> Cell {
    rate.share().map_or_else(Cell::missing, |share| Cell::number(share, rate.text()))
}
