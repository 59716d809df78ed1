//! Time of two builds held side by side: pairs of processes, and what they show.
//!
//! A machine's speed drifts by tens of percent within minutes, so two builds only compare within moments: a process of
//! each runs in turn, in slices of half a millisecond or a run, on one core, while the other sleeps. What is estimated is the
//! ratio. Most of the noise that is left is of the moment, some belongs to the process (where its memory came to lie), so that
//! pairs of processes are short, and many, and each process gets the memory of the other, too, where starting is cheap.

mod conditions;
mod kernel_tick;
mod matching;
mod noise_floor;
mod pair;
mod process;
mod scheduler;

pub use conditions::{BUDGET, MOST_TIMED, SLICE, WARM, conditions, conditions_of, pinned_core, seed_of_now, time};
pub use matching::{MatchedWorkloads, Unmatched};
pub use noise_floor::measure_noise_floor;
pub use pair::{Conditions, PairError, PairState, Sides, measure_pair};
pub use scheduler::{Scheduler, Stopped};
