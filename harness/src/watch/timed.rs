//! A short A/B timing of two builds.

use std::time::Duration;

use harness_abtest::{Rules, TimedPhase};
use harness_judge::time_change::TimeChange;

use crate::collect::{Progress, Request};
use crate::timing::{Scheduler, Sides, Stopped, conditions, seed_of_now};
use crate::watch::State;
use crate::watch::kept_build::COPIES;

/// Times workloads of two builds in turn on one core, one workload after the other, each for about the
/// duration `each`.
///
/// # Errors
/// If the user interrupted it.
pub fn time(
    before: &State,
    after: &State,
    timed_phases: &[TimedPhase],
    request: &Request,
    each: Duration,
    progress: &dyn Progress,
) -> Result<Vec<TimeChange>, Stopped> {
    let scheduler = Scheduler {
        sides: &Sides {
            base: &|number| before.probe.command(number),
            head: &|number| after.probe.command(number),
            copies: COPIES,
        },
        conditions: &conditions(request.threads.unwrap_or(1), request.isa.clone(), request.time_limit),
        rules: rules(),
        budget: each,
        seed: seed_of_now(),
    };
    let mut found = Vec::new();
    for timed in timed_phases {
        // Timed together, some workloads would be settled first and leave the others without a pair.
        found.extend(
            scheduler.run(std::slice::from_ref(timed), progress)?.iter().map(|pairs| TimeChange::of(pairs, rules())),
        );
    }
    Ok(found)
}

/// The rules of the gate, except that no workload is settled as not slower: more pairs narrow the interval.
fn rules() -> Rules {
    Rules { false_assurance: f64::MIN_POSITIVE, ..Rules::default() }
}
