//! The verdict on a session, and nothing but what follows from it.

use std::path::Path;

use jiff::civil::Date;
use thiserror::Error;

use super::work::{Work, is_of};
use super::{Counted, Identical, Session};
use crate::acceptance::{AcceptanceError, Acceptances, Coverage, FILE, Ledger, Loss};
use crate::compare::{Comparison, Side, compare};
use crate::layout::Layouts;
use crate::paired::{Course, Floor, Lane, MOST_PAIRS, Standing, pairs_to_tell, smallest_found};
use crate::record::Instrument;
use crate::statistics::Interval;
use crate::verdict::{Conclusion, Limits, LimitsError, Verdict, judge};

/// Level of the intervals that are shown.
const LEVEL: f64 = 0.95;

/// What a session means.
#[derive(Debug, Clone)]
pub struct Ruling {
    /// One for each workload that was timed, in their order.
    pub times: Vec<Time>,
    /// The verdict on the counts, if they were taken.
    pub counts: Option<Verdict>,
    /// Whether what stayed inconclusive is a failure to judge.
    pub strict: bool,
    /// Probability that unchanged code ends red by its time.
    pub false_alarm: f64,
    /// What "not slower" allows, as a share.
    pub margin: f64,
    /// The base against itself; none if that was not measured.
    pub floor: Option<Floor>,
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
pub enum RulingError {
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
pub struct Time {
    /// Its id.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// The verdict.
    pub word: Word,
    /// Whether it turns the gate red, unless the machine is too noisy to judge time.
    pub is_red: bool,
    /// What the pairs show; none before the first pair.
    pub found: Option<Found>,
    /// Pairs that were measured.
    pub pairs: usize,
    /// Seconds that they took.
    pub seconds: f64,
    /// The slowdown that would have been found with probability 95 % in its share of the budget, or in sixty pairs if that
    /// is fewer, as a share; none if so few pairs find nothing.
    pub smallest_found: Option<f64>,
    /// Seconds more that would settle it, if the pairs go on as they did; none if it is settled, or not in sight.
    pub seconds_to_tell: Option<f64>,
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
pub struct Found {
    /// The estimate.
    pub change: f64,
    /// Where the true change lies, at 95 %; none for too few pairs.
    pub interval: Option<Interval>,
    /// How far single pairs lie from their centre (standard deviation, estimated robustly).
    pub spread: f64,
}

/// The verdict on a workload's time in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Slower, confirmed.
    Regressed,
    /// Faster, confirmed.
    Improved,
    /// Slower by less than the margin, or not at all.
    NotSlower,
    /// Neither could be shown.
    Inconclusive,
    /// Slower, confirmed, by more than may be, and accepted.
    Accepted,
    /// Slower, confirmed, by no more than code that lies elsewhere may be where layouts are not averaged.
    Layout,
    /// A pair could not be measured.
    Failed,
}

impl Word {
    /// As it is printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regressed => "regressed",
            Self::Improved => "improved",
            Self::NotSlower => "not slower",
            Self::Inconclusive => "inconclusive",
            Self::Accepted => "accepted",
            Self::Layout => "layout",
            Self::Failed => "failed",
        }
    }
}

impl Ruling {
    /// Judges a session, and says what it could have found.
    ///
    /// # Errors
    /// If the base's limits, or the acceptances of either side, make no sense.
    pub fn of(session: &Session) -> Result<Self, RulingError> {
        Self::judge(session, true)
    }

    /// Judges a session and says no more, which takes a hundredth of the time: for whoever judges thousands.
    ///
    /// # Errors
    /// If the base's limits, or the acceptances of either side, make no sense.
    pub fn verdict_of(session: &Session) -> Result<Self, RulingError> {
        Self::judge(session, false)
    }

