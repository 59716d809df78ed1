//! Tables of the state of a machine and of its noise floor.

use super::diagnosis::{ALONE, Tried};
use super::{Diagnosis, Finding, Grade, NoiseFloors};
use crate::render::{Cell, Column, Table, Tone};

/// Tables of the findings, and of the noise floor if it was measured.
pub fn tables(diagnosis: &Diagnosis) -> Vec<Table> {
    let floors = diagnosis.floors.as_ref().ok().map(floors_table);
    std::iter::once(findings_table(&diagnosis.findings)).chain(floors).collect()
}

/// One row for each finding.
fn findings_table(findings: &[Finding]) -> Table {
    let columns = vec![
        Column::left("what", "what"),
        Column::left("found", "found"),
        Column::left("grade", "grade"),
        Column::left("advice", "advice"),
    ];
    let mut table = Table::new("The machine", columns);
    let cells = |finding: &Finding| {
        let tone = match finding.grade {
            Grade::Good => Tone::Good,
            Grade::Warning => Tone::Notice,
            Grade::Bad => Tone::Bad,
        };
        vec![
            Cell::text(finding.what),
            Cell::text(&finding.found),
            Cell::text(finding.grade.name()).toned(tone),
            Cell::text(&finding.advice),
        ]
    };
    table.rows = findings.iter().map(cells).collect();
    table
}

/// One row for each measured workload.
fn floors_table(floors: &NoiseFloors) -> Table {
    let columns = vec![
        Column::left("workload", "workload"),
        Column::left("phase", "phase"),
        Column::right("pairs", "pairs"),
        Column::right("difference", "difference"),
        Column::right("difference_low", "from"),
        Column::right("difference_high", "to"),
        Column::right("pair_spread", "pair spread"),
        Column::right("found_in_a_gate", "a gate finds"),
        Column::right("found_alone", "alone"),
        Column::right("seconds_to_settle", "needs"),
    ];
    let mut table = Table::new("The noise floor: a build compared with itself", columns);
    let share = |share: Option<f64>, signed: bool| match share {
        Some(share) if signed => Cell::number(share, format!("{:+.2} %", 100.0 * share)),
        Some(share) => Cell::number(share, format!("{:.2} %", 100.0 * share)),
        None => Cell::missing(),
    };
    let cells = |Tried { floor, in_a_gate, alone, seconds }: &Tried| {
        let interval = floor.interval();
        let tone = if floor.differs() { Tone::Bad } else { Tone::Plain };
        vec![
            Cell::text(&floor.timed().workload),
            Cell::text(&floor.timed().phase),
            Cell::number(floor.pairs() as f64, floor.pairs().to_string()),
            share(floor.change(), true).toned(tone),
            share(interval.map(|ends| ends.low), true),
            share(interval.map(|ends| ends.high), true),
            share(floor.spread(), false),
            share(*in_a_gate, true),
            share(*alone, true),
            seconds.map_or_else(Cell::missing, |seconds| Cell::number(seconds, format!("{seconds:.1} s"))),
        ]
    };
    table.rows = floors.tried.iter().map(cells).collect();
    table.notes.push(format!(
        "a gate finds, alone: smallest slowdown that is found with probability 95 %, in a gate that has {:.1} s \
         for each of {} workloads, and of the workload alone within {ALONE:.0} s. needs: seconds of measuring \
         until the workload is shown not slower by 1 %, with probability 90 %.",
        floors.each_seconds, floors.workloads,
    ));
    table
}
