//! Values of one workload in one phase over time, with change points.

use harness_abtest::{ChangePoint, change_points, noisy_change_points};

use crate::choice::Choice;
use crate::history::{DatedRecord, Reduced, Reducer};
use crate::metric::Metric;

/// Noise of counts, as a share: the largest effect of an unrelated change, as the limits allow it.
const COUNT_NOISE: f64 = 5e-4;

/// Lower bound of the noise of times, as a share. Without it, a few times that agree by chance would show steps in
/// their last digits.
pub const TIME_NOISE: f64 = 1e-2;

/// A query of the history.
#[derive(Debug)]
pub struct HistoryQuery<'a> {
    /// The metric.
    pub metric: &'static Metric,
    /// Selected workloads.
    pub choice: &'a Choice,
    /// Selected phases; if empty, the last phase of each workload.
    pub phases: &'a [String],
    /// Phase that times are compared with. Without one, times are shown as they are: those of imports, which have no
    /// phases.
    pub anchor: Option<&'a str>,
}

/// The history of a workload in a phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The workload's id.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// Name of the unit of work of the workload.
    pub unit: String,
    /// Values from the oldest record to the newest; never empty.
    pub points: Vec<Point>,
    /// Change points.
    pub jumps: Vec<LevelChange>,
    /// Number of older points that are not comparable, because the definition or the answer of the workload differed.
    pub redefined: usize,
}

/// A value of one record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Index of the record.
    pub moment: usize,
    /// The value; for a time, its ratio to the anchor phase.
    pub value: f64,
}

/// A change point: the level before and after it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelChange {
    /// Index of the first point on the new level.
    pub point: usize,
    /// Level before the change.
    pub from: f64,
    /// Level from this point on.
    pub to: f64,
}

impl Series {
    /// A series of these points, with its change points; none without points. `exact` is true for counts, whose noise is
    /// known; the noise of other values is estimated from the values.
    pub fn new(
        (workload, phase, unit): (&str, &str, &str),
        points: Vec<Point>,
        redefined: usize,
        exact: bool,
    ) -> Option<Self> {
        if points.is_empty() {
            return None;
        }
        // On a logarithmic scale equal shares are equal differences. Counts can be 0, so theirs is ln(1 + value); for a
        // ratio of times such as 1/100, that would make shares small.
        let scale = |value: f64| match exact {
            true => value.ln_1p(),
            false => value.max(f64::MIN_POSITIVE).ln(),
        };
        let unscale = |level: f64| match exact {
            true => level.exp_m1(),
            false => level.exp(),
        };
        let scaled: Vec<f64> = points.iter().map(|point| scale(point.value)).collect();
        let jump = |pair: &[ChangePoint]| LevelChange {
            point: pair[1].start,
            from: unscale(pair[0].level),
            to: unscale(pair[1].level),
        };
        // Estimated from a short series, the noise of counts would include the steps.
        let segments = match exact {
            true => change_points(&scaled, COUNT_NOISE),
            false => noisy_change_points(&scaled, TIME_NOISE),
        };
        let jumps = segments.windows(2).map(jump).collect();
        Some(Self {
            workload: workload.to_owned(),
            phase: phase.to_owned(),
            unit: unit.to_owned(),
            points,
            jumps,
            redefined,
        })
    }

    /// Returns the values of all points.
    pub fn values(&self) -> Vec<f64> {
        self.points.iter().map(|point| point.value).collect()
    }
}

/// Returns the name of a metric for these series, with their unit if they have one unit.
pub fn title<'a>(metric: &Metric, series: impl IntoIterator<Item = &'a Series>) -> String {
    let mut units = series.into_iter().map(|one| one.unit.as_str());
    match units.next() {
        Some(first) if units.all(|unit| unit == first) => metric.title_per(first),
        _ => metric.title().to_owned(),
    }
}

