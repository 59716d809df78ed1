//! The table of times after a change.

use harness_abtest::Interval;
use harness_judge::time_change::TimeChange;
use harness_record::metric::{Figure, Quantity};
use harness_record::number::percent;

use crate::render::{Cell, Table, Tone};

/// One row for each workload: its time in the last build and in this one, and the difference. `first` is the difference
/// of this build from the first one of the session; none if the last build is the first.
pub fn times_table(last: &[TimeChange], first: Option<&[TimeChange]>) -> Table {
    let since_start = |timed: &TimeChange| {
        first?
            .iter()
            .find(|other| other.timed == timed.timed)
            .map(change)
    };
    let seconds = |value: f64| Cell::plain(Quantity::Seconds, value);
    Table::of("time, measured in turn with the last build", last)
        .left("workload", "workload", |timed| &timed.timed.workload)
        .left("phase", "phase", |timed| &timed.timed.phase)
        .left("metric", "metric", |_| "time")
        .right("before", "before", |timed| {
            timed.seconds.map(|(before, _)| seconds(before))
        })
        .right("after", "after", |timed| {
            timed.seconds.map(|(_, after)| seconds(after))
        })
        .left("change", "change", |timed| change(timed))
        .left_if(first.is_some(), "since_start", "since the start", |timed| {
            since_start(timed)
        })
        .table
}

/// The change, or the largest change that may have been missed. An unseen difference is never reported as equal.
fn change(timed: &TimeChange) -> Cell {
    if let Some(failure) = &timed.failure {
        return Cell::text(failure).toned(Tone::Bad);
    }
    match (timed.ratio, timed.within) {
        (None, _) => Cell::text("not measured").toned(Tone::Notice),
        (
            Some(Figure {
                value, interval, ..
            }),
            _,
        ) if timed.differs => {
            let ends = interval.map(|Interval { low, high, .. }| {
                format!(" [{}, {}]", percent(low), percent(high))
            });
            let tone = if value > 1.0 { Tone::Bad } else { Tone::Good };
            Cell::number(value, percent(value) + &ends.unwrap_or_default()).toned(tone)
        }
        (Some(ratio), Some(within)) => {
            let within = percent(1.0 + within).replacen('+', "within ", 1);
            Cell::number(ratio.value, format!("no difference seen ({within})")).toned(Tone::Quiet)
        }
        (Some(ratio), None) => {
            Cell::number(ratio.value, format!("too few pairs ({})", timed.pairs))
                .toned(Tone::Notice)
        }
    }
}

#[cfg(test)]
mod tests {
    use harness_abtest::TimedPhase;

    use super::*;
    use crate::render::Format;

    fn timed(workload: &str, ratio: Option<(f64, Option<(f64, f64)>)>, pairs: usize) -> TimeChange {
        let interval = ratio
            .and_then(|(_, ends)| ends)
            .map(|(low, high)| Interval {
                low,
                high,
                level: 0.95,
            });
        TimeChange {
            timed: TimedPhase {
                workload: workload.to_owned(),
                phase: "optimized".to_owned(),
            },
            pairs,
            seconds: ratio.map(|(value, _)| (2e-6, 2e-6 * value)),
            ratio: ratio.map(|(value, _)| Figure::with_interval(value, interval)),
            within: interval.map(|interval| (1.0 - interval.low).max(interval.high - 1.0)),
            differs: interval.is_some_and(|interval| interval.excludes(1.0, 0.95)),
            failure: None,
        }
    }

    #[test]
    fn a_difference_has_another_tone_than_none_that_was_seen() {
        let mut broken = timed("kernel/broken", None, 0);
        broken.failure = Some("head side: wrong answer: 3 is not 4".to_owned());
        let last = [
            timed("kernel/slower", Some((1.031, Some((1.025, 1.04)))), 14),
            timed("kernel/faster", Some((0.8, Some((0.79, 0.82)))), 14),
            timed("kernel/same", Some((1.001, Some((0.994, 1.007)))), 14),
            timed("kernel/few", Some((0.98, None)), 1),
            timed("kernel/none", None, 0),
            broken,
        ];
        let first = [timed("kernel/slower", Some((0.9, Some((0.89, 0.91)))), 9)];
        let shown = |first: Option<&[TimeChange]>| {
            let table = times_table(&last, first);
            let tones: Vec<Tone> = table.rows.iter().map(|row| row[5].tone).collect();
            let expected = [
                Tone::Bad,
                Tone::Good,
                Tone::Quiet,
                Tone::Notice,
                Tone::Notice,
                Tone::Bad,
            ];
            assert_eq!(tones, expected);
            anstream::adapter::strip_str(&Format::TABLE.render(&[table])).to_string()
        };
        insta::assert_snapshot!("against_the_last_build", shown(None));
        insta::assert_snapshot!("and_against_the_first", shown(Some(&first)));
    }
}
