//! Trials of the whole gate: real commits in a clone of the project, judged by the program `harness gate --base`.
//!
//! The [changes](changes::read) are in `selftest.toml`, where a reviewer reads them. Each trial is one [`Row`] of a
//! file in git. The page, the chart and the tables follow from the rows alone. No slices are kept.

pub mod changes;
mod chart;
mod columns;
mod group;
pub mod log;
mod milli;
mod outcome;
mod page;
mod promise;
mod row;
mod table;

pub use changes::{ChangesError, CodeChange, SLOWDOWN, Source, Variant};
pub use chart::chart;
pub use log::LogError;
pub use milli::Milli;
pub use outcome::{Role, WorkloadResult};
pub use page::page;
pub use row::{COLUMNS, Row};
pub use table::tables;
