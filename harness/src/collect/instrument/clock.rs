//! Wall time by the probe's clock, with all phases of a workload measured in turn.
//!
//! The speed of a machine drifts by tens of percent within minutes, so two times are comparable only if they were taken
//! within moments of each other. Each phase has its own prepared process. A round runs one short slice of each process,
//! in an order that rotates with every round, while the other processes sleep. Slices of one round form pairs.

use std::process::Command;
use std::time::Duration;

use harness_probe::protocol::{Description, Reading as Read};
use harness_probe::{Instrument, Options};
use harness_record::{Check, Data, Reading, Run};
use itertools::Itertools;

use crate::collect::instrument::{Definition, InstrumentReader, Settings, Taken};
use crate::probe::{CLOCK_STANDS_STILL, Preparation, Probe, ProbeError, REPORTS_NO_TIMES};

/// Minimum duration of a slice. It makes the cost of reading the clock and of waking up negligible.
const SLICE: Duration = Duration::from_millis(4);
/// Maximum number of rounds of a workload, if the budget allows.
const MOST_ROUNDS: u32 = 101;
/// Minimum number of rounds of a workload, even beyond the budget: the fewest that give the median a 95 % interval.
const LEAST_ROUNDS: u32 = 6;
/// Number of readings that must all reach the minimum duration before the number of iterations is fixed.
const READS: u32 = 3;
/// Maximum number of iterations in a slice. A workload that needs more does nothing.
const MOST_ITERATIONS: u64 = 1 << 30;
/// Duration above which a slice is slow. The minimum number of rounds is then [`Settings::slow_rounds`].
const SLOW: Duration = Duration::from_secs(3);
/// Duration above which the first slice counts as a reading and is not repeated.
const LONG: Duration = Duration::from_millis(100);

/// Reads wall time by the probe's clock.
pub(super) struct Clock<'a> {
    /// Creates the command that starts the timed probe.
    pub probe: &'a (dyn Fn() -> Command + Sync),
    /// Budgets and conditions.
    pub settings: &'a Settings,
    /// Name of this harness run; the first part of the session names.
    pub run: String,
}

/// The process of a phase and its slices so far.
struct PhaseProcess {
    probe: Probe,
    isa: String,
    threads: u32,
    iterations: u64,
    runs: Vec<Run>,
}

pub(super) const DEFINITION: Definition = Definition {
    instrument: Instrument::Clock,
    program: |config| &config.probe,
    reader: |measurement| {
        Box::new(Clock {
            probe: measurement.probe,
            settings: measurement.settings,
            run: measurement.run.to_owned(),
        })
    },
};

impl InstrumentReader for Clock<'_> {
    fn instrument(&self) -> Instrument {
        Instrument::Clock
    }

    fn expected_seconds(&self, runs: &[Option<f64>]) -> f64 {
        let once: f64 = runs.iter().flatten().sum();
        self.settings.clock_budget.as_secs_f64().max(once)
    }

    fn read(&self, workload: &Description, phases: &[String], step: &dyn Fn(&str)) -> Vec<Taken> {
        step("preparing");
        let prepare = |phase: &String| {
            self.prepare(workload, phase)
                .map_err(|error| error.to_string())
        };
        let mut processes = phases.iter().map(prepare).collect_vec();
        for round in 0..MOST_ROUNDS {
            let mut taking = self.taking(&processes, round);
            if taking.is_empty() {
                break;
            }
            let first = round as usize % taking.len();
            taking.rotate_left(first);
            for index in taking {
                let Ok(process) = &mut processes[index] else {
                    continue;
                };
                step(&phases[index]);
                if let Err(error) = process.slice(round) {
                    processes[index] = Err(error.to_string());
                }
            }
        }
        let session = format!("{}/{}", self.run, workload.id);
        let finish = |process: PhaseProcess| process.finish(session.clone());
        processes
            .into_iter()
            .map(|process| process.map_or_else(Taken::failed, finish))
            .collect()
    }
}

