//! Groups of measurements that differ in a parameter: the phases of an ablation, the sizes of a sweep, the combinations of a
//! matrix. Each use of groups is a section, with sentences, a chart and a table for each group.

mod ablation;
mod exponent;
mod matrix;
mod parameters;
pub(crate) mod positions;
mod sweeps;

pub(super) use parameters::parameters;

use crate::charts::Named;
use crate::render::Table;
use crate::{Commands, ReportData, Section};

/// A group on the page.
struct Group {
    /// The finding first.
    says: Vec<String>,
    chart: Option<Named>,
    table: Table,
}

/// A use of groups.
pub(super) struct Use {
    id: &'static str,
    title: &'static str,
    /// Returns the groups, and the subject and verb of the sentence on missing measurements, if some are missing.
    groups: fn(&ReportData) -> (Vec<Group>, Option<String>),
    /// The command that takes the measurements.
    command: fn(&Commands) -> &String,
}

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

/// The section of the report. Without measurements it has the command that takes them.
pub(super) fn section(report_data: &ReportData, of: &Use) -> Section {
    let mut section = Section {
        id: of.id,
        title: of.title,
        ..Section::default()
    };
    let (groups, missing) = (of.groups)(report_data);
    for group in groups {
        section.says.extend(group.says);
        let fresh = |named: &Named| section.charts.iter().all(|known| known.name != named.name);
        section.charts.extend(group.chart.filter(fresh));
        section.tables.push(group.table);
    }
    section.missing = missing
        .iter()
        .map(|what| Section::not_measured(what, (of.command)(&report_data.commands)))
        .collect();
    section
}

/// The names of all possible charts.
pub(super) fn chart_names() -> impl Iterator<Item = &'static str> {
    ablation::chart_names()
        .chain(sweeps::chart_names())
        .chain(matrix::chart_names())
}
