//! The verdict on a session, computed from the session alone.

use std::path::Path;

use harness_abtest::{
    Interval, MAX_POWER_PAIRS, NoiseFloor, Pair, Rules, SequentialTest, Verdict, WorkloadPairs,
    minimum_detectable, remaining_pairs,
};
use harness_record::FileError;
use harness_record::acceptance::{Acceptances, FILE, Loss};
use harness_record::distinct::distinct;
use harness_record::limits::Limits;
use harness_record::session::{Counted, Identical, LAYOUT_LIMIT, Layouts, Session};
use jiff::civil::Date;
use thiserror::Error;

use crate::acceptance::{Coverage, Ledger};
use crate::compare::{Comparison, RecordView, compare};
use crate::counts::{CountsVerdict, SuiteVerdict, judge};
use crate::gate::figures::Measured;
use crate::gate::instruction_change::{Work, instruction_ratio, is_of};
use crate::gate::time_budget::{self, TimeOverBudget};

/// Confidence level of the printed intervals.
pub(super) const LEVEL: f64 = 0.95;

/// The verdict on a session.
#[derive(Debug, Clone)]
pub struct GateVerdict {
    /// Verdicts on the timed workloads, in their order.
    pub times: Vec<TimeVerdict>,
    /// The verdict on the counts, if they were measured.
    pub counts: Option<CountsVerdict>,
    /// True if an inconclusive workload makes the gate exit with 2.
    pub strict: bool,
    /// Probability by design that a gate on unchanged code ends red because of time.
    pub false_alarm: f64,
    /// Margin: "not slower" means slower by less than this share.
    pub margin: f64,
    /// Layout limit: if only one layout of each side was timed, a slowdown up to this share is not red.
    pub layout_limit: f64,
    /// Noise floor: the base against itself; none if not measured.
    pub floor: Option<NoiseFloor>,
    /// Share of the budget for each workload, in seconds.
    pub fair_seconds: f64,
    /// True if instructions should have been counted, but valgrind is missing.
    pub uncounted: bool,
    /// True if time should have been judged, but no workload could be timed.
    pub untimed: bool,
    /// Measurements that were skipped because the programs are identical.
    pub identical: Identical,
    /// Reason why only one layout of each side was timed; none if layouts were averaged or not needed.
    pub single_layout: Option<String>,
    /// Acceptances that are not approved yet: one sentence each.
    pub pending: Vec<String>,
    /// Acceptances that have no effect and should be removed: one sentence each.
    pub complaints: Vec<String>,
}

/// A session with invalid rules.
#[derive(Debug, Error)]
pub enum GateError {
    /// The base's limits are invalid.
    #[error("in the base: {0}")]
    Limits(#[from] FileError),
    /// The acceptances of a side are invalid.
    #[error("{side}: {source}")]
    Acceptances {
        /// The side, such as `in the base`.
        side: &'static str,
        /// The error.
        source: FileError,
    },
}

/// The verdict on one workload's time.
#[derive(Debug, Clone)]
pub struct TimeVerdict {
    /// Id of the workload.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// The verdict.
    pub outcome: TimeOutcome,
    /// True if it turns the gate red, unless the machine is too noisy to judge time.
    pub is_red: bool,
    /// Effect that the pairs show; none before the first pair.
    pub found: Option<Effect>,
    /// Number of measured pairs.
    pub pairs: usize,
    /// Duration of these pairs, in seconds.
    pub seconds: f64,
    /// Minimum detectable effect, as a share: the smallest slowdown that would have been found with probability 95 % in
    /// the workload's share of the budget, computed for at most sixty pairs. None if there are too few pairs.
    pub minimum_detectable: Option<f64>,
    /// Further seconds until it is settled, if new pairs resemble the measured ones. None if it is settled, or if
    /// `MAX_FORECAST_PAIRS` further pairs would not settle it.
    pub remaining_seconds: Option<f64>,
    /// Instructions of the head over those of the base; none if they are not comparable.
    pub instructions: Option<f64>,
    /// Reason why it could not be measured.
    pub failure: Option<String>,
    /// One sentence about the change and its cause; none if no change of time is confirmed.
    pub explanation: Option<String>,
    /// The budget of its time, if the time is above it.
    pub over_budget: Option<TimeOverBudget>,
    /// The acceptance of its slowdown, if there is one.
    pub accepted: Option<String>,
    /// True if an acceptance in the base matches, but the base may already contain the accepted slowdown.
    pub is_spent: bool,
}

/// Effect size, as shares: 0.01 is one percent slower.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// Estimate of the change.
    pub change: f64,
    /// Confidence interval of the change at 95 %; none for too few pairs.
    pub interval: Option<Interval>,
    /// Standard deviation of single pairs, estimated robustly (from the median absolute deviation).
    pub spread: f64,
    /// Time per run of the base, in seconds. Base and head have the geometric mean of all pairs as their centre, and
    /// their quotient is the estimate of the change.
    pub base: f64,
    /// Time per run of the head, in seconds.
    pub head: f64,
}

