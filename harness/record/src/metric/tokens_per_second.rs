//! Throughput in tokens per second.

use harness_probe::Instrument;

use crate::metric::time::{over_runs, paired_ratio};
use crate::metric::{Better, Figure, Metric, Quantity};
use crate::{Row, Run};

/// Tokens per second. If a workload generates text: the tokens after the first, divided by the time since the first,
/// which excludes prefill. If it processes tokens without generating text (prefill, one decode step): its tokens
/// divided by its time.
pub(super) struct TokensPerSecond;

impl Metric for TokensPerSecond {
    fn name(&self) -> &'static str {
        "tokens-per-second"
    }
    fn title(&self) -> &'static str {
        "tokens/s"
    }
    fn quantity(&self) -> Quantity {
        Quantity::PerSecond
    }
    fn better(&self) -> Better {
        Better::Higher
    }
    fn instrument(&self) -> Instrument {
        Instrument::Clock
    }
    fn figure(&self, row: &Row) -> Option<Figure> {
        over_runs(row, rate)
    }
    fn ratio(&self, base: &Row, head: &Row) -> Option<Figure> {
        paired_ratio(base, head, rate)
    }
}

fn rate(row: &Row, run: &Run) -> Option<f64> {
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
