//! Times two builds by the terms of a session.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness_abtest::{TimedPhase, WorkloadPairs};
use harness_probe::Options;
use harness_record::session::Terms;
use rustix::thread::{CpuSet, sched_getaffinity};

use crate::collect::Progress;
use crate::timing::{Conditions, Scheduler, Sides, Stopped};

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
/// Default budget for measuring time, in seconds.
pub const BUDGET: u64 = 60;
/// Largest number of workloads whose time is judged: each further one takes budget, and so certainty, from the others.
pub const MOST_TIMED: usize = 12;

/// Conditions of a pair under a session's terms. `isa` is the instruction set if one is forced.
pub fn conditions_of(terms: &Terms, isa: Option<String>, time_limit: Duration) -> Conditions {
    Conditions {
        core: terms.core,
        slice: Duration::from_nanos(terms.slice_nanoseconds),
        warm: terms.warm,
        injection: terms.injection,
        ..conditions(terms.threads, isa, time_limit)
    }
}

/// Times the workloads of both sides, in what the budget leaves beside the noise floor.
///
/// # Errors
/// [`Stopped`] if the user interrupted it.
pub fn time(
    terms: &Terms,
    sides: &Sides<'_>,
    timed_phases: &[TimedPhase],
    conditions: &Conditions,
    progress: &dyn Progress,
) -> Result<Vec<WorkloadPairs>, Stopped> {
    let budget = Duration::from_secs_f64(terms.budget_seconds - terms.floor_seconds);
    Scheduler {
        sides,
        conditions,
        rules: terms.rules,
        suite: terms.suite,
        budget,
        seed: terms.seed,
    }
    .run(timed_phases, progress)
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
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |gone| gone.as_millis() as u64 % 1_000_000_000)
}
