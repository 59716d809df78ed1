//! Total runtime of one run by the probe's clock, and the ratio of two rows that were measured in pairs.

use harness_abtest::{Interval, median, median_interval};
use harness_probe::Instrument;

use crate::metric::{Better, Figure, LEVEL, Metric, Quantity};
use crate::{Data, Row, Run};

/// Time of one run of the workload, in seconds.
pub(super) struct Time;

impl Metric for Time {
    fn name(&self) -> &'static str {
        "time"
    }
    fn title(&self) -> &'static str {
        "total runtime"
    }
    fn quantity(&self) -> Quantity {
        Quantity::Seconds
    }
    fn better(&self) -> Better {
        Better::Lower
    }
    fn instrument(&self) -> Instrument {
        Instrument::Clock
    }
    fn figure(&self, row: &Row) -> Option<Figure> {
        over_runs(row, seconds)
    }
    fn ratio(&self, base: &Row, head: &Row) -> Option<Figure> {
        paired_ratio(base, head, seconds)
    }
}

/// Returns the seconds of one iteration of a slice.
fn seconds(_: &Row, run: &Run) -> Option<f64> {
    (run.iterations > 0 && run.nanoseconds > 0).then(|| run.nanoseconds as f64 / run.iterations as f64 / 1e9)
}

/// Returns the session and the slices in the clock reading of a row.
pub(super) fn runs(row: &Row) -> Option<(&str, &[Run])> {
    match &row.reading(Instrument::Clock)?.data {
        Data::Clock { session, runs } => Some((session, runs)),
        _ => None,
    }
}

/// Computes the median of `read` over the slices of a row, with its interval.
pub(super) fn over_runs(row: &Row, read: impl Fn(&Row, &Run) -> Option<f64>) -> Option<Figure> {
    let (_, runs) = runs(row)?;
    let values: Vec<f64> = runs.iter().filter_map(|run| read(row, run)).collect();
    Some(Figure { value: median(&values)?, interval: median_interval(&values, LEVEL) })
}

/// Computes the median over rounds of head / base, with its interval. `read` computes the value of one slice. Both
/// slices of a pair are from the same round of the same session, so a drift of the machine cancels.
pub(super) fn paired_ratio(base: &Row, head: &Row, read: impl Fn(&Row, &Run) -> Option<f64>) -> Option<Figure> {
    let ((base_session, base_runs), (head_session, head_runs)) = (runs(base)?, runs(head)?);
    if base_session != head_session {
        return None;
    }
    let logs: Vec<f64> = head_runs
        .iter()
        .filter_map(|head_run| {
            let base_run = base_runs.iter().find(|run| run.round == head_run.round)?;
            Some((read(head, head_run)? / read(base, base_run)?).ln())
        })
        .filter(|log| log.is_finite())
        .collect();
    let interval = median_interval(&logs, LEVEL).map(|logs| Interval {
        low: logs.low.exp(),
        high: logs.high.exp(),
        level: logs.level,
    });
    Some(Figure { value: median(&logs)?.exp(), interval })
}
