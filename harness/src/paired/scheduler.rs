//! Measures pairs of processes, workload by workload, until every workload is settled or the time budget is spent.

use std::time::{Duration, Instant};

use thiserror::Error;

use super::pair::{Conditions, PairState, Round, Sides, measure_pair};
use super::slices::round_estimate;
use super::{PairEstimate, Rules, SequentialSuite, Slice};
use crate::child;
use crate::measure::Progress;
use crate::statistics::{Random, shuffled};

/// Assumed cost of a pair before the first one is measured, in seconds.
const FIRST_GUESS: f64 = 0.3;

/// A workload in one phase, to be timed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedPhase {
    /// The id of the workload.
    pub workload: String,
    /// The phase.
    pub phase: String,
}

/// Times two builds in pairs within a budget.
pub struct Scheduler<'a> {
    /// Starts a process of each build.
    pub sides: &'a Sides<'a>,
    /// Conditions under which a pair is measured.
    pub conditions: &'a Conditions,
    /// Rules that decide when a workload is settled.
    pub rules: Rules,
    /// Time limit of all pairs together.
    pub budget: Duration,
    /// Seed of all random draws.
    pub seed: u64,
}

/// The measured pairs of one workload in one phase.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkloadPairs {
    /// The workload and the phase.
    pub timed: TimedPhase,
    /// The pairs, in the order of measurement.
    pub pairs: Vec<Pair>,
    /// Reason that a pair could not be measured; then there is no verdict on the workload.
    pub failure: Option<String>,
}

impl WorkloadPairs {
    /// Returns ln(head time / base time) of each pair that has an estimate, in order.
    pub fn log_ratios(&self) -> impl Iterator<Item = f64> {
        self.pairs.iter().filter_map(|pair| Some(pair.estimate()?.log_ratio))
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

    /// All slices, in the order of measurement.
    pub fn slices(&self) -> impl Iterator<Item = &Slice> {
        self.rounds.iter().flatten().flatten()
    }
}

/// The user interrupted the measurement.
#[derive(Debug, Error)]
#[error("interrupted; the pairs measured so far are discarded")]
pub struct Stopped;

impl Scheduler<'_> {
    /// Measures pairs of the workloads. The results are in the order of `timed_phases`.
    ///
    /// # Errors
    /// [`Stopped`] if the user interrupted it.
    pub fn run(&self, timed_phases: &[TimedPhase], progress: &dyn Progress) -> Result<Vec<WorkloadPairs>, Stopped> {
        let mut random = Random::new(self.seed);
        let mut measured: Vec<WorkloadPairs> = timed_phases
            .iter()
            .map(|timed| WorkloadPairs { timed: timed.clone(), pairs: Vec::new(), failure: None })
            .collect();
        // If the budget is too short for all workloads, chance decides which are left out, not the order of the
        // probe's list.
        let order = shuffled(timed_phases.len(), &mut random);
        let mut states: Vec<PairState> = timed_phases.iter().map(|_| PairState::new(&mut random)).collect();
        let mut suite = SequentialSuite::new(self.rules, timed_phases.len());
        let began = Instant::now();
        let (mut count, mut shown) = (0_u32, 0);
        progress.begin(self.budget.as_secs() as usize);
        while let Some(number) = suite.next(self.pairs_left(began.elapsed(), count)) {
            let measured = &mut measured[order[number]];
            let TimedPhase { workload, phase } = &measured.timed;
            progress.step(&format!("{workload} {phase} (pair {})", measured.pairs.len() + 1));
            let start = Instant::now();
            let taken = measure_pair(self.sides, workload, phase, self.conditions, &mut states[number], &mut random);
            if child::stopped() {
                return Err(Stopped);
            }
            count += 1;
            let pair = taken.map(|rounds| Pair { seconds: start.elapsed().as_secs_f64(), rounds });
            match pair.map_err(|error| error.to_string()).and_then(|pair| match pair.estimate() {
                Some(estimate) => Ok((pair, estimate)),
                None => Err("its slices took no time".to_owned()),
            }) {
                Ok((pair, estimate)) => {
                    measured.pairs.push(pair);
                    suite.push(number, estimate.log_ratio);
                }
                Err(failure) => {
                    measured.failure = Some(failure);
                    suite.withdraw(number);
                }
            }
            let gone = (began.elapsed().as_secs() as usize).min(self.budget.as_secs() as usize);
            progress.advance(gone - shown, self.budget.saturating_sub(began.elapsed()).as_secs_f64());
            shown = gone;
        }
        progress.end();
        Ok(measured)
    }

    /// Number of further pairs that fit into the budget, at the mean cost of those so far.
    fn pairs_left(&self, gone: Duration, count: u32) -> usize {
        let each = if count == 0 { FIRST_GUESS } else { gone.as_secs_f64() / f64::from(count) };
        (self.budget.saturating_sub(gone).as_secs_f64() / each.max(1e-6)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paired::Side;

    /// A slow page of memory belongs to the base in one round and to the head in the other.
    #[test]
    fn a_slow_page_that_changes_sides_cancels() {
        let slice = |side, nanoseconds| Slice { side, iterations: 10, nanoseconds, waited: 0 };
        let round = |base, head| {
            let [outer, inner] = [slice(Side::Base, base), slice(Side::Head, head)];
            vec![[outer, inner, inner, outer]; 9]
        };
        let pair = Pair { seconds: 0.1, rounds: vec![round(1_000_000, 1_326_000), round(1_300_000, 1_020_000)] };
        let estimate = pair.estimate().expect("both sides have time");
        assert!((estimate.log_ratio - 1.02_f64.ln()).abs() < 1e-12, "{estimate:?}");
        assert!((estimate.head / estimate.base - 1.02).abs() < 1e-12, "{estimate:?}");
        assert_eq!((estimate.blocks, estimate.left_out), (18, 0));
        assert_eq!(pair.slices().count(), 72);
    }

    #[test]
    fn a_round_without_time_has_no_estimate() {
        let none = |rounds| Pair { seconds: 0.1, rounds }.estimate();
        assert_eq!(none(vec![]), None);
        assert_eq!(none(vec![vec![], vec![]]), None);
        let block = [Side::Base, Side::Head, Side::Head, Side::Base].map(|side| Slice {
            side,
            iterations: 1,
            nanoseconds: 400_000,
            waited: 0,
        });
        assert_eq!(none(vec![vec![block; 9], vec![]]), None);
        assert!(none(vec![vec![block; 9]]).is_some());
    }
}
