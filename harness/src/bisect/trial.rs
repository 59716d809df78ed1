//! Compares one commit with the good end of the search: counts by the limits of the good end, times by half of the
//! slowdown of the bad end.

use std::path::Path;
use std::time::Duration;

use harness_abtest::{Interval, Rules, SequentialTest, TimedPhase, Verdict};
use harness_judge::compare::{Comparison, RecordView as Compared, compare};
use harness_judge::counts::{CountVerdict, judge};
use harness_probe::protocol::Description;
use harness_record::limits::Limits;
use harness_record::metric::{LEVEL, Metric};
use harness_record::{Record, number};

use crate::bisect::Finding;
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

/// Result of a trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The finding about the commit.
    pub finding: Finding,
    /// The figure as text, or the reason that there is none.
    pub told: String,
    /// The figure as a number: a count, or the ratio of times.
    pub value: Option<f64>,
    /// Confidence interval of the ratio of times; none for a count, or if there are too few pairs.
    pub interval: Option<Interval>,
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
        let Threshold::Time { rules, .. } = self else {
            return None;
        };
        let threshold = bad.value?.sqrt();
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
                Ok(by_time(&sequential_test))
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

impl Answer {
    /// A commit that cannot be judged, with the reason.
    pub fn skipped(why: impl Into<String>) -> Self {
        Self {
            finding: Finding::Skipped,
            told: why.into(),
            value: None,
            interval: None,
        }
    }

    /// A commit whose program is identical to that of the good end, so that its time cannot differ.
    fn identical() -> Self {
        let interval = Some(Interval {
            low: 1.0,
            high: 1.0,
            level: LEVEL,
        });
        Self {
            finding: Finding::Good,
            told: "the same program as GOOD".to_owned(),
            value: Some(1.0),
            interval,
        }
    }

    /// Judges one count of a commit like a gate whose base is the good end.
    pub fn by_count(good: &Record, counts: &Record, metric: &Metric, limits: &Limits) -> Self {
        let about = |row: &Comparison| row.metric.is_none_or(|of| of.name() == metric.name());
        let comparisons = compare(
            Compared::measured_together(good),
            Compared::measured_together(counts),
        )
        .into_iter()
        .filter(about);
        let Some(row) = judge(comparisons.collect(), limits).rows.into_iter().next() else {
            return Self::skipped(format!("it has no value for {}", metric.name()));
        };
        let value = row.comparison.head.map(|figure| figure.value);
        let finding = match &row.judgement {
            CountVerdict::Unjudged(why) => return Self::skipped(why.clone()),
            // Budgets are not held in a search; the change of a commit counts.
            CountVerdict::Regressed(_)
            | CountVerdict::Accepted(..)
            | CountVerdict::OverBudget(..) => Finding::Bad,
            CountVerdict::Unchanged(_)
            | CountVerdict::Moved(_)
            | CountVerdict::NotRepeatable(_)
            | CountVerdict::Improved(_) => Finding::Good,
        };
        let change = row
            .comparison
            .ratio
            .map(|ratio| format!(" ({})", number::percent(ratio.value)));
        let told = format!(
            "{}{}",
            value.map(number::exact).unwrap_or_default(),
            change.unwrap_or_default()
        );
        Self {
            finding,
            told,
            value,
            interval: None,
        }
    }
}

fn timed<'a>(side: Build<'a>, workload: &str) -> Timed<'a> {
    side.measured.timed(side.greeting, workload)
}

fn by_time(sequential_test: &SequentialTest) -> Answer {
    let value = sequential_test.estimate().map(f64::exp);
    let change = value.map_or_else(String::new, number::percent);
    let pairs = sequential_test.log_ratios().len();
    let finding = match sequential_test.verdict() {
        Verdict::Regressed => Finding::Bad,
        Verdict::NotSlower | Verdict::Improved => Finding::Good,
        Verdict::Inconclusive => {
            return Answer::skipped(format!(
                "{pairs} pairs ({change}) are inconclusive; --budget allows more"
            ));
        }
    };
    let interval = sequential_test.interval(LEVEL);
    let interval = interval.map(|log| Interval {
        low: log.low.exp(),
        high: log.high.exp(),
        ..log
    });
    Answer {
        finding,
        told: format!("time {change} in {pairs} pairs"),
        value,
        interval,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use harness_record::metric::by_name;
    use harness_record::sample::{callgrind, record, row};

    use super::*;
    use crate::timing::conditions;

    #[test]
    fn a_count_is_judged_by_the_limits_of_the_good_end() {
        let limits =
            "schema = 1\n[[limit]]\nmetric = 'instructions'\ntolerance = '1 %'\nreason = 'noise'\n";
        let limits = Limits::parse(limits, Path::new("limits.toml")).expect("valid");
        let of = |instructions: u64| record(vec![row("w", "naive", vec![callgrind(instructions)])]);
        let metric = by_name("instructions").expect("a metric");
        let judged = |instructions| Answer::by_count(&of(1000), &of(instructions), metric, &limits);
        let answer = |finding, told: &str, value| Answer {
            finding,
            told: told.to_owned(),
            value: Some(value),
            interval: None,
        };
        assert_eq!(
            judged(1010),
            answer(Finding::Good, "1,010 (+1.0 %)", 1010.0)
        );
        assert_eq!(judged(1050), answer(Finding::Bad, "1,050 (+5.0 %)", 1050.0));
        assert_eq!(judged(500), answer(Finding::Good, "500 (-50 %)", 500.0));
        let missing = Answer::by_count(
            &of(1000),
            &record(vec![row("w", "naive", vec![])]),
            metric,
            &limits,
        );
        assert_eq!(
            missing,
            Answer::skipped("missing on the head side: callgrind was not measured")
        );
        let other = by_name("peak-bytes").expect("a metric");
        assert_eq!(
            Answer::by_count(&of(1), &of(1), other, &limits),
            Answer::skipped("it has no value for peak-bytes")
        );
    }

    #[test]
    fn time_is_judged_by_the_rules_of_the_gate() {
        let judged = |change: f64, pairs| {
            let mut sequential_test = SequentialTest::new(Rules::default(), 1);
            (0..pairs).for_each(|_| sequential_test.push(change.ln_1p()));
            by_time(&sequential_test)
        };
        assert_eq!(judged(0.03, 30).finding, Finding::Bad);
        assert_eq!(judged(0.0, 30).finding, Finding::Good);
        assert_eq!(judged(-0.05, 30).finding, Finding::Good);
        assert_eq!(
            judged(0.0, 2),
            Answer::skipped("2 pairs (0 %) are inconclusive; --budget allows more")
        );
        assert_eq!(judged(0.03, 30).told, "time +3.0 % in 30 pairs");
        let interval = judged(0.03, 30).interval.expect("enough pairs");
        assert!(
            interval.low <= 1.03 + 1e-9 && 1.03 - 1e-9 <= interval.high,
            "{interval:?}"
        );
        assert!(interval.low > 1.0, "{interval:?}");
    }

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
            by_time(&sequential_test).finding
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
