//! The counts of the trials as tables.

use harness_report::render::{Cell, Column, Table, Tone};

use crate::group::{Estimates, Group, Slowdown, Unchanged, groups};
use crate::promise::promises;
use crate::rate::{Rate, percent};
use crate::{Role, Row};

/// All tables, each with its title: the promises, unchanged code, slowdowns, and estimates on unchanged code.
pub fn tables(rows: &[Row]) -> Vec<Table> {
    let groups = groups(rows);
    let counts = [promises(&groups), unchanged(&groups), slowdowns(&groups)];
    let all = counts.into_iter().chain(estimates(&groups));
    all.filter(|table| !table.rows.is_empty()).collect()
}

/// The main finding in one sentence.
pub(crate) fn headline(rows: &[Row]) -> String {
    let unchanged: Vec<&Row> = rows
        .iter()
        .filter(|row| !row.is_slowdown() && !row.workloads.is_empty())
        .collect();
    let red = unchanged.iter().filter(|row| row.is_red()).count();
    let mut parts = vec![format!(
        "{red} of {} timed gates on unchanged code were red",
        unchanged.len()
    )];
    for percent in [1.0, 2.0, 5.0] {
        let slowed: Vec<&Row> = rows
            .iter()
            .filter(|row| row.percent == Some(percent))
            .collect();
        let found = slowed
            .iter()
            .filter(|row| row.red().any(|one| one.role == Role::Slowed))
            .count();
        if !slowed.is_empty() {
            parts.push(format!(
                "+{percent} % was found in {found} of {}",
                slowed.len()
            ));
        }
    }
    parts.join("; ")
}

/// A column of a table of `T`, and the cell of each item.
pub(crate) type Show<T> = (Column, fn(&T) -> Cell);

