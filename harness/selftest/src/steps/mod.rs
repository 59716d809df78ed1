//! Change points of `history`, scored against series whose steps are known: injected ones, and published ones that
//! people annotated.

mod annotated;
mod finders;
mod injected;
mod score;
mod tables;

pub use annotated::annotated;
pub use finders::{harness_steps, otava_steps, seconds_for};
pub use injected::{injected, long_series};
pub use score::{Score, score};
pub use tables::{Scored, sets, time_table};

/// A series with its true steps.
#[derive(Debug, Clone)]
pub struct KnownSeries {
    /// Name of the set that it belongs to, such as `injected, normal noise`.
    pub set: String,
    /// Its name within the set.
    pub name: String,
    /// The values, oldest first.
    pub values: Vec<f64>,
    /// The steps according to each annotator: indices of the first value after the step. Injected series have one.
    pub annotations: Vec<Vec<usize>>,
}

impl KnownSeries {
    /// Returns true if no annotator saw a step.
    pub fn is_without_step(&self) -> bool {
        self.annotations.iter().all(Vec::is_empty)
    }
}
