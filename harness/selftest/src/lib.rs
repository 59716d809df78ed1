//! Error rates of the time gate: verdicts on code that did not change, or was slowed down by a known amount.
//!
//! Each trial is one [`Row`], and the page, the chart and the tables follow from the rows alone, each rate with the exact
//! interval of Clopper and Pearson. There are two [series](Series):
//! - [commits](COMMITS) in a clone of the project, judged by the program `harness gate --base`. The
//!   [changes](changes::read) are in `selftest.toml`, where a reviewer reads them. The rows are in git; no slices are
//!   kept.
//! - [one program](ONE_PROGRAM) compared with itself, which is quicker. A [`Trial`] is a session file, as the gate writes
//!   it, in the folder `selftest` of the records, and its row is judged anew from that file. Git ignores these files:
//!   they are large, and each machine gathers its own.

mod background_load;
pub mod bisections;
pub mod changes;
mod chart;
mod columns;
mod condition;
pub mod criterion;
pub mod faults;
pub mod fuzz;
mod group;
pub mod load;
pub mod log;
mod milli;
mod outcome;
mod page;
mod promise;
mod rate;
mod row;
pub mod scale;
mod small_project;
pub mod soak;
pub mod steps;
mod swap;
mod table;
mod trial;

pub use background_load::LoadProcesses;
pub use changes::{CodeChange, SLOWDOWN, Variant};
pub use chart::chart;
pub use condition::{BackgroundLoad, Change, Condition, Scope};
pub use criterion::{BackToBack, Called};
pub use milli::Milli;
pub use outcome::{Role, WorkloadResult};
pub use page::{COMMITS, ONE_PROGRAM, Series, page};
pub use row::{Row, short};
pub use swap::{Swapped, swapped};
pub use table::tables;
pub use trial::Trial;
