//! Groups of measurements that differ in a parameter: the phases of an ablation, the sizes of a sweep, the combinations of a
//! matrix. Each use of groups is a section, with its finding, and a chart and a table for each group.

mod ablation;
mod matrix;
mod parameters;
pub(crate) mod positions;
mod power_law;
mod sweeps;

pub(super) use parameters::parameters;

use crate::charts::Named;
use crate::render::Table;
use crate::{Commands, Gap, ReportData, Section};

/// A group on the page.
struct Group {
    chart: Option<Named>,
    table: Table,
}

/// The groups of a use, in the order they are shown; those with a chart come first.
struct Groups {
    /// The finding, at most two sentences.
    says: Vec<String>,
    groups: Vec<Group>,
    /// The subject and verb of the sentence on missing measurements, if some are missing.
    missing: Option<String>,
}

/// A use of groups.
pub(super) struct Use {
    id: &'static str,
    title: &'static str,
    groups: fn(&ReportData) -> Groups,
    /// The command that takes the measurements.
    command: fn(&Commands) -> &String,
}

/// Every use, in the order of the page.
pub(super) const USES: [&Use; 3] = [&ABLATION, &GROWTH, &MATRIX];

/// The gain of each optimization alone and at the end.
pub(super) const ABLATION: Use = Use {
    id: "ablation",
    title: "Ablation",
    groups: ablation::groups,
    command: |commands| &commands.ablation,
};
/// The growth of costs with sizes, threads and streams.
pub(super) const GROWTH: Use = Use {
    id: "growth",
    title: "Growth",
    groups: sweeps::groups,
    command: |commands| &commands.growth,
};
/// Every measured combination.
pub(super) const MATRIX: Use = Use {
    id: "matrix",
    title: "Benchmark matrix",
    groups: matrix::groups,
    command: |commands| &commands.matrix,
};

/// The section of the report; none if nothing of it was measured.
pub(super) fn section(report_data: &ReportData, of: &Use) -> Option<Section> {
    let Groups {
        says,
        groups,
        missing,
    } = (of.groups)(report_data);
    if groups.is_empty() {
        return None;
    }
    let mut section = Section {
        id: of.id,
        title: of.title,
        says,
        missing: missing
            .iter()
            .map(|what| Section::not_measured(what, (of.command)(&report_data.commands)))
            .collect(),
        ..Section::default()
    };
    for group in groups {
        let fresh = |named: &Named| section.charts.iter().all(|known| known.name != named.name);
        section.charts.extend(group.chart.filter(fresh));
        section.tables.push(group.table);
    }
    Some(section)
}

/// The gap of this use, if nothing of it was measured.
pub(super) fn not_measured(report_data: &ReportData, of: &Use) -> Option<Gap> {
    let gap = Section::not_measured(
        &format!("{} is", of.title),
        (of.command)(&report_data.commands),
    );
    (of.groups)(report_data).groups.is_empty().then_some(gap)
}

/// The names of all possible charts.
pub(super) fn chart_names() -> impl Iterator<Item = &'static str> {
    ablation::chart_names()
        .chain(sweeps::chart_names())
        .chain(matrix::chart_names())
}
