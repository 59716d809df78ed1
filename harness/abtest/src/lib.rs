//! Sequential A/B test of two programs' times on paired log ratios: verdicts, intervals and power.
//!
//! Pure functions over values: no I/O, no clock, no processes. Whoever measures hands in pairs; this crate judges them.

mod change_points;
mod hodges_lehmann;
mod line_fit;
mod mean;
mod median;
#[cfg(any(test, feature = "noise"))]
pub mod noise;
mod noise_floor;
mod one_sided;
mod pairs;
mod power;
mod proportion;
mod random;
mod rules;
mod sequential_suite;
mod sequential_test;
mod signed_rank;
mod slices;

pub use change_points::{ChangePoint, change_points, noise_of};
pub use hodges_lehmann::hodges_lehmann;
pub use line_fit::{LineFit, line};
pub use mean::{Mean, geometric_mean};
pub use median::{Interval, median, median_interval, quantile};
pub use noise_floor::NoiseFloor;
pub use pairs::{Block, Pair, Round, TimedPhase, WorkloadPairs};
pub use power::{MAX_FORECAST_PAIRS, MAX_POWER_PAIRS, minimum_detectable, pairs_to_settle, remaining_pairs};
pub use proportion::share_interval;
pub use random::{Random, shuffled};
pub use rules::Rules;
pub use sequential_suite::SequentialSuite;
pub use sequential_test::{Levels, SequentialTest, Verdict};
pub use signed_rank::{SignedRankTest, lower_bound, upper_bound};
pub use slices::{PairEstimate, Side, Slice};
