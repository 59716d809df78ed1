//! The section of the records: the finding and the table.

use harness_record::distinct::distinct;

use super::{Best, Bests};
use crate::headline::unit;
use crate::render::{Cell, Table};
use crate::{ReportData, Section};

/// The section of the report; none if no complete run has a value.
pub fn section(report_data: &ReportData) -> Option<Section> {
    let bests = report_data.bests.as_ref()?;
    let last = rows(report_data, bests).pop()?;
    Some(Section {
        id: "records",
        title: "Records",
        says: vec![
            finding(bests, unit(&report_data.record, &bests.workload), last),
            newest(bests),
        ],
        tables: vec![table(report_data, bests)],
        ..Section::default()
    })
}

/// The bests in the order of the phases; those of phases that are gone come first.
fn rows<'a>(report_data: &ReportData, bests: &'a Bests) -> Vec<&'a Best> {
    let phases = report_data.record.phases();
    let mut rows: Vec<&Best> = bests.bests.iter().collect();
    rows.sort_by_key(|best| phases.iter().position(|phase| *phase == best.phase));
    rows
}

/// The sentence on the best of the last phase.
fn finding(bests: &Bests, unit: &str, last: &Best) -> String {
    let [date, revision, _] = &last.words;
    let over = last.over_anchors.last().map(|(anchor, gain)| {
        format!(
            ", {} over {anchor} in the same session",
            Cell::ratio(*gain).text
        )
    });
    format!(
        "The best of {} is {} {}, measured {date} at revision {revision}{}.",
        last.phase,
        Cell::figure(bests.metric, &last.value).text,
        bests.metric.title_per(unit),
        over.unwrap_or_default()
    )
}

/// The sentence on the records that the newest session holds.
fn newest(bests: &Bests) -> String {
    let held = bests
        .bests
        .iter()
        .filter(|best| best.created == bests.newest)
        .count();
    match bests.sessions {
        1 => "It is the only complete run of this machine.".to_owned(),
        several => format!(
            "Of {several} complete runs of this machine, the newest has the best value of {held} of {} phases.",
            bests.bests.len()
        ),
    }
}

fn table(report_data: &ReportData, bests: &Bests) -> Table {
    let metric = bests.metric;
    let title = metric.title_per(unit(&report_data.record, &bests.workload));
    let rows = rows(report_data, bests);
    let sources = distinct(rows.iter().map(|best| best.source.as_str()));
    let provenance = sources.join("; ");
    let mut table = Table::of(
        format!("{}, best {title} of each phase", bests.workload),
        rows,
    )
    .left("phase", "phase", |best| &best.phase)
    .right("best", &format!("best {title}"), |best| {
        Cell::figure(metric, &best.value)
    });
    for anchor in &report_data.anchors {
        table = table.right(
            &format!("gain_over_{anchor}"),
            &format!("speed, x {anchor}"),
            |best| {
                let mut gains = best.over_anchors.iter();
                let (_, gain) = gains.find(|(name, _)| name == anchor)?;
                Some(Cell::ratio(*gain))
            },
        );
    }
    table
        .left("before", "previous phase", |best| {
            best.before.as_ref().map(|before| Cell::text(&before.phase))
        })
        .right("before_value", "its value then", |best| {
            let before = best.before.as_ref()?;
            Some(Cell::figure(metric, &before.value))
        })
        .right("gain_over_before", "speed, x previous phase", |best| {
            best.before.as_ref()?.step.map(Cell::ratio)
        })
        .left("date", "date", |best| &best.words[0])
        .left("revision", "revision", |best| &best.words[1])
        .left("command", "command", |best| &best.words[2])
        .notes([
            "Each row stands on one session: its value, its ratios and its previous phase were measured in turn. Values of two rows come from different states of the machine and are not compared. Runs with --quick or --phase do not count, and neither do answers that are wrong or unchecked, other definitions of the workload and other machines. A revision with uncommitted changes is marked."
                .to_owned(),
            provenance,
        ])
        .without_empty_columns()
}
