//! Two profiles side by side: what differs, and the differential flame graph.

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

/// What costs another amount on the two sides.
pub(super) fn table(sides: &[Side], base: &Profile, head: &Profile, exact: bool) -> Table {
    let view = base.view;
    let place = if base.phase == head.phase { head.place() } else { head.workload.clone() };
    let title = format!("What differs by {} in {place}: {} -> {}", view.name(), sides[0].name, sides[1].name);
    difference_table(title, view, base.seen(), head.seen(), MOST, exact)
}

/// Draws the head's stacks, coloured by what they cost more or less than on the base side.
pub(super) fn draw(project: &Project, sides: &[Side], base: &Profile, head: &Profile) -> Result<Option<PathBuf>> {
    let view = base.view;
    let between = format!("{}-to-{}", sides[0].name, sides[1].name);
    let path = picture::path(project, &[&head.workload, &between, view.name()]);
    let (before, after) = (base.tree.folded(base.seen().scale()), head.tree.folded(head.seen().scale()));
    let title = format!("{} by {}: {} -> {}", head.workload, view.name(), sides[0].name, sides[1].name);
    let subtitle = format!("width: {}; red: more than in {}, blue: less", sides[1].name, sides[0].name);
    let graph =
        FlameGraph { title: &title, subtitle: &subtitle, unit: view.raw_unit(), folded: &after, base: Some(&before) };
    picture::write(&path, graph)
}
