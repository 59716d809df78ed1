//! A/B timing of two builds: measures pairs of processes and judges the ratio of their times.
//!
//! A machine's speed drifts by tens of percent within minutes, so two builds are comparable only within a short time.
//! One process of each build therefore runs in turn on one core while the other sleeps, in slices of less than a
//! millisecond or of one iteration that takes longer. The estimate is the ratio of the two times.
//!
//! Most of the remaining noise changes from moment to moment. Some belongs to the process, such as the place of its
//! memory. Pairs of processes are therefore short and many, and where starting is cheap, each process also gets the
//! memory of the other one.

mod conditions;
mod kernel_tick;
mod matching;
mod pair;
mod process;
mod scheduler;

pub use conditions::{
    BUDGET, MOST_TIMED, SLICE, WARM, conditions, conditions_of, pinned_core, seed_of_now, time,
};
pub use matching::{MatchedWorkloads, Unmatched, listed};
pub use pair::{Conditions, PairError, PairState, Sides, measure_pair};
pub use scheduler::{Scheduler, Stopped, measure_noise_floor};
