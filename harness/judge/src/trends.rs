//! Trends: the values of a run and of the runs before it, for the sparkline beside each value.

use harness_record::choice::Choice;
use harness_record::history::{DatedRecord, HistoryQuery};
use harness_record::history::{TIME_NOISE, series};
use harness_record::{Record, Row, metric};

/// Metrics with a trend. Times of different days are not comparable, so a time is stated as the speedup over the anchor
/// phase in the same record.
pub const FOLLOWED: [&str; 4] = [
    "time",
    "instructions",
    "bytes-per-unit",
    "allocations-per-unit",
];

/// The trends of a run; the last value of each is that of the run itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trends {
    lines: Vec<Timeline>,
}

#[derive(Debug, Clone, PartialEq)]
struct Timeline {
    workload: String,
    phase: String,
    metric: &'static str,
    values: Vec<f64>,
}

/// Converts shares of the anchor's time to speedups. If all speedups agree within the noise of times, all become the
/// last one, because a sparkline would scale the noise to its full height.
fn speeds(shares: &[f64]) -> Vec<f64> {
    let speeds: Vec<f64> = shares.iter().map(|share| 1.0 / share).collect();
    let (low, high) = speeds
        .iter()
        .fold((f64::INFINITY, 0.0_f64), |(low, high), &x| {
            (low.min(x), high.max(x))
        });
    match speeds.last() {
        Some(&last) if high <= low * (1.0 + 2.0 * TIME_NOISE) => vec![last; speeds.len()],
        _ => speeds,
    }
}

impl Trends {
    /// Computes the trends of `now` after `earlier` records, oldest first. Trends of counts use the records of the same
    /// toolchain, trends of times use the records that contain the anchor. A single value has no trend.
    pub fn of(earlier: &[Record], now: &Record, anchor: Option<&str>) -> Self {
        let phases: Vec<String> = now.phases().into_iter().map(str::to_owned).collect();
        let key = |record: &Record| record.environment.portable_key(&record.environment.isa);
        let moment = |record: &Record| {
            let date = record.created.parse().unwrap_or_default();
            DatedRecord {
                date,
                commit: None,
                record: record.clone(),
            }
        };
        let of_times: Vec<DatedRecord> = earlier.iter().chain([now]).map(moment).collect();
        let of_counts: Vec<DatedRecord> = earlier
            .iter()
            .filter(|record| key(record).equals(&key(now)))
            .chain([now])
            .map(moment)
            .collect();
        let mut lines = Vec::new();
        for metric in FOLLOWED.into_iter().filter_map(metric::by_name) {
            let Some(anchor) = anchor.or(metric.portable().then_some("")) else {
                continue;
            };
            let dated_records = if metric.portable() {
                &of_counts
            } else {
                &of_times
            };
            let question = HistoryQuery {
                metric,
                choice: &Choice::default(),
                phases: &phases,
                anchor: Some(anchor),
            };
            for series in series(dated_records, &question) {
                let is_last = series
                    .points
                    .last()
                    .is_some_and(|point| point.moment + 1 == dated_records.len());
                // The ratio of the anchor to itself is always 1.
                if series.points.len() < 2
                    || !is_last
                    || (!metric.portable() && series.phase == anchor)
                {
                    continue;
                }
                let values = if metric.portable() {
                    series.values()
                } else {
                    speeds(&series.values())
                };
                lines.push(Timeline {
                    workload: series.workload,
                    phase: series.phase,
                    metric: metric.name(),
                    values,
                });
            }
        }
        Self { lines }
    }

    /// Returns the trend of a metric of a row; `None` if it was measured only once.
    pub fn values(&self, row: &Row, metric: &str) -> Option<&[f64]> {
        let found = |line: &&Timeline| {
            line.workload == row.workload && line.phase == row.phase && line.metric == metric
        };
        self.lines
            .iter()
            .find(found)
            .map(|line| line.values.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use harness_record::sample::{callgrind, clock, dhat, record, row};

    use super::*;

    /// A record of a day with a kernel in two phases. Phase `fast` is `speed` times as fast as phase `naive`.
    fn day(day: u32, speed: u64, instructions: u64) -> Record {
        let times = |time: u64| clock("a", &[time * u64::from(day); 3]);
        let naive = row("kernel", "naive", vec![times(1000), callgrind(9000)]);
        let fast = row(
            "kernel",
            "fast",
            vec![times(1000 / speed), callgrind(instructions), dhat(0, 0)],
        );
        Record {
            created: format!("2026-01-0{day}T00:00:00Z"),
            ..record(vec![naive, fast])
        }
    }

    const NONE: [f64; 0] = [];

    /// The trend, rounded to nine decimals: means of logarithms are not exact.
    fn trend(trends: &Trends, record: &Record, metric: &str) -> Vec<f64> {
        let row = record.row("kernel", "fast").expect("there");
        let values = trends.values(row, metric).unwrap_or_default().iter();
        values.map(|value| (value * 1e9).round() / 1e9).collect()
    }

    #[test]
    fn speed_is_followed_within_each_record_and_counts_by_themselves() {
        let earlier = [day(1, 2, 500), day(2, 4, 400)];
        let now = day(3, 5, 400);
        let trends = Trends::of(&earlier, &now, Some("naive"));
        assert_eq!(
            trend(&trends, &now, "time"),
            [2.0, 4.0, 5.0],
            "the machine was slower every day"
        );
        assert_eq!(trend(&trends, &now, "instructions"), [500.0, 400.0, 400.0]);
        assert_eq!(trend(&trends, &now, "bytes-per-unit"), [0.0, 0.0, 0.0]);
        assert_eq!(
            trends.values(&now.rows[0], "time"),
            None,
            "naive relative to naive"
        );
        assert!(trends.values(&now.rows[0], "instructions").is_some());
        assert_eq!(trend(&Trends::of(&earlier, &now, None), &now, "time"), NONE);
    }

    #[test]
    fn the_noise_of_times_is_no_trend() {
        assert_eq!(speeds(&[0.5, 0.505, 0.498]), [1.0 / 0.498; 3]);
        assert_eq!(speeds(&[0.5, 0.4]), [2.0, 2.5]);
        assert_eq!(speeds(&[]), NONE);
    }

    #[test]
    fn new_or_incomparable_values_have_no_trend() {
        let mut other = day(1, 2, 500);
        other.environment.rustc = "rustc 1.0.0".to_owned();
        let now = day(3, 5, 400);
        let trends = Trends::of(&[other], &now, Some("naive"));
        assert_eq!(trend(&trends, &now, "instructions"), NONE);
        assert_eq!(
            trend(&trends, &now, "time"),
            [2.0, 5.0],
            "the trend of times spans compiler versions"
        );
        let mut redefined = day(2, 2, 500);
        redefined.rows[1].definition.push_str(" otherwise");
        assert_eq!(
            trend(
                &Trends::of(&[redefined], &now, Some("naive")),
                &now,
                "instructions"
            ),
            NONE
        );
        let mut unread = now.clone();
        unread.rows[1].readings.clear();
        assert_eq!(
            trend(
                &Trends::of(&[day(1, 2, 500), day(2, 2, 500)], &unread, None),
                &unread,
                "instructions"
            ),
            NONE
        );
        assert_eq!(Trends::of(&[], &now, Some("naive")), Trends::default());
    }
}
