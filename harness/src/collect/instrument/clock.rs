//! Wall time by the probe's clock, with all phases of a workload measured in turn.
//!
//! The speed of a machine drifts by tens of percent within minutes, so two times are comparable only if they were taken
//! within a short time. In a round, every phase is measured by a fresh process, which prepares the workload, warms up and
//! runs some slices. The order of the phases rotates with every round. Fresh processes, because the layout of memory
//! makes one process faster than the next: the interval over rounds then contains that difference, too. Every phase takes
//! part in every round, so that the mean over rounds is the additive fit (`harness_abtest::Rounds`).

use std::process::Command;
use std::time::{Duration, Instant};

use harness_abtest::median;
use harness_probe::protocol::{Description, Reading as Read};
use harness_probe::{Instrument, Options};
use harness_record::{Check, Data, Reading, Run};
use itertools::Itertools;

use crate::collect::instrument::{Definition, InstrumentReader, Settings, Taken};
use crate::probe::{CLOCK_STANDS_STILL, Preparation, Probe, ProbeError, REPORTS_NO_TIMES};

/// Minimum duration of a slice. It makes the cost of reading the clock and of waking up negligible.
const SLICE: Duration = Duration::from_millis(4);
/// Minimum duration of all slices of a phase in a round. An unsound round gets up to [`MOST_PER_ROUND`] times as much.
const PER_ROUND: Duration = Duration::from_millis(40);
const MOST_PER_ROUND: u32 = 4;
/// A round is sound if the standard error of its median slice is at most this share.
const SOUND: f64 = 0.01;
/// Minimum number of slices of a round, unless they are long: the fewest whose scatter is an estimate.
const LEAST_SLICES: usize = 5;
/// Maximum number of slices of a round, and of runs before them. Slices of one iteration, which token times need, may be
/// much shorter than [`SLICE`], and each is a request to the probe.
const MOST_SLICES: usize = 1000;
/// Minimum duration of the runs before the first slice of a process. They fill caches and start threads.
const WARM_UP: Duration = Duration::from_millis(10);
/// Maximum number of rounds of a workload, if the budget allows.
const MOST_ROUNDS: u32 = 12;
/// Number of readings that must all reach the minimum duration before the number of iterations is fixed.
const READS: u32 = 3;
/// Maximum number of iterations in a slice. A workload that needs more does nothing.
const MOST_ITERATIONS: u64 = 1 << 30;
/// Duration of a round above which it is slow. The number of rounds is then [`Settings::slow_rounds`].
const SLOW: Duration = Duration::from_secs(4);
/// Duration above which a slice needs no warm-up and no repetition: one is a round.
const LONG: Duration = Duration::from_millis(100);

/// Reads wall time by the probe's clock.
pub(crate) struct Clock<'a> {
    /// Creates the command that starts the timed probe.
    pub probe: &'a (dyn Fn() -> Command + Sync),
    /// Budgets and conditions.
    pub settings: &'a Settings,
    /// Name of this harness run; the first part of the session names.
    pub run: String,
}

/// A phase with its slices so far.
#[derive(Default)]
struct Phase {
    isa: String,
    threads: u32,
    /// Number of iterations in a slice; 0 before the first round.
    iterations: u64,
    runs: Vec<Run>,
    /// The first check of an answer that did not pass, or else the last one.
    check: Option<Check>,
}

pub(super) const DEFINITION: Definition = Definition {
    instrument: Instrument::Clock,
    program: |suite| Some(&suite.probe),
    reader: |measurement| {
        Some(Box::new(Clock {
            probe: measurement.probe,
            settings: measurement.settings,
            run: measurement.run.to_owned(),
        }))
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

    fn read(&self, workload: &Description, names: &[String], step: &dyn Fn(&str)) -> Vec<Taken> {
        let started = Instant::now();
        let mut phases: Vec<Result<Phase, String>> =
            names.iter().map(|_| Ok(Phase::default())).collect();
        for round in 0..MOST_ROUNDS {
            let round_started = Instant::now();
            let mut order = (0..names.len()).collect_vec();
            order.rotate_left(round as usize % names.len().max(1));
            for index in order {
                if let Ok(phase) = &mut phases[index] {
                    step(&names[index]);
                    let measured = self.round(workload, &names[index], phase, round);
                    if let Err(error) = measured {
                        phases[index] = Err(error.to_string());
                    }
                }
            }
            let took = round_started.elapsed();
            let is_over_budget = started.elapsed() + took > self.settings.clock_budget;
            if phases.iter().all(Result::is_err)
                || is_over_budget && round + 1 >= self.least_rounds(took)
            {
                break;
            }
        }
        let session = format!("{}/{}", self.run, workload.id);
        phases
            .into_iter()
            .map(|phase| phase.map_or_else(Taken::failed, |phase| phase.finish(session.clone())))
            .collect()
    }
}

impl Clock<'_> {
    /// Measures a phase once: starts its process, warms it up, runs slices and checks the answer.
    fn round(
        &self,
        workload: &Description,
        name: &str,
        phase: &mut Phase,
        round: u32,
    ) -> Result<(), ProbeError> {
        let mut probe = Probe::start((self.probe)(), self.settings.time_limit)?;
        let options = Options {
            threads: self.settings.threads,
            isa: self.settings.isa.clone(),
        };
        let Preparation { isa, threads, .. } = probe.prepare(&workload.id, name, &options)?;
        (phase.isa, phase.threads) = (isa, threads);
        let mut slices = Slices {
            probe: &mut probe,
            round,
        };
        let runs = slices.measure(&mut phase.iterations)?;
        phase.runs.extend(runs);
        let check = probe
            .check()
            .unwrap_or_else(|error| Check::NotRun(error.to_string()));
        if phase.check.is_none() || matches!(phase.check, Some(Check::Passed)) {
            phase.check = Some(check);
        }
        Ok(())
    }

    /// The minimum number of rounds, even beyond the budget.
    fn least_rounds(&self, round: Duration) -> u32 {
        if round > SLOW {
            self.settings.slow_rounds
        } else {
            self.settings.rounds
        }
    }
}

