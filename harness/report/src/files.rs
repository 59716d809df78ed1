//! The files of a report.

use std::fs;
use std::path::{Path, PathBuf};

use harness_record::atomic_file;
use rayon::prelude::*;
use thiserror::Error;

use crate::charts::Named;
use crate::render::Format;
use crate::render::chart::ChartError;
use crate::results::results_csv;
use crate::{ReportData, charts, page, roadmap, sections, summary};

/// A report that cannot be written.
#[derive(Debug, Error)]
pub enum ReportError {
    /// A file or folder cannot be written.
    #[error("cannot write the report to {path}: {source}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A chart cannot be drawn.
    #[error(transparent)]
    Chart(#[from] ChartError),
    /// The page cannot be rendered.
    #[error("cannot render the page of the report: {0:#}")]
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

/// Writes a report into a folder, which is created if it is missing: `index.html`, `summary.md`, `roadmap.md` if there is a
/// roadmap, `results.csv`, and `charts/` with an SVG of every chart, and with a PNG if `png` is true. Everything is rendered
/// before the first file is written, and each file is replaced whole.
///
/// # Errors
/// If something cannot be drawn or written.
pub fn write(report_data: &ReportData, folder: &Path, png: bool) -> Result<Written, ReportError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        |source| ReportError::Write { path, source }
    };
    let (index, charts_folder) = (folder.join("index.html"), folder.join("charts"));
    atomic_file::try_writing(&index).map_err(failed(folder))?;
    let (charts, sections) = (charts::all(report_data), sections(report_data));
    let page = page(report_data, &charts, &sections)?;
    let mut contents: Vec<(PathBuf, Vec<u8>)> = vec![
        (
            folder.join("summary.md"),
            summary(report_data, &charts, &sections).into_bytes(),
        ),
        (
            folder.join(format!("results.{}", Format::CSV.extension())),
            results_csv(report_data).into_bytes(),
        ),
    ];
    contents.extend(
        roadmap::page(report_data, &sections)
            .map(|page| (folder.join("roadmap.md"), page.into_bytes())),
    );
    let all: Vec<&Named> = charts
        .iter()
        .chain(sections.iter().flat_map(|section| &section.charts))
        .collect();
    let drawn: Vec<_> = all
        .par_iter()
        .map(|named| draw(named, &charts_folder, png))
        .collect::<Result<_, _>>()?;
    contents.extend(drawn.into_iter().flatten());
    // The page comes last: once it exists, everything it links to exists.
    contents.push((index.clone(), page.into_bytes()));
    // Remove the files of an earlier report that this one does not have.
    let charts = charts::names().map(|name| charts_folder.join(name));
    let possible =
        charts.flat_map(|chart| ["svg", "png"].map(|ending| chart.with_extension(ending)));
    let gone = possible.chain([folder.join("roadmap.md")]);
    for path in gone.filter(|path| contents.iter().all(|(kept, _)| kept != path)) {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed(&path)(error));
            }
            _ => {}
        }
    }
    for (path, bytes) in &contents {
        atomic_file::write(path, bytes).map_err(failed(path))?;
    }
    Ok(Written {
        index,
        files: contents.into_iter().map(|(path, _)| path).collect(),
    })
}

/// Renders a chart as SVG, and as PNG if `png` is true.
fn draw(named: &Named, folder: &Path, png: bool) -> Result<Vec<(PathBuf, Vec<u8>)>, ChartError> {
    let path = folder.join(named.name);
    let mut files = vec![(
        path.with_extension("svg"),
        named.chart.to_svg().into_bytes(),
    )];
    if png {
        files.push((path.with_extension("png"), named.chart.png()?));
    }
    Ok(files)
}
