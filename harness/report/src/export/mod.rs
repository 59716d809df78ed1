//! Results for other programs: CI systems, dashboards, spreadsheets. Data in, text out.
//!
//! Each format has a file of its own, which only punctuates: rows, verdicts and sentences are those of [`Results`], so
//! that no two formats can contradict each other. A figure that was not judged passes in none of them.

mod annotations;
mod bencher;
mod benchmark_action;
mod code_quality;
mod csv;
mod gitlab_metrics;
mod json;
mod junit;
mod markdown;
mod open_metrics;
mod outcome;
mod results;
mod row;
mod sarif;
mod sources;
mod summary;
#[cfg(test)]
mod tests;

use std::fmt;

use harness_record::suggestion::nearest;

pub use outcome::Outcome;
pub use results::{Graph, Machine, Results, SCHEMA_VERSION};
pub use row::{Better, Change, Row};

/// A format that other programs read.
pub trait Exporter: Sync {
    /// Name on the command line, in kebab-case.
    fn name(&self) -> &'static str;
    /// One line for the help of the command line.
    fn help(&self) -> &'static str;
    /// The content of a file in this format.
    fn export(&self, results: &Results) -> String;
}

/// The registry of exports, in the order of the help. A new format needs its file, its `mod` line, and a line here.
const EXPORTERS: &[ExportFormat] = &[
    ExportFormat(&json::Json),
    ExportFormat(&csv::Csv),
    ExportFormat(&markdown::Markdown),
    ExportFormat(&junit::JUnit),
    ExportFormat(&sarif::Sarif),
    ExportFormat(&annotations::Annotations),
    ExportFormat(&summary::Summary),
    ExportFormat(&gitlab_metrics::GitLabMetrics),
    ExportFormat(&code_quality::CodeQuality),
    ExportFormat(&open_metrics::OpenMetrics),
    ExportFormat(&bencher::Bencher),
    ExportFormat(&benchmark_action::SMALLER),
    ExportFormat(&benchmark_action::BIGGER),
];

/// One of the registered formats.
#[derive(Clone, Copy)]
pub struct ExportFormat(&'static dyn Exporter);

impl ExportFormat {
    /// All formats, in the order of the help.
    pub fn all() -> &'static [Self] {
        EXPORTERS
    }

    /// The format with this name.
    ///
    /// # Errors
    /// One sentence with the nearest name, if one is near, and all names.
    pub fn named(name: &str) -> Result<Self, String> {
        let found = EXPORTERS.iter().find(|one| one.name() == name);
        found.copied().ok_or_else(|| {
            let names = || EXPORTERS.iter().map(|one| one.name());
            let hint = nearest(name, names()).map(|one| format!("did you mean `{one}`? "));
            let all = names().collect::<Vec<_>>().join(", ");
            let hint = hint.unwrap_or_default();
            format!("there is no format `{name}`; {hint}the formats are {all}")
        })
    }

    /// Name on the command line.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// One line for the help of the command line.
    pub fn help(self) -> &'static str {
        self.0.help()
    }

    /// The content of a file in this format.
    pub fn export(self, results: &Results) -> String {
        self.0.export(results)
    }
}

impl fmt::Debug for ExportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