impl Phase {
    fn finish(self, session: String) -> Taken {
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
            check: self.check,
        }
    }
}

/// The slices of one process in one round.
struct Slices<'a> {
    probe: &'a mut Probe,
    round: u32,
}

impl Slices<'_> {
    /// Runs the slices of a round. Determines the number of iterations if it is 0.
    fn measure(&mut self, iterations: &mut u64) -> Result<Vec<Run>, ProbeError> {
        let is_first = *iterations == 0;
        let first = if is_first {
            self.calibrate(iterations)?
        } else {
            self.read(*iterations)?
        };
        if is_long(&first) {
            return Ok(vec![first]);
        }
        let mut warm = Duration::from_nanos(first.nanoseconds);
        for _ in 0..MOST_SLICES {
            if warm >= WARM_UP {
                break;
            }
            warm += Duration::from_nanos(self.read(*iterations)?.nanoseconds);
        }
        let mut runs = Vec::new();
        let mut total = Duration::ZERO;
        while runs.len() < MOST_SLICES
            && (total < PER_ROUND || !is_sound(&runs) && total < MOST_PER_ROUND * PER_ROUND)
        {
            let run = self.read(*iterations)?;
            total += Duration::from_nanos(run.nanoseconds);
            runs.push(run);
        }
        Ok(runs)
    }

    /// Determines the number of iterations that make a slice, and returns the last reading.
    fn calibrate(&mut self, iterations: &mut u64) -> Result<Run, ProbeError> {
        *iterations = 1;
        loop {
            let run = self.read_any(*iterations)?;
            let mut nanoseconds = run.nanoseconds;
            // Only slices of one iteration contain token times.
            if is_long(&run) || !run.tokens_at.is_empty() && nanoseconds > 0 {
                return Ok(run);
            }
            // A run that was preempted must not count as a long one.
            for _ in 1..READS {
                if u128::from(nanoseconds) >= SLICE.as_nanos() {
                    nanoseconds = nanoseconds.min(self.read_any(*iterations)?.nanoseconds);
                }
            }
            if u128::from(nanoseconds) >= SLICE.as_nanos() {
                return Ok(run);
            }
            let per_iteration = (nanoseconds / *iterations).max(1);
            let wanted = (SLICE.as_nanos() as u64 / per_iteration) * 5 / 4 + 1;
            if *iterations >= MOST_ITERATIONS {
                return Err(ProbeError::Refused(match nanoseconds {
                    0 => CLOCK_STANDS_STILL.to_owned(),
                    _ => format!(
                        "{MOST_ITERATIONS} iterations took {nanoseconds} ns: the workload does nothing"
                    ),
                }));
            }
            // It grows by a factor, so that the loop ends even if the times are erratic.
            *iterations = wanted
                .clamp(*iterations * 9 / 8 + 1, *iterations * 1000)
                .min(MOST_ITERATIONS);
        }
    }

    /// Reads a slice that is long enough for the clock to move.
    fn read(&mut self, iterations: u64) -> Result<Run, ProbeError> {
        match self.read_any(iterations)? {
            Run { nanoseconds: 0, .. } => Err(ProbeError::Refused(CLOCK_STANDS_STILL.to_owned())),
            run => Ok(run),
        }
    }

    /// Reads a slice that may be shorter than a tick of the clock.
    fn read_any(&mut self, iterations: u64) -> Result<Run, ProbeError> {
        match self.probe.run(iterations)? {
            Read::Clock {
                nanoseconds,
                tokens_at,
                ..
            } => {
                let run = Run {
                    round: self.round,
                    iterations,
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

fn is_long(run: &Run) -> bool {
    u128::from(run.nanoseconds) >= LONG.as_nanos()
}

/// Returns true if the median of the slices is known to about [`SOUND`]. Its standard error is estimated from the median
/// absolute deviation, which rare slow slices do not move; the factors are those of the normal distribution.
fn is_sound(runs: &[Run]) -> bool {
    const DEVIATION: f64 = 1.4826;
    const ERROR_OF_MEDIAN: f64 = 1.2533;
    let times = runs.iter().map(|run| run.nanoseconds as f64).collect_vec();
    let Some(middle) = median(&times).filter(|_| times.len() >= LEAST_SLICES) else {
        return false;
    };
    let deviations = times.iter().map(|time| (time - middle).abs()).collect_vec();
    let deviation = DEVIATION * median(&deviations).unwrap_or(0.0);
    let error = ERROR_OF_MEDIAN * deviation / (times.len() as f64).sqrt();
    error <= SOUND * middle
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slices(nanoseconds: &[u64]) -> Vec<Run> {
        let slice = |&nanoseconds| Run {
            round: 0,
            iterations: 1,
            nanoseconds,
            tokens_at: Vec::new(),
        };
        nanoseconds.iter().map(slice).collect()
    }

    #[test]
    fn a_round_is_sound_if_its_slices_agree() {
        assert!(
            is_sound(&slices(&[100, 100, 101, 100, 400])),
            "one slow slice"
        );
        assert!(!is_sound(&slices(&[100, 110, 120, 90, 80])));
        assert!(
            !is_sound(&slices(&[100; LEAST_SLICES - 1])),
            "too few to tell"
        );
    }
}
