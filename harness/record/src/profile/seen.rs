//! One side of a comparison of profiles.

use super::Tree;

/// A side: what was seen in how many runs.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// What was seen.
    pub tree: &'a Tree,
    /// In so many runs.
    pub runs: u64,
}

impl Seen<'_> {
    /// What a run costs.
    pub fn per_run(&self) -> f64 {
        self.tree.total() as f64 * self.scale()
    }

    /// What turns a sum over all runs into that of one.
    pub fn scale(&self) -> f64 {
        1.0 / self.runs.max(1) as f64
    }
}
