//! Wall time by the probe's own clock: all phases of a workload side by side.
//!
//! A machine's speed drifts by tens of percent within minutes, so two times only compare when they were taken within
//! moments of each other. Each phase gets a process of its own, prepared and waiting; a round gives every one of them
//! one short slice, in an order that turns with every round, while the others sleep. Slices of one round form pairs.

use std::process::Command;
use std::time::{Duration, Instant};

use harness_probe::Options;
use harness_probe::protocol::{Description, Reading as Read};

use super::{Gauge, Settings, Taken};
use crate::probe::{Probe, ProbeError};
use crate::record::{Check, Data, Instrument, Reading, Run};

/// A slice is at least this long, so that reading the clock and waking up weigh nothing in it.
const SLICE: Duration = Duration::from_millis(4);
/// Rounds of a workload, as far as the budget goes.
const MOST_ROUNDS: u32 = 101;

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
struct Lane {
    probe: Probe,
    isa: String,
    iterations: u64,
    runs: Vec<Run>,
}

impl Gauge for Clock<'_> {
    fn instrument(&self) -> Instrument {
        Instrument::Clock
    }

    fn expected_seconds(&self, runs: &[Option<f64>]) -> f64 {
        let once: f64 = runs.iter().flatten().sum();
        self.settings.clock_budget.as_secs_f64().max(once)
    }

    fn read(&self, workload: &Description, phases: &[String], step: &dyn Fn(&str)) -> Vec<Taken> {
        step("preparing");
        let mut lanes: Vec<Result<Lane, String>> =
            phases.iter().map(|phase| self.prepare(workload, phase).map_err(|error| error.to_string())).collect();
        let start = Instant::now();
        let mut round = 0;
        while round < MOST_ROUNDS && lanes.iter().any(Result::is_ok) {
            let began = Instant::now();
            let count = lanes.len();
            for place in 0..count {
                let index = (place + round as usize) % count;
                if let Ok(lane) = &mut lanes[index] {
                    step(&phases[index]);
                    if let Err(error) = lane.slice(round) {
                        lanes[index] = Err(error.to_string());
                    }
                }
            }
            round += 1;
            // Another round only if it still fits: the budget is a promise, whatever the slowest phase costs.
            if start.elapsed() + began.elapsed() > self.settings.clock_budget {
                break;
            }
        }
        let session = format!("{}/{}", self.run, workload.id);
        lanes.into_iter().map(|lane| self.finish(lane, &session)).collect()
    }
}

impl Clock<'_> {
    fn prepare(&self, workload: &Description, phase: &str) -> Result<Lane, ProbeError> {
        let mut probe = Probe::start((self.probe)(), self.settings.time_limit)?;
        let options = Options { threads: self.settings.threads, isa: self.settings.isa.clone() };
        let isa = probe.prepare(&workload.id, phase, &options)?;
        Ok(Lane { probe, isa, iterations: 0, runs: Vec::new() })
    }

    fn finish(&self, lane: Result<Lane, String>, session: &str) -> Taken {
        let mut lane = match lane {
            Ok(lane) => lane,
            Err(message) => return Taken::failed(message),
        };
        let check = match lane.probe.check() {
            Ok(None) => Check::Passed,
            Ok(Some(wrong)) => Check::Failed(wrong),
            Err(error) => Check::NotRun(error.to_string()),
        };
        let data = Data::Clock { session: session.to_owned(), runs: lane.runs };
        Taken { reading: Ok(Reading { isa: lane.isa, threads: self.settings.threads, data }), check: Some(check) }
    }
}

impl Lane {
    /// Runs one slice. The first one finds out how many iterations a slice takes; where one iteration is longer than a
    /// slice, that finding out is already a measurement.
    fn slice(&mut self, round: u32) -> Result<(), ProbeError> {
        if self.iterations == 0 {
            self.iterations = 1;
            loop {
                let (nanoseconds, tokens_at) = self.read()?;
                if u128::from(nanoseconds) >= SLICE.as_nanos() || !tokens_at.is_empty() {
                    self.runs.push(Run { round, iterations: self.iterations, nanoseconds, tokens_at });
                    return Ok(());
                }
                let per_iteration = (nanoseconds / self.iterations).max(1);
                let wanted = (SLICE.as_nanos() as u64 / per_iteration) * 5 / 4 + 1;
                self.iterations = wanted.clamp(self.iterations + 1, self.iterations * 1000);
            }
        }
        let (nanoseconds, tokens_at) = self.read()?;
        self.runs.push(Run { round, iterations: self.iterations, nanoseconds, tokens_at });
        Ok(())
    }

    fn read(&mut self) -> Result<(u64, Vec<u64>), ProbeError> {
        match self.probe.run(self.iterations)? {
            Read::Clock { nanoseconds, tokens_at } => Ok((nanoseconds, tokens_at)),
            Read::Heap { .. } => Err(ProbeError::Refused(
                "the probe that is to be timed counts the heap; harness.toml names the wrong program".to_owned(),
            )),
        }
    }
}