/// The outcome of a workload's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeOutcome {
    /// The verdict of the sequential test.
    Verdict(Verdict),
    /// Regressed, and accepted.
    Accepted,
    /// A confirmed slowdown within the layout limit: layouts are not averaged, so layout alone may explain it.
    WithinLayoutLimit,
    /// A pair could not be measured.
    Failed,
}

impl TimeOutcome {
    /// The printed word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Verdict(verdict) => verdict.name(),
            Self::Accepted => "accepted",
            Self::WithinLayoutLimit => "layout",
            Self::Failed => "failed",
        }
    }
}

impl GateVerdict {
    /// Judges a session, with power analysis and forecast.
    ///
    /// # Errors
    /// If the base's limits or the acceptances of a side are invalid.
    pub fn of(session: &Session) -> Result<Self, GateError> {
        Self::judge(session, true)
    }

    /// Judges a session without power analysis and forecast, which takes a hundredth of the time.
    ///
    /// # Errors
    /// If the base's limits or the acceptances of a side are invalid.
    pub fn verdict_of(session: &Session) -> Result<Self, GateError> {
        Self::judge(session, false)
    }

    /// The verdict of a gate that compares counts with the stored baseline. `complaints` are those about acceptances.
    pub fn of_counts(counts: CountsVerdict, complaints: Vec<String>) -> Self {
        let rules = Rules::default();
        Self {
            times: Vec::new(),
            counts: Some(counts).filter(|counts| !counts.rows.is_empty()),
            strict: false,
            false_alarm: rules.false_alarm,
            margin: rules.margin,
            layout_limit: LAYOUT_LIMIT,
            floor: None,
            fair_seconds: 0.0,
            uncounted: false,
            untimed: false,
            identical: Identical::default(),
            single_layout: None,
            pending: Vec::new(),
            complaints,
        }
    }

    fn judge(session: &Session, outlook: bool) -> Result<Self, GateError> {
        let terms = &session.terms;
        let ledger = ledger(session)?;
        let parse = |text: &String| Limits::parse(text, Path::new("limits.toml"));
        let counted = session.counted.as_ref();
        let count_limits = counted.map(|counted| parse(&counted.limits)).transpose()?;
        let time_limits = session.limits.as_ref().map(parse).transpose()?;
        let mut complaints = ledger.complaints(&session.accepted.known);
        if let Some(limits) = count_limits.as_ref().or(time_limits.as_ref()) {
            let known = &session.accepted.known;
            let ids = distinct(known.iter().map(|(id, _)| id.as_str()));
            complaints.extend(limits.complaints(&ids));
        }
        let time_limits = time_limits.unwrap_or_default();
        if !session.measured.is_empty() {
            complaints.extend(time_budget::idle(&time_limits, &session.measured));
        }
        let comparisons = counted.map(comparisons).unwrap_or_default();
        let fair =
            (terms.budget_seconds - terms.floor_seconds) / session.measured.len().max(1) as f64;
        let judge_time = |measured| {
            let sequential_test = sequential_test(session, measured);
            let mut time = TimeVerdict::of(measured, &sequential_test, session, &comparisons);
            time.accept(&ledger, terms.rules.margin);
            time.hold(&time_limits, measured);
            if outlook {
                time.look_ahead(&sequential_test, fair);
            }
            time
        };
        let times = session.measured.iter().map(judge_time).collect();
        let counts = counted.zip(count_limits).map(|(counted, limits)| {
            let judged = judge(comparisons, &limits).hold(&limits, &counted.head);
            judged.accept(&ledger, &counted.head)
        });
        Ok(Self {
            times,
            counts,
            strict: terms.strict,
            false_alarm: terms.rules.false_alarm,
            margin: terms.rules.margin,
            layout_limit: terms.layout_limit,
            pending: ledger.pending(),
            complaints,
            floor: noise_floor(session),
            fair_seconds: fair,
            uncounted: session.uncounted,
            untimed: session.untimed,
            identical: session.identical,
            single_layout: match &terms.layouts {
                Layouts::Single(why) => Some(why.clone()),
                Layouts::Averaged(_) | Layouts::SameFile | Layouts::Untimed => None,
            },
        })
    }

