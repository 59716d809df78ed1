//! Figures and ratios of a report: a number, or the reason why it is missing.

use harness_abtest::Interval;
use harness_record::Row;
use harness_record::metric::{self, Figure, Metric};

/// The reason why a number is missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Absent {
    /// The phase was not measured with this workload, or the instrument did not run.
    #[error("not measured")]
    NotMeasured,
    /// The instrument failed, with its message.
    #[error("{0}")]
    Failed(String),
    /// The metric does not apply to this workload.
    #[error("does not apply to this workload")]
    NoMeaning,
    /// One of the two answers is wrong or was not checked, so their costs cannot be compared.
    #[error("not compared: an answer is wrong or unchecked")]
    AnswerNotRight,
    /// The two rows did different work: definition or answer differ.
    #[error("not compared: the work has changed")]
    OtherWork,
    /// The base has no such figure.
    #[error("nothing to compare with")]
    NoBase,
    /// The base is zero, so there is no ratio.
    #[error("not compared: the base is zero")]
    BaseIsZero,
    /// Wall times were not measured in alternation, so they cannot be compared.
    #[error("not compared: not measured side by side")]
    NotSideBySide,
}

/// Returns the figure of a row.
///
/// # Errors
/// The reason why the figure is missing.
pub fn figure(metric: &Metric, row: Option<&Row>) -> Result<Figure, Absent> {
    let row = row.ok_or(Absent::NotMeasured)?;
    if let Some(figure) = metric.figure(row) {
        return Ok(figure);
    }
    match (
        row.failure(metric.instrument()),
        row.reading(metric.instrument()),
    ) {
        (Some(message), _) => Err(Absent::Failed(message.to_owned())),
        (None, Some(_)) => Err(Absent::NoMeaning),
        (None, None) => Err(Absent::NotMeasured),
    }
}

/// Returns the ratio `head / base` of a metric.
///
/// # Errors
/// The reason why the ratio is missing.
pub fn ratio(metric: &Metric, base: Option<&Row>, head: &Row) -> Result<Figure, Absent> {
    figure(metric, Some(head))?;
    let base = comparable(base, head)?;
    let base_figure = figure(metric, Some(base)).map_err(|_| Absent::NoBase)?;
    if base == head && base_figure.value != 0.0 {
        return Ok(Figure::exact(1.0));
    }
    metric.ratio(base, head).ok_or(if !metric.portable() {
        Absent::NotSideBySide
    } else if base_figure.value == 0.0 {
        Absent::BaseIsZero
    } else {
        Absent::NoBase
    })
}

/// Returns the speedup of `head` over `base`: by tokens per second if the workload yields tokens, else by time.
///
/// # Errors
/// The reason why the speedup is missing.
pub fn speed(base: Option<&Row>, head: &Row) -> Result<Figure, Absent> {
    let throughput = metric::by_name("tokens-per-second").ok_or(Absent::NoMeaning)?;
    if throughput.figure(head).is_some() {
        return ratio(throughput, base, head);
    }
    let time = metric::by_name("time").ok_or(Absent::NoMeaning)?;
    ratio(time, base, head).map(inverse)
}

/// The inverse of a ratio.
pub(crate) fn inverse(ratio: Figure) -> Figure {
    let inverse = |ends: Interval| Interval {
        low: 1.0 / ends.high,
        high: 1.0 / ends.low,
        ..ends
    };
    Figure {
        value: 1.0 / ratio.value,
        interval: ratio.interval.map(inverse),
        ..ratio
    }
}

/// Returns true if the numbers of a row may be compared: only the cost of a correct answer counts.
pub fn trusted(row: &Row) -> bool {
    row.check.is_fine()
}

fn comparable<'a>(base: Option<&'a Row>, head: &Row) -> Result<&'a Row, Absent> {
    let base = base.ok_or(Absent::NoBase)?;
    if base.definition != head.definition || base.answer != head.answer {
        return Err(Absent::OtherWork);
    }
    if trusted(base) && trusted(head) {
        Ok(base)
    } else {
        Err(Absent::AnswerNotRight)
    }
}

#[cfg(test)]
mod tests {
    use harness_probe::Instrument;
    use harness_record::{Failure, sample};

    use super::*;

    fn row(session: &str, nanoseconds: u64) -> Row {
        let mut row = sample::row("w", "p", vec![sample::clock(session, &[nanoseconds; 8])]);
        row.unit.name = "call".to_owned();
        row.failures = vec![Failure {
            instrument: Instrument::Dhat,
            message: "out of memory".into(),
        }];
        row
    }

    fn named(name: &str) -> &'static Metric {
        metric::by_name(name).expect("a metric of that name")
    }

    #[test]
    fn every_gap_has_its_reason() {
        let head = row("s", 10);
        assert_eq!(figure(named("time"), None), Err(Absent::NotMeasured));
        assert_eq!(
            figure(named("instructions"), Some(&head)),
            Err(Absent::NotMeasured)
        );
        assert_eq!(
            figure(named("peak-bytes"), Some(&head)),
            Err(Absent::Failed("out of memory".into()))
        );
        assert_eq!(
            figure(named("time-to-first-token"), Some(&head)),
            Err(Absent::NoMeaning)
        );
        assert_eq!(ratio(named("time"), None, &head), Err(Absent::NoBase));
        assert_eq!(
            ratio(named("time"), Some(&row("another session", 10)), &head),
            Err(Absent::NotSideBySide)
        );
        let changed = Row {
            answer: "b".into(),
            ..row("s", 10)
        };
        assert_eq!(
            ratio(named("time"), Some(&changed), &head),
            Err(Absent::OtherWork)
        );
        let wrong = Row {
            check: harness_record::Check::Failed("no".into()),
            ..row("s", 10)
        };
        assert_eq!(
            ratio(named("time"), Some(&wrong), &head),
            Err(Absent::AnswerNotRight)
        );
        assert_eq!(
            ratio(named("time"), Some(&head), &wrong),
            Err(Absent::AnswerNotRight)
        );
    }

    #[test]
    fn speed_of_a_call_is_the_inverse_of_its_time() {
        let figure = speed(Some(&row("s", 1000)), &row("s", 10)).expect("measured side by side");
        assert!((figure.value - 100.0).abs() < 1e-9, "{figure:?}");
        let interval = figure.interval.expect("eight rounds");
        assert!(interval.low <= figure.value && figure.value <= interval.high);
    }
}
