//! Statistics of figures and verdicts: pure functions over values, without I/O and clocks.

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
