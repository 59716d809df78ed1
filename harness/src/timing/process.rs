//! One process of a pair: started, kept on its core, tried out, run and checked.

use std::fs;
use std::process::Command;
use std::time::Duration;

use harness_abtest::Side;
use harness_probe::protocol::Reading;
use rustix::io::Errno;
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::probe::{Probe, ProbeError};
use crate::timing::pair::{Conditions, PairError};

/// A trial that takes longer than this is not made a second time.
const LONG_TRIAL: Duration = Duration::from_millis(30);
/// Iterations that a slice may have at most; more mean that nothing is measured.
const MOST_ITERATIONS: u64 = 1 << 30;

/// A side's probe with its workload made ready.
pub(super) struct Process {
    side: Side,
    probe: Probe,
    /// How long its last slice ran.
    pub(super) last: Duration,
}

impl Process {
    /// Starts it on its core and has the workload made ready.
    pub(super) fn start(
        side: Side,
        command: Command,
        workload: &str,
        phase: &str,
        conditions: &Conditions,
    ) -> Result<Self, PairError> {
        let failed = |source| PairError::Probe { side: side.name(), source };
        let probe = Probe::start(command, conditions.time_limit).map_err(failed)?;
        let mut process = Self { side, probe, last: Duration::ZERO };
        let Some(core) = conditions.core else {
            process.probe.prepare(workload, phase, &conditions.options).map_err(failed)?;
            return Ok(process);
        };
        let mut one = CpuSet::new();
        one.set(core);
        process.keep_on(&one)?;
        let threads = process.probe.prepare(workload, phase, &conditions.options).map_err(failed)?.threads;
        match threads {
            // Once more: threads that it began while it was being pinned may have been missed.
            0 | 1 => process.keep_on(&one)?,
            // What computes on several threads by its own definition needs the cores that we have ourselves.
            _ => {
                let ours = sched_getaffinity(None).map_err(|error| process.unpinned(error))?;
                process.keep_on(&ours)?;
            }
        }
        Ok(process)
    }

    /// Whose it is.
    pub(super) fn side(&self) -> Side {
        self.side
    }

    /// Keeps the process on these cores, with all the threads that it has started and will start.
    fn keep_on(&self, cores: &CpuSet) -> Result<(), PairError> {
        let id = self.probe.id();
        // Where the system does not list them, the thread that computes is the first one, which has the process's number.
        let threads = fs::read_dir(format!("/proc/{}/task", id.as_raw_nonzero())).into_iter().flatten();
        let threads = threads.filter_map(|entry| Pid::from_raw(entry.ok()?.file_name().to_str()?.parse().ok()?));
        for thread in threads.chain([id]) {
            match sched_setaffinity(Some(thread), cores) {
                // A thread that has ended since it was listed needs no core.
                Err(Errno::SRCH) if thread != id => {}
                done => done.map_err(|error| self.unpinned(error))?,
            }
        }
        Ok(())
    }

    /// How many iterations a slice needs, found by doubling, and how long they take; that warms caches and pools, too. What is
    /// `expected` is only tried: a workload that was measured before need not be found out again in every process.
    pub(super) fn iterations(&mut self, slice: Duration, expected: Option<u64>) -> Result<(u64, Duration), PairError> {
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
                let nothing = format!("{iterations} iterations took {nanoseconds} ns: the workload does nothing");
                return Err(self.failed(ProbeError::Refused(nothing)));
            }
            let wanted = slice.as_nanos() as u64 * iterations / nanoseconds.max(1) * 9 / 8 + 1;
            iterations = wanted.clamp(iterations + 1, iterations * 100).min(MOST_ITERATIONS);
        }
    }

    /// How long so many iterations take once they are warm: the shorter of two times, unless that would take too long to find out.
    fn try_out(&mut self, iterations: u64) -> Result<Duration, PairError> {
        let mut once = || self.run(iterations).map(|(nanoseconds, waited)| running(nanoseconds, waited));
        let first = once()?;
        if first > LONG_TRIAL { Ok(first) } else { Ok(first.min(once()?)) }
    }

    /// Nanoseconds, and how many of them it waited for a core.
    pub(super) fn run(&mut self, iterations: u64) -> Result<(u64, u64), PairError> {
        match self.probe.run(iterations).map_err(|error| self.failed(error))? {
            Reading::Clock { nanoseconds, waited, .. } if nanoseconds > 0 => Ok((nanoseconds, waited)),
            Reading::Clock { .. } => Err(self.failed(ProbeError::Refused("the probe's clock stands still".to_owned()))),
            _ => Err(self.failed(ProbeError::Refused(
                "the probe that is to be timed reads something else; harness.toml names the wrong program".to_owned(),
            ))),
        }
    }

    /// Whether its answer was right.
    pub(super) fn check(&mut self) -> Result<(), PairError> {
        match self.probe.check().map_err(|error| self.failed(error))? {
            None => Ok(()),
            Some(wrong) => Err(PairError::Answer { side: self.side.name(), wrong }),
        }
    }

    fn unpinned(&self, error: Errno) -> PairError {
        self.failed(ProbeError::Refused(format!("the probe cannot be kept on its cores: {error}")))
    }

    fn failed(&self, source: ProbeError) -> PairError {
        PairError::Probe { side: self.side.name(), source }
    }
}

/// What is left of nanoseconds without those in which the process waited for a core.
pub(super) fn running(nanoseconds: u64, waited: u64) -> Duration {
    // No run takes no time; then the waiting was told wrong.
    Duration::from_nanos(if waited < nanoseconds { nanoseconds - waited } else { nanoseconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_that_is_told_wrong_is_not_taken_off() {
        assert_eq!(running(900, 200), Duration::from_nanos(700));
        assert_eq!(running(900, 900), Duration::from_nanos(900));
    }
}
