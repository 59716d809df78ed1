//! The time of two builds, held side by side for a moment, and what was seen of it.

use std::time::Duration;

use harness_abtest::{Rules, TimedPhase};
use harness_judge::time_change::TimeChange;

use crate::collect::{Progress, Request};
use crate::timing::{Scheduler, Sides, Stopped, conditions, seed_of_now};
use crate::watch::State;
use crate::watch::kept_build::COPIES;

/// Times the entrants of two builds in turn on one core, one after the other, each for about as long as `each` says.
///
/// # Errors
/// If the user ended it.
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
        // A contest of all would settle some of them first, and leave the others without a pair.
        found.extend(
            scheduler.run(std::slice::from_ref(timed), progress)?.iter().map(|pairs| TimeChange::of(pairs, rules())),
        );
    }
    Ok(found)
}

/// The gate's, but that nothing is settled by not being slower: the more pairs there are, the less can have been missed.
fn rules() -> Rules {
    Rules { false_assurance: f64::MIN_POSITIVE, ..Rules::default() }
}
