//! Holds one commit against the good end of the search, counts by the good end's limits, times by half of what the bad end lost.

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
use crate::collect::{MeasureError, Measured, Progress, Request, Selected};
use crate::layout::{Pools, Timed};
use crate::probe::Greeting;
use crate::timing::{Conditions, Scheduler, Stopped};

/// A commit that is ready to be tried.
#[derive(Debug, Clone, Copy)]
pub struct Build<'a> {
    /// Its programs.
    pub measured: Measured<'a>,
    /// What its probe says of itself.
    pub greeting: &'a Greeting,
}

/// What commits are held against the good end by.
pub enum Threshold<'a> {
    /// A count: the good end's record, the metric, and the good end's limits.
    Count {
        /// What the good end's counts are.
        good: &'a Record,
        /// Which of them.
        metric: &'static dyn Metric,
        /// How much it may get worse.
        limits: &'a Limits,
    },
    /// Time, side by side.
    Time {
        /// How a pair is measured.
        conditions: &'a Conditions,
        /// When it is settled.
        rules: Rules,
        /// How long one commit may be measured.
        budget: Duration,
        /// What the order is drawn from.
        seed: u64,
    },
}

/// What is asked of every commit.
pub struct Trial<'a> {
    /// The good end.
    pub good: Build<'a>,
    /// The workload as the good end defines it.
    pub workload: &'a Description,
    /// The phase.
    pub phase: &'a str,
    /// How counts are taken.
    pub request: &'a Request,
    /// Folder for the copies of the programs that are timed.
    pub copies: &'a Path,
    /// What it is held against.
    pub threshold: Threshold<'a>,
}

/// What a commit answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Whether it is as the good end is.
    pub finding: Finding,
    /// The figure, or why there is none.
    pub told: String,
    /// The figure itself: a count, or the ratio of times.
    pub value: Option<f64>,
    /// Where the ratio of times lies; none for a count, and where there are too few pairs to say.
    pub interval: Option<Interval>,
}

/// Why a workload of the good end cannot be compared with what a commit has; none if it can.
pub fn unlike(there: &[Description], good: &Description, phase: &str) -> Option<String> {
    let there = there.iter().find(|one| one.id == good.id);
    let Some(there) = there.filter(|one| one.phases.iter().any(|one| one == phase)) else {
        return Some(format!("it has no {} in phase {phase}", good.id));
    };
    if there.definition != good.definition || there.unit != good.unit {
        return Some(format!("it defines {} in another way", good.id));
    }
    (there.answer != good.answer).then(|| format!("it holds {} to another answer", good.id))
}

impl Threshold<'_> {
    /// Asks of the commits between the ends whether they have the change that BAD has, where BAD was asked whether it
    /// is slower than the good end at all. Returns the ratio of times from which on a commit is bad now; none by a
    /// count, whose question stays as it is.
    ///
    /// A gate calls a small change not slower. Where BAD is slower by little more, the guilty commit, which is as slow
    /// as BAD, would be called good, and a later one that is innocent would be named. Half of BAD's change, halved as a
    /// logarithm, is as far from a commit that has nothing of it as from one that has all of it.
    ///
    /// The margin and the minimum effect both go there, even where that is laxer than a gate. A commit between the two
    /// could be called either, by whichever is shown first, and the search needs that all before the guilty one are
    /// good and all after it are bad. So where several commits share the change, the one that is found carries it past
    /// the half.
    pub fn aim(&mut self, bad: &Answer) -> Option<f64> {
        match self {
            Threshold::Time { rules, .. } => {
                let threshold = bad.value?.sqrt();
                *rules = Rules { margin: threshold - 1.0, minimum_effect: threshold - 1.0, ..*rules };
                Some(threshold)
            }
            Threshold::Count { .. } => None,
        }
    }
}

