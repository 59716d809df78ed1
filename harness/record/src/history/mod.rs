//! The history of a metric over the commits of the project, with change points.
//!
//! Counts come from committed baselines: each state of `baselines/` in git is a [`DatedRecord`]. Past commits without a
//! baseline can be counted afterwards. Times come from the records of this machine. Times of two records are not
//! comparable, so a time is stated as its ratio to an anchor phase in the same record. A [`Series`] contains the values
//! of one workload in one phase and its change points.
//!
//! The rows of a hundred large records do not fit into memory. [`Reducer`] keeps one number of each row, from which
//! [`Reducer::series`] computes the same series.

mod reduced;
mod series;
mod timeline;

pub use reduced::{Reduced, Reducer};
pub use series::{HistoryQuery, LevelChange, Point, Series, TIME_NOISE, series, title};
pub use timeline::{Dated, DatedRecord, Keyed, Timeline, keyed};
