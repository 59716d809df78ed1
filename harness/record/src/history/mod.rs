//! How a metric went over the history of the project, and where it changed its level.
//!
//! Counts come from the baselines that were committed: git is the database, and each state of `baselines/` is a
//! [`DatedRecord`]. Past commits that have none can be counted afterwards. Times come from this machine's records, and since
//! two of them say nothing about each other, a time is told as its ratio to another phase that was measured beside it, in the same
//! record. A [`Series`] is what became of one workload in one phase, with its change points.

mod series;
mod timeline;

pub use series::{HistoryQuery, LevelChange, Point, Series, TIME_NOISE, series};
pub use timeline::{DatedRecord, KeyedRecord, Timeline, keyed};