impl Trial<'_> {
    /// Tries a commit.
    ///
    /// # Errors
    /// If it was interrupted. A commit that cannot be measured is one that is skipped.
    pub fn of(&self, candidate: Build<'_>, progress: &dyn Progress) -> Result<Answer, MeasureError> {
        if let Some(why) = unlike(&candidate.greeting.workloads, self.workload, self.phase) {
            return Ok(Answer::skipped(why));
        }
        match self.threshold {
            Threshold::Count { good, metric, limits } => {
                let counts = Self::count(candidate, self.workload, self.phase, self.request, progress)?;
                Ok(Answer::by_count(good, &counts, metric, limits))
            }
            Threshold::Time { conditions, rules, budget, seed } => {
                let (good, candidate) = (timed(self.good), timed(candidate));
                // A program that cannot be read fails where it is copied.
                if good.is_identical(&candidate).unwrap_or_default() {
                    return Ok(Answer::identical());
                }
                let pools = Pools::make(self.copies, &good, &candidate, seed)?;
                let timed = TimedPhase { workload: self.workload.id.clone(), phase: self.phase.to_owned() };
                let measured = pools.between(harness_abtest::Side::Base, harness_abtest::Side::Head, |sides| {
                    Scheduler { sides, conditions, rules, budget, seed }.run(&[timed], progress)
                });
                let measured = measured.map_err(|Stopped| MeasureError::Interrupted)?;
                let mut sequential_test = SequentialTest::new(rules, 1);
                for measured in &measured {
                    if let Some(failure) = &measured.failure {
                        return Ok(Answer::skipped(failure.clone()));
                    }
                    measured.log_ratios().for_each(|log_ratio| sequential_test.push(log_ratio));
                }
                Ok(by_time(&sequential_test))
            }
        }
    }

    /// The counts of a commit.
    ///
    /// # Errors
    /// If it was interrupted.
    pub fn count(
        side: Build<'_>,
        workload: &Description,
        phase: &str,
        request: &Request,
        progress: &dyn Progress,
    ) -> Result<Record, MeasureError> {
        let one = Selected { workload: workload.clone(), phases: vec![phase.to_owned()] };
        side.measured.take(side.greeting, &[one], request, progress)
    }
}

impl Answer {
    /// A commit that cannot be told, and why.
    pub fn skipped(why: impl Into<String>) -> Self {
        Self { finding: Finding::Skipped, told: why.into(), value: None, interval: None }
    }

    /// A commit whose program is that of the good end: its time cannot differ.
    fn identical() -> Self {
        let interval = Some(Interval { low: 1.0, high: 1.0, level: LEVEL });
        Self { finding: Finding::Good, told: "the same program as GOOD".to_owned(), value: Some(1.0), interval }
    }

    /// Judges one count of a commit as a gate would whose base is the good end.
    pub fn by_count(good: &Record, counts: &Record, metric: &dyn Metric, limits: &Limits) -> Self {
        let about = |one: &Comparison| one.metric.is_none_or(|of| of.name() == metric.name());
        let comparisons = compare(Compared::baseline(good), Compared::baseline(counts)).into_iter().filter(about);
        let Some(row) = judge(comparisons.collect(), limits).rows.into_iter().next() else {
            return Self::skipped(format!("it has no number for {}", metric.name()));
        };
        let value = row.comparison.head.map(|figure| figure.value);
        let finding = match &row.judgement {
            CountVerdict::Unjudged(why) => return Self::skipped(why.clone()),
            CountVerdict::Regressed(_) | CountVerdict::Accepted(..) => Finding::Bad,
            CountVerdict::Pass(_) | CountVerdict::Improved(_) => Finding::Good,
        };
        let change = row.comparison.ratio.map(|ratio| format!(" ({})", number::percent(ratio.value)));
        let told = format!("{}{}", value.map(number::exact).unwrap_or_default(), change.unwrap_or_default());
        Self { finding, told, value, interval: None }
    }
}

