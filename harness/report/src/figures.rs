//! Figures and ratios as a report shows them: either a number, or the reason why there is none.

use std::fmt;

use harness_abtest::Interval;
use harness_record::metric::{self, Figure, Metric};
use harness_record::{Check, Row};

/// Why a number is missing. A missing number is shown as missing, with this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absent {
    /// The phase was not measured with this workload, or the instrument was not asked.
    NotMeasured,
    /// The instrument was asked and failed, and what it said.
    Failed(String),
    /// The metric says nothing about this workload.
    NoMeaning,
    /// One of the two answers is not known to be right, so their costs do not compare.
    AnswerNotRight,
    /// The two rows are of different work: definition or answer differ.
    OtherWork,
    /// The phase to compare with has no such figure.
    NoBase,
    /// The phase to compare with needs none of it: nothing can be divided by zero.
    BaseIsZero,
    /// Wall times compare only where they were measured in alternation.
    NotSideBySide,
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotMeasured => "not measured",
            Self::Failed(message) => message,
            Self::NoMeaning => "has no meaning for this workload",
            Self::AnswerNotRight => "not compared: an answer is not known to be right",
            Self::OtherWork => "changed: not the same work, so not compared",
            Self::NoBase => "nothing to compare with",
            Self::BaseIsZero => "the phase to compare with needs none",
            Self::NotSideBySide => "not measured side by side, so not compared",
        })
    }
}

/// The figure of a row, or why there is none.
///
/// # Errors
/// The reason why there is none.
pub fn figure(metric: &dyn Metric, row: Option<&Row>) -> Result<Figure, Absent> {
    let row = row.ok_or(Absent::NotMeasured)?;
    if let Some(figure) = metric.figure(row) {
        return Ok(figure);
    }
    match (row.failure(metric.instrument()), row.reading(metric.instrument())) {
        (Some(message), _) => Err(Absent::Failed(message.to_owned())),
        (None, Some(_)) => Err(Absent::NoMeaning),
        (None, None) => Err(Absent::NotMeasured),
    }
}

/// `head` over `base`, or why there is no such ratio.
///
/// # Errors
/// The reason why there is none.
pub fn ratio(metric: &dyn Metric, base: Option<&Row>, head: &Row) -> Result<Figure, Absent> {
    figure(metric, Some(head))?;
    let base = comparable(base, head)?;
    let base_figure = figure(metric, Some(base)).map_err(|_| Absent::NoBase)?;
    metric.ratio(base, head).ok_or(if !metric.portable() {
        Absent::NotSideBySide
    } else if base_figure.value == 0.0 {
        Absent::BaseIsZero
    } else {
        Absent::NoBase
    })
}

/// How many times as fast as `base` the work of `head` is done: by tokens per second where there are tokens, by time
/// elsewhere.
///
/// # Errors
/// The reason why there is none.
pub fn speed(base: Option<&Row>, head: &Row) -> Result<Figure, Absent> {
    let throughput = metric::by_name("tokens-per-second").ok_or(Absent::NoMeaning)?;
    if throughput.figure(head).is_some() {
        return ratio(throughput, base, head);
    }
    let time = metric::by_name("time").ok_or(Absent::NoMeaning)?;
    ratio(time, base, head).map(|slower| Figure {
        value: 1.0 / slower.value,
        interval: slower.interval.map(|ends| Interval { low: 1.0 / ends.high, high: 1.0 / ends.low, ..ends }),
    })
}

/// Whether the numbers of a row may be held against others: only a right answer's cost means anything.
pub fn trusted(row: &Row) -> bool {
    row.check == Check::Passed
}

fn comparable<'a>(base: Option<&'a Row>, head: &Row) -> Result<&'a Row, Absent> {
    let base = base.ok_or(Absent::NoBase)?;
    if base.definition != head.definition || base.answer != head.answer {
        return Err(Absent::OtherWork);
    }
    if trusted(base) && trusted(head) { Ok(base) } else { Err(Absent::AnswerNotRight) }
}

#[cfg(test)]
mod tests {
    use harness_probe::Instrument;
    use harness_record::{Failure, sample};

    use super::*;

    fn row(session: &str, nanoseconds: u64) -> Row {
        let mut row = sample::row("w", "p", vec![sample::clock(session, &[nanoseconds; 8])]);
        row.unit.name = "call".to_owned();
        row.failures = vec![Failure { instrument: Instrument::Dhat, message: "out of memory".into() }];
        row
    }

    fn named(name: &str) -> &'static dyn Metric {
        metric::by_name(name).expect("a metric of that name")
    }

    #[test]
    fn every_gap_has_its_reason() {
        let head = row("s", 10);
        assert_eq!(figure(named("time"), None), Err(Absent::NotMeasured));
        assert_eq!(figure(named("instructions"), Some(&head)), Err(Absent::NotMeasured));
        assert_eq!(figure(named("peak-bytes"), Some(&head)), Err(Absent::Failed("out of memory".into())));
        assert_eq!(figure(named("time-to-first-token"), Some(&head)), Err(Absent::NoMeaning));
        assert_eq!(ratio(named("time"), None, &head), Err(Absent::NoBase));
        assert_eq!(ratio(named("time"), Some(&row("another session", 10)), &head), Err(Absent::NotSideBySide));
        let changed = Row { answer: "b".into(), ..row("s", 10) };
        assert_eq!(ratio(named("time"), Some(&changed), &head), Err(Absent::OtherWork));
        let wrong = Row { check: Check::Failed("no".into()), ..row("s", 10) };
        assert_eq!(ratio(named("time"), Some(&wrong), &head), Err(Absent::AnswerNotRight));
        assert_eq!(ratio(named("time"), Some(&head), &wrong), Err(Absent::AnswerNotRight));
    }

    #[test]
    fn speed_of_a_call_is_the_inverse_of_its_time() {
        let figure = speed(Some(&row("s", 1000)), &row("s", 10)).expect("measured side by side");
        assert!((figure.value - 100.0).abs() < 1e-9, "{figure:?}");
        let interval = figure.interval.expect("eight rounds");
        assert!(interval.low <= figure.value && figure.value <= interval.high);
    }
}
