//! The ledger: the gain of each phase over the previous one, with its costs beside it. The steps of a workload multiply to its
//! total, and so do their geometric means, because every phase has the same workloads.

mod step;
mod table;
#[cfg(test)]
mod tests;

use harness_record::number;

use crate::groups::parameters;
use crate::headline::headline;
use crate::{ReportData, Section};
use step::{Kind, Quantity, Steps};

/// The phases of the headline workload in their order, and the workloads that were measured in all of them.
#[derive(Debug)]
pub struct Ladder<'a> {
    /// The phases, at least two.
    pub phases: Vec<&'a str>,
    /// The workloads.
    pub workloads: Vec<&'a str>,
}

/// Returns the phases and their common workloads; none if there are fewer than two phases.
pub fn ladder(report_data: &ReportData) -> Option<Ladder<'_>> {
    let record = &report_data.record;
    let headline = headline(record)?;
    let phases: Vec<&str> = record
        .phases()
        .into_iter()
        .filter(|phase| record.row(headline, phase).is_some())
        .collect();
    let rows = record.index();
    // Sweeps and matrices have so many workloads that they would dominate the mean.
    let whole = |workload: &&str| {
        parameters(workload).is_none()
            && phases
                .iter()
                .all(|phase| rows.row(workload, phase).is_some())
    };
    let workloads = record.workloads().into_iter().filter(whole).collect();
    (phases.len() > 1).then_some(Ladder { phases, workloads })
}

/// The section of the report; none if there are fewer than two phases, or if nothing was compared.
pub fn section(report_data: &ReportData) -> Option<Section> {
    let ladder = ladder(report_data)?;
    let all: Vec<Steps<'_>> = Quantity::ALL
        .into_iter()
        .filter_map(|quantity| Steps::new(report_data, &ladder, quantity))
        .collect();
    let mut section = Section {
        id: "ledger",
        title: "Speedup by phase",
        ..Section::default()
    };
    section.says.extend(largest_step(&ladder, &all));
    section.says.extend(costs(&ladder, &all));
    section
        .tables
        .push(table::means(report_data, &ladder, &all));
    section
        .tables
        .extend(table::by_workload(report_data, &ladder));
    (!all.is_empty()).then_some(section)
}

/// The sentence on the whole gain in speed and on the largest step.
fn largest_step(ladder: &Ladder<'_>, all: &[Steps<'_>]) -> Option<String> {
    let speed = all.iter().find(|steps| steps.quantity.kind == Kind::Gain)?;
    let steps = speed.steps.iter().zip(&ladder.phases[1..]);
    let known = steps.filter_map(|(step, phase)| Some((step.mean()?, phase)));
    let (largest, phase) = known.max_by(|a, b| a.0.value.total_cmp(&b.0.value))?;
    let workloads = match speed.workloads.as_slice() {
        [one] => format!("in {one}"),
        several => format!("geometric mean over {} workloads", several.len()),
    };
    Some(format!(
        "From {} to {}, the speed changes by {} ({workloads}); the largest step is {phase}, {}.",
        ladder.phases[0],
        ladder.phases[ladder.phases.len() - 1],
        number::ratio(speed.total.mean()?.value),
        number::ratio(largest.value),
    ))
}

/// The sentence on the costs that rose, or that none did.
fn costs(ladder: &Ladder<'_>, all: &[Steps<'_>]) -> Option<String> {
    let costs: Vec<&Steps<'_>> = all
        .iter()
        .filter(|steps| steps.quantity.kind == Kind::Cost)
        .collect();
    let rise = |steps: &&Steps<'_>| {
        let risen = steps.steps.iter().zip(&ladder.phases[1..]);
        let risen = risen.filter_map(|(step, phase)| Some((step.rise(steps)?, phase)));
        let (largest, phase) = risen.max_by(|a, b| a.0.total_cmp(&b.0))?;
        let total = steps
            .total
            .mean()
            .map(|total| format!(" ({} over all steps)", number::ratio(total.value)));
        Some(format!(
            "{} {} in {phase}{}",
            steps.quantity.name,
            number::ratio(largest),
            total.unwrap_or_default()
        ))
    };
    let rises: Vec<String> = costs.iter().filter_map(rise).collect();
    let names: Vec<&str> = costs.iter().map(|steps| steps.quantity.name).collect();
    match (names.as_slice(), rises.as_slice()) {
        ([], _) => None,
        (_, []) => Some(format!("No cost rose in any step: {}.", names.join(", "))),
        (_, [one]) => Some(format!("A cost rose: {one}.")),
        _ => Some(format!("Costs rose: {}.", rises.join(", "))),
    }
}
