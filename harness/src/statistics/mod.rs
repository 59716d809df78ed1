//! The statistics that figures and verdicts rest on: pure functions over values, no I/O, no clock.

mod median;

pub use median::{Interval, median, median_interval, quantile};
