//! Measured pairs of processes: the raw data of an A/B timing, and the log ratio that each pair contributes.

use super::slices::{PairEstimate, Slice, round_estimate};

/// A workload that takes part, in one phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedPhase {
    /// Its id.
    pub workload: String,
    /// The phase.
    pub phase: String,
}

/// What was measured of one entrant.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkloadPairs {
    /// Whose.
    pub timed: TimedPhase,
    /// Its pairs, in the order they were measured.
    pub pairs: Vec<Pair>,
    /// Why there are no more of them, if a pair could not be measured: nothing is said of the workload then.
    pub failure: Option<String>,
}

impl WorkloadPairs {
    /// ln(head time / base time) of each of its pairs that says something, in order.
    pub fn log_ratios(&self) -> impl Iterator<Item = f64> {
        self.pairs.iter().filter_map(|pair| Some(pair.estimate()?.log_ratio))
    }
}

/// What one pair of processes left.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// What it cost, from the first start of the processes to their last end.
    pub seconds: f64,
    /// The slices of each start of the processes, four by four.
    pub rounds: Vec<Round>,
}

impl Pair {
    /// What it says: the mean of the ratios of its rounds. None if one of them says nothing: the other alone is no mean.
    pub fn estimate(&self) -> Option<PairEstimate> {
        let rounds: Vec<PairEstimate> = self.rounds.iter().map(|round| round_estimate(round)).collect::<Option<_>>()?;
        if let [one] = rounds[..] {
            return Some(one);
        }
        let count = rounds.len() as f64;
        let middle =
            |of: fn(&PairEstimate) -> f64| (rounds.iter().map(|round| of(round).ln()).sum::<f64>() / count).exp();
        (!rounds.is_empty()).then(|| PairEstimate {
            log_ratio: rounds.iter().map(|round| round.log_ratio).sum::<f64>() / count,
            base: middle(|round| round.base),
            head: middle(|round| round.head),
            blocks: rounds.iter().map(|round| round.blocks).sum(),
            left_out: rounds.iter().map(|round| round.left_out).sum(),
        })
    }

    /// All its slices in the order they were measured.
    pub fn slices(&self) -> impl Iterator<Item = &Slice> {
        self.rounds.iter().flatten().flatten()
    }
}

/// Four slices: base, head, head, base, or the mirror of it.
pub type Block = [Slice; 4];

/// What one start of the two processes gave.
pub type Round = Vec<Block>;
