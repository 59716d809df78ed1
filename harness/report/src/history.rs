//! The history of every workload: time over the records of this machine, instructions over these and the baselines in git.
//! One small panel for each workload, with its change points.

use harness_probe::Instrument;
use harness_record::choice::Choice;
use harness_record::history::{DatedRecord, HistoryQuery, series};
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
        let states = states(report_data, instrument);
        let mut series = series(&states, &question);
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

/// The states with readings of an instrument that compare with the report: of the same toolchain for counts, of the same
/// machine for times.
fn states(report_data: &ReportData, instrument: Instrument) -> Vec<DatedRecord> {
    let here = &report_data.record.environment;
    let compares = |there: &Environment| match instrument.is_counted() {
        true => here.same_toolchain_outside_sources(there),
        false => here.same_machine(there),
    };
    let has_readings = |one: &&DatedRecord| {
        let mut rows = one.record.rows.iter();
        rows.any(|row| row.reading(instrument).is_some())
    };
    let comparable = report_data.past.iter().filter(has_readings);
    comparable
        .filter(|one| !one.record.quick && compares(&one.record.environment))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use harness_record::sample::{callgrind, clock, record, row};

    use super::*;
    use crate::Commands;

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
        report_data.past = past;
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
