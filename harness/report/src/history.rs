//! The history of every workload: time over the records of this machine, instructions over these and the baselines in git.
//! One small panel for each workload, with its change points.

use harness_probe::Instrument;
use harness_record::choice::Choice;
use harness_record::history::{HistoryQuery, Reduced};
use harness_record::{Environment, metric};

use crate::charts::{Named, history};
use crate::groups::parameters;
use crate::{ReportData, Section};

/// A chart: file name, heading, metric, and the instrument whose readings a state needs.
type Wanted = (&'static str, &'static str, &'static str, Instrument);

const CHARTS: [Wanted; 2] = [
    (
        "history-time",
        "Time over records",
        "time",
        Instrument::Clock,
    ),
    (
        "history-instructions",
        "Instructions over records and baselines",
        "instructions",
        Instrument::Callgrind,
    ),
];

/// The fewest states that make a history: two are a comparison, which the status line of the last run has.
const FEWEST_STATES: usize = 3;

/// The section of the report; none if no workload has enough states.
pub fn section(report_data: &ReportData) -> Option<Section> {
    let anchor = report_data.anchors.first()?;
    let choice = Choice::new(&[], &[]).ok()?;
    let chart = |&(name, heading, metric, instrument): &Wanted| {
        let question = HistoryQuery {
            metric: metric::by_name(metric)?,
            choice: &choice,
            phases: &[],
            anchor: Some(anchor),
        };
        let (reducer, states) = report_data
            .past
            .followed(metric, |there| compares(report_data, instrument, there))?;
        let reduced: Vec<&Reduced> = states.iter().map(|one| one.record).collect();
        let mut series = reducer.series(&reduced, &question);
        // A sweep has a section of its own.
        series
            .retain(|one| one.points.len() >= FEWEST_STATES && parameters(&one.workload).is_none());
        let chart = history::panels(&series, &states, &question)?;
        Some(Named {
            name,
            heading,
            chart,
        })
    };
    let charts: Vec<Named> = CHARTS.iter().filter_map(chart).collect();
    let says = charts.iter().map(|named| named.chart.title().to_owned());
    let section = Section {
        id: "history",
        title: "History",
        says: says.collect(),
        ..Section::default()
    };
    (!charts.is_empty()).then_some(Section { charts, ..section })
}

/// The names of all possible charts.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    CHARTS.iter().map(|(name, ..)| *name)
}

/// Returns true if readings of an instrument in an environment compare with the report: of the same toolchain for counts, of
/// the same machine for times.
fn compares(report_data: &ReportData, instrument: Instrument, there: &Environment) -> bool {
    let here = &report_data.record.environment;
    match instrument.is_counted() {
        true => here.same_toolchain_outside_sources(there),
        false => here.same_machine(there),
    }
}

#[cfg(test)]
mod tests {
    use harness_record::history::{Dated, DatedRecord};
    use harness_record::sample::{callgrind, clock, record, row};

    use super::*;
    use crate::{Commands, Past};

    fn state(day: u32, instructions: u64) -> DatedRecord {
        let timed = |phase: &str, time: u64| {
            let readings = vec![clock("s", &[time; 4]), callgrind(instructions)];
            row("w", phase, readings)
        };
        DatedRecord {
            date: format!("2026-01-0{day}T00:00:00Z").parse().expect("a date"),
            commit: None,
            record: record(vec![timed("naive", 1000), timed("fast", 250)]),
        }
    }

    fn titles(past: Vec<DatedRecord>) -> Vec<&'static str> {
        let commands = Commands {
            ablation: String::new(),
            growth: String::new(),
            matrix: String::new(),
        };
        let now = state(9, 500).record;
        let mut report_data = ReportData::new("now.json", now, &["naive".to_owned()], commands);
        report_data.past = Past::new(Some("naive"), None);
        let kept = past.into_iter().map(|one| Dated {
            date: one.date,
            commit: one.commit,
            record: report_data.past.keep(&one.record),
        });
        report_data.past.states = kept.collect();
        let section = section(&report_data);
        section.map_or_else(Vec::new, |section| {
            section.charts.iter().map(|named| named.name).collect()
        })
    }

    #[test]
    fn a_history_needs_three_states_that_compare() {
        assert!(titles(Vec::new()).is_empty());
        assert!(titles(vec![state(1, 700), state(2, 500)]).is_empty());
        let both = ["history-time", "history-instructions"];
        let later = [state(2, 600), state(3, 500)];
        assert_eq!(titles([vec![state(1, 700)], later.to_vec()].concat()), both);
        let mut elsewhere = state(1, 700);
        elsewhere.record.environment.cpu = "Another CPU".to_owned();
        assert_eq!(
            titles([vec![elsewhere], later.to_vec()].concat()),
            both[1..]
        );
    }
}
