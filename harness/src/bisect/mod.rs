//! Which commit made a figure worse: [`Search`] says which commit to try next, a [`Trial`] tries it.

mod search;
mod trial;

pub use search::{Finding, Next, Search};
pub use trial::{Answer, Build, Threshold, Trial, unlike};