    /// The verdict on the suite. A regression outranks figures that could not be judged.
    pub fn conclusion(&self) -> SuiteVerdict {
        let counts = self
            .counts
            .as_ref()
            .filter(|counts| !counts.rows.is_empty())
            .map(CountsVerdict::conclusion);
        if self
            .figures()
            .iter()
            .any(|one| one.standing.is_regression())
        {
            return SuiteVerdict::Regressed;
        }
        if self.noise().is_some() || self.uncounted || self.untimed {
            return SuiteVerdict::Unjudged;
        }
        let open = |time: &TimeVerdict| {
            time.outcome == TimeOutcome::Failed
                || (self.strict && time.outcome == TimeOutcome::Verdict(Verdict::Inconclusive))
        };
        // If every workload is inconclusive, the machine is too noisy or the budget too short for a pass.
        let all_inconclusive = !self.times.is_empty()
            && self.times_that(TimeOutcome::Verdict(Verdict::Inconclusive)) == self.times.len();
        if all_inconclusive || self.times.iter().any(open) || counts == Some(SuiteVerdict::Unjudged)
        {
            return SuiteVerdict::Unjudged;
        }
        match (self.times.is_empty(), counts) {
            (true, None) if !self.identical.time => SuiteVerdict::Unjudged,
            _ => SuiteVerdict::Passed,
        }
    }

    /// The workloads whose time turns the gate red: slower, or over budget; none if the machine is too noisy to judge time.
    pub fn red_times(&self) -> impl Iterator<Item = &TimeVerdict> {
        self.figures()
            .into_iter()
            .filter(|figure| figure.standing.is_regression())
            .filter_map(|figure| match figure.measured {
                Measured::Time(time) => Some(time),
                Measured::Count(_) => None,
            })
    }

    /// The regressions that turned the gate red, as losses that can be accepted.
    pub fn losses(&self, session: &Session) -> Vec<Loss> {
        let times = self
            .red_times()
            .filter(|time| time.is_red)
            .filter_map(|time| Loss::of_time(&time.workload, &time.phase, time.found?.change));
        let counts = self
            .counts
            .iter()
            .zip(&session.counted)
            .flat_map(|(verdict, counted)| verdict.losses(&counted.head));
        times.chain(counts).collect()
    }

    /// Number of timed workloads with this outcome.
    pub fn times_that(&self, outcome: TimeOutcome) -> usize {
        self.times
            .iter()
            .filter(|time| time.outcome == outcome)
            .count()
    }
}