impl Clock<'_> {
    fn prepare(&self, workload: &Description, phase: &str) -> Result<PhaseProcess, ProbeError> {
        let mut probe = Probe::start((self.probe)(), self.settings.time_limit)?;
        let options = Options {
            threads: self.settings.threads,
            isa: self.settings.isa.clone(),
        };
        let Preparation { isa, threads } = probe.prepare(&workload.id, phase, &options)?;
        Ok(PhaseProcess {
            probe,
            isa,
            threads,
            iterations: 0,
            runs: Vec::new(),
        })
    }

    /// Returns the indices of the phases that take part in a round. All take part while the next slices of all fit into
    /// the budget. Then the slowest phase is left out first, so that a slow phase does not limit the others to a few
    /// slices. Every phase gets its minimum number of rounds, even beyond the budget.
    fn taking(&self, processes: &[Result<PhaseProcess, String>], round: u32) -> Vec<usize> {
        let running = processes
            .iter()
            .enumerate()
            .filter_map(|(index, process)| Some((index, process.as_ref().ok()?)));
        let (due, mut extra): (Vec<_>, Vec<_>) = running
            .filter(|(_, process)| process.runs.len() as u32 == round)
            .partition(|(_, process)| round < self.least(process));
        let cost = |processes: &[(usize, &PhaseProcess)]| -> u128 {
            processes
                .iter()
                .map(|(_, process)| process.spent() + process.slice_nanoseconds())
                .sum()
        };
        extra.sort_by_key(|(_, process)| process.slice_nanoseconds());
        while !extra.is_empty() && cost(&due) + cost(&extra) > self.settings.clock_budget.as_nanos()
        {
            extra.pop();
        }
        due.iter()
            .chain(&extra)
            .map(|(index, _)| *index)
            .sorted_unstable()
            .collect()
    }

    /// Returns the minimum number of rounds of a phase: fewer if a slice takes seconds.
    fn least(&self, process: &PhaseProcess) -> u32 {
        let slow = process.slice_nanoseconds() > SLOW.as_nanos();
        if slow {
            self.settings.slow_rounds
        } else {
            LEAST_ROUNDS
        }
    }
}

impl PhaseProcess {
    fn finish(mut self, session: String) -> Taken {
        let check = match self.probe.check() {
            Ok(wrong) => wrong.map_or(Check::Passed, Check::Failed),
            Err(error) => Check::NotRun(error.to_string()),
        };
        let data = Data::Clock {
            session,
            runs: self.runs,
        };
        Taken {
            reading: Ok(Reading {
                isa: self.isa,
                threads: self.threads,
                data,
            }),
            check: Some(check),
        }
    }

    /// Returns the nanoseconds of all slices so far.
    fn spent(&self) -> u128 {
        self.runs
            .iter()
            .map(|run| u128::from(run.nanoseconds))
            .sum()
    }

    /// Returns the nanoseconds of the last slice, or 0 before the first slice.
    fn slice_nanoseconds(&self) -> u128 {
        self.runs
            .last()
            .map_or(0, |run| u128::from(run.nanoseconds))
    }

    /// Runs one slice. Before the first slice, determines the number of iterations, which also warms caches and pools.
    /// A slice longer than [`LONG`] counts as the first one and is not repeated.
    fn slice(&mut self, round: u32) -> Result<(), ProbeError> {
        if self.iterations == 0 {
            self.iterations = 1;
            loop {
                let run = self.read(round)?;
                let mut nanoseconds = run.nanoseconds;
                if u128::from(nanoseconds) >= LONG.as_nanos() {
                    self.runs.push(run);
                    return Ok(());
                }
                // Only slices of one iteration contain token times.
                if !run.tokens_at.is_empty() {
                    break;
                }
                // A run that was preempted must not count as a long one.
                for _ in 1..READS {
                    if u128::from(nanoseconds) >= SLICE.as_nanos() {
                        nanoseconds = nanoseconds.min(self.read(round)?.nanoseconds);
                    }
                }
                if u128::from(nanoseconds) >= SLICE.as_nanos() {
                    break;
                }
                let per_iteration = (nanoseconds / self.iterations).max(1);
                let wanted = (SLICE.as_nanos() as u64 / per_iteration) * 5 / 4 + 1;
                if self.iterations >= MOST_ITERATIONS {
                    return Err(ProbeError::Refused(format!(
                        "{MOST_ITERATIONS} iterations took {nanoseconds} ns: the workload does nothing"
                    )));
                }
                self.iterations = wanted
                    .clamp(self.iterations + 1, self.iterations * 1000)
                    .min(MOST_ITERATIONS);
            }
        }
        let run = self.read(round)?;
        self.runs.push(run);
        Ok(())
    }

    fn read(&mut self, round: u32) -> Result<Run, ProbeError> {
        match self.probe.run(self.iterations)? {
            Read::Clock { nanoseconds: 0, .. } => {
                Err(ProbeError::Refused(CLOCK_STANDS_STILL.to_owned()))
            }
            Read::Clock {
                nanoseconds,
                tokens_at,
                ..
            } => {
                let run = Run {
                    round,
                    iterations: self.iterations,
                    nanoseconds,
                    tokens_at,
                };
                run.check().map_err(|wrong| {
                    ProbeError::Refused(format!("the probe's times are invalid: {wrong}"))
                })?;
                Ok(run)
            }
            _ => Err(ProbeError::Refused(REPORTS_NO_TIMES.to_owned())),
        }
    }
}
