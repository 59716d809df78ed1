//! Asks the instruments, workload by workload, and gathers their answers into rows.

use std::sync::Mutex;
use std::thread;

use crate::instrument::{Gauge, Taken};
use crate::metric;
use crate::record::{Check, Data, Failure, Instrument, Reading, Row, Unit};

use super::{Progress, Selected};

/// Asks every instrument about every workload that it can take. Times are read first, one after the other, with the
/// machine to themselves; then the counts, all instruments side by side.
pub(super) fn gather(
    selected: &[Selected],
    timing: &[Box<dyn Gauge + '_>],
    counting: &[Box<dyn Gauge + '_>],
    progress: &dyn Progress,
) -> Vec<Row> {
    let mut rows = empty_rows(selected);
    let every = timing.iter().chain(counting).map(AsRef::as_ref);
    let (readings, seconds) = every.fold((0, 0.0), |(readings, seconds), gauge| {
        let taken = selected.iter().filter(|one| one.takes(gauge.instrument()));
        taken.fold((readings, seconds), |(readings, seconds), one| {
            (readings + one.phases.len(), seconds + gauge.expected_seconds(&seconds_of(&rows, one)))
        })
    });
    progress.begin(readings, seconds);
    for gauge in timing {
        let taken = ask(gauge.as_ref(), selected, &rows, progress);
        enter(&mut rows, gauge.instrument(), taken);
    }
    let answers = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for gauge in counting {
            let (rows, answers) = (&rows, &answers);
            scope.spawn(move || {
                let taken = ask(gauge.as_ref(), selected, rows, progress);
                answers.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((gauge.instrument(), taken));
            });
        }
    });
    for (instrument, taken) in answers.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()) {
        enter(&mut rows, instrument, taken);
    }
    for row in &mut rows {
        row.readings.sort_by_key(|reading| reading.data.instrument());
        row.failures.sort_by_key(|failure| failure.instrument);
    }
    progress.end();
    rows
}

fn empty_rows(selected: &[Selected]) -> Vec<Row> {
    let mut rows = Vec::new();
    for Selected { workload, phases } in selected {
        for phase in phases {
            rows.push(Row {
                workload: workload.id.clone(),
                phase: phase.clone(),
                unit: Unit { name: workload.unit.name.clone(), per_run: workload.unit.per_run },
                definition: workload.definition.clone(),
                answer: workload.answer.clone(),
                check: Check::NotRun("no instrument that checks the answer was asked".to_owned()),
                readings: Vec::new(),
                failures: Vec::new(),
            });
        }
    }
    rows
}

/// Seconds of one run of each phase, where the clock has read them already.
fn seconds_of(rows: &[Row], one: &Selected) -> Vec<Option<f64>> {
    let time = metric::by_name("time");
    let row = |phase: &String| rows.iter().find(|row| row.workload == one.workload.id && row.phase == *phase);
    one.phases.iter().map(|phase| Some(time?.figure(row(phase)?)?.value)).collect()
}

type Answers = Vec<(String, String, Taken)>;

fn ask(gauge: &dyn Gauge, selected: &[Selected], rows: &[Row], progress: &dyn Progress) -> Answers {
    let mut answers = Vec::new();
    for one in selected.iter().filter(|one| one.takes(gauge.instrument())) {
        let step = |what: &str| progress.step(&format!("{} {what} ({})", one.workload.id, gauge.instrument().name()));
        let taken = gauge.read(&one.workload, &one.phases, &step);
        let phases = one.phases.iter().zip(taken);
        answers.extend(phases.map(|(phase, taken)| (one.workload.id.clone(), phase.clone(), taken)));
        progress.advance(one.phases.len(), gauge.expected_seconds(&seconds_of(rows, one)));
    }
    answers
}

fn enter(rows: &mut [Row], instrument: Instrument, answers: Answers) {
    for (workload, phase, taken) in answers {
        let Some(row) = rows.iter_mut().find(|row| row.workload == workload && row.phase == phase) else { continue };
        match taken.reading {
            Ok(reading) => row.readings.push(checked(reading)),
            Err(message) => row.failures.push(Failure { instrument, message }),
        }
        if let Some(check) = taken.check.filter(|check| weight(check) >= weight(&row.check)) {
            row.check = check;
        }
    }
}

/// A wrong answer stays wrong, whichever instrument found it; a right one outweighs a check that did not run.
fn weight(check: &Check) -> u8 {
    match check {
        Check::NotRun(_) => 0,
        Check::Passed => 1,
        Check::Failed(_) => 2,
    }
}

/// Keeps runs in the order of their rounds, as the record promises.
fn checked(mut reading: Reading) -> Reading {
    if let Data::Clock { runs, .. } = &mut reading.data {
        runs.sort_by_key(|run| run.round);
    }
    reading
}
