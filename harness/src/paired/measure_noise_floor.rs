//! Measures the noise floor: a build timed against itself.

use std::time::Duration;

use super::{Conditions, Rules, Scheduler, Sides, Stopped, TimedPhase, WorkloadPairs};
use crate::measure::Progress;

/// Measures a build against itself, started from its copies on both sides, for as long as the budget lasts, or until it is shown to differ from itself.
///
/// # Errors
/// [`Stopped`] if the user ended it.
pub fn measure_noise_floor(
    sides: &Sides<'_>,
    timed: &TimedPhase,
    conditions: &Conditions,
    budget: Duration,
    seed: u64,
    progress: &dyn Progress,
) -> Result<WorkloadPairs, Stopped> {
    let scheduler = Scheduler {
        sides,
        conditions: &Conditions { injection: None, ..conditions.clone() },
        // It is not to be settled soon: every pair tells more of the noise.
        rules: Rules { false_assurance: f64::MIN_POSITIVE, ..Rules::default() },
        budget,
        seed,
    };
    let nothing = || WorkloadPairs { timed: timed.clone(), pairs: Vec::new(), failure: None };
    Ok(scheduler.run(std::slice::from_ref(timed), progress)?.pop().unwrap_or_else(nothing))
}
