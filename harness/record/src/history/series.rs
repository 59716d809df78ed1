//! One workload in one phase over time, and where it changed.

use harness_abtest::{ChangePoint, change_points, noise_of};

use crate::choice::Choice;
use crate::history::DatedRecord;
use crate::metric::Metric;
use crate::{Check, Row};

/// The noise of counts, as a share: what a change of another line moves them by at most, as the limits allow it.
const COUNT_NOISE: f64 = 5e-4;

/// The noise of times that is assumed at least, as a share: a few that happen to agree show no step at their last digits.
pub const TIME_NOISE: f64 = 1e-2;

/// What is asked of the history.
#[derive(Debug)]
pub struct HistoryQuery<'a> {
    /// The metric.
    pub metric: &'static dyn Metric,
    /// Which workloads.
    pub choice: &'a Choice,
    /// Which phases; without any, the last of each workload.
    pub phases: &'a [String],
    /// The phase that times are held against.
    pub anchor: &'a str,
}

/// What became of a workload in a phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its id.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// From the oldest moment to the newest; never empty.
    pub points: Vec<Point>,
    /// Where it changed its level.
    pub jumps: Vec<LevelChange>,
    /// How many older points are not comparable: the workload was defined, or answered, in another way.
    pub redefined: usize,
}

/// A value at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Index of the moment.
    pub moment: usize,
    /// The figure; of a time, its ratio to the anchor's.
    pub value: f64,
}

/// A change of level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelChange {
    /// Index of the first point on the new level.
    pub point: usize,
    /// The level before.
    pub from: f64,
    /// The level from then on.
    pub to: f64,
}

impl Series {
    /// The values alone.
    pub fn values(&self) -> Vec<f64> {
        self.points.iter().map(|point| point.value).collect()
    }
}

/// The series that answer a question, in the order of the newest moment's rows.
pub fn series(dated_records: &[DatedRecord], question: &HistoryQuery<'_>) -> Vec<Series> {
    let Some(newest) = dated_records.last() else { return Vec::new() };
    let workloads = newest.record.workloads();
    let asked = workloads.into_iter().filter(|workload| question.choice.workload(workload));
    asked
        .flat_map(|workload| {
            let rows = newest.record.rows.iter().filter(move |row| row.workload == workload);
            let last = rows.clone().next_back().map(|row| row.phase.as_str());
            let is_asked = move |row: &&Row| match question.phases {
                [] => Some(row.phase.as_str()) == last,
                phases => phases.contains(&row.phase),
            };
            rows.filter(is_asked).filter_map(|row| of_row(dated_records, row, question))
        })
        .collect()
}

fn of_row(dated_records: &[DatedRecord], newest: &Row, question: &HistoryQuery<'_>) -> Option<Series> {
    let (mut points, mut redefined) = (Vec::new(), 0);
    for (index, moment) in dated_records.iter().enumerate() {
        let Some(row) = moment.record.row(&newest.workload, &newest.phase) else { continue };
        if row.definition != newest.definition || row.answer != newest.answer {
            redefined += points.len() + 1;
            points.clear();
            continue;
        }
        let value = value(moment, row, question).filter(|value| value.is_finite() && *value >= 0.0);
        points.extend(value.map(|value| Point { moment: index, value }));
    }
    if points.is_empty() {
        return None;
    }
    // On a logarithmic scale, where a share is a difference; from 1, because counts can be 0.
    let scaled: Vec<f64> = points.iter().map(|point| point.value.ln_1p()).collect();
    let jump = |pair: &[ChangePoint]| LevelChange {
        point: pair[1].start,
        from: pair[0].level.exp_m1(),
        to: pair[1].level.exp_m1(),
    };
    // Known of counts, whose steps in a short series are all there is to estimate it from.
    let noise = if question.metric.portable() { COUNT_NOISE } else { noise_of(&scaled).max(TIME_NOISE) };
    let jumps = change_points(&scaled, noise).windows(2).map(jump).collect();
    Some(Series { workload: newest.workload.clone(), phase: newest.phase.clone(), points, jumps, redefined })
}

fn value(moment: &DatedRecord, row: &Row, question: &HistoryQuery<'_>) -> Option<f64> {
    let passed = |row: &&Row| row.check == Check::Passed;
    if question.metric.portable() {
        return Some(question.metric.figure(Some(row).filter(passed)?)?.value);
    }
    let anchor = moment.record.row(&row.workload, question.anchor).filter(passed)?;
    Some(question.metric.ratio(anchor, Some(row).filter(passed)?)?.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric;
    use crate::sample::{callgrind, clock, record, row};

    fn dated_records(records: Vec<crate::Record>) -> Vec<DatedRecord> {
        let moment = |(second, record)| {
            let date = jiff::Timestamp::from_second(1_700_000_000 + second as i64).expect("a date");
            DatedRecord { date, commit: None, record }
        };
        records.into_iter().enumerate().map(moment).collect()
    }

    fn ask(dated_records: &[DatedRecord], metric: &str, phases: &[String]) -> Vec<Series> {
        let metric = metric::by_name(metric).expect("it is there");
        series(dated_records, &HistoryQuery { metric, choice: &Choice::default(), phases, anchor: "naive" })
    }

    #[test]
    fn counts_are_followed_to_where_they_change() {
        let counts = [1000, 1000, 1000, 1200, 1200, 1200];
        let records = counts.map(|count| {
            record(vec![row("w", "naive", vec![callgrind(9000)]), row("w", "fast", vec![callgrind(count)])])
        });
        let found = ask(&dated_records(records.to_vec()), "instructions", &[]);
        assert_eq!((found.len(), found[0].phase.as_str()), (1, "fast"));
        assert_eq!(found[0].values(), counts.map(|count| count as f64));
        let [jump] = found[0].jumps[..] else { panic!("{found:?}") };
        assert_eq!((jump.point, jump.from.round(), jump.to.round()), (3, 1000.0, 1200.0));
        assert_eq!(ask(&dated_records(records.to_vec()), "instructions", &["naive".to_owned()])[0].jumps, []);
    }

    #[test]
    fn what_was_defined_otherwise_is_another_series() {
        let mut records = vec![record(vec![row("w", "fast", vec![callgrind(1000)])]); 4];
        records[1].rows[0].definition = "another".to_owned();
        let found = ask(&dated_records(records), "instructions", &[]);
        assert_eq!((found[0].points.len(), found[0].redefined), (2, 2));
    }

    #[test]
    fn times_are_told_as_ratios_within_their_record() {
        let records = [2, 1].map(|factor| {
            let times = |time: u64| clock("a", &[time * factor, time * factor, time * factor]);
            record(vec![row("w", "naive", vec![times(1000)]), row("w", "fast", vec![times(250)])])
        });
        // A machine twice as fast on another day changes nothing.
        assert_eq!(ask(&dated_records(records.to_vec()), "time", &[])[0].values(), [0.25, 0.25]);
    }

    #[test]
    fn without_moments_there_is_nothing() {
        assert!(ask(&[], "instructions", &[]).is_empty());
    }
}
