//! Two profiles side by side: the table of differences, and the differential flame graph.

use std::path::PathBuf;

use anyhow::Result;
use harness::project::Project;
use harness_record::profile::Profile;
use harness_report::render::{FlameGraph, Table};
use harness_report::tables::profile_difference::difference_table;

use super::picture;
use super::side::Side;

/// Number of names in a table for people.
const MOST: usize = 20;

/// Table of the names whose cost differs between the two sides.
pub(super) fn table(sides: &[Side], base: &Profile, head: &Profile, exact: bool) -> Table {
    let view = base.view;
    let place = if base.phase == head.phase { head.place() } else { head.workload.clone() };
    let title = format!("Differences by {} in {place}: {} -> {}", view.name(), sides[0].name, sides[1].name);
    difference_table(title, view, base.seen(), head.seen(), MOST, exact)
}

/// Draws the stacks of the head, coloured by the difference of their cost from the base.
pub(super) fn draw(project: &Project, sides: &[Side], base: &Profile, head: &Profile) -> Result<Option<PathBuf>> {
    let view = base.view;
    let between = format!("{}-to-{}", sides[0].name, sides[1].name);
    let path = picture::path(project, &[&head.workload, &between, view.name()]);
    let (before, after) = (base.tree.folded(base.seen().scale()), head.tree.folded(head.seen().scale()));
    let title = format!("{} by {}: {} -> {}", head.workload, view.name(), sides[0].name, sides[1].name);
    let subtitle = format!("width: {}; red: more than in {}, blue: less", sides[1].name, sides[0].name);
    let graph =
        FlameGraph { title: &title, subtitle: &subtitle, unit: view.raw_unit(), folded: &after, base: Some(&before) };
    picture::write(path, graph)
}
