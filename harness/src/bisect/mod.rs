//! Finds the commit that made a figure worse: [`Search`] chooses the commit to try next, [`Trial`] tries it, and
//! [`Answer`] is the result.

mod answer;
mod search;
mod trial;

pub use answer::{Answer, Finding};
pub use search::{Evidence, Next, Search};
pub use trial::{Build, Threshold, Trial, unlike};
