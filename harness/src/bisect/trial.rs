//! Compares one commit with the good end of the search: counts by the limits of the good end, times by half of the
//! slowdown of the bad end.

use std::path::Path;
use std::time::Duration;

use harness_abtest::{Centre, Rules, SequentialTest, TimedPhase};
use harness_probe::protocol::Description;
use harness_record::Record;
use harness_record::limits::Limits;
use harness_record::metric::Metric;

use crate::bisect::Answer;
use crate::collect::Greeting;
use crate::collect::{MeasureError, Measured, Progress, Request, Selected};
use crate::layout::{SuitePools, Timed};
use crate::timing::{Conditions, Scheduler, Stopped};

/// A commit that was built and can be tried.
#[derive(Debug, Clone, Copy)]
pub struct Build<'a> {
    /// The programs of the commit.
    pub measured: Measured<'a>,
    /// The self-description of its probe.
    pub greeting: &'a Greeting,
}

/// Criterion by which commits are compared with the good end.
pub enum Threshold<'a> {
    /// A count, judged by the limits of the good end.
    Count {
        /// The counts of the good end.
        good: &'a Record,
        /// The metric that is judged.
        metric: &'static Metric,
        /// Allowed growth of the metric.
        limits: &'a Limits,
    },
    /// Time, in pairs of processes.
    Time {
        /// Conditions under which a pair is measured.
        conditions: &'a Conditions,
        /// Rules that decide when the commit is settled.
        rules: Rules,
        /// Time limit for one commit.
        budget: Duration,
        /// Seed of the random order.
        seed: u64,
        /// The slowdown of BAD, once it was measured.
        slowdown: Option<Centre>,
    },
}

/// The trial that every commit is put through.
pub struct Trial<'a> {
    /// The build of the good end.
    pub good: Build<'a>,
    /// The workload as the good end defines it.
    pub workload: &'a Description,
    /// The phase.
    pub phase: &'a str,
    /// Request for the counts.
    pub request: &'a Request,
    /// Folder for the copies of the programs that are timed.
    pub copies: &'a Path,
    /// The criterion.
    pub threshold: Threshold<'a>,
}

/// Returns the reason that a workload of the good end cannot be compared with the commit's; none if it can.
pub fn unlike(there: &[Description], good: &Description, phase: &str) -> Option<String> {
    let there = there.iter().find(|workload| workload.id == good.id);
    let Some(there) = there.filter(|workload| workload.phases.iter().any(|name| name == phase))
    else {
        return Some(format!("it has no {} in phase {phase}", good.id));
    };
    if there.definition != good.definition || there.unit != good.unit {
        return Some(format!("it defines {} differently", good.id));
    }
    (there.answer != good.answer).then(|| format!("it checks {} against another answer", good.id))
}

impl Threshold<'_> {
    /// Changes the criterion for the commits between the ends: do they have the slowdown of BAD? BAD itself was
    /// judged by the gate's rules. Returns the ratio of times from which on a commit is now bad; none for a count,
    /// whose criterion stays.
    ///
    /// Reason: a gate calls a small change not slower. If BAD is slower by little more than that, the first bad
    /// commit, which is as slow as BAD, would be called good, and a later, innocent commit would be found. The
    /// threshold is half of BAD's change (as a logarithm), which is equally far from a commit without the change and
    /// from one with all of it.
    ///
    /// The margin and the minimum effect are both set to the threshold, even if that is more lenient than a gate. A
    /// commit between two different values could be judged either way, by whichever is shown first, while the search
    /// requires that all commits before the first bad one are good and all after it bad. If several commits share the
    /// change, the search finds the one that exceeds the threshold.
    pub fn aim(&mut self, bad: &Answer) -> Option<f64> {
        let Threshold::Time {
            rules, slowdown, ..
        } = self
        else {
            return None;
        };
        let threshold = bad.value?.sqrt();
        *slowdown = bad.centre;
        *rules = Rules {
            margin: threshold - 1.0,
            minimum_effect: threshold - 1.0,
            ..*rules
        };
        Some(threshold)
    }
}

