//! Flame graphs of one profile and of two.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use harness_record::atomic_file;
use harness_record::profile::{Kinds, Profile, View};
use harness_report::render::{Colours, FlameGraph};
use harness_report::tables::profile::finding;

/// Draws the profile into a folder, coloured by kinds. Returns the path; none if there was nothing to draw.
pub(super) fn draw(folder: &Path, profile: &Profile, kinds: &Kinds) -> Result<Option<PathBuf>> {
    let view = profile.view;
    let folded = profile.tree.folded(profile.seen().scale());
    let costs = kinds.costs(&profile.tree);
    let title = match view {
        // Every byte is allocated, so kinds are no finding.
        View::Allocations => format!("{} by {}", profile.place(), view.name()),
        View::Time | View::Instructions => {
            format!("{}: {}", profile.place(), finding(profile, kinds))
        }
    };
    let graph = FlameGraph {
        title: &title,
        unit: view.raw_unit(),
        folded: &folded,
        colours: Colours::ByKind {
            kinds,
            costs: &costs,
        },
    };
    write(
        folder.join(name(&[&profile.workload, &profile.phase, view.name()])),
        graph,
    )
}

/// Draws the stacks of the head, coloured by the difference of their cost from the base. Returns the path; none if
/// there was nothing to draw.
pub(in crate::cli) fn draw_difference(
    path: PathBuf,
    title: &str,
    [base_name, head_name]: [&str; 2],
    [base, head]: [&Profile; 2],
) -> Result<Option<PathBuf>> {
    let [before, after] = [base, head].map(|side| side.tree.folded(side.seen().scale()));
    let legend = format!("width: {head_name}; red: more than in {base_name}, blue: less");
    let unit = head.view.raw_unit();
    write(
        path,
        FlameGraph {
            title,
            unit,
            folded: &after,
            colours: Colours::ByDifference {
                base: &before,
                legend: &legend,
            },
        },
    )
}

/// File name such as `medium-prefill.optimized.time.svg`.
pub(in crate::cli) fn name(parts: &[&str]) -> String {
    let parts: Vec<String> = parts
        .iter()
        .map(|part| crate::cli::file_name(part))
        .collect();
    format!("{}.svg", parts.join("."))
}

fn write(path: PathBuf, graph: FlameGraph<'_>) -> Result<Option<PathBuf>> {
    let failed = || format!("cannot draw {}", path.display());
    let Some(svg) = graph.svg().with_context(failed)? else {
        return Ok(None);
    };
    atomic_file::write(&path, svg.as_bytes()).with_context(failed)?;
    Ok(Some(path))
}
