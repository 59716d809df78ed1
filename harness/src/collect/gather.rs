//! Runs the instruments on the selected workloads and collects their readings into rows.

use std::collections::VecDeque;
use std::panic::resume_unwind;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use harness_probe::protocol::Description;
use harness_record::{Check, Data, Failure, Reading, Row, Spent, metric};
use itertools::Itertools;

use crate::collect::instrument::{InstrumentReader, Taken};
use crate::collect::{Progress, Selected};

/// A unit of work: one instrument reads one workload in some of its phases.
struct Job<'a> {
    gauge: &'a dyn InstrumentReader,
    one: &'a Selected,
    phases: &'a [String],
}

/// The rows of a run, and the time that they took.
pub(super) struct Gathered {
    pub(super) rows: Vec<Row>,
    /// In the order of the rows.
    pub(super) spent: Vec<Spent>,
}

/// Runs every instrument on every workload that it supports. First the `timing` instruments, one job at a time on an
/// otherwise idle machine; a job contains all phases of a workload. Then the `counting` instruments, which need no idle
/// machine: one job per phase, on as many threads as `workers`. Calls `timed` in between.
pub(super) fn gather(
    selected: &[Selected],
    timing: &[Box<dyn InstrumentReader + '_>],
    counting: &[Box<dyn InstrumentReader + '_>],
    workers: usize,
    timed: impl FnOnce(),
    progress: &dyn Progress,
) -> Gathered {
    let mut rows = empty_rows(selected);
    let mut spent = Vec::new();
    let together: VecDeque<Job> = jobs(timing, selected, |phases| vec![phases]);
    let apart: VecDeque<Job> = jobs(counting, selected, |phases| phases.chunks(1).collect());
    progress.begin(
        together
            .iter()
            .chain(&apart)
            .map(|job| job.phases.len())
            .sum(),
    );

    let left = |rows: &[Row], together: &VecDeque<Job>| {
        seconds(rows, together) + seconds(rows, &apart) / workers.max(1) as f64
    };
    let mut waiting = together;
    progress.advance(0, left(&rows, &waiting));
    while let Some(job) = waiting.pop_front() {
        let start = Instant::now();
        enter(&mut rows, &job, job.read(progress));
        spent.extend(job.spent(start.elapsed()));
        progress.advance(job.phases.len(), left(&rows, &waiting));
    }
    timed();
    for (job, taken, time) in count(apart, &rows, workers, progress) {
        enter(&mut rows, &job, taken);
        spent.extend(job.spent(time));
    }
    for row in &mut rows {
        row.readings
            .sort_by_key(|reading| reading.data.instrument());
        row.failures.sort_by_key(|failure| failure.instrument);
    }
    progress.end();
    let place = |one: &Spent| {
        let is_of = |row: &Row| row.workload == one.workload && row.phase == one.phase;
        (rows.iter().position(is_of), one.instrument)
    };
    spent.sort_by_cached_key(place);
    Gathered { rows, spent }
}

/// Runs the counting jobs, the longest first, so that no long job is left to a single worker at the end.
fn count<'a>(
    jobs: VecDeque<Job<'a>>,
    rows: &[Row],
    workers: usize,
    progress: &dyn Progress,
) -> Vec<(Job<'a>, Vec<Taken>, Duration)> {
    let longest_first = jobs
        .into_iter()
        .sorted_by(|a, b| b.seconds(rows).total_cmp(&a.seconds(rows)));
    let waiting = Mutex::new(longest_first.collect());
    let waiting = || -> MutexGuard<'_, VecDeque<Job<'a>>> {
        waiting.lock().unwrap_or_else(PoisonError::into_inner)
    };
    let work = || {
        let mut answers = Vec::new();
        loop {
            let Some(job) = waiting().pop_front() else {
                return answers;
            };
            let start = Instant::now();
            let taken = job.read(progress);
            let time = start.elapsed();
            progress.advance(
                job.phases.len(),
                seconds(rows, &waiting()) / workers.max(1) as f64,
            );
            answers.push((job, taken, time));
        }
    };
    thread::scope(|scope| {
        let threads = (0..workers.max(1)).map(|_| scope.spawn(work)).collect_vec();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}

impl Job<'_> {
    fn read(&self, progress: &dyn Progress) -> Vec<Taken> {
        let (id, name) = (&self.one.workload.id, self.gauge.instrument().name());
        self.gauge.read(&self.one.workload, self.phases, &|what| {
            progress.step(&format!("{id} {what} ({name})"))
        })
    }

    /// The time of the job, in equal parts for its phases.
    fn spent(&self, time: Duration) -> impl Iterator<Item = Spent> {
        let seconds = time.as_secs_f64() / self.phases.len().max(1) as f64;
        let spent = move |phase: &String| Spent {
            workload: self.one.workload.id.clone(),
            phase: phase.clone(),
            instrument: self.gauge.instrument(),
            seconds,
        };
        self.phases.iter().map(spent)
    }

    /// Estimates the duration in seconds from the clock's readings so far.
    fn seconds(&self, rows: &[Row]) -> f64 {
        let time = metric::by_name("time");
        let row = |phase: &String| {
            rows.iter()
                .find(|row| row.workload == self.one.workload.id && row.phase == *phase)
        };
        let runs: Vec<Option<f64>> = self
            .phases
            .iter()
            .map(|phase| Some(time?.figure(row(phase)?)?.value))
            .collect();
        self.gauge.expected_seconds(&runs)
    }
}

fn jobs<'a>(
    gauges: &'a [Box<dyn InstrumentReader + 'a>],
    selected: &'a [Selected],
    cut: impl Fn(&'a [String]) -> Vec<&'a [String]>,
) -> VecDeque<Job<'a>> {
    let pairs = gauges
        .iter()
        .cartesian_product(selected)
        .filter(|(gauge, one)| one.takes(gauge.instrument()));
    let jobs = pairs.flat_map(|(gauge, one)| {
        cut(&one.phases).into_iter().map(|phases| Job {
            gauge: gauge.as_ref(),
            one,
            phases,
        })
    });
    jobs.collect()
}

