//! `harness report`: draw a record as a page, a summary, a table of exact values and charts.

use std::path::PathBuf;

use anyhow::{Result, anyhow, bail};
use clap::Args;
use harness::project::Project;
use harness::record::Record;
use harness::report::{self, ReportError};

use super::{Outcome, notice};

/// Draws a record as a page, a summary, exact values and charts
#[derive(Args)]
pub(crate) struct Report {
    /// The record to draw [default: the newest one in records/]
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Folder to write to [default: reports/]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Report {
    pub(crate) fn run(self, project: &Project) -> Result<Outcome> {
        let Some(path) = self.record.or_else(|| project.newest_record()) else {
            bail!("there is no record in {} yet; measure one with `cargo harness run`", project.records().display());
        };
        let record = Record::read(&path)?;
        if record.rows.is_empty() {
            bail!("{} holds no measurement, so there is nothing to draw", path.display());
        }
        let folder = self.out.unwrap_or_else(|| project.reports());
        let written = report::write(&record, &project.config.anchors, &folder).map_err(|error| match error {
            ReportError::Write { .. } => anyhow!("{error}; choose another folder with --out"),
            other => other.into(),
        })?;
        notice(&format!("drew {} as {} files; open {}", path.display(), written.files.len(), written.index.display()));
        Ok(Outcome::Fine)
    }
}
