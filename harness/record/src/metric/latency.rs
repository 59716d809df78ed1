//! Latency of generated text: time to first token, and latency of each token after it.

use harness_abtest::quantile;
use harness_probe::Instrument;

use crate::metric::time::{over_runs, paired_ratio, runs};
use crate::metric::{Better, Figure, Metric, Quantity};
use crate::{Row, Run};

/// Time to first token (TTFT): prefill and the first token, in seconds.
pub(super) struct FirstToken;

impl Metric for FirstToken {
    fn name(&self) -> &'static str {
        "time-to-first-token"
    }
    fn title(&self) -> &'static str {
        "time to first token"
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
        over_runs(row, first_token)
    }
    fn ratio(&self, base: &Row, head: &Row) -> Option<Figure> {
        paired_ratio(base, head, first_token)
    }
}

/// Latency per generated token after the first, in seconds: a statistic over all tokens of all runs. If one run of a
/// workload is one token, the time of the run is the latency of that token.
///
/// A slice of several iterations contains only their mean. The median of such means stands for the median of the
/// tokens. Rare slow tokens are averaged out in a mean, so percentile, minimum and maximum use slices of one iteration
/// only.
pub(super) enum Latency {
    /// Median.
    Median,
    /// 95th percentile.
    P95,
    /// Minimum.
    Min,
    /// Maximum.
    Max,
}

impl Latency {
    fn quantile(&self) -> f64 {
        match self {
            Self::Median => 0.5,
            Self::P95 => 0.95,
            Self::Min => 0.0,
            Self::Max => 1.0,
        }
    }

    fn can_read(&self, run: &Run) -> bool {
        run.iterations == 1 || matches!(self, Self::Median)
    }
}

impl Metric for Latency {
    fn name(&self) -> &'static str {
        match self {
            Self::Median => "latency-median",
            Self::P95 => "latency-p95",
            Self::Min => "latency-min",
            Self::Max => "latency-max",
        }
    }
    fn title(&self) -> &'static str {
        match self {
            Self::Median => "latency per token, median",
            Self::P95 => "latency per token, 95th percentile",
            Self::Min => "latency per token, minimum",
            Self::Max => "latency per token, maximum",
        }
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
        let (_, runs) = runs(row)?;
        let gaps: Vec<f64> = runs.iter().filter(|run| self.can_read(run)).flat_map(|run| gaps(row, run)).collect();
        quantile(&gaps, self.quantile()).map(Figure::exact)
    }
    fn ratio(&self, base: &Row, head: &Row) -> Option<Figure> {
        let read = |row: &Row, run: &Run| quantile(&gaps(row, run), self.quantile()).filter(|_| self.can_read(run));
        paired_ratio(base, head, read)
    }
}

fn first_token(_: &Row, run: &Run) -> Option<f64> {
    run.tokens_at.first().map(|&at| at as f64 / 1e9)
}

/// Returns the seconds between successive tokens. If one run is one token, returns the seconds of one iteration.
fn gaps(row: &Row, run: &Run) -> Vec<f64> {
    if row.unit.name == "token" && row.unit.per_run == 1 && run.tokens_at.is_empty() && run.iterations > 0 {
        return vec![run.nanoseconds as f64 / run.iterations as f64 / 1e9];
    }
    run.tokens_at.windows(2).map(|pair| pair[1].saturating_sub(pair[0]) as f64 / 1e9).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Data;
    use crate::sample::{clock, row};

    #[test]
    fn extremes_are_not_computed_from_means() {
        let mut row = row("decode", "naive", vec![clock("a", &[100, 200, 900])]);
        let figure = |row: &Row, metric: Latency| metric.figure(row).map(|figure| (figure.value * 1e9).round());
        assert_eq!(figure(&row, Latency::Max), Some(900.0));
        let Data::Clock { runs, .. } = &mut row.readings[0].data else { unreachable!("a clock") };
        runs.iter_mut().for_each(|run| run.iterations = 10);
        assert_eq!(figure(&row, Latency::Median), Some(20.0));
        for metric in [Latency::P95, Latency::Min, Latency::Max] {
            assert_eq!(metric.ratio(&row, &row), None);
            assert_eq!(figure(&row, metric), None);
        }
    }
}
