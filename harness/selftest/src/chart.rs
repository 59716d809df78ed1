//! The estimates of all trials as a chart.

use std::collections::BTreeSet;

use harness_report::render::chart::{Chart, DotChart, DotKind, DotRow};

use crate::group::percentages;
use crate::table::headline;
use crate::{Milli, Role, Row, WorkloadResult};

/// Indices of the kinds of dots.
const QUIET: usize = 0;
const FOUND: usize = 1;
const FALSE: usize = 2;

/// The estimates of unchanged code by kind, then those of slowed workloads by percentage; none without trials.
pub fn chart(rows: &[Row]) -> Option<Chart> {
    let last = rows.iter().map(|row| row.date).max()?;
    let kind = |name: &str, place, is_cross| DotKind {
        name: name.to_owned(),
        place,
        is_cross,
    };
    let machines: BTreeSet<&str> = rows.iter().map(|row| row.machine.as_str()).collect();
    let subtitle = format!(
        "{} gates on {}, the last on {}. One dot for each timed workload of a gate; of slowdowns, only the slowed workloads \
         and those that were red. The stroke is the true change.",
        rows.len(),
        Vec::from_iter(machines).join("; "),
        last.to_string().split('T').next().unwrap_or_default(),
    );
    let dots = DotChart {
        axis: "estimate of the change, in percent".to_owned(),
        kinds: vec![
            kind("not red", None, false),
            kind("red on a slowed workload", Some(6), false),
            kind("red on another workload", None, true),
        ],
        rows: dot_rows(rows),
    };
    Some(Chart::new(headline(rows), subtitle, dots))
}

/// Rows of dots: unchanged code by kind, then slowed workloads by percentage.
fn dot_rows(rows: &[Row]) -> Vec<DotRow> {
    let kinds: BTreeSet<&str> = rows
        .iter()
        .filter(|row| !row.is_slowdown())
        .map(|row| row.kind.as_str())
        .collect();
    let unchanged = kinds.into_iter().map(|kind| {
        dots(kind, 0.0, rows, |row| {
            !row.is_slowdown() && row.kind == kind
        })
    });
    let slowdowns = percentages(rows).into_iter();
    let slowdowns = slowdowns.map(|percent| {
        dots(&format!("+{percent} %"), percent, rows, move |row| {
            row.percent == Some(percent)
        })
    });
    unchanged.chain(slowdowns).collect()
}

/// The estimates of the trials that `is_of` selects.
fn dots(name: &str, truth: f64, rows: &[Row], is_of: impl Fn(&Row) -> bool) -> DotRow {
    let rows: Vec<&Row> = rows.iter().filter(|row| is_of(row)).collect();
    let dot = |row: &Row, one: &WorkloadResult| {
        let is_red = row.red().any(|red| red == one);
        let kind = match (is_red, one.role) {
            (true, Role::Slowed) => FOUND,
            (true, Role::Same) => FALSE,
            (false, Role::Slowed) => QUIET,
            (false, Role::Same) if !row.is_slowdown() => QUIET,
            _ => return None,
        };
        Some((one.estimate.map(Milli::value)?, kind))
    };
    let red = rows.iter().filter(|row| row.is_red()).count();
    DotRow {
        name: name.to_owned(),
        truth,
        dots: rows
            .iter()
            .flat_map(|row| row.workloads.iter().filter_map(|one| dot(row, one)))
            .collect(),
        label: format!("{red} of {} red", rows.len()),
    }
}

#[cfg(test)]
mod tests {
    use harness_abtest::Verdict;
    use harness_judge::gate::TimeOutcome;

    use super::*;
    use crate::row::tests::{slowdown, unchanged};

    #[test]
    fn each_kind_and_percentage_has_a_row_of_its_dots() {
        let rows = [
            unchanged(1, TimeOutcome::Verdict(Verdict::Regressed), 2.0),
            unchanged(0, TimeOutcome::Verdict(Verdict::NotSlower), 0.1),
            slowdown(5.0, 1, TimeOutcome::Verdict(Verdict::Regressed), 5.1),
            slowdown(0.5, 0, TimeOutcome::Verdict(Verdict::NotSlower), 0.4),
        ];
        let drawn = dot_rows(&rows);
        let drawn: Vec<_> = drawn
            .iter()
            .map(|row| (row.name.as_str(), row.label.as_str(), row.dots.clone()))
            .collect();
        assert_eq!(
            drawn,
            [
                ("comment", "1 of 2 red", vec![(2.0, FALSE), (0.1, QUIET)]),
                ("+0.5 %", "0 of 1 red", vec![(0.4, QUIET)]),
                ("+5 %", "1 of 1 red", vec![(5.1, FOUND)]),
            ]
        );
        assert!(chart(&rows).is_some() && chart(&[]).is_none());
    }
}