impl TimeVerdict {
    fn of(
        measured: &WorkloadPairs,
        sequential_test: &SequentialTest,
        session: &Session,
        comparisons: &[Comparison],
    ) -> Self {
        let terms = &session.terms;
        let row: Vec<&Comparison> = comparisons
            .iter()
            .filter(|one| is_of(one, &measured.timed))
            .collect();
        let centre = centre(measured);
        let found = sequential_test.estimate().map(|estimate| Effect {
            change: estimate.exp_m1(),
            interval: sequential_test
                .interval(LEVEL)
                .map(|ends| ends.map(f64::exp_m1)),
            spread: sequential_test.spread().unwrap_or_default(),
            base: centre * (-estimate / 2.0).exp(),
            head: centre * (estimate / 2.0).exp(),
        });
        let change = found.map_or(0.0, |found| found.change);
        let outcome = match sequential_test.verdict() {
            _ if measured.failure.is_some() => TimeOutcome::Failed,
            Verdict::Regressed if !terms.layouts.is_averaged() && change <= terms.layout_limit => {
                TimeOutcome::WithinLayoutLimit
            }
            // Pairs after the verdict moved the estimate beyond the margin, so the verdict is not repeated.
            Verdict::NotSlower if found.is_some_and(|found| found.exceeds(terms.rules.margin)) => {
                TimeOutcome::Verdict(Verdict::Inconclusive)
            }
            verdict => TimeOutcome::Verdict(verdict),
        };
        let mut time = Self {
            workload: measured.timed.workload.clone(),
            phase: measured.timed.phase.clone(),
            outcome,
            is_red: outcome == TimeOutcome::Verdict(Verdict::Regressed),
            found,
            pairs: measured.pairs.len(),
            seconds: measured.seconds(),
            minimum_detectable: None,
            remaining_seconds: None,
            instructions: instruction_ratio(&row),
            failure: measured.failure.clone(),
            explanation: None,
            over_budget: None,
            accepted: None,
            is_spent: false,
        };
        time.explanation = time.explain(&Work::of(session, &measured.timed, &row), session, &row);
        time
    }

    /// Adds power analysis and forecast. `fair` is its share of the budget, in seconds.
    fn look_ahead(&mut self, sequential_test: &SequentialTest, fair: f64) {
        let each = self.seconds / self.pairs.max(1) as f64;
        let affordable = if each > 0.0 {
            (fair / each) as usize
        } else {
            0
        };
        self.minimum_detectable = minimum_detectable(
            sequential_test,
            self.pairs.max(affordable).min(MAX_POWER_PAIRS),
        )
        .map(f64::exp_m1);
        if self.outcome == TimeOutcome::Verdict(Verdict::Inconclusive) {
            self.remaining_seconds =
                remaining_pairs(sequential_test).map(|pairs| pairs as f64 * each);
        }
    }

    /// Marks a red slowdown as accepted if an acceptance covers it, with the margin as tolerance.
    fn accept(&mut self, ledger: &Ledger, margin: f64) {
        let change = self.found.filter(|_| self.is_red).map(|found| found.change);
        let loss = change.and_then(|change| Loss::of_time(&self.workload, &self.phase, change));
        let covered =
            loss.map(|loss| ledger.covers(&loss, |level, value| value <= level * (1.0 + margin)));
        match covered {
            Some(Coverage::Excused(line)) => {
                (self.is_red, self.outcome, self.accepted) =
                    (false, TimeOutcome::Accepted, Some(line.sentence()));
            }
            Some(Coverage::Spent(_)) => self.is_spent = true,
            _ => {}
        }
    }
}

impl Effect {
    /// True if the interval contains slowdowns beyond the margin.
    fn exceeds(&self, margin: f64) -> bool {
        let bound = self.interval.map_or(self.change, |ends| ends.high);
        bound > margin
    }
}

/// The geometric mean of the times per run of both sides, in seconds.
fn centre(measured: &WorkloadPairs) -> f64 {
    let pairs = measured.pairs.iter().filter_map(Pair::estimate);
    let logs: Vec<f64> = pairs
        .map(|pair| (pair.base.ln() + pair.head.ln()) / 2.0)
        .collect();
    1e-9 * (logs.iter().sum::<f64>() / logs.len().max(1) as f64).exp()
}

