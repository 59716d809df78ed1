//! The files of a site.

use std::path::{Path, PathBuf};

use harness_record::atomic_file;
use rayon::prelude::*;

use super::page_names::page_names;
use super::{Site, feed, index, regressions, workload};
use crate::ReportError;

/// Renders every file of a site: its path relative to the folder of the site, and its content. The index is the last one.
///
/// # Errors
/// If a page cannot be rendered.
pub fn files(site: &Site) -> Result<Vec<(PathBuf, String)>, ReportError> {
    let changes = site.changes();
    let pages = page_names(site);
    let page = |of: &super::Workload| {
        let path = PathBuf::from(&pages[of.id.as_str()]);
        Ok((path, workload::workload(site, of, &changes)?))
    };
    let mut files: Vec<(PathBuf, String)> = site
        .workloads
        .par_iter()
        .map(page)
        .collect::<Result<_, ReportError>>()?;
    files.push(("site.css".into(), include_str!("site.css").to_owned()));
    files.push(("feed.xml".into(), feed::feed(site, &changes)?));
    let list = regressions::regressions(site, &changes)?;
    files.push(("regressions.html".into(), list));
    // The index comes last: once it exists, everything it links to exists.
    files.push(("index.html".into(), index::index(site)?));
    Ok(files)
}

/// Writes a site into a folder, which is created if it is missing. Each file is replaced whole. Other files of the folder
/// stay, also pages of workloads that are gone. Returns the paths of all files.
///
/// # Errors
/// If something cannot be rendered or written.
pub fn write(site: &Site, folder: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let failed = |path: PathBuf| move |source| ReportError::Write { path, source };
    atomic_file::try_writing(&folder.join("index.html")).map_err(failed(folder.to_owned()))?;
    let files = files(site)?;
    let write = |(path, content): &(PathBuf, String)| {
        let path = folder.join(path);
        atomic_file::write(&path, content.as_bytes()).map_err(failed(path.clone()))?;
        Ok(path)
    };
    let (index, others) = files.split_last().expect("there is an index");
    let mut written = others
        .par_iter()
        .map(write)
        .collect::<Result<Vec<_>, ReportError>>()?;
    written.push(write(index)?);
    Ok(written)
}
