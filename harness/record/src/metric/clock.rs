//! Wall times: medians and quantiles over the slices of the clock, and ratios of rows that were measured in pairs.

use harness_abtest::{Interval, median, median_interval, quantile};
use harness_probe::Instrument;

use crate::metric::{Figure, LEVEL};
use crate::{Data, Row, Run};

/// Computes a value of one slice; none if the slice has none.
pub(super) type PerSlice = fn(&Row, &Run) -> Option<f64>;

/// The seconds of one iteration.
pub(super) fn seconds(_: &Row, run: &Run) -> Option<f64> {
    (run.iterations > 0 && run.nanoseconds > 0)
        .then(|| run.nanoseconds as f64 / run.iterations as f64 / 1e9)
}

/// Tokens per second. If a workload generates text: the tokens after the first, divided by the time since the first,
/// which excludes prefill. If it processes tokens without generating text (prefill, one decode step): its tokens
/// divided by its time.
pub(super) fn rate(row: &Row, run: &Run) -> Option<f64> {
    if row.unit.name != "token" {
        return None;
    }
    let (tokens, nanoseconds) = match run.tokens_at.as_slice() {
        [] => (row.unit.per_run * run.iterations, run.nanoseconds),
        [first, .., last] => (run.tokens_at.len() as u64 - 1, last.saturating_sub(*first)),
        [_] => return None,
    };
    (nanoseconds > 0).then(|| tokens as f64 / (nanoseconds as f64 / 1e9))
}

/// Time to first token (TTFT): prefill and the first token, in seconds.
pub(super) fn first_token(_: &Row, run: &Run) -> Option<f64> {
    run.tokens_at.first().map(|&at| at as f64 / 1e9)
}

/// The latency per generated token after the first, in seconds: a quantile over the tokens of one slice. If one run of
/// a workload is one token, the time of the run is the latency of that token.
///
/// A slice of several iterations contains only their mean. The median of such means stands for the median of the
/// tokens. Rare slow tokens are averaged out in a mean, so all other quantiles use slices of one iteration only.
pub(super) fn latency(row: &Row, run: &Run, q: f64) -> Option<f64> {
    quantile(&gaps(row, run), q).filter(|_| is_of_single_tokens(run, q))
}

/// Computes the median of a value over the slices of a row, with its interval.
pub(super) fn over_slices(row: &Row, value: PerSlice) -> Option<Figure> {
    let (_, runs) = runs(row)?;
    let values: Vec<f64> = runs.iter().filter_map(|run| value(row, run)).collect();
    Some(Figure {
        value: median(&values)?,
        interval: median_interval(&values, LEVEL),
    })
}

/// Computes a quantile of the [`latency`] over the tokens of all slices of a row.
pub(super) fn over_tokens(row: &Row, q: f64) -> Option<Figure> {
    let (_, runs) = runs(row)?;
    let gaps: Vec<f64> = runs
        .iter()
        .filter(|run| is_of_single_tokens(run, q))
        .flat_map(|run| gaps(row, run))
        .collect();
    quantile(&gaps, q).map(Figure::exact)
}

/// Computes the median over rounds of head / base, with its interval. `value` computes the value of one slice. Both
/// slices of a pair are from the same round of the same session, so a drift of the machine cancels.
pub(super) fn paired_ratio(
    base: &Row,
    head: &Row,
    value: impl Fn(&Row, &Run) -> Option<f64>,
) -> Option<Figure> {
    let ((base_session, base_runs), (head_session, head_runs)) = (runs(base)?, runs(head)?);
    if base_session != head_session {
        return None;
    }
    let logs: Vec<f64> = head_runs
        .iter()
        .filter_map(|head_run| {
            let base_run = base_runs.iter().find(|run| run.round == head_run.round)?;
            Some((value(head, head_run)? / value(base, base_run)?).ln())
        })
        .filter(|log| log.is_finite())
        .collect();
    let interval = median_interval(&logs, LEVEL).map(|logs| logs.map(f64::exp));
    Some(Figure {
        value: median(&logs)?.exp(),
        interval,
    })
}

/// Criterion's estimate of the time of one run in seconds, with its interval.
pub(super) fn criterion(row: &Row) -> Option<Figure> {
    let Data::Criterion {
        estimate_picoseconds,
        lower_picoseconds,
        upper_picoseconds,
        confidence_permille,
        ..
    } = row.reading(Instrument::Criterion)?.data
    else {
        return None;
    };
    let [value, low, high] =
        [estimate_picoseconds, lower_picoseconds, upper_picoseconds].map(|time| time as f64 / 1e12);
    let level = f64::from(confidence_permille) / 1e3;
    Some(Figure {
        value,
        interval: Some(Interval { low, high, level }),
    })
}

/// Returns the session and the slices in the clock reading of a row.
fn runs(row: &Row) -> Option<(&str, &[Run])> {
    match &row.reading(Instrument::Clock)?.data {
        Data::Clock { session, runs } => Some((session, runs)),
        _ => None,
    }
}

/// True if a quantile of tokens can use the slice: it has one iteration, or its mean stands for the median.
fn is_of_single_tokens(run: &Run, q: f64) -> bool {
    run.iterations == 1 || q == 0.5
}

/// Returns the seconds between successive tokens. If one run is one token, returns the seconds of one iteration.
fn gaps(row: &Row, run: &Run) -> Vec<f64> {
    if row.unit.name == "token"
        && row.unit.per_run == 1
        && run.tokens_at.is_empty()
        && run.iterations > 0
    {
        return vec![run.nanoseconds as f64 / run.iterations as f64 / 1e9];
    }
    run.tokens_at
        .windows(2)
        .map(|pair| pair[1].saturating_sub(pair[0]) as f64 / 1e9)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::by_name;
    use crate::sample::{clock, row};

    #[test]
    fn extremes_are_not_computed_from_means() {
        let mut row = row("decode", "naive", vec![clock("a", &[100, 200, 900])]);
        let metric = |name: &str| by_name(name).expect("a metric");
        let figure = |row: &Row, name: &str| {
            metric(name)
                .figure(row)
                .map(|figure| (figure.value * 1e9).round())
        };
        assert_eq!(figure(&row, "latency-max"), Some(900.0));
        let Data::Clock { runs, .. } = &mut row.readings[0].data else {
            unreachable!("a clock")
        };
        runs.iter_mut().for_each(|run| run.iterations = 10);
        assert_eq!(figure(&row, "latency-median"), Some(20.0));
        for name in ["latency-p95", "latency-min", "latency-max"] {
            assert_eq!(metric(name).ratio(&row, &row), None);
            assert_eq!(figure(&row, name), None);
        }
    }
}
