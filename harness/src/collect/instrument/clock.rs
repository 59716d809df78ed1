//! Wall time by the probe's own clock: all phases of a workload side by side.
//!
//! A machine's speed drifts by tens of percent within minutes, so two times only compare when they were taken within
//! moments of each other. Each phase gets a process of its own, prepared and waiting; a round gives every one of them
//! one short slice, in an order that turns with every round, while the others sleep. Slices of one round form pairs.

use std::process::Command;
use std::time::Duration;

use harness_probe::protocol::{Description, Reading as Read};
use harness_probe::{Instrument, Options};
use harness_record::{Check, Data, Reading, Run};

use crate::collect::instrument::{InstrumentReader, Settings, Taken};
use crate::probe::{Preparation, Probe, ProbeError};

/// A slice is at least this long, so that reading the clock and waking up weigh nothing in it.
const SLICE: Duration = Duration::from_millis(4);
/// Rounds of a workload, as far as the budget goes.
const MOST_ROUNDS: u32 = 101;
/// Rounds of a workload, whatever the budget: the fewest that give the median an interval at 95 %.
const LEAST_ROUNDS: u32 = 6;
/// As often a slice must have been long enough before it counts as that.
const READS: u32 = 3;
/// More iterations than this in a slice mean that nothing is measured.
const MOST_ITERATIONS: u64 = 1 << 30;
/// A slice that takes longer than this is slow, and has a least number of rounds of its own.
const SLOW: Duration = Duration::from_secs(3);
/// A first slice that takes longer than this is not made twice.
const LONG: Duration = Duration::from_millis(100);

/// Reads wall time.
pub struct Clock<'a> {
    /// Starts a probe that reads the clock.
    pub probe: &'a (dyn Fn() -> Command + Sync),
    /// Conditions.
    pub settings: &'a Settings,
    /// Names this harness run in the sessions of its readings.
    pub run: String,
}

/// A phase with its process and what was read of it so far.
struct PhaseProcess {
    probe: Probe,
    isa: String,
    threads: u32,
    iterations: u64,
    runs: Vec<Run>,
}

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
        let mut processes: Vec<Result<PhaseProcess, String>> =
            phases.iter().map(|phase| self.prepare(workload, phase).map_err(|error| error.to_string())).collect();
        let mut round = 0;
        loop {
            let taking = self.taking(&processes, round);
            if taking.is_empty() {
                break;
            }
            let count = taking.len();
            for place in 0..count {
                let index = taking[(place + round as usize) % count];
                if let Ok(process) = &mut processes[index] {
                    step(&phases[index]);
                    if let Err(error) = process.slice(round) {
                        processes[index] = Err(error.to_string());
                    }
                }
            }
            round += 1;
        }
        let session = format!("{}/{}", self.run, workload.id);
        processes.into_iter().map(|process| self.finish(process, &session)).collect()
    }
}

impl Clock<'_> {
    fn prepare(&self, workload: &Description, phase: &str) -> Result<PhaseProcess, ProbeError> {
        let mut probe = Probe::start((self.probe)(), self.settings.time_limit)?;
        let options = Options { threads: self.settings.threads, isa: self.settings.isa.clone() };
        let Preparation { isa, threads } = probe.prepare(&workload.id, phase, &options)?;
        Ok(PhaseProcess { probe, isa, threads, iterations: 0, runs: Vec::new() })
    }

    /// The phases that take part in a round, by place. All do as long as everybody's next slice fits into the budget;
    /// then the slowest stays behind, so that one slow phase does not leave the others with a handful of slices. Every
    /// phase gets its least number of rounds, whatever that costs.
    fn taking(&self, processes: &[Result<PhaseProcess, String>], round: u32) -> Vec<usize> {
        if round >= MOST_ROUNDS {
            return Vec::new();
        }
        let running = processes.iter().enumerate().filter_map(|(index, process)| Some((index, process.as_ref().ok()?)));
        let (due, mut extra): (Vec<_>, Vec<_>) = running
            .filter(|(_, process)| process.runs.len() as u32 == round)
            .partition(|(_, process)| round < self.least(process));
        let cost = |processes: &[(usize, &PhaseProcess)]| -> u128 {
            processes.iter().map(|(_, process)| process.spent() + process.slice_nanoseconds()).sum()
        };
        while !extra.is_empty() && cost(&due) + cost(&extra) > self.settings.clock_budget.as_nanos() {
            let slowest = extra.iter().enumerate().max_by_key(|(_, (_, process))| process.slice_nanoseconds());
            if let Some((place, _)) = slowest {
                extra.remove(place);
            }
        }
        let mut taking: Vec<usize> = due.iter().chain(&extra).map(|(index, _)| *index).collect();
        taking.sort_unstable();
        taking
    }

    /// The rounds that a phase takes part in at least: fewer where a single slice takes seconds.
    fn least(&self, process: &PhaseProcess) -> u32 {
        let slow = process.slice_nanoseconds() > SLOW.as_nanos();
        if slow { self.settings.slow_rounds } else { LEAST_ROUNDS }
    }

    fn finish(&self, process: Result<PhaseProcess, String>, session: &str) -> Taken {
        let mut process = match process {
            Ok(process) => process,
            Err(message) => return Taken::failed(message),
        };
        let check = match process.probe.check() {
            Ok(None) => Check::Passed,
            Ok(Some(wrong)) => Check::Failed(wrong),
            Err(error) => Check::NotRun(error.to_string()),
        };
        let data = Data::Clock { session: session.to_owned(), runs: process.runs };
        Taken { reading: Ok(Reading { isa: process.isa, threads: process.threads, data }), check: Some(check) }
    }
}

impl PhaseProcess {
    /// Nanoseconds of all slices so far.
    fn spent(&self) -> u128 {
        self.runs.iter().map(|run| u128::from(run.nanoseconds)).sum()
    }

    /// Nanoseconds of the last slice; 0 before the first.
    fn slice_nanoseconds(&self) -> u128 {
        self.runs.last().map_or(0, |run| u128::from(run.nanoseconds))
    }

    /// Runs one slice. Before the first one, finds out how many iterations a slice takes, which also warms caches and
    /// pools; a run that is longer than a slice by itself is not made twice for that.
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
                // Tokens are told apart in single runs only.
                if !run.tokens_at.is_empty() {
                    break;
                }
                // A run that lost its core must not pass for a long one.
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
                self.iterations = wanted.clamp(self.iterations + 1, self.iterations * 1000).min(MOST_ITERATIONS);
            }
        }
        let run = self.read(round)?;
        self.runs.push(run);
        Ok(())
    }

    fn read(&mut self, round: u32) -> Result<Run, ProbeError> {
        match self.probe.run(self.iterations)? {
            Read::Clock { nanoseconds: 0, .. } => {
                Err(ProbeError::Refused("the probe's clock stands still: its times make no sense".to_owned()))
            }
            Read::Clock { nanoseconds, tokens_at, .. } => {
                let run = Run { round, iterations: self.iterations, nanoseconds, tokens_at };
                run.check()
                    .map_err(|wrong| ProbeError::Refused(format!("the probe's times make no sense: {wrong}")))?;
                Ok(run)
            }
            _ => Err(ProbeError::Refused(
                "the probe that is to be timed reports no times; harness.toml names the wrong program".to_owned(),
            )),
        }
    }
}
