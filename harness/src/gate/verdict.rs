//! The verdict on a session, and nothing but what follows from it.

use std::path::Path;

use jiff::civil::Date;
use thiserror::Error;

use super::instruction_change::{Work, is_of};
use super::{Counted, Identical, Session};
use crate::acceptance::{AcceptanceError, Acceptances, Coverage, FILE, Ledger, Loss};
use crate::compare::{Comparison, RecordView, compare};
use crate::gate::Layouts;
use crate::paired::{
    MAX_POWER_PAIRS, NoiseFloor, SequentialTest, Verdict, WorkloadPairs, minimum_detectable, remaining_pairs,
};
use crate::record::Instrument;
use crate::statistics::Interval;
use crate::verdict::{CountsVerdict, Limits, LimitsError, SuiteVerdict, judge};

/// Level of the intervals that are shown.
const LEVEL: f64 = 0.95;

/// What a session means.
#[derive(Debug, Clone)]
pub struct GateVerdict {
    /// One for each workload that was timed, in their order.
    pub times: Vec<TimeVerdict>,
    /// The verdict on the counts, if they were taken.
    pub counts: Option<CountsVerdict>,
    /// Whether what stayed inconclusive is a failure to judge.
    pub strict: bool,
    /// Probability that unchanged code ends red by its time.
    pub false_alarm: f64,
    /// What "not slower" allows, as a share.
    pub margin: f64,
    /// The base against itself; none if that was not measured.
    pub floor: Option<NoiseFloor>,
    /// Seconds that each workload had of the budget.
    pub fair_seconds: f64,
    /// Whether instructions are to be judged and were not counted.
    pub uncounted: bool,
    /// Measurements that were left out because the programs are the same.
    pub identical: Identical,
    /// Why only one layout of each side was timed, if so.
    pub single_layout: Option<String>,
    /// Acceptances that wait for a reviewer: one sentence each.
    pub pending: Vec<String>,
    /// Acceptances that excuse nothing and ought to go: one sentence each.
    pub complaints: Vec<String>,
}

/// A session by whose rules nothing can be judged.
#[derive(Debug, Error)]
pub enum GateError {
    /// The base's limits make no sense.
    #[error("in the base: {0}")]
    Limits(#[from] LimitsError),
    /// A side's acceptances make no sense.
    #[error("{side}: {source}")]
    Acceptances {
        /// Whose.
        side: &'static str,
        /// What is wrong.
        source: AcceptanceError,
    },
}

/// The verdict on one workload's time.
#[derive(Debug, Clone)]
pub struct TimeVerdict {
    /// Its id.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// The verdict.
    pub outcome: TimeOutcome,
    /// Whether it turns the gate red, unless the machine is too noisy to judge time.
    pub is_red: bool,
    /// What the pairs show; none before the first pair.
    pub found: Option<Effect>,
    /// Pairs that were measured.
    pub pairs: usize,
    /// Seconds that they took.
    pub seconds: f64,
    /// The slowdown that would have been found with probability 95 % in its share of the budget, or in sixty pairs if that
    /// is fewer, as a share; none if so few pairs find nothing.
    pub minimum_detectable: Option<f64>,
    /// Seconds more that would settle it, if the pairs go on as they did; none if it is settled, or not in sight.
    pub remaining_seconds: Option<f64>,
    /// Head over base in instructions; none if they do not compare.
    pub instructions: Option<f64>,
    /// Why it could not be measured.
    pub failure: Option<String>,
    /// One sentence about what changed, and why; none where nothing is sure to have.
    pub explanation: Option<String>,
    /// Why its slowdown is accepted, if it is.
    pub accepted: Option<String>,
    /// Whether the base accepts it, but may have the loss already.
    pub is_spent: bool,
}

/// What pairs show, as shares: 0.01 is one percent slower.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// The estimate.
    pub change: f64,
    /// Where the true change lies, at 95 %; none for too few pairs.
    pub interval: Option<Interval>,
    /// How far single pairs lie from their centre (standard deviation, estimated robustly).
    pub spread: f64,
}

/// The verdict on a workload's time in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeOutcome {
    /// The verdict of the sequential test counts.
    Verdict(Verdict),
    /// Slower, confirmed, by more than may be, and accepted.
    Accepted,
    /// Slower, confirmed, by no more than code that lies elsewhere may be where layouts are not averaged.
    WithinLayoutLimit,
    /// A pair could not be measured.
    Failed,
}

impl TimeOutcome {
    /// As it is printed.
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
    /// Judges a session, and says what it could have found.
    ///
    /// # Errors
    /// If the base's limits, or the acceptances of either side, make no sense.
    pub fn of(session: &Session) -> Result<Self, GateError> {
        Self::judge(session, true)
    }