fn seconds(rows: &[Row], jobs: &VecDeque<Job>) -> f64 {
    jobs.iter().map(|job| job.seconds(rows)).sum()
}

fn empty_rows(selected: &[Selected]) -> Vec<Row> {
    let cases = selected.iter().flat_map(|Selected { workload, phases }| {
        phases.iter().map(move |phase| (workload, phase))
    });
    let row = |(workload, phase): (&Description, &String)| Row {
        workload: workload.id.clone(),
        phase: phase.clone(),
        unit: workload.unit.clone(),
        definition: workload.definition.clone(),
        answer: workload.answer.clone(),
        check: Check::NotRun("no instrument that checks the answer was selected".to_owned()),
        readings: Vec::new(),
        recounts: Vec::new(),
        failures: Vec::new(),
    };
    cases.map(row).collect()
}

fn enter(rows: &mut [Row], job: &Job, taken: Vec<Taken>) {
    for (phase, taken) in job.phases.iter().zip(taken) {
        let Some(row) = rows
            .iter_mut()
            .find(|row| row.workload == job.one.workload.id && row.phase == *phase)
        else {
            continue;
        };
        match taken.reading {
            Ok(reading) => row.readings.push(in_order(reading)),
            Err(message) => row.failures.push(Failure {
                instrument: job.gauge.instrument(),
                message,
            }),
        }
        if let Some(check) = taken
            .check
            .filter(|check| weight(check) >= weight(&row.check))
        {
            row.check = check;
        }
    }
}

/// Precedence of check results: a wrong answer outweighs a right one, which outweighs a check that did not run.
fn weight(check: &Check) -> u8 {
    match check {
        Check::NotRun(_) => 0,
        Check::Unchecked => 1,
        Check::Passed => 2,
        Check::Failed(_) => 3,
    }
}

/// Sorts slices by round, as the record guarantees.
fn in_order(mut reading: Reading) -> Reading {
    if let Data::Clock { runs, .. } = &mut reading.data {
        runs.sort_by_key(|run| run.round);
    }
    reading
}
