//! Measures pairs of processes, workload by workload, until every workload is settled or the time budget is spent.

use std::time::{Duration, Instant};

use harness_abtest::{Pair, Random, Rules, SequentialSuite, TimedPhase, WorkloadPairs, shuffled};
use itertools::Itertools;
use thiserror::Error;

use crate::collect::Progress;
use crate::process;
use crate::timing::pair::{Conditions, PairState, Sides, measure_pair};

/// Assumed cost of a pair before the first one is measured, in seconds.
const FIRST_GUESS: f64 = 0.3;

/// Times two builds in pairs within a budget.
pub struct Scheduler<'a> {
    /// Starts a process of each build.
    pub sides: &'a Sides<'a>,
    /// Conditions under which a pair is measured.
    pub conditions: &'a Conditions,
    /// Rules that decide when a workload is settled.
    pub rules: Rules,
    /// Number of workloads that the error rates are corrected for, if more are measured elsewhere.
    pub suite: Option<usize>,
    /// Time limit of all pairs together.
    pub budget: Duration,
    /// Seed of all random draws.
    pub seed: u64,
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
    pub fn run(
        &self,
        timed_phases: &[TimedPhase],
        progress: &dyn Progress,
    ) -> Result<Vec<WorkloadPairs>, Stopped> {
        let mut random = Random::new(self.seed);
        let mut measured = timed_phases.iter().map(no_pairs).collect_vec();
        // If the budget is too short for all workloads, chance decides which are left out, not the order of the
        // probe's list.
        let order = shuffled(timed_phases.len(), &mut random);
        let mut states: Vec<PairState> = timed_phases
            .iter()
            .map(|_| PairState::new(&mut random))
            .collect();
        let mut suite = SequentialSuite::part(
            self.rules,
            timed_phases.len(),
            self.suite.unwrap_or(timed_phases.len()),
        );
        let began = Instant::now();
        let (mut count, mut shown) = (0_u32, 0);
        progress.begin(self.budget.as_secs() as usize);
        while let Some(number) = suite.next(self.pairs_left(began.elapsed(), count)) {
            let measured = &mut measured[order[number]];
            let TimedPhase { workload, phase } = &measured.timed;
            progress.step(&format!(
                "{workload} {phase} (pair {})",
                measured.pairs.len() + 1
            ));
            let start = Instant::now();
            let taken = measure_pair(
                self.sides,
                &measured.timed,
                self.conditions,
                &mut states[number],
                &mut random,
            );
            if process::stopped() {
                return Err(Stopped);
            }
            count += 1;
            let pair = taken.map(|rounds| Pair {
                seconds: start.elapsed().as_secs_f64(),
                rounds,
            });
            match pair
                .map_err(|error| error.to_string())
                .and_then(|pair| match pair.estimate() {
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
            progress.advance(
                gone - shown,
                self.budget.saturating_sub(began.elapsed()).as_secs_f64(),
            );
            shown = gone;
        }
        progress.end();
        Ok(measured)
    }

    /// Number of further pairs that fit into the budget, at the mean cost of those so far.
    fn pairs_left(&self, gone: Duration, count: u32) -> usize {
        let each = if count == 0 {
            FIRST_GUESS
        } else {
            gone.as_secs_f64() / f64::from(count)
        };
        (self.budget.saturating_sub(gone).as_secs_f64() / each.max(1e-6)) as usize
    }
}

/// Measures a build against itself until the budget is spent or the build is shown to differ from itself. Both sides
/// start from copies of the build.
///
/// # Errors
/// [`Stopped`] if the user interrupted it.
pub fn measure_noise_floor(
    sides: &Sides<'_>,
    timed: &TimedPhase,
    conditions: &Conditions,
    budget: Duration,
    seed: u64,
    progress: &dyn Progress,
) -> Result<WorkloadPairs, Stopped> {
    let scheduler = Scheduler {
        sides,
        conditions: &Conditions {
            injection: None,
            ..conditions.clone()
        },
        // A level that cannot be reached: the test must not settle early, because every pair improves the estimate of
        // the noise.
        rules: Rules {
            false_assurance: f64::MIN_POSITIVE,
            ..Rules::default()
        },
        suite: None,
        budget,
        seed,
    };
    Ok(scheduler
        .run(std::slice::from_ref(timed), progress)?
        .pop()
        .unwrap_or_else(|| no_pairs(timed)))
}

fn no_pairs(timed: &TimedPhase) -> WorkloadPairs {
    WorkloadPairs {
        timed: timed.clone(),
        pairs: Vec::new(),
        failure: None,
    }
}

#[cfg(test)]
mod tests {
    use harness_abtest::{Side, Slice};

    use super::*;

    /// A slow page of memory belongs to the base in one round and to the head in the other.
    #[test]
    fn a_slow_page_that_changes_sides_cancels() {
        let slice = |side, nanoseconds| Slice {
            side,
            iterations: 10,
            nanoseconds,
            waited: 0,
        };
        let round = |base, head| {
            let [outer, inner] = [slice(Side::Base, base), slice(Side::Head, head)];
            vec![[outer, inner, inner, outer]; 9]
        };
        let pair = Pair {
            seconds: 0.1,
            rounds: vec![round(1_000_000, 1_326_000), round(1_300_000, 1_020_000)],
        };
        let estimate = pair.estimate().expect("both sides have time");
        assert!(
            (estimate.log_ratio - 1.02_f64.ln()).abs() < 1e-12,
            "{estimate:?}"
        );
        assert!(
            (estimate.head / estimate.base - 1.02).abs() < 1e-12,
            "{estimate:?}"
        );
        assert_eq!((estimate.blocks, estimate.left_out), (18, 0));
        assert_eq!(pair.slices().count(), 72);
    }

    #[test]
    fn a_round_without_time_has_no_estimate() {
        let none = |rounds| {
            Pair {
                seconds: 0.1,
                rounds,
            }
            .estimate()
        };
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
