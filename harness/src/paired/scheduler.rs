//! Spends a budget of time on pairs of processes, workload by workload, until nothing is unclear or the budget is gone.

use std::time::{Duration, Instant};

use thiserror::Error;

use super::pair::{Conditions, PairState, Sides, measure_pair};
use super::{Pair, Rules, SequentialSuite, TimedPhase, WorkloadPairs};
use crate::child;
use crate::measure::Progress;
use crate::statistics::{Random, shuffled};

/// What one pair is taken to cost before the first one was measured, in seconds.
const FIRST_GUESS: f64 = 0.3;

/// How the time of two builds is held side by side.
pub struct Scheduler<'a> {
    /// What starts a process of each build.
    pub sides: &'a Sides<'a>,
    /// How a pair is measured.
    pub conditions: &'a Conditions,
    /// When a workload is settled.
    pub rules: Rules,
    /// How long pairs may be measured in all.
    pub budget: Duration,
    /// What everything that is drawn at random is drawn from.
    pub seed: u64,
}

/// It was told to end before it was done.
#[derive(Debug, Error)]
#[error("interrupted; what was measured so far is not kept")]
pub struct Stopped;

impl Scheduler<'_> {
    /// Measures pairs of the entrants; the lanes are in the order of the entrants.
    ///
    /// # Errors
    /// [`Stopped`] if the user ended it.
    pub fn run(&self, timed_phases: &[TimedPhase], progress: &dyn Progress) -> Result<Vec<WorkloadPairs>, Stopped> {
        let mut random = Random::new(self.seed);
        let mut measured: Vec<WorkloadPairs> = timed_phases
            .iter()
            .map(|timed| WorkloadPairs { timed: timed.clone(), pairs: Vec::new(), failure: None })
            .collect();
        // Where the budget is too short for all, chance says who is left out, not the order of the probe's list.
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

    /// How many more pairs the budget has time for, if they cost what those so far did.
    fn pairs_left(&self, gone: Duration, count: u32) -> usize {
        let each = if count == 0 { FIRST_GUESS } else { gone.as_secs_f64() / f64::from(count) };
        (self.budget.saturating_sub(gone).as_secs_f64() / each.max(1e-6)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paired::Side;
    use crate::paired::Slice;

    /// A slow page of memory is the base's in one round and the head's in the other.
    #[test]
    fn what_changes_sides_between_the_rounds_cancels() {
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
    fn a_round_without_time_says_nothing() {
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
