//! Sequential A/B test of two programs' times on paired log ratios: verdicts, intervals and power.
//!
//! The crate stands alone. It contains pure functions over values: no I/O, no clock, no processes. The caller measures
//! pairs of times, one of each program, and passes `ln(head time / base time)` of each pair to a [`SequentialTest`].
//! *Base* is the program that is compared with, *head* the program that is judged.
//!
//! ```
//! use harness_abtest::{Rules, SequentialTest, Verdict};
//!
//! let mut test = SequentialTest::new(Rules::default(), 1);
//! while !test.is_settled() {
//!     let (base_seconds, head_seconds) = (1.00_f64, 1.02_f64); // Measure one pair here.
//!     test.push((head_seconds / base_seconds).ln());
//! }
//! assert_eq!(test.verdict(), Verdict::Regressed);
//! assert!((test.estimate().unwrap().exp_m1() - 0.02).abs() < 1e-9);
//! ```
//!
//! `examples/two_vectors.rs` judges two given lists of log ratios.
//!
//! # Method
//! 1. **Pairs.** A machine drifts, so times of one moment are compared with each other only. Each pair gives one log
//!    ratio. If a pair consists of short slices in turn, [`Pair::estimate`] computes its log ratio robustly: the median
//!    of differences within blocks of four slices, plus a bounded share of what exceeds it.
//! 2. **Evidence.** [`SignedRankTest`] bets on the sign of the next log ratio, with a stake that grows with the rank of
//!    its size. If nothing changed, the capital is a nonnegative martingale (an e-process), and it ever reaches
//!    `1 / level` with probability at most `level` (Ville's inequality). So the test may be read after every pair, and
//!    measuring may stop at any time.
//! 3. **Alarm and confirmation.** Evidence for a change at the level [`Rules::screening`] raises an alarm. A second test
//!    uses only the pairs after the alarm, and its level is corrected for the number of workloads
//!    ([`Rules::confirmation`]). The same evidence therefore never selects and confirms a change.
//! 4. **Not slower.** The test of the hypothesis "slower by the margin or more" can reject it: equality is a result, not
//!    the absence of one.
//! 5. **Estimate and interval.** The estimate is that of Hodges and Lehmann; the interval inverts the same test.
//! 6. **Power.** [`minimum_detectable`] and [`pairs_to_settle`] estimate by simulation what the pairs could have shown.
//!
//! A [`SequentialSuite`] runs the tests of several workloads and chooses the workload that gets the next pair. A
//! [`NoiseFloor`] judges a program that was compared with itself.
//!
//! # Guarantees
//! They hold for every number of pairs, any rule of when to stop, and any distribution of the errors, if each log ratio,
//! given the earlier ones, is symmetric about the true effect. The order within a pair must be random for that.
//!
//! | error | probability |
//! |---|---|
//! | any workload of an unchanged suite is ever called regressed (or improved) | at most [`Rules::false_alarm`] |
//! | a workload that is slower by the margin or more is ever called not slower | at most [`Rules::false_assurance`] |
//! | the interval ever misses the true effect | at most 1 - level |
//!
//! Not guaranteed: that a real slowdown is found. That depends on the scatter of the pairs. The tests of the crate
//! simulate all three error rates and the power under normal, contaminated and heavy-tailed errors.
//!
//! # Sources
//! - Ville, "Étude critique de la notion de collectif" (1939).
//! - Vovk and Wang, "Nonparametric e-tests of symmetry" (New England Journal of Statistics in Data Science 2, 2024).
//! - Ramdas, Ruf, Larsson and Koolen, "Admissible anytime-valid sequential inference must rely on nonnegative
//!   martingales" (2020).
//! - Hodges and Lehmann, "Estimates of location based on rank tests" (Annals of Mathematical Statistics 34, 1963).
//! - Huber, "Robust estimation of a location parameter" (Annals of Mathematical Statistics 35, 1964).
//!
//! Each module names the sources of its own functions.

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
mod rounds;
mod rules;
mod sequential_suite;
mod sequential_test;
mod series_noise;
mod signed_rank;
mod slices;
mod slowed;

pub use change_points::{ChangePoint, change_points, noisy_change_points};
pub use hodges_lehmann::hodges_lehmann;
pub use line_fit::{LineFit, line};
pub use mean::{Mean, geometric_mean, interval_of_mean};
pub use median::{Interval, median, median_interval, quantile};
pub use noise_floor::NoiseFloor;
pub use pairs::{Block, Pair, Round, TimedPhase, WorkloadPairs};
pub use power::{
    MAX_FORECAST_PAIRS, MAX_POWER_PAIRS, minimum_detectable, pairs_to_settle, remaining_pairs,
};
pub use proportion::share_interval;
pub use random::{Random, shuffled};
pub use rounds::{LEAST_ROUNDS, Rounds};
pub use rules::Rules;
pub use sequential_suite::SequentialSuite;
pub use sequential_test::{Levels, SequentialTest, Verdict};
pub use signed_rank::{SignedRankTest, lower_bound, upper_bound};
pub use slices::{PairEstimate, Side, Slice};
pub use slowed::Centre;
