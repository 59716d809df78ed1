//! How a metric went over the history of the project, and where it changed its level.
//!
//! Counts come from the baselines that were committed: git is the database, and each state of `baselines/` is a
//! [`DatedRecord`]. Past commits that have none can be counted afterwards. Times come from this machine's records, and since
//! two of them say nothing about each other, a time is told as its ratio to another phase that was measured beside it, in the same
//! record. A [`Series`] is what became of one workload in one phase, with its change points.

mod chart;
mod dated_records;
mod series;
mod table;
mod timeline;
mod trends;

pub use chart::chart;
pub use dated_records::{counted, measured, timed};
pub use series::{HistoryQuery, LevelChange, Point, Series, series};
pub use table::{jumps_table, points_table, trend_table};
pub use timeline::{DatedRecord, KeyedRecord, Timeline, keyed};
pub use trends::{Trends, recent};
