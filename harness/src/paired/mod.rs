//! A/B timing of two builds: measures pairs of processes and judges the ratio of their times.
//!
//! A machine's speed drifts by tens of percent within minutes, so two builds are comparable only within a short time.
//! One process of each build therefore runs in turn on one core while the other sleeps, in slices of less than a
//! millisecond or of one iteration that takes longer. The estimate is the ratio of the two times.
//!
//! Most of the remaining noise changes from moment to moment. Some belongs to the process, such as the place of its
//! memory. Pairs of processes are therefore short and many, and where starting is cheap, each process also gets the
//! memory of the other one.

mod kernel_tick;
mod noise_floor;
mod one_sided;
mod pair;
mod power;
mod process;
mod rules;
mod scheduler;
mod sequential_suite;
mod sequential_test;
mod slices;

pub use noise_floor::{NoiseFloor, measure_noise_floor};
pub use pair::{Block, Conditions, Injection, PairError, PairState, Round, Sides, measure_pair};
pub use power::{MAX_FORECAST_PAIRS, MAX_POWER_PAIRS, minimum_detectable, pairs_to_settle, remaining_pairs};
pub use rules::Rules;
pub use scheduler::{Pair, Scheduler, Stopped, TimedPhase, WorkloadPairs};
pub use sequential_suite::SequentialSuite;
pub use sequential_test::{Levels, SequentialTest, Verdict};
pub use slices::{PairEstimate, Side, Slice};
