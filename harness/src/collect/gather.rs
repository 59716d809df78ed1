//! Runs the instruments on the selected workloads and collects their readings into rows.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};
use std::thread;

use harness_probe::{Instrument, Unit};
use harness_record::{Check, Data, Failure, Reading, Row, metric};

use crate::collect::instrument::{InstrumentReader, Taken};
use crate::collect::{Progress, Selected};

/// A unit of work: one instrument reads one workload in some of its phases.
struct Job<'a> {
    gauge: &'a dyn InstrumentReader,
    one: &'a Selected,
    phases: &'a [String],
}

/// The result of a job.
struct Answer<'a> {
    job: Job<'a>,
    taken: Vec<Taken>,
}

/// Pending jobs and finished answers, shared by all workers.
struct Board<'a> {
    waiting: VecDeque<Job<'a>>,
    answers: Vec<Answer<'a>>,
}

/// Runs every instrument on every workload that it supports. First the `timing` instruments, one job at a time on an
/// otherwise idle machine; a job contains all phases of a workload. Then the `counting` instruments, which need no idle
/// machine: one job per phase, on as many threads as `workers`.
pub(super) fn gather(
    selected: &[Selected],
    timing: &[Box<dyn InstrumentReader + '_>],
    counting: &[Box<dyn InstrumentReader + '_>],
    workers: usize,
    progress: &dyn Progress,
) -> Vec<Row> {
    let mut rows = empty_rows(selected);
    let together: VecDeque<Job> = jobs(timing, selected, |phases| vec![phases]);
    let apart: VecDeque<Job> = jobs(counting, selected, |phases| phases.chunks(1).collect());
    progress.begin(together.iter().chain(&apart).map(|job| job.phases.len()).sum());

    let left = |rows: &[Row], together: &VecDeque<Job>| {
        seconds(rows, together) + seconds(rows, &apart) / workers.max(1) as f64
    };
    let mut waiting = together;
    progress.advance(0, left(&rows, &waiting));
    while let Some(job) = waiting.pop_front() {
        let taken = job.read(progress);
        let count = job.phases.len();
        enter(&mut rows, Answer { job, taken });
        progress.advance(count, left(&rows, &waiting));
    }
    for answer in count(apart, &rows, workers, progress) {
        enter(&mut rows, answer);
    }
    for row in &mut rows {
        row.readings.sort_by_key(|reading| reading.data.instrument());
        row.failures.sort_by_key(|failure| failure.instrument);
    }
    progress.end();
    rows
}

/// Runs the counting jobs, the longest first, so that no long job is left to a single worker at the end.
fn count<'a>(mut jobs: VecDeque<Job<'a>>, rows: &[Row], workers: usize, progress: &dyn Progress) -> Vec<Answer<'a>> {
    jobs.make_contiguous().sort_by(|a, b| b.seconds(rows).total_cmp(&a.seconds(rows)));
    let board = Mutex::new(Board { waiting: jobs, answers: Vec::new() });
    let lock = || -> MutexGuard<'_, Board<'a>> { board.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) };
    thread::scope(|scope| {
        for _ in 0..workers.max(1) {
            scope.spawn(|| {
                loop {
                    let Some(job) = lock().waiting.pop_front() else { break };
                    let taken = job.read(progress);
                    let mut board = lock();
                    progress.advance(job.phases.len(), seconds(rows, &board.waiting) / workers.max(1) as f64);
                    board.answers.push(Answer { job, taken });
                }
            });
        }
    });
    board.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()).answers
}

impl Job<'_> {
    fn read(&self, progress: &dyn Progress) -> Vec<Taken> {
        let (id, name) = (&self.one.workload.id, self.gauge.instrument().name());
        self.gauge.read(&self.one.workload, self.phases, &|what| progress.step(&format!("{id} {what} ({name})")))
    }

    /// Estimates the duration in seconds from the clock's readings so far.
    fn seconds(&self, rows: &[Row]) -> f64 {
        let time = metric::by_name("time");
        let row = |phase: &String| rows.iter().find(|row| row.workload == self.one.workload.id && row.phase == *phase);
        let runs: Vec<Option<f64>> = self.phases.iter().map(|phase| Some(time?.figure(row(phase)?)?.value)).collect();
        self.gauge.expected_seconds(&runs)
    }
}

fn jobs<'a>(
    gauges: &'a [Box<dyn InstrumentReader + '_>],
    selected: &'a [Selected],
    cut: impl Fn(&'a [String]) -> Vec<&'a [String]>,
) -> VecDeque<Job<'a>> {
    let mut jobs = VecDeque::new();
    for gauge in gauges {
        for one in selected.iter().filter(|one| one.takes(gauge.instrument())) {
            jobs.extend(cut(&one.phases).into_iter().map(|phases| Job { gauge: gauge.as_ref(), one, phases }));
        }
    }
    jobs
}

fn seconds(rows: &[Row], jobs: &VecDeque<Job>) -> f64 {
    jobs.iter().map(|job| job.seconds(rows)).sum()
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
                check: Check::NotRun("no instrument that checks the answer was selected".to_owned()),
                readings: Vec::new(),
                failures: Vec::new(),
            });
        }
    }
    rows
}

fn enter(rows: &mut [Row], answer: Answer) {
    let Job { gauge, one, phases } = answer.job;
    for (phase, taken) in phases.iter().zip(answer.taken) {
        let Some(row) = rows.iter_mut().find(|row| row.workload == one.workload.id && row.phase == *phase) else {
            continue;
        };
        let instrument: Instrument = gauge.instrument();
        match taken.reading {
            Ok(reading) => row.readings.push(in_order(reading)),
            Err(message) => row.failures.push(Failure { instrument, message }),
        }
        if let Some(check) = taken.check.filter(|check| weight(check) >= weight(&row.check)) {
            row.check = check;
        }
    }
}

/// Precedence of check results: a wrong answer outweighs a right one, which outweighs a check that did not run.
fn weight(check: &Check) -> u8 {
    match check {
        Check::NotRun(_) => 0,
        Check::Passed => 1,
        Check::Failed(_) => 2,
    }
}

/// Sorts slices by round, as the record guarantees.
fn in_order(mut reading: Reading) -> Reading {
    if let Data::Clock { runs, .. } = &mut reading.data {
        runs.sort_by_key(|run| run.round);
    }
    reading
}