/// The acceptances of both sides on the day of the session.
fn ledger(session: &Session) -> Result<Ledger, GateError> {
    let accepted = &session.accepted;
    let parse = |side, text: &str| {
        Acceptances::parse(text, Path::new(FILE))
            .map_err(|source| GateError::Acceptances { side, source })
    };
    // If the date is unreadable, every acceptance with an expiry date has expired.
    let today = session
        .created
        .get(..10)
        .and_then(|day| day.parse().ok())
        .unwrap_or(Date::MAX);
    let (base, head) = (
        parse("in the base", &accepted.base)?,
        parse("in the head", &accepted.head)?,
    );
    let earlier = accepted
        .earlier
        .as_ref()
        .map(|text| parse("in an earlier base", text))
        .transpose()?;
    Ok(Ledger::between(
        base,
        earlier.as_ref(),
        head,
        accepted.honour,
        today,
    ))
}

/// The noise floor; of several machines, that of the noisiest: a base that differs from itself, or else the widest scatter.
/// There are no more machines than workloads, so the correction for the suite covers the floors of all.
fn noise_floor(session: &Session) -> Option<NoiseFloor> {
    let (rules, suite) = (session.terms.rules, session.suite_size());
    let floors = session.floor.iter();
    let floors = floors.map(|measured| NoiseFloor::of(measured, rules, suite));
    let spread = |floor: &NoiseFloor| floor.spread().unwrap_or_default();
    floors.reduce(|worst, floor| {
        let is_worse = match (worst.differs(), floor.differs()) {
            (true, false) => false,
            (false, true) => true,
            _ => spread(&floor) > spread(&worst),
        };
        if is_worse { floor } else { worst }
    })
}

/// Replays the pairs of a workload through the sequential test. The level is corrected for all timed workloads.
pub(super) fn sequential_test(session: &Session, measured: &WorkloadPairs) -> SequentialTest {
    SequentialTest::of(
        session.terms.rules,
        session.suite_size(),
        measured.log_ratios(),
    )
}

/// Compares every count of both sides.
pub(super) fn comparisons(counted: &Counted) -> Vec<Comparison> {
    compare(
        RecordView::measured_together(&counted.base),
        RecordView::measured_together(&counted.head),
    )
}

#[cfg(test)]
mod tests {
    use harness_record::sample::{self, callgrind, dhat, record, row};
    use proptest::prelude::*;

    use super::*;

    /// The verdict on a workload of unchanged time and these counts: (instructions, blocks) of each side.
    fn gate_verdict(base: (u64, u64), head: (u64, u64)) -> GateVerdict {
        let mut session = sample::session(&[0.0; 30]);
        let counts = |(instructions, blocks): (u64, u64)| {
            record(vec![row(
                "kernel/gelu",
                "fast",
                vec![callgrind(instructions), dhat(64 * blocks, blocks)],
            )])
        };
        let limits = include_str!("../../../../baselines/limits.toml").to_owned();
        session.counted = Some(Counted {
            base: counts(base),
            head: counts(head),
            limits,
        });
        GateVerdict::verdict_of(&session).expect("valid limits")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_hundredth_of_a_percent_and_one_allocation_are_always_found(
            instructions in 10_000..1_000_000_000_u64, blocks in 0..1000_u64,
        ) {
            let base = (instructions, blocks);
            let same = gate_verdict(base, base);
            prop_assert_eq!((same.times[0].outcome, same.times[0].instructions), (TimeOutcome::Verdict(Verdict::NotSlower), Some(1.0)));
            prop_assert_eq!(same.conclusion(), SuiteVerdict::Passed);

            let more = gate_verdict(base, (instructions + instructions / 10_000, blocks));
            prop_assert!(more.times[0].instructions > Some(1.0));
            prop_assert_eq!(more.times[0].outcome, TimeOutcome::Verdict(Verdict::NotSlower), "counts change no verdict on time");

            let allocation = gate_verdict(base, (instructions, blocks + 1));
            prop_assert_eq!(allocation.conclusion(), SuiteVerdict::Regressed);
            prop_assert!(!allocation.counts.expect("counted").regressions().is_empty());
        }
    }
}