    /// Judges a session and says no more, which takes a hundredth of the time: for whoever judges thousands.
    ///
    /// # Errors
    /// If the base's limits, or the acceptances of either side, make no sense.
    pub fn verdict_of(session: &Session) -> Result<Self, GateError> {
        Self::judge(session, false)
    }

    fn judge(session: &Session, outlook: bool) -> Result<Self, GateError> {
        let terms = &session.terms;
        let ledger = ledger(session)?;
        let comparisons = session.counted.as_ref().map(comparisons).unwrap_or_default();
        let fair = (terms.budget_seconds - terms.floor_seconds) / session.measured.len().max(1) as f64;
        let times = session
            .measured
            .iter()
            .map(|measured| {
                let row: Vec<&Comparison> = comparisons.iter().filter(|one| is_of(one, &measured.timed)).collect();
                let work = Work::of(session, &measured.timed, &row);
                let sequential_test = sequential_test(session, measured);
                let mut time = TimeVerdict::of(measured, &sequential_test, session, &work, &row);
                time.accept(&ledger, terms.rules.margin);
                if outlook {
                    time.look_ahead(&sequential_test, fair);
                }
                time
            })
            .collect();
        let counts = match &session.counted {
            Some(counted) => {
                let limits = Limits::parse(&counted.limits, Path::new("limits.toml"))?;
                Some(judge(comparisons, &limits).accept(&ledger, &counted.head))
            }
            None => None,
        };
        Ok(Self {
            times,
            counts,
            strict: terms.strict,
            false_alarm: terms.rules.false_alarm,
            margin: terms.rules.margin,
            pending: ledger.pending(),
            complaints: ledger.complaints(&session.accepted.known),
            floor: session.floor.first().map(|measured| NoiseFloor::of(measured, terms.rules, session.measured.len())),
            fair_seconds: fair,
            uncounted: session.uncounted,
            identical: session.identical,
            single_layout: match &terms.layouts {
                Layouts::Single(why) => Some(why.clone()),
                Layouts::Averaged(_) | Layouts::SameFile | Layouts::Untimed => None,
            },
        })
    }

    /// The verdict on the suite. What regressed outranks what could not be judged.
    pub fn conclusion(&self) -> SuiteVerdict {
        let counts = self.counts.as_ref().filter(|counts| !counts.rows.is_empty()).map(CountsVerdict::conclusion);
        if counts == Some(SuiteVerdict::Regressed) || self.red_times().next().is_some() {
            return SuiteVerdict::Regressed;
        }
        if self.noise().is_some() || self.uncounted {
            return SuiteVerdict::Unjudged;
        }
        let open = |time: &TimeVerdict| {
            time.outcome == TimeOutcome::Failed
                || (self.strict && time.outcome == TimeOutcome::Verdict(Verdict::Inconclusive))
        };
        // Where nothing could be told of any time, the machine is too noisy or the budget too short for a pass.
        let nothing_told =
            !self.times.is_empty() && self.times_that(TimeOutcome::Verdict(Verdict::Inconclusive)) == self.times.len();
        if nothing_told || self.times.iter().any(open) || counts == Some(SuiteVerdict::Unjudged) {
            return SuiteVerdict::Unjudged;
        }
        match (self.times.is_empty(), counts) {
            (true, None) if !self.identical.time => SuiteVerdict::Unjudged,
            _ => SuiteVerdict::Passed,
        }
    }

    /// The times that turn the gate red: none on a machine that is too noisy to judge time.
    pub fn red_times(&self) -> impl Iterator<Item = &TimeVerdict> {
        let is_noisy = self.noise().is_some();
        self.times.iter().filter(move |time| time.is_red && !is_noisy)
    }

    /// What turned the gate red, as losses that can be accepted.
    pub fn losses(&self, session: &Session) -> Vec<Loss> {
        let times = self.red_times().filter_map(|time| Loss::of_time(&time.workload, &time.phase, time.found?.change));
        let counts =
            self.counts.iter().zip(&session.counted).flat_map(|(verdict, counted)| verdict.losses(&counted.head));
        times.chain(counts).collect()
    }

    /// How many times ended in a word.
    pub fn times_that(&self, outcome: TimeOutcome) -> usize {
        self.times.iter().filter(|time| time.outcome == outcome).count()
    }
}

