//! The tables of the ledger: geometric means of all quantities by step, and the speed of each workload by step.

use super::Ladder;
use super::step::{Quantity, Step, Steps};
use crate::ReportData;
use crate::evidence::count_ratio;
use crate::render::{Cell, Table, Tone};

/// The first column of the row with the product of all steps.
const ALL_STEPS: &str = "all steps";

/// The table of geometric means: a row for each step, and one for all of them.
pub(super) fn means(report_data: &ReportData, ladder: &Ladder<'_>, all: &[Steps<'_>]) -> Table {
    let first = ladder.phases[0];
    // The row of all steps comes last; it has no place among them.
    let places = (0..ladder.phases.len() - 1).map(Some).chain([None]);
    let mut table = Table::of("step by step, geometric means over workloads", places).left(
        "phase",
        "step to",
        |place| place.map_or(ALL_STEPS, |place| ladder.phases[place + 1]),
    );
    for steps in all {
        let Quantity { key, name, .. } = steps.quantity;
        if steps.quantity == Quantity::SPEED {
            table = table.right("speed_over_first", &format!("speed, x {first}"), |place| {
                let step = place.map_or(steps.total, |place| steps.over_first[place]);
                cell(step, steps)
            });
        }
        table = table.right(
            &format!("{key}_over_before"),
            &format!("{name}, x previous phase"),
            |place| {
                let step = place.map_or(steps.total, |place| steps.steps[place]);
                cell(step, steps)
            },
        );
    }
    table.notes(notes(report_data, ladder, all))
}

fn cell(step: Step, steps: &Steps<'_>) -> Cell {
    match step {
        Step::Mean(figure) if steps.quantity.is_exact() => count_ratio(figure.value),
        Step::Mean(figure) => Cell::ratio(figure),
        Step::Zero(zeros) => {
            let text = match steps.workloads.len() {
                all if all == zeros => "zero".to_owned(),
                all => format!("zero in {zeros} of {all}"),
            };
            Cell::no_number(text).toned(Tone::Plain)
        }
        Step::FromZero => Cell::no_number("from zero").toned(Tone::Quiet),
    }
}

fn notes(report_data: &ReportData, ladder: &Ladder<'_>, all: &[Steps<'_>]) -> Vec<String> {
    let over = all.iter().map(|steps| {
        let left_out = match steps.left_out.as_slice() {
            [] => String::new(),
            left_out => format!(
                " (without {}: no ratio above zero in every phase)",
                left_out.join(", ")
            ),
        };
        format!(
            "{}: {}{left_out}",
            steps.quantity.name,
            steps.workloads.join(", ")
        )
    });
    vec![
        format!(
            "The steps of a column multiply to the row \"{ALL_STEPS}\", because every mean of a column is over the same workloads. {}.",
            over.collect::<Vec<_>>().join("; ")
        ),
        "[low, high] is the 95 % interval of the mean, computed from those of the workloads, whose errors are independent. It covers the error of measuring these workloads and does not predict others."
            .to_owned(),
        report_data.provenance(ladder.workloads.iter().copied()),
    ]
}

/// The table of workloads, each with the speed of each step and of all; none if no workload has a speed.
pub(super) fn by_workload(report_data: &ReportData, ladder: &Ladder<'_>) -> Option<Table> {
    let speed = |workload: &str, base: &str, head: &str| {
        let base = report_data.row(workload, base);
        let head = report_data.row(workload, head)?;
        Quantity::SPEED.ratio(base, head).ok()
    };
    let mut table = Table::of(
        "workload by workload, speed over the previous phase",
        &ladder.workloads,
    )
    .left("workload", "workload", |workload| **workload);
    for pair in ladder.phases.windows(2) {
        let [before, phase] = [pair[0], pair[1]];
        table = table.right(phase, phase, |workload| {
            speed(workload, before, phase).map(Cell::ratio)
        });
    }
    let (first, last) = (ladder.phases[0], ladder.phases[ladder.phases.len() - 1]);
    let table = table
        .right("all_steps", ALL_STEPS, |workload| speed(workload, first, last).map(Cell::ratio))
        .notes([
            "The steps of a workload multiply to its last column. [low, high] is the 95 % interval over the rounds in which both phases ran. A dash: an answer was wrong or unchecked, or the phases were not measured side by side."
                .to_owned(),
            report_data.provenance(ladder.workloads.iter().copied()),
        ]);
    let has_speed = table
        .rows
        .iter()
        .any(|row| row[1..].iter().any(|cell| !cell.value.is_null()));
    has_speed.then_some(table)
}