    fn judge(session: &Session, outlook: bool) -> Result<Self, RulingError> {
        let terms = &session.terms;
        let ledger = ledger(session)?;
        let comparisons = session.counted.as_ref().map(comparisons).unwrap_or_default();
        let fair = (terms.budget_seconds - terms.floor_seconds) / session.lanes.len().max(1) as f64;
        let times = session
            .lanes
            .iter()
            .map(|lane| {
                let row: Vec<&Comparison> = comparisons.iter().filter(|one| is_of(one, &lane.entrant)).collect();
                let work = Work::of(session, &lane.entrant, &row);
                let course = course(session, lane);
                let mut time = Time::of(lane, &course, session, &work, &row);
                time.accept(&ledger, terms.rules.margin);
                if outlook {
                    time.look_ahead(&course, fair);
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
            floor: session.floor.first().map(|lane| Floor::of(lane, terms.rules, session.lanes.len())),
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
    pub fn conclusion(&self) -> Conclusion {
        let counts = self.counts.as_ref().filter(|counts| !counts.rows.is_empty()).map(Verdict::conclusion);
        if counts == Some(Conclusion::Regressed) || self.red_times().next().is_some() {
            return Conclusion::Regressed;
        }
        if self.noise().is_some() || self.uncounted {
            return Conclusion::Unjudged;
        }
        let open = |time: &Time| time.word == Word::Failed || (self.strict && time.word == Word::Inconclusive);
        // Where nothing could be told of any time, the machine is too noisy or the budget too short for a pass.
        let nothing_told = !self.times.is_empty() && self.times_that(Word::Inconclusive) == self.times.len();
        if nothing_told || self.times.iter().any(open) || counts == Some(Conclusion::Unjudged) {
            return Conclusion::Unjudged;
        }
        match (self.times.is_empty(), counts) {
            (true, None) if !self.identical.time => Conclusion::Unjudged,
            _ => Conclusion::Passed,
        }
    }

    /// The times that turn the gate red: none on a machine that is too noisy to judge time.
    pub fn red_times(&self) -> impl Iterator<Item = &Time> {
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
    pub fn times_that(&self, word: Word) -> usize {
        self.times.iter().filter(|time| time.word == word).count()
    }
}

impl Time {
    fn of(lane: &Lane, course: &Course, session: &Session, work: &Work, row: &[&Comparison]) -> Self {
        let terms = &session.terms;
        let found = course.estimate().map(|estimate| Found {
            change: estimate.exp_m1(),
            interval: course.interval(LEVEL).map(|interval| Interval {
                low: interval.low.exp_m1(),
                high: interval.high.exp_m1(),
                level: LEVEL,
            }),
            spread: course.spread().unwrap_or_default(),
        });
        let change = found.map_or(0.0, |found| found.change);
        let word = match course.standing() {
            _ if lane.failure.is_some() => Word::Failed,
            Standing::Regressed if !terms.layouts.is_averaged() && change <= terms.layout_limit => Word::Layout,
            Standing::Regressed => Word::Regressed,
            Standing::Improved => Word::Improved,
            Standing::NotSlower => Word::NotSlower,
            Standing::Suspect | Standing::Open => Word::Inconclusive,
        };
        let mut time = Self {
            workload: lane.entrant.workload.clone(),
            phase: lane.entrant.phase.clone(),
            word,
            is_red: word == Word::Regressed,
            found,
            pairs: lane.pairs.len(),
            // From 0.0: the sum of nothing is -0.0.
            seconds: lane.pairs.iter().fold(0.0, |sum, pair| sum + pair.seconds),
            smallest_found: None,
            seconds_to_tell: None,
            instructions: row
                .iter()
                .find(|one| one.metric.is_some_and(|metric| metric.instrument() == Instrument::Callgrind))
                .and_then(|one| Some(one.ratio?.value)),
            failure: lane.failure.clone(),
            explanation: None,
            accepted: None,
            is_spent: false,
        };
        time.explanation = time.explain(work, session, row);
        time
    }

    /// Says what its share of the budget, in seconds, could have found, and what more of it would tell.
    fn look_ahead(&mut self, course: &Course, fair: f64) {
        let each = self.seconds / self.pairs.max(1) as f64;
        let affordable = if each > 0.0 { (fair / each) as usize } else { 0 };
        self.smallest_found = smallest_found(course, self.pairs.max(affordable).min(MOST_PAIRS)).map(f64::exp_m1);
        if self.word == Word::Inconclusive {
            self.seconds_to_tell = pairs_to_tell(course).map(|pairs| pairs as f64 * each);
        }
    }

    /// Takes the red off a slowdown that somebody has accepted, up to the margin beyond it.
    fn accept(&mut self, ledger: &Ledger, margin: f64) {
        let change = self.found.filter(|_| self.is_red).map(|found| found.change);
        let loss = change.and_then(|change| Loss::of_time(&self.workload, &self.phase, change));
        let covered = loss.map(|loss| ledger.covers(&loss, |level, value| value <= level * (1.0 + margin)));
        match covered {
            Some(Coverage::Excused(line)) => {
                (self.is_red, self.word, self.accepted) = (false, Word::Accepted, Some(line.sentence()));
            }
            Some(Coverage::Spent(_)) => self.is_spent = true,
            _ => {}
        }
    }
}

/// The acceptances of both sides on the day of the session.
fn ledger(session: &Session) -> Result<Ledger, RulingError> {
    let accepted = &session.accepted;
    let parse = |side, text: &str| {
        Acceptances::parse(text, Path::new(FILE)).map_err(|source| RulingError::Acceptances { side, source })
    };
    // Of a day that cannot be told, every acceptance that ends has ended.
    let today = session.created.get(..10).and_then(|day| day.parse().ok()).unwrap_or(Date::MAX);
    let (base, head) = (parse("in the base", &accepted.base)?, parse("in the head", &accepted.head)?);
    let earlier = accepted.earlier.as_ref().map(|text| parse("in an earlier base", text)).transpose()?;
    Ok(Ledger::between(base, earlier.as_ref(), head, accepted.honour, today))
}

/// The lane's pairs, run through the decision again. The level is that of all workloads that were timed.
pub(super) fn course(session: &Session, lane: &Lane) -> Course {
    let mut course = Course::new(session.terms.rules, session.lanes.len());
    lane.log_ratios().for_each(|log_ratio| course.push(log_ratio));
    course
}

/// Every count of both sides, next to each other.
pub(super) fn comparisons(counted: &Counted) -> Vec<Comparison> {
    compare(Side::baseline(&counted.base), Side::baseline(&counted.head))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::sample::{callgrind, dhat, record, row};
    use crate::selftest::trial::tests::trial;

    /// The ruling on a workload that takes as long as before, whose counts are these before and after.
    fn ruling(base: (u64, u64), head: (u64, u64)) -> Ruling {
        let mut session = trial("null", &[0.0; 30]).session;
        let counts = |(instructions, blocks): (u64, u64)| {
            record(vec![row("kernel/gelu", "fast", vec![callgrind(instructions), dhat(64 * blocks, blocks)])])
        };
        let limits = include_str!("../../../baselines/limits.toml").to_owned();
        session.counted = Some(Counted { base: counts(base), head: counts(head), limits });
        Ruling::verdict_of(&session).expect("limits that make sense")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_hundredth_of_a_percent_and_one_allocation_are_always_found(
            instructions in 10_000..1_000_000_000_u64, blocks in 0..1000_u64,
        ) {
            let base = (instructions, blocks);
            let same = ruling(base, base);
            prop_assert_eq!((same.times[0].word, same.times[0].instructions), (Word::NotSlower, Some(1.0)));
            prop_assert_eq!(same.conclusion(), Conclusion::Passed);

            let more = ruling(base, (instructions + instructions / 10_000, blocks));
            prop_assert!(more.times[0].instructions > Some(1.0));
            prop_assert_eq!(more.times[0].word, Word::NotSlower, "counts change no verdict on time");

            let allocation = ruling(base, (instructions, blocks + 1));
            prop_assert_eq!(allocation.conclusion(), Conclusion::Regressed);
            prop_assert!(!allocation.counts.expect("counted").regressions().is_empty());
        }
    }
}
