//! What the numbers of a record mean, put in order for a reader: tables, headlines, charts and pages.
//!
//! The first half is pure: from a record to what is to be shown. [`write()`] draws it into files. The phases that others
//! are held against, the *anchors*, are given by whoever asks: the harness knows none by name.

pub mod charts;
pub mod facts;
mod figure_tables;
pub mod figures;
mod files;
mod growth;
pub mod headline;
mod page;
pub mod problems;
mod results;
mod run_tables;
mod summary;

pub use figure_tables::figure_tables;
pub use files::{ReportError, Written, write};
pub use growth::growth;
pub use page::page;
pub use results::results;
pub use run_tables::run_tables;
pub use summary::summary;
