//! Times two builds by the terms of a session.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness_probe::Options;
use rustix::thread::{CpuSet, sched_getaffinity};

use super::Terms;
use crate::measure::Progress;
use crate::paired::{Conditions, Scheduler, Sides, Stopped, TimedPhase, WorkloadPairs};

/// Minimum length of a slice.
///
/// Disturbances on a shared machine last some tens of milliseconds; the shorter the slices, the more evenly they hit
/// both sides. At this length a single iteration of half a millisecond is a slice. Compared with slices of six such
/// iterations, this about halved the variance of a pair for the same measuring time (workload of a single token, 17
/// pairs of each, in turn, on a Xeon with shared cores), and fewer slices are interrupted by other programs on the
/// core. Shorter slices brought no further gain, and the cost of switching begins to show.
pub const SLICE: Duration = Duration::from_micros(400);
/// Blocks of a pair if an iteration is no longer than a slice. They take about twice as long as starting and preparing
/// the processes of a kernel twice.
const BLOCKS: u32 = 32;
/// Unmeasured warm-up iterations before a slice that has at least ten times as many iterations.
pub const WARM: u64 = 1;
/// Default layout limit: if layouts are not averaged, only a confirmed slowdown above this share is a regression.
pub const LAYOUT_LIMIT: f64 = 0.02;

/// Share of the budget for the noise floor (the base against itself): half of it before the rest, half after.
pub const FLOOR_SHARE: f64 = 0.1;

impl Terms {
    /// The conditions for measuring a pair by these terms. `isa` is a forced instruction set.
    pub fn conditions(&self, isa: Option<String>, time_limit: Duration) -> Conditions {
        Conditions {
            core: self.core,
            slice: Duration::from_nanos(self.slice_nanoseconds),
            warm: self.warm,
            injection: self.injection,
            ..conditions(self.threads, isa, time_limit)
        }
    }

    /// Times the workloads of both sides, in the budget that remains beside the noise floor.
    ///
    /// # Errors
    /// [`Stopped`] if the user interrupted it.
    pub fn time(
        &self,
        sides: &Sides<'_>,
        timed_phases: &[TimedPhase],
        conditions: &Conditions,
        progress: &dyn Progress,
    ) -> Result<Vec<WorkloadPairs>, Stopped> {
        self.scheduler(sides, conditions, self.budget_seconds - self.floor_seconds, self.seed)
            .run(timed_phases, progress)
    }

    fn scheduler<'a>(
        &self,
        sides: &'a Sides<'_>,
        conditions: &'a Conditions,
        seconds: f64,
        seed: u64,
    ) -> Scheduler<'a> {
        Scheduler { sides, conditions, rules: self.rules, budget: Duration::from_secs_f64(seconds), seed }
    }
}

/// The default conditions for measuring a pair.
pub fn conditions(threads: u32, isa: Option<String>, time_limit: Duration) -> Conditions {
    Conditions {
        core: pinned_core(threads),
        options: Options { threads, isa },
        slice: SLICE,
        warm: WARM,
        blocks: BLOCKS,
        time_limit,
        injection: None,
    }
}

/// The core to pin both sides to: the last one that this process may use, because interrupts tend to go to the first
/// ones. None with more than one thread.
pub fn pinned_core(threads: u32) -> Option<usize> {
    let cores = sched_getaffinity(None).ok().filter(|_| threads == 1)?;
    (0..CpuSet::MAX_CPU).rev().find(|&core| cores.is_set(core))
}

/// A seed from the clock, new for each gate and short enough to type.
pub fn seed_of_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |gone| gone.as_millis() as u64 % 1_000_000_000)
}
