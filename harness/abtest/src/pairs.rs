//! Measured pairs of processes: the raw data of an A/B timing, and the log ratio that each pair contributes.

use crate::slices::round_estimate;
use crate::{PairEstimate, Slice};

/// A workload in one phase, to be timed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedPhase {
    /// Id of the workload.
    pub workload: String,
    /// The phase.
    pub phase: String,
}

/// The measured pairs of one workload in one phase.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkloadPairs {
    /// The side.
    pub timed: TimedPhase,
    /// The pairs, in the order of measurement.
    pub pairs: Vec<Pair>,
    /// Reason that a pair could not be measured; then there is no verdict on the workload.
    pub failure: Option<String>,
}

impl WorkloadPairs {
    /// Duration of all pairs, in seconds.
    pub fn seconds(&self) -> f64 {
        // `sum` of no pairs would be -0.0.
        self.pairs.iter().fold(0.0, |sum, pair| sum + pair.seconds)
    }

    /// Returns ln(head time / base time) of each pair that has an estimate, in order.
    pub fn log_ratios(&self) -> impl Iterator<Item = f64> {
        self.pairs
            .iter()
            .filter_map(|pair| Some(pair.estimate()?.log_ratio))
    }
}

/// The measurements of one pair.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// Cost of the pair in seconds, from the first start of the processes to their last end.
    pub seconds: f64,
    /// The blocks of each round.
    pub rounds: Vec<Round>,
}

impl Pair {
    /// Returns the mean of the log ratios of the rounds; the times are geometric means. None if a round has no
    /// estimate: a single round does not cancel a slow memory page.
    pub fn estimate(&self) -> Option<PairEstimate> {
        let rounds: Vec<PairEstimate> = self
            .rounds
            .iter()
            .map(|round| round_estimate(round))
            .collect::<Option<_>>()?;
        if let [one] = rounds[..] {
            return Some(one);
        }
        let count = rounds.len() as f64;
        let middle = |of: fn(&PairEstimate) -> f64| {
            (rounds.iter().map(|round| of(round).ln()).sum::<f64>() / count).exp()
        };
        (!rounds.is_empty()).then(|| PairEstimate {
            log_ratio: rounds.iter().map(|round| round.log_ratio).sum::<f64>() / count,
            base: middle(|round| round.base),
            head: middle(|round| round.head),
            blocks: rounds.iter().map(|round| round.blocks).sum(),
            left_out: rounds.iter().map(|round| round.left_out).sum(),
        })
    }

    /// All slices, in the order of measurement.
    pub fn slices(&self) -> impl Iterator<Item = &Slice> {
        self.rounds.iter().flatten().flatten()
    }
}

/// Four slices: base, head, head, base, or the mirror of it.
pub type Block = [Slice; 4];

/// The blocks measured in one start of the two processes.
pub type Round = Vec<Block>;