/// Computes the series that a query selects, in the order of the rows of the newest record.
pub fn series(dated_records: &[DatedRecord], question: &HistoryQuery<'_>) -> Vec<Series> {
    let reducer = Reducer::new(question.metric, question.anchor);
    let reduced: Vec<Reduced> = dated_records
        .iter()
        .map(|moment| reducer.reduce(&moment.record))
        .collect();
    reducer.series(&reduced.iter().collect::<Vec<_>>(), question)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric;
    use crate::sample::{callgrind, clock, record, row};

    fn dated_records(records: Vec<crate::Record>) -> Vec<DatedRecord> {
        let moment = |(second, record)| {
            let date = jiff::Timestamp::from_second(1_700_000_000 + second as i64).expect("a date");
            DatedRecord {
                date,
                commit: None,
                record,
            }
        };
        records.into_iter().enumerate().map(moment).collect()
    }

    fn query(dated_records: &[DatedRecord], metric: &str, phases: &[String]) -> Vec<Series> {
        let metric = metric::by_name(metric).expect("it is there");
        series(
            dated_records,
            &HistoryQuery {
                metric,
                choice: &Choice::default(),
                phases,
                anchor: Some("naive"),
            },
        )
    }

    #[test]
    fn counts_are_followed_to_where_they_change() {
        let counts = [1000, 1000, 1000, 1200, 1200, 1200];
        let records = counts.map(|count| {
            record(vec![
                row("w", "naive", vec![callgrind(9000)]),
                row("w", "fast", vec![callgrind(count)]),
            ])
        });
        let found = query(&dated_records(records.to_vec()), "instructions", &[]);
        assert_eq!((found.len(), found[0].phase.as_str()), (1, "fast"));
        assert_eq!(found[0].values(), counts.map(|count| count as f64));
        let [jump] = found[0].jumps[..] else {
            panic!("{found:?}")
        };
        assert_eq!(
            (jump.point, jump.from.round(), jump.to.round()),
            (3, 1000.0, 1200.0)
        );
        assert_eq!(
            query(
                &dated_records(records.to_vec()),
                "instructions",
                &["naive".to_owned()]
            )[0]
            .jumps,
            []
        );
    }

    #[test]
    fn another_definition_starts_another_series() {
        let mut records = vec![record(vec![row("w", "fast", vec![callgrind(1000)])]); 4];
        records[1].rows[0].definition = "another".to_owned();
        let found = query(&dated_records(records), "instructions", &[]);
        assert_eq!((found[0].points.len(), found[0].redefined), (2, 2));
    }

    #[test]
    fn times_are_ratios_within_their_record() {
        let records = [2, 1].map(|factor| {
            let times = |time: u64| clock("a", &[time * factor, time * factor, time * factor]);
            record(vec![
                row("w", "naive", vec![times(1000)]),
                row("w", "fast", vec![times(250)]),
            ])
        });
        // A machine twice as fast on another day changes nothing.
        let series = query(&dated_records(records.to_vec()), "time", &[]);
        let quarter = |value: &f64| (value - 0.25).abs() < 1e-9;
        let values = series[0].values();
        assert!(
            values.len() == 2 && values.iter().all(quarter),
            "{values:?}"
        );
    }

    /// A step of a small ratio is found like that of a large one.
    #[test]
    fn times_of_fast_phases_have_change_points() {
        let records = [100, 100, 100, 80, 80, 80].map(|time| {
            record(vec![
                row("w", "naive", vec![clock("a", &[10_000; 3])]),
                row("w", "fast", vec![clock("a", &[time; 3])]),
            ])
        });
        let found = query(&dated_records(records.to_vec()), "time", &[]);
        let [jump] = found[0].jumps[..] else {
            panic!("{found:?}")
        };
        assert!((jump.from - 0.01).abs() < 1e-9 && (jump.to - 0.008).abs() < 1e-9);
    }

    #[test]
    fn without_records_there_is_no_series() {
        assert!(query(&[], "instructions", &[]).is_empty());
    }
}
