//! Finds the commit that made a figure worse: [`Search`] chooses the commit to try next, [`Trial`] tries it.

mod search;
mod trial;

pub use search::{Finding, Next, Search};
pub use trial::{Answer, Build, Threshold, Trial, unlike};
