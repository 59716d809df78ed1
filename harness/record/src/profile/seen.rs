//! One side of a comparison of profiles.

use super::Tree;

/// A profile of one side with its number of runs.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The profile.
    pub tree: &'a Tree,
    /// Number of runs.
    pub runs: u64,
}

impl Seen<'_> {
    /// Total cost per run.
    pub fn per_run(&self) -> f64 {
        self.tree.total() as f64 * self.scale()
    }

    /// Factor that converts a sum over all runs to one run.
    pub fn scale(&self) -> f64 {
        1.0 / self.runs.max(1) as f64
    }
}
