//! The statistics that figures and verdicts rest on: pure functions over values, no I/O, no clock.

mod line;
mod mean;
mod median;
#[cfg(test)]
pub(crate) mod noise;
mod random;
mod shift;
mod symmetry;

pub use line::{Line, line};
pub use mean::{Mean, geometric_mean};
pub use median::{Interval, median, median_interval, quantile};
pub use random::Random;
pub use shift::hodges_lehmann;
pub use symmetry::{Evidence, lower_bound, upper_bound};
