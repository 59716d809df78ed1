//! The statistics that figures and verdicts rest on: pure functions over values, no I/O, no clock.

mod line;
mod mean;
mod median;
#[cfg(test)]
pub(crate) mod noise;
mod proportion;
mod random;
mod shift;
mod steps;
mod symmetry;

pub use line::{Line, line};
pub use mean::{Mean, geometric_mean};
pub use median::{Interval, median, median_interval, quantile};
pub use proportion::share_interval;
pub use random::{Random, shuffled};
pub use shift::hodges_lehmann;
pub use steps::{Step, noise_of, steps};
pub use symmetry::{Evidence, lower_bound, upper_bound};
