//! The flame graph of a profile, and the paths of pictures.

use std::path::PathBuf;

use anyhow::{Context, Result};
use harness::project::Project;
use harness_record::atomic_file;
use harness_record::profile::{Profile, View};
use harness_report::render::FlameGraph;

/// Draws the profile. Returns the path; none if there was nothing to draw.
pub(super) fn draw(project: &Project, profile: &Profile) -> Result<Option<PathBuf>> {
    let view = profile.view;
    let path = path(project, &[&profile.workload, &profile.phase, view.name()]);
    let folded = profile.tree.folded(profile.seen().scale());
    let subtitle = format!("{} of one run, {} in all", what(view), view.raw_unit());
    let title = format!("{} by {}", profile.place(), view.name());
    write(path, FlameGraph { title: &title, subtitle: &subtitle, unit: view.raw_unit(), folded: &folded, base: None })
}

/// The frames of a flame graph, for its subtitle.
pub(super) fn what(view: View) -> &'static str {
    match view {
        View::Time => "operations",
        View::Instructions => "functions",
        View::Allocations => "functions on the way to an allocation",
    }
}

/// Writes the picture. Returns the path; none if there was nothing to draw.
pub(in crate::cli) fn write(path: PathBuf, graph: FlameGraph<'_>) -> Result<Option<PathBuf>> {
    let failed = || format!("cannot draw {}", path.display());
    let Some(svg) = graph.svg().with_context(failed)? else { return Ok(None) };
    atomic_file::write(&path, svg.as_bytes()).with_context(failed)?;
    Ok(Some(path))
}

/// Path such as `reports/profile/medium-prefill.optimized.time.svg`.
pub(super) fn path(project: &Project, parts: &[&str]) -> PathBuf {
    let parts: Vec<String> = parts.iter().map(|part| crate::cli::file_name(part)).collect();
    project.reports().join("profile").join(format!("{}.svg", parts.join(".")))
}