fn timed(side: Build<'_>) -> Timed<'_> {
    Timed { programs: side.measured.programs, probe: &side.measured.project.config.probe }
}

fn by_time(sequential_test: &SequentialTest) -> Answer {
    let value = sequential_test.estimate().map(f64::exp);
    let change = value.map_or_else(String::new, number::percent);
    let pairs = sequential_test.log_ratios().len();
    let finding = match sequential_test.verdict() {
        Verdict::Regressed => Finding::Bad,
        Verdict::NotSlower | Verdict::Improved => Finding::Good,
        Verdict::Inconclusive => {
            return Answer::skipped(format!("{pairs} pairs ({change}) do not tell; --budget allows more"));
        }
    };
    let interval = sequential_test.interval(LEVEL).map(|Interval { low, high, level }| Interval {
        low: low.exp(),
        high: high.exp(),
        level,
    });
    Answer { finding, told: format!("time {change} by {pairs} pairs"), value, interval }
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
        let limits = "schema = 1\n[[limit]]\nmetric = 'instructions'\ntolerance = '1 %'\nreason = 'noise'\n";
        let limits = Limits::parse(limits, Path::new("limits.toml")).expect("valid");
        let of = |instructions: u64| record(vec![row("w", "naive", vec![callgrind(instructions)])]);
        let metric = by_name("instructions").expect("a metric");
        let said = |instructions| Answer::by_count(&of(1000), &of(instructions), metric, &limits);
        let answer =
            |finding, told: &str, value| Answer { finding, told: told.to_owned(), value: Some(value), interval: None };
        assert_eq!(said(1010), answer(Finding::Good, "1,010 (+1.0 %)", 1010.0));
        assert_eq!(said(1050), answer(Finding::Bad, "1,050 (+5.0 %)", 1050.0));
        assert_eq!(said(500), answer(Finding::Good, "500 (-50 %)", 500.0));
        let missing = Answer::by_count(&of(1000), &record(vec![row("w", "naive", vec![])]), metric, &limits);
        assert_eq!(missing, Answer::skipped("missing on the head side: callgrind was not measured"));
        let other = by_name("peak-bytes").expect("a metric");
        assert_eq!(
            Answer::by_count(&of(1), &of(1), other, &limits),
            Answer::skipped("it has no number for peak-bytes")
        );
    }

    #[test]
    fn time_is_told_by_the_decision_of_the_gate() {
        let said = |change: f64, pairs| {
            let mut sequential_test = SequentialTest::new(Rules::default(), 1);
            (0..pairs).for_each(|_| sequential_test.push(change.ln_1p()));
            by_time(&sequential_test)
        };
        assert_eq!(said(0.03, 30).finding, Finding::Bad);
        assert_eq!(said(0.0, 30).finding, Finding::Good);
        assert_eq!(said(-0.05, 30).finding, Finding::Good);
        assert_eq!(said(0.0, 2), Answer::skipped("2 pairs (0 %) do not tell; --budget allows more"));
        assert_eq!(said(0.03, 30).told, "time +3.0 % by 30 pairs");
        let interval = said(0.03, 30).interval.expect("enough pairs");
        assert!(interval.low <= 1.03 + 1e-9 && 1.03 - 1e-9 <= interval.high, "{interval:?}");
        assert!(interval.low > 1.0, "{interval:?}");
    }

    #[test]
    fn between_the_ends_a_commit_is_bad_if_it_has_half_of_bads_change() {
        let conditions = conditions(1, None, Duration::from_secs(1));
        let found = |bad: Option<f64>, change: f64| {
            let (rules, budget) = (Rules::default(), Duration::from_secs(1));
            let mut time = Threshold::Time { conditions: &conditions, rules, budget, seed: 0 };
            if let Some(bad) = bad {
                let answer = Answer { value: Some(1.0 + bad), ..Answer::skipped("BAD") };
                let threshold = time.aim(&answer).expect("time has one");
                assert!((threshold - (1.0 + bad / 2.0)).abs() < bad * bad, "{threshold}");
            }
            let Threshold::Time { rules, .. } = time else { unreachable!("it was time") };
            let mut sequential_test = SequentialTest::new(rules, 1);
            // No further than a contest measures, which ends when it is settled.
            while !sequential_test.is_settled() && sequential_test.log_ratios().len() < 60 {
                sequential_test.push(change.ln_1p());
            }
            by_time(&sequential_test).finding
        };
        // Why a gate's question is the wrong one here: what is as slow as BAD passes it.
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
            assert_eq!(found(Some(bad), change), wanted, "{change} where BAD has {bad}");
        }
    }

    #[test]
    fn a_count_is_asked_the_same_of_every_commit() {
        let good = record(vec![row("w", "naive", vec![callgrind(1000)])]);
        let metric = by_name("instructions").expect("a metric");
        let limits = Limits::default();
        let mut count = Threshold::Count { good: &good, metric, limits: &limits };
        assert_eq!(count.aim(&Answer { value: Some(1100.0), ..Answer::skipped("BAD") }), None);
    }
}
