//! How the gate times two builds: from its terms to the contest that measures by them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness_probe::Options;
use rustix::thread::{CpuSet, sched_getaffinity};

use super::Terms;
use crate::measure::Progress;
use crate::paired::{Conditions, Scheduler, Sides, Stopped, TimedPhase, WorkloadPairs};

/// Short, because what others do to a core of a shared machine lasts some tens of milliseconds: the shorter the slices, the more evenly
/// both sides have of it. As short as this, a single run of half a millisecond is a slice, which matters most: beside
/// slices of six such runs, the variance of a single token's pair for the same time of measuring was about a half (17 pairs of
/// each, by turns, on a Xeon whose cores other machines share), and a program that shares the core tears fewer slices. Still
/// shorter ones brought no more, and switching begins to cost.
pub const SLICE: Duration = Duration::from_micros(400);
/// Blocks of a pair where a run is no longer than a slice: they take about twice as long as to start a kernel's processes twice and
/// make them ready.
const BLOCKS: u32 = 32;
/// Iterations before a slice that are not measured, where it has at least ten times as many.
pub const WARM: u64 = 1;
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
/// If the user ended it.
pub fn time(
    terms: &Terms,
    sides: &Sides<'_>,
    timed_phases: &[TimedPhase],
    conditions: &Conditions,
    progress: &dyn Progress,
) -> Result<Vec<WorkloadPairs>, Stopped> {
    let budget = Duration::from_secs_f64(terms.budget_seconds - terms.floor_seconds);
    Scheduler { sides, conditions, rules: terms.rules, budget, seed: terms.seed }.run(timed_phases, progress)
}

/// What pairs are measured under unless a session's terms say otherwise.
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

/// The core that both sides are pinned to where one thread computes: the last one that this process may use, because
/// interrupts tend to go to the first ones.
pub fn pinned_core(threads: u32) -> Option<usize> {
    let cores = sched_getaffinity(None).ok().filter(|_| threads == 1)?;
    (0..CpuSet::MAX_CPU).rev().find(|&core| cores.is_set(core))
}

/// A seed that no earlier gate has had, short enough to be typed again.
pub fn seed_of_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |gone| gone.as_millis() as u64 % 1_000_000_000)
}
