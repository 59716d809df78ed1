//! Time of two builds held side by side: pairs of processes, and what they show.
//!
//! A machine's speed drifts by tens of percent within minutes, so two builds only compare within moments: a process of
//! each runs in turn, in slices of half a millisecond or a run, on one core, while the other sleeps. What is estimated is the
//! ratio. Most of the noise that is left is of the moment, some belongs to the process (where its memory came to lie), so that
//! pairs of processes are short, and many, and each process gets the memory of the other, too, where starting is cheap.

mod kernel_tick;
mod measure_noise_floor;
mod noise_floor;
mod one_sided;
mod pair;
mod pairs;
mod power;
mod process;
mod rules;
mod scheduler;
mod sequential_suite;
mod sequential_test;
mod slices;

pub use measure_noise_floor::measure_noise_floor;
pub use noise_floor::NoiseFloor;
pub use pair::{Conditions, PairError, PairState, Sides, measure_pair};
pub use pairs::{Block, Pair, Round, TimedPhase, WorkloadPairs};
pub use power::{MAX_FORECAST_PAIRS, MAX_POWER_PAIRS, minimum_detectable, pairs_to_settle, remaining_pairs};
pub use rules::Rules;
pub use scheduler::{Scheduler, Stopped};
pub use sequential_suite::SequentialSuite;
pub use sequential_test::{Levels, SequentialTest, Verdict};
pub use slices::{PairEstimate, Side, Slice};
