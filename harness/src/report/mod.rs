//! What the numbers of a record mean, put in order for a reader: tables, headlines, charts and pages.
//!
//! The first half is pure: from a record to what is to be shown. [`write`] draws it into files.

pub mod charts;
pub mod facts;
pub mod figures;
pub mod problems;
mod run_tables;
mod settings;

pub use run_tables::run_tables;
pub use settings::Settings;
