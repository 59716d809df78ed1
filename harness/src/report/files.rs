//! Writes a report into a folder.

use std::fs;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{charts, page, results, summary};
use crate::record::Record;
use crate::render::Format;
use crate::render::chart::ChartError;
use crate::whole_file;

/// A report that cannot be written.
#[derive(Debug, Error)]
pub enum ReportError {
    /// A file or folder cannot be written.
    #[error("cannot write the report to {path}: {source}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A chart cannot be drawn.
    #[error(transparent)]
    Chart(#[from] ChartError),
    /// The page cannot be put together.
    #[error("cannot put the page together: {0:#}")]
    Page(#[from] minijinja::Error),
}

/// The files of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The page to open first.
    pub index: PathBuf,
    /// Every file, the page among them.
    pub files: Vec<PathBuf>,
}

/// Draws the report of a record into a folder, making the folder if it is missing: `index.html`, `summary.md`,
/// `results.csv` and `charts/` with an SVG and a PNG of every chart. `anchors` are the phases that others are held
/// against. Everything is drawn before the first file is written, and each file is replaced whole.
///
/// # Errors
/// If something cannot be drawn or written.
pub fn write(record: &Record, anchors: &[String], folder: &Path) -> Result<Written, ReportError> {
    let page_path = folder.join("index.html");
    whole_file::try_writing(&page_path).map_err(|source| ReportError::Write { path: folder.to_owned(), source })?;
    let charts = charts::all(record, anchors);
    let index = (page_path.clone(), page(record, anchors, &charts)?.into_bytes());
    let mut contents: Vec<(PathBuf, Vec<u8>)> = vec![
        (folder.join("summary.md"), summary(record, anchors, &charts).into_bytes()),
        (folder.join("results.csv"), Format::Csv.render(&[results(record, anchors)]).into_bytes()),
    ];
    for named in &charts {
        let path = folder.join("charts").join(named.name);
        contents.push((path.with_extension("svg"), named.chart.svg()?.into_bytes()));
        contents.push((path.with_extension("png"), named.chart.png()?));
    }
    // Last: once it is there, everything that it speaks of is there too.
    contents.push(index);
    let failed = |path: &Path| {
        let path = path.to_owned();
        |source| ReportError::Write { path, source }
    };
    let charts_folder = folder.join("charts");
    // A chart that this record has no numbers for would otherwise stay behind from an earlier report.
    for name in charts::names().filter(|name| charts.iter().all(|named| named.name != *name)) {
        for path in ["svg", "png"].map(|ending| charts_folder.join(name).with_extension(ending)) {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(&path)(error)),
                _ => {}
            }
        }
    }
    for (path, bytes) in &contents {
        whole_file::write(path, bytes).map_err(failed(path))?;
    }
    Ok(Written { index: page_path, files: contents.into_iter().map(|(path, _)| path).collect() })
}
