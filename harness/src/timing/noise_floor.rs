//! Measures the noise floor: a build timed against itself.

use std::time::Duration;

use harness_abtest::{Rules, TimedPhase, WorkloadPairs};

use crate::collect::Progress;
use crate::timing::{Conditions, Scheduler, Sides, Stopped};

/// Measures a build against itself until the budget is spent or the build is shown to differ from itself. Both sides
/// start from copies of the build.
///
/// # Errors
/// [`Stopped`] if the user interrupted it.
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
        // A level that cannot be reached: the test must not settle early, because every pair improves the estimate of
        // the noise.
        rules: Rules { false_assurance: f64::MIN_POSITIVE, ..Rules::default() },
        budget,
        seed,
    };
    let nothing = || WorkloadPairs { timed: timed.clone(), pairs: Vec::new(), failure: None };
    Ok(scheduler.run(std::slice::from_ref(timed), progress)?.pop().unwrap_or_else(nothing))
}
