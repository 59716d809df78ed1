//! The statistics that figures and verdicts rest on: pure functions over values, no I/O, no clock.

mod change_points;
mod hodges_lehmann;
mod line_fit;
mod mean;
mod median;
#[cfg(test)]
pub(crate) mod noise;
mod proportion;
mod random;
mod signed_rank;

pub use change_points::{ChangePoint, change_points, noise_of};
pub use hodges_lehmann::hodges_lehmann;
pub use line_fit::{LineFit, line};
pub use mean::{Mean, geometric_mean};
pub use median::{Interval, median, median_interval, quantile};
pub use proportion::share_interval;
pub use random::{Random, shuffled};
pub use signed_rank::{SignedRankTest, lower_bound, upper_bound};
