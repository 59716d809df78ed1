//! The report: turns the readings of records into tables, headlines, charts and pages.
//!
//! [`gather()`] reads records into a [`ReportData`]. Pure functions compute tables and charts from it, and [`write()`] writes
//! the files. The caller names the *anchors*, the phases that other phases are compared with; the harness knows none by name.
//! Two kinds of names have a meaning: a phase `BASE,axis=value` is BASE with one axis changed, and a workload
//! `NAME@key=value` is one size of a sweep over `key`.

pub mod bests;
pub mod charts;
pub(crate) mod evidence;
pub mod export;
pub mod figures;
mod files;
pub mod forecasts;
pub mod gate;
mod gather;
mod groups;
pub mod headline;
pub mod history;
pub mod ledger;
mod outline;
mod page;
mod past;
pub mod problems;
pub mod provenance;
pub mod render;
mod report_data;
mod results;
pub mod roadmap;
mod run_tables;
mod section;
pub mod site;
mod source;
mod summary;
pub mod tables;

pub use files::{ReportError, Written, write};
pub use gather::gather;
pub use page::page;
pub use past::{Past, PastRecord};
pub use report_data::{Commands, Previous, ReportData};
pub use results::results;
pub use run_tables::{BARS, run_tables};
pub use section::{Gap, Section};
pub use source::{Source, Taken};
pub use summary::summary;

/// The sections that have content, in order.
pub fn sections(report_data: &ReportData) -> Vec<Section> {
    let group = |of| groups::section(report_data, of);
    let possible = [
        roadmap::section(report_data),
        group(&groups::ABLATION),
        ledger::section(report_data),
        history::section(report_data),
        bests::section(report_data),
        group(&groups::GROWTH),
        groups::positions::section(report_data),
        group(&groups::MATRIX),
        forecasts::section(report_data),
    ];
    possible.into_iter().flatten().collect()
}

/// What was not measured at all and therefore has no section, each with the command that measures it.
pub fn not_measured(report_data: &ReportData) -> Vec<Gap> {
    let groups = groups::USES
        .into_iter()
        .filter_map(|of| groups::not_measured(report_data, of));
    groups.chain(forecasts::not_measured(report_data)).collect()
}