impl TimeVerdict {
    fn of(
        measured: &WorkloadPairs,
        sequential_test: &SequentialTest,
        session: &Session,
        work: &Work,
        row: &[&Comparison],
    ) -> Self {
        let terms = &session.terms;
        let found = sequential_test.estimate().map(|estimate| Effect {
            change: estimate.exp_m1(),
            interval: sequential_test.interval(LEVEL).map(|interval| Interval {
                low: interval.low.exp_m1(),
                high: interval.high.exp_m1(),
                level: LEVEL,
            }),
            spread: sequential_test.spread().unwrap_or_default(),
        });
        let change = found.map_or(0.0, |found| found.change);
        let outcome = match sequential_test.verdict() {
            _ if measured.failure.is_some() => TimeOutcome::Failed,
            Verdict::Regressed if !terms.layouts.is_averaged() && change <= terms.layout_limit => {
                TimeOutcome::WithinLayoutLimit
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
            // From 0.0: the sum of nothing is -0.0.
            seconds: measured.pairs.iter().fold(0.0, |sum, pair| sum + pair.seconds),
            minimum_detectable: None,
            remaining_seconds: None,
            instructions: row
                .iter()
                .find(|one| one.metric.is_some_and(|metric| metric.instrument() == Instrument::Callgrind))
                .and_then(|one| Some(one.ratio?.value)),
            failure: measured.failure.clone(),
            explanation: None,
            accepted: None,
            is_spent: false,
        };
        time.explanation = time.explain(work, session, row);
        time
    }

    /// Says what its share of the budget, in seconds, could have found, and what more of it would tell.
    fn look_ahead(&mut self, sequential_test: &SequentialTest, fair: f64) {
        let each = self.seconds / self.pairs.max(1) as f64;
        let affordable = if each > 0.0 { (fair / each) as usize } else { 0 };
        self.minimum_detectable =
            minimum_detectable(sequential_test, self.pairs.max(affordable).min(MAX_POWER_PAIRS)).map(f64::exp_m1);
        if self.outcome == TimeOutcome::Verdict(Verdict::Inconclusive) {
            self.remaining_seconds = remaining_pairs(sequential_test).map(|pairs| pairs as f64 * each);
        }
    }

    /// Takes the red off a slowdown that somebody has accepted, up to the margin beyond it.
    fn accept(&mut self, ledger: &Ledger, margin: f64) {
        let change = self.found.filter(|_| self.is_red).map(|found| found.change);
        let loss = change.and_then(|change| Loss::of_time(&self.workload, &self.phase, change));
        let covered = loss.map(|loss| ledger.covers(&loss, |level, value| value <= level * (1.0 + margin)));
        match covered {
            Some(Coverage::Excused(line)) => {
                (self.is_red, self.outcome, self.accepted) = (false, TimeOutcome::Accepted, Some(line.sentence()));
            }
            Some(Coverage::Spent(_)) => self.is_spent = true,
            _ => {}
        }
    }
}

/// The acceptances of both sides on the day of the session.
fn ledger(session: &Session) -> Result<Ledger, GateError> {
    let accepted = &session.accepted;
    let parse = |side, text: &str| {
        Acceptances::parse(text, Path::new(FILE)).map_err(|source| GateError::Acceptances { side, source })
    };
    // Of a day that cannot be told, every acceptance that ends has ended.
    let today = session.created.get(..10).and_then(|day| day.parse().ok()).unwrap_or(Date::MAX);
    let (base, head) = (parse("in the base", &accepted.base)?, parse("in the head", &accepted.head)?);
    let earlier = accepted.earlier.as_ref().map(|text| parse("in an earlier base", text)).transpose()?;
    Ok(Ledger::between(base, earlier.as_ref(), head, accepted.honour, today))
}

/// The lane's pairs, run through the decision again. The level is that of all workloads that were timed.
pub(super) fn sequential_test(session: &Session, measured: &WorkloadPairs) -> SequentialTest {
    let mut sequential_test = SequentialTest::new(session.terms.rules, session.measured.len());
    measured.log_ratios().for_each(|log_ratio| sequential_test.push(log_ratio));
    sequential_test
}

/// Every count of both sides, next to each other.
pub(super) fn comparisons(counted: &Counted) -> Vec<Comparison> {
    compare(RecordView::baseline(&counted.base), RecordView::baseline(&counted.head))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::sample::{callgrind, dhat, record, row};
    use crate::selftest::trial::tests::trial;

    /// The ruling on a workload that takes as long as before, whose counts are these before and after.
    fn gate_verdict(base: (u64, u64), head: (u64, u64)) -> GateVerdict {
        let mut session = trial("null", &[0.0; 30]).session;
        let counts = |(instructions, blocks): (u64, u64)| {
            record(vec![row("kernel/gelu", "fast", vec![callgrind(instructions), dhat(64 * blocks, blocks)])])
        };
        let limits = include_str!("../../../baselines/limits.toml").to_owned();
        session.counted = Some(Counted { base: counts(base), head: counts(head), limits });
        GateVerdict::verdict_of(&session).expect("limits that make sense")
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
