//! Runs the instruments on the selected workloads and collects their readings into rows.

use std::collections::VecDeque;
use std::panic::resume_unwind;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use harness_probe::Instrument;
use harness_probe::protocol::Description;
use harness_record::journal::{Finished, FinishedPhase};
use harness_record::machine::Circumstances;
use harness_record::{Check, Data, Failure, Reading, Row, Spent, metric};
use itertools::Itertools;

use crate::collect::instrument::{InstrumentReader, Taken};
use crate::collect::run_journal::RunJournal;
use crate::collect::{Progress, Selected};
use crate::process;

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
    /// The machine while the timing instruments ran; none if none did.
    pub(super) machine: Option<Circumstances>,
}

/// The number of readings that instruments take of workloads.
pub(super) fn readings(selected: &[Selected], instruments: &[Instrument]) -> usize {
    let of = |one: &Selected| {
        let taken = instruments
            .iter()
            .filter(|&&instrument| one.takes(instrument));
        taken.count() * one.phases.len()
    };
    selected.iter().map(of).sum()
}

/// Runs every instrument on every workload that it supports. First the `timing` instruments, one job at a time on an
/// otherwise idle machine; a job contains all phases of a workload. Then the `counting` instruments, which need no idle
/// machine: one job per phase, on as many threads as `workers`. `circumstances` reads the state of the machine since the
/// start.
///
/// A job that the `journal` has is not run again, and each other one is stored there at its end.
pub(super) fn gather(
    selected: &[Selected],
    timing: &[Box<dyn InstrumentReader + '_>],
    counting: &[Box<dyn InstrumentReader + '_>],
    workers: usize,
    circumstances: &dyn Fn() -> Circumstances,
    journal: Option<&RunJournal>,
    progress: &dyn Progress,
) -> Gathered {
    let mut rows = empty_rows(selected);
    let mut spent = Vec::new();
    let mut machine = None;
    let together: VecDeque<Job> = jobs(timing, selected, |phases| vec![phases]);
    let apart: VecDeque<Job> = jobs(counting, selected, |phases| phases.chunks(1).collect());
    let length = |jobs: &VecDeque<Job>| -> usize { jobs.iter().map(|job| job.phases.len()).sum() };
    let all = length(&together) + length(&apart);
    progress.begin(all);
    let together: VecDeque<Job> = without_kept(together, journal, &mut rows, &mut spent);
    let apart: VecDeque<Job> = without_kept(apart, journal, &mut rows, &mut spent);

    let left = |rows: &[Row], together: &VecDeque<Job>| {
        seconds(rows, together) + seconds(rows, &apart) / workers.max(1) as f64
    };
    let mut waiting = together;
    progress.advance(
        all - length(&waiting) - length(&apart),
        left(&rows, &waiting),
    );
    while let Some(job) = waiting.pop_front() {
        let start = Instant::now();
        let taken = job.read(progress);
        let time = start.elapsed();
        machine = Some(circumstances());
        if let Some(journal) = journal {
            job.store(journal, &taken, time, machine.as_ref());
        }
        enter(&mut rows, &job, taken);
        spent.extend(job.spent(time));
        progress.advance(job.phases.len(), left(&rows, &waiting));
    }
    for (job, taken, time) in count(apart, &rows, workers, journal, progress) {
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
    Gathered {
        rows,
        spent,
        machine,
    }
}

/// The jobs that the journal does not have. The readings of the others are entered into the rows.
fn without_kept<'a>(
    jobs: VecDeque<Job<'a>>,
    journal: Option<&RunJournal>,
    rows: &mut [Row],
    spent: &mut Vec<Spent>,
) -> VecDeque<Job<'a>> {
    let is_missing = |job: &Job<'a>| {
        let Some(kept) = journal.and_then(|journal| job.kept(journal)) else {
            return true;
        };
        let taken = kept.phases.iter().map(Taken::of_journal).collect();
        enter(rows, job, taken);
        spent.extend(job.spent(Duration::try_from_secs_f64(kept.seconds).unwrap_or_default()));
        false
    };
    jobs.into_iter().filter(is_missing).collect()
}

/// Runs the counting jobs, the longest first, so that no long job is left to a single worker at the end.
fn count<'a>(
    jobs: VecDeque<Job<'a>>,
    rows: &[Row],
    workers: usize,
    journal: Option<&RunJournal>,
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
            if let Some(journal) = journal {
                job.store(journal, &taken, time, None);
            }
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

    /// The finished job of the interrupted run that this one continues.
    fn kept<'j>(&self, journal: &'j RunJournal) -> Option<&'j Finished> {
        journal.kept(self.gauge.instrument(), &self.one.workload.id, self.phases)
    }

    /// Stores what was taken, unless something failed or an interruption disturbed it: that is measured again.
    fn store(
        &self,
        journal: &RunJournal,
        taken: &[Taken],
        time: Duration,
        machine: Option<&Circumstances>,
    ) {
        let phase = |(phase, taken): (&String, &Taken)| {
            let is_checked = !matches!(taken.check, Some(Check::NotRun(_)));
            Some(FinishedPhase {
                phase: phase.clone(),
                reading: taken.reading.clone().ok().filter(|_| is_checked)?,
                check: taken.check.clone(),
            })
        };
        let phases: Option<Vec<_>> = self.phases.iter().zip(taken).map(phase).collect();
        if let Some(phases) = phases
            && !process::stopped()
        {
            journal.store(Finished {
                workload: self.one.workload.id.clone(),
                instrument: self.gauge.instrument(),
                seconds: time.as_secs_f64(),
                phases,
                machine: machine.cloned(),
            });
        }
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

impl Taken {
    fn of_journal(kept: &FinishedPhase) -> Self {
        Self {
            reading: Ok(kept.reading.clone()),
            check: kept.check.clone(),
        }
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
