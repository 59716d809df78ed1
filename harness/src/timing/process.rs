//! One process of a pair: starts it, pins it to its core, finds the number of iterations, runs and checks it.

use std::fs;
use std::process::Command;
use std::time::Duration;

use harness_abtest::{Side, TimedPhase};
use harness_probe::protocol::Reading;
use harness_record::Check;
use rustix::io::Errno;
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::probe::{CLOCK_STANDS_STILL, Probe, ProbeError, REPORTS_NO_TIMES};
use crate::timing::pair::{Conditions, PairError};

/// A trial run that takes longer than this is not repeated.
const LONG_TRIAL: Duration = Duration::from_millis(30);
/// Limit on the iterations of a slice; a workload that needs more does nothing.
const MOST_ITERATIONS: u64 = 1 << 30;

/// A running probe of one side with its workload prepared.
pub(super) struct Process {
    side: Side,
    probe: Probe,
    /// Running time of its last slice.
    pub(super) last: Duration,
    /// True if each run is a process of its own.
    pub(super) starts_processes: bool,
}

impl Process {
    /// Starts the process, pins it to its core and prepares the workload.
    pub(super) fn start(
        side: Side,
        command: Command,
        timed: &TimedPhase,
        conditions: &Conditions,
    ) -> Result<Self, PairError> {
        let failed = |source| PairError {
            side: side.name(),
            source,
        };
        let TimedPhase { workload, phase } = timed;
        let probe = Probe::start(command, conditions.time_limit).map_err(failed)?;
        let mut process = Self {
            side,
            probe,
            last: Duration::ZERO,
            starts_processes: false,
        };
        let Some(core) = conditions.core else {
            process.prepare(workload, phase, conditions)?;
            return Ok(process);
        };
        let mut cores = CpuSet::new();
        cores.set(core);
        process.keep_on(&cores)?;
        let threads = process.prepare(workload, phase, conditions)?;
        if threads > 1 {
            // A workload that starts threads by its own definition may use all cores of the harness.
            cores = sched_getaffinity(None).map_err(|error| process.unpinned(error))?;
        }
        // Pinned again: the first call may have missed threads that started meanwhile.
        process.keep_on(&cores)?;
        Ok(process)
    }

    /// Prepares the workload, and returns the number of its threads.
    fn prepare(
        &mut self,
        workload: &str,
        phase: &str,
        conditions: &Conditions,
    ) -> Result<u32, PairError> {
        let prepared = self.probe.prepare(workload, phase, &conditions.options);
        let prepared = prepared.map_err(|error| self.failed(error))?;
        self.starts_processes = prepared.starts_processes;
        Ok(prepared.threads)
    }

    /// The side that the process belongs to.
    pub(super) fn side(&self) -> Side {
        self.side
    }

    /// Pins the process to these cores, with all threads that it has started and will start.
    fn keep_on(&self, cores: &CpuSet) -> Result<(), PairError> {
        let id = self.probe.id();
        // Fallback if the system lists no threads: the first thread, which computes, has the id of the process.
        let threads = fs::read_dir(format!("/proc/{}/task", id.as_raw_nonzero()))
            .into_iter()
            .flatten();
        let threads = threads
            .filter_map(|entry| Pid::from_raw(entry.ok()?.file_name().to_str()?.parse().ok()?));
        for thread in threads.chain([id]) {
            match sched_setaffinity(Some(thread), cores) {
                // The thread has ended since it was listed.
                Err(Errno::SRCH) if thread != id => {}
                done => done.map_err(|error| self.unpinned(error))?,
            }
        }
        Ok(())
    }

    /// Finds the iterations that fill a slice, and the time they take, by repeated trials; these also warm caches and
    /// pools. `expected` iterations from an earlier pair are checked by one trial instead of a new search.
    pub(super) fn iterations(
        &mut self,
        slice: Duration,
        expected: Option<u64>,
    ) -> Result<(u64, Duration), PairError> {
        if let Some(iterations) = expected {
            let taken = self.try_out(iterations)?;
            if taken * 2 >= slice && (taken <= slice * 2 || iterations == 1) {
                return Ok((iterations, taken));
            }
        }
        let mut iterations = 1;
        loop {
            let taken = self.try_out(iterations)?;
            if taken >= slice {
                return Ok((iterations, taken));
            }
            let nanoseconds = taken.as_nanos() as u64;
            if iterations >= MOST_ITERATIONS {
                let nothing = format!(
                    "{iterations} iterations took {nanoseconds} ns: the workload does nothing"
                );
                return Err(self.refused(match nanoseconds {
                    0 => CLOCK_STANDS_STILL.to_owned(),
                    _ => nothing,
                }));
            }
            let wanted = slice.as_nanos() as u64 * iterations / nanoseconds.max(1) * 9 / 8 + 1;
            // It grows by a factor, so that the loop ends even if the times are erratic.
            iterations = wanted
                .clamp(iterations * 17 / 16 + 1, iterations * 100)
                .min(MOST_ITERATIONS);
        }
    }

    /// Times this many warm iterations: the shorter of two trials, or a single trial if it is long.
    fn try_out(&mut self, iterations: u64) -> Result<Duration, PairError> {
        let mut once = || {
            self.run_any(iterations)
                .map(|(nanoseconds, waited)| running(nanoseconds, waited))
        };
        let first = once()?;
        if first > LONG_TRIAL {
            Ok(first)
        } else {
            Ok(first.min(once()?))
        }
    }

    /// Runs this many iterations. Returns their nanoseconds, and the nanoseconds of them that the process waited for
    /// a core.
    pub(super) fn run(&mut self, iterations: u64) -> Result<(u64, u64), PairError> {
        match self.run_any(iterations)? {
            (0, _) => Err(self.refused(CLOCK_STANDS_STILL)),
            read => Ok(read),
        }
    }

    /// The same; the time may be shorter than a tick of the clock.
    fn run_any(&mut self, iterations: u64) -> Result<(u64, u64), PairError> {
        match self
            .probe
            .run(iterations)
            .map_err(|error| self.failed(error))?
        {
            Reading::Clock {
                nanoseconds,
                waited,
                ..
            } => Ok((nanoseconds, waited)),
            _ => Err(self.refused(REPORTS_NO_TIMES)),
        }
    }

    /// Checks the answer of the workload.
    pub(super) fn check(&mut self) -> Result<(), PairError> {
        match self.probe.check().map_err(|error| self.failed(error))? {
            Check::Failed(wrong) => Err(self.refused(format!("wrong answer: {wrong}"))),
            _ => Ok(()),
        }
    }

    fn unpinned(&self, error: Errno) -> PairError {
        self.refused(format!("cannot pin the probe to its cores: {error}"))
    }

    fn refused(&self, why: impl Into<String>) -> PairError {
        self.failed(ProbeError::Refused(why.into()))
    }

    fn failed(&self, source: ProbeError) -> PairError {
        PairError {
            side: self.side.name(),
            source,
        }
    }
}

/// The time without the part in which the process waited for a core.
pub(super) fn running(nanoseconds: u64, waited: u64) -> Duration {
    // A run without running time is impossible, so the reported waiting time is wrong.
    Duration::from_nanos(if waited < nanoseconds {
        nanoseconds - waited
    } else {
        nanoseconds
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_waiting_is_not_subtracted() {
        assert_eq!(running(900, 200), Duration::from_nanos(700));
        assert_eq!(running(900, 900), Duration::from_nanos(900));
    }
}
