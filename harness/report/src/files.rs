//! The files of a report.

use std::fs;
use std::path::{Path, PathBuf};

use harness_record::atomic_file;
use thiserror::Error;

use crate::render::Format;
use crate::render::chart::{ChartError, Layout};
use crate::{ReportData, charts, page, results, roadmap, sections, summary};

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
/// roadmap, `results.csv`, and `charts/` with an SVG and a PNG of every chart. Everything is rendered before the first file
/// is written, and each file is replaced whole.
///
/// # Errors
/// If something cannot be drawn or written.
pub fn write(report_data: &ReportData, folder: &Path) -> Result<Written, ReportError> {
    let page_path = folder.join("index.html");
    atomic_file::try_writing(&page_path).map_err(|source| ReportError::Write { path: folder.to_owned(), source })?;
    let (charts, sections) = (charts::all(report_data), sections(report_data));
    let index = (page_path.clone(), page(report_data, &charts, &sections)?.into_bytes());
    let mut contents: Vec<(PathBuf, Vec<u8>)> = vec![
        (folder.join("summary.md"), summary(report_data, &charts, &sections).into_bytes()),
        (
            folder.join(format!("results.{}", Format::CSV.extension())),
            Format::CSV.render(&[results(report_data)]).into_bytes(),
        ),
    ];
    contents.extend(roadmap::page(report_data, &sections).map(|page| (folder.join("roadmap.md"), page.into_bytes())));
    let charts: Vec<&charts::Named> =
        charts.iter().chain(sections.iter().flat_map(|section| &section.charts)).collect();
    contents.extend(drawn(&charts, &folder.join("charts"))?);
    // The page comes last: once it exists, everything it links to exists.
    contents.push(index);
    let failed = |path: &Path| {
        let path = path.to_owned();
        |source| ReportError::Write { path, source }
    };
    let charts_folder = folder.join("charts");
    // Remove charts of an earlier report for which this record has no numbers.
    let gone = charts::names().filter(|name| charts.iter().all(|named| named.name != *name));
    let gone = gone.flat_map(|name| ["svg", "png"].map(|ending| charts_folder.join(name).with_extension(ending)));
    let no_roadmap = report_data.roadmap.is_none().then(|| folder.join("roadmap.md"));
    for path in gone.chain(no_roadmap) {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(&path)(error)),
            _ => {}
        }
    }
    for (path, bytes) in &contents {
        atomic_file::write(path, bytes).map_err(failed(path))?;
    }
    Ok(Written { index: page_path, files: contents.into_iter().map(|(path, _)| path).collect() })
}

/// Renders every chart as SVG and PNG, on all CPUs.
fn drawn(charts: &[&charts::Named], folder: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>, ChartError> {
    type Drawn = Result<[(PathBuf, Vec<u8>); 2], ChartError>;
    let draw = |named: &&charts::Named| -> Drawn {
        let path = folder.join(named.name);
        Ok([
            (path.with_extension("svg"), named.chart.svg(Layout::Wide)?.into_bytes()),
            (path.with_extension("png"), named.chart.png()?),
        ])
    };
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = charts.len().div_ceil(workers).max(1);
    let all: Vec<Drawn> = std::thread::scope(|scope| {
        let running: Vec<_> =
            charts.chunks(share).map(|some| scope.spawn(move || some.iter().map(draw).collect::<Vec<_>>())).collect();
        running.into_iter().flat_map(|worker| worker.join().expect("drawing does not panic")).collect()
    });
    Ok(all.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}