impl Trial<'_> {
    /// Tries a commit.
    ///
    /// # Errors
    /// If the measurement was interrupted. A commit that cannot be measured is skipped, which is not an error.
    pub fn of(
        &self,
        candidate: Build<'_>,
        progress: &dyn Progress,
    ) -> Result<Answer, MeasureError> {
        if let Some(why) = unlike(&candidate.greeting.workloads, self.workload, self.phase) {
            return Ok(Answer::skipped(why));
        }
        match self.threshold {
            Threshold::Count {
                good,
                metric,
                limits,
            } => {
                let counts =
                    Self::count(candidate, self.workload, self.phase, self.request, progress)?;
                Ok(Answer::by_count(good, &counts, metric, limits))
            }
            Threshold::Time {
                conditions,
                rules,
                budget,
                seed,
                slowdown,
            } => {
                let id = &self.workload.id;
                let [good, candidate] = [self.good, candidate].map(|side| timed(side, id));
                // An unreadable program fails later, where it is copied.
                if good.is_identical(&candidate).unwrap_or_default() {
                    return Ok(Answer::identical());
                }
                let pools = SuitePools::make(self.copies, [(id.clone(), good, candidate)], seed)?;
                let timed = TimedPhase {
                    workload: self.workload.id.clone(),
                    phase: self.phase.to_owned(),
                };
                let measured = pools.between(
                    harness_abtest::Side::Base,
                    harness_abtest::Side::Head,
                    |sides| {
                        Scheduler {
                            sides,
                            conditions,
                            rules,
                            suite: None,
                            budget,
                            seed,
                        }
                        .run(&[timed], progress)
                    },
                );
                let measured = measured.map_err(|Stopped| MeasureError::Interrupted)?;
                let mut sequential_test = SequentialTest::new(rules, 1);
                for measured in &measured {
                    if let Some(failure) = &measured.failure {
                        return Ok(Answer::skipped(failure.clone()));
                    }
                    measured
                        .log_ratios()
                        .for_each(|log_ratio| sequential_test.push(log_ratio));
                }
                Ok(Answer::by_time(&sequential_test, slowdown.as_ref()))
            }
        }
    }

    /// Measures the counts of a commit.
    ///
    /// # Errors
    /// If the measurement was interrupted.
    pub fn count(
        side: Build<'_>,
        workload: &Description,
        phase: &str,
        request: &Request,
        progress: &dyn Progress,
    ) -> Result<Record, MeasureError> {
        let selected = Selected {
            workload: workload.clone(),
            phases: vec![phase.to_owned()],
        };
        side.measured
            .take(side.greeting, &[selected], request, progress)
    }
}

fn timed<'a>(side: Build<'a>, workload: &str) -> Timed<'a> {
    side.measured.timed(side.greeting, workload)
}

#[cfg(test)]
mod tests {
    use harness_record::metric::by_name;
    use harness_record::sample::{callgrind, record, row};

    use super::*;
    use crate::bisect::Finding;
    use crate::timing::conditions;

    #[test]
    fn between_the_ends_a_commit_is_bad_if_it_has_half_of_bads_change() {
        let conditions = conditions(1, None, Duration::from_secs(1));
        let found = |bad: Option<f64>, change: f64| {
            let (rules, budget) = (Rules::default(), Duration::from_secs(1));
            let mut time = Threshold::Time {
                conditions: &conditions,
                rules,
                budget,
                seed: 0,
                slowdown: None,
            };
            if let Some(bad) = bad {
                let answer = Answer {
                    value: Some(1.0 + bad),
                    ..Answer::skipped("BAD")
                };
                let threshold = time.aim(&answer).expect("time has one");
                assert!(
                    (threshold - (1.0 + bad / 2.0)).abs() < bad * bad,
                    "{threshold}"
                );
            }
            let Threshold::Time { rules, .. } = time else {
                unreachable!("the criterion is time")
            };
            let mut sequential_test = SequentialTest::new(rules, 1);
            // At most 60 pairs; a measurement ends when the test is settled.
            while !sequential_test.is_settled() && sequential_test.log_ratios().len() < 60 {
                sequential_test.push(change.ln_1p());
            }
            Answer::by_time(&sequential_test, None).finding
        };
        // The gate's own rules would not do: a commit as slow as BAD passes them.
        assert_eq!(found(None, 0.006), Finding::Good);
        for (bad, change, wanted) in [
            (0.006, 0.006, Finding::Bad),
            (0.006, 0.004, Finding::Bad),
            (0.006, 0.002, Finding::Good),
            (0.006, 0.0, Finding::Good),
            (0.05, 0.05, Finding::Bad),
            (0.05, 0.03, Finding::Bad),
            (0.05, 0.02, Finding::Good),
            (0.05, -0.05, Finding::Good),
        ] {
            assert_eq!(
                found(Some(bad), change),
                wanted,
                "{change} where BAD has {bad}"
            );
        }
    }

    #[test]
    fn a_count_has_one_criterion_for_every_commit() {
        let good = record(vec![row("w", "naive", vec![callgrind(1000)])]);
        let metric = by_name("instructions").expect("a metric");
        let limits = Limits::default();
        let mut count = Threshold::Count {
            good: &good,
            metric,
            limits: &limits,
        };
        assert_eq!(
            count.aim(&Answer {
                value: Some(1100.0),
                ..Answer::skipped("BAD")
            }),
            None
        );
    }
}