/// A table with a row for each item of each group. Machine and condition of the group come before the columns; trials on
/// commits have no scope.
pub(crate) fn table<'a, T>(
    title: &str,
    groups: &[Group<'a>],
    columns: &[Show<T>],
    items: impl Fn(&Group<'a>) -> Vec<T>,
) -> Table {
    let mut place = vec![
        Column::left("machine", "machine"),
        Column::left("hogs", "hogs"),
    ];
    let has_scope = groups.iter().any(|group| group.scope.is_some());
    place.extend(has_scope.then(|| Column::left("scope", "judged")));
    let mut table = Table::new(title, place);
    table
        .columns
        .extend(columns.iter().map(|(column, _)| column.clone()));
    for group in groups {
        let mut place = vec![
            Cell::text(group.machine.unwrap_or("all machines")),
            Cell::text(group.hogs.text()),
        ];
        place.extend(group.scope.map(|scope| Cell::text(scope.text())));
        for item in items(group) {
            table.rows.push(
                place
                    .iter()
                    .cloned()
                    .chain(columns.iter().map(|(_, cell)| cell(&item)))
                    .collect(),
            );
        }
    }
    table
}

fn unchanged(groups: &[Group]) -> Table {
    let columns: [Show<Unchanged>; 7] = [
        (Column::left("kind", "change"), |one| {
            Cell::text(one.kind.unwrap_or("all"))
        }),
        (Column::right("gates", "gates"), |one| number(one.gates)),
        (Column::right("timed", "timed"), |one| number(one.red.of)),
        (Column::right("red", "red"), |one| alarms(one.red)),
        (Column::right("red_bound", "true share at most"), |one| {
            bound(one.red.interval().high)
        }),
        (Column::right("exit_2", "exit 2"), |one| {
            number(one.unjudged)
        }),
        (
            Column::right("inconclusive", "workloads inconclusive"),
            |one| rate(one.inconclusive),
        ),
    ];
    table("Unchanged code", groups, &columns, |group| {
        let kinds = group.kinds();
        let all = (kinds.len() > 1).then_some(None);
        all.into_iter()
            .chain(kinds.into_iter().map(Some))
            .map(|kind| group.count(kind))
            .collect()
    })
}

fn slowdowns(groups: &[Group]) -> Table {
    let columns: [Show<Slowdown>; 9] = [
        (Column::right("percent", "slower by"), |one| {
            Cell::number(one.percent, format!("{} %", one.percent))
        }),
        (Column::right("gates", "gates"), |one| number(one.found.of)),
        (Column::right("found", "found"), |one| {
            number(one.found.count)
        }),
        (Column::right("found_bound", "true share at least"), |one| {
            bound(one.found.interval().low)
        }),
        (Column::right("estimates", "estimates"), |one| {
            number(one.estimates.len())
        }),
        (Column::right("mean", "mean"), |one| mean(&one.estimates)),
        (Column::right("deviation", "SD"), |one| {
            deviation(&one.estimates)
        }),
        (
            Column::right("measuring_seconds", "measuring, median"),
            |one| {
                one.seconds.map_or_else(Cell::missing, |seconds| {
                    Cell::number(seconds, format!("{seconds:.1} s"))
                })
            },
        ),
        (
            Column::right("false_alarms", "red on another workload"),
            |one| alarms(one.false_alarms),
        ),
    ];
    let mut table = table("Slowdowns", groups, &columns, Group::slowdowns);
    if groups.iter().any(|group| group.scope.is_none()) {
        table.notes.push(
            "A gate on a slowdown looks at the workloads of its `filter` in the file of changes: the slowed ones, and some that are not."
                .to_owned(),
        );
    }
    table
}

/// The estimates on unchanged code, over all workloads and by workload.
fn estimates(groups: &[Group]) -> [Table; 2] {
    type Row<'a> = (&'a str, &'static str, Estimates);
    let columns: [Show<Row>; 5] = [
        (Column::left("workload", "workload"), |(workload, ..)| {
            Cell::text(*workload)
        }),
        (Column::left("programs", "programs"), |(_, programs, _)| {
            Cell::text(*programs)
        }),
        (
            Column::right("estimates", "estimates"),
            |(.., estimates)| number(estimates.len()),
        ),
        (Column::right("mean", "mean"), |(.., estimates)| {
            mean(estimates)
        }),
        (Column::right("deviation", "SD"), |(.., estimates)| {
            deviation(estimates)
        }),
    ];
    [
        table(
            "Estimates on unchanged code",
            groups,
            &columns[1..],
            |group| by_programs(group, None),
        ),
        table("The same by workload", groups, &columns, |group| {
            group
                .workloads()
                .into_iter()
                .flat_map(|workload| by_programs(group, Some(workload)))
                .collect()
        }),
    ]
}

/// The estimates of one workload or all: of gates that timed identical programs, and of the others.
fn by_programs<'a>(
    group: &Group,
    workload: Option<&'a str>,
) -> Vec<(&'a str, &'static str, Estimates)> {
    let sides = [(true, "identical"), (false, "different")].into_iter();
    let rows = sides.map(|(forced, programs)| {
        (
            workload.unwrap_or_default(),
            programs,
            group.estimates(forced, workload),
        )
    });
    rows.filter(|(.., estimates)| estimates.len() > 0).collect()
}

fn mean(estimates: &Estimates) -> Cell {
    // A zero has no minus sign.
    let text = |mean| format!("{mean:+.2} %").replace("-0.00 ", "+0.00 ");
    estimates
        .mean()
        .map_or_else(Cell::missing, |mean| Cell::number(mean / 100.0, text(mean)))
}

fn deviation(estimates: &Estimates) -> Cell {
    let cell = |deviation: f64| Cell::number(deviation / 100.0, format!("{deviation:.2} %"));
    estimates.deviation().map_or_else(Cell::missing, cell)
}

fn number(count: usize) -> Cell {
    Cell::number(count as f64, count.to_string())
}

/// The number of false alarms, which is a bad one unless it is 0.
fn alarms(rate: Rate) -> Cell {
    number(rate.count).toned(if rate.count > 0 {
        Tone::Bad
    } else {
        Tone::Plain
    })
}

fn bound(share: f64) -> Cell {
    Cell::number(share, format!("{} %", percent(share)))
}

fn rate(rate: Rate) -> Cell {
    rate.share()
        .map_or_else(Cell::missing, |share| Cell::number(share, rate.text()))
}
