//! A change of one figure, and where it is found.

use harness_abtest::Verdict;
use harness_record::Record;
use harness_record::acceptance::{Acceptance, Acceptances};
use harness_record::limits::Limits;
use harness_record::metric::{self, Metric};
use harness_record::session::Session;

use crate::acceptance::Ledger;
use crate::compare::{RecordView, compare};
use crate::counts::{CountVerdict, CountsVerdict, judge};
use crate::gate::{GateError, GateVerdict, TimeOutcome, TimeVerdict};

/// A change of one figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The workload.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// The metric.
    pub metric: &'static Metric,
    /// Level before: a count, or 1 for time.
    pub from: f64,
    /// Level after: a count, or the ratio of times.
    pub to: f64,
    /// The source that shows it.
    pub source: Source,
    /// The cause in one sentence; none if unknown.
    pub cause: Option<String>,
    /// The line of `accepted.csv` that accepts it.
    pub acceptance: Option<Acceptance>,
}

/// The source that shows a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Two states of the stored counts in git.
    Counts,
    /// A gate against a revision.
    Gate,
    /// A line of `accepted.csv`.
    Acceptance,
}

impl Source {
    /// The source, as printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counts => "stored counts",
            Self::Gate => "gate",
            Self::Acceptance => "accepted.csv",
        }
    }
}

impl Change {
    /// Returns true for a change for the worse.
    pub fn is_worse(&self) -> bool {
        self.metric.worse(self.from, self.to) > 0.0
    }

    /// Level after over level before; none if the level before is zero.
    pub fn ratio(&self) -> Option<f64> {
        (self.from != 0.0).then(|| self.to / self.from)
    }

    /// Size of the change as a logarithm of the ratio; infinite from or to zero.
    pub(super) fn size(&self) -> f64 {
        (self.to / self.from).ln().abs()
    }
}

/// The changes between two states of stored counts that exceed their limits.
pub fn counted(
    base: &Record,
    head: &Record,
    limits: &Limits,
    accepted: &Acceptances,
) -> Vec<Change> {
    let compared = compare(RecordView::baseline(base), RecordView::baseline(head));
    // An acceptance stays the decision on a change after it has expired.
    let ledger = Ledger::stored(accepted.clone(), jiff::civil::Date::MIN);
    let verdict = judge(compared, limits).accept(&ledger, head);
    of_counts(&verdict, Source::Counts)
}

/// The changes that a gate against a revision found: counts beyond their limits, and confirmed changes of time unless the
/// machine was too noisy.
///
/// # Errors
/// If the rules in the session are invalid.
pub fn timed(session: &Session) -> Result<Vec<Change>, GateError> {
    let verdict = GateVerdict::verdict_of(session)?;
    let mut changes: Vec<Change> = Vec::new();
    if verdict.noise().is_none() {
        changes.extend(
            verdict
                .times
                .iter()
                .filter_map(|time| of_time(time, session)),
        );
    }
    let counts = verdict.counts.iter();
    changes.extend(counts.flat_map(|counts| of_counts(counts, Source::Gate)));
    Ok(changes)
}

/// The regressions that a state of `accepted.csv` accepts and the state before it does not.
pub fn accepted(before: &Acceptances, after: &Acceptances) -> Vec<Change> {
    let new = after
        .lines()
        .iter()
        .filter(|line| !before.lines().contains(line));
    new.map(|line| Change {
        workload: line.loss.workload.clone(),
        phase: line.loss.phase.clone(),
        metric: line.loss.metric,
        from: line.loss.from,
        to: line.loss.to,
        source: Source::Acceptance,
        cause: Some(line.reason.clone()),
        acceptance: Some(line.clone()),
    })
    .collect()
}

fn of_counts(verdict: &CountsVerdict, source: Source) -> Vec<Change> {
    let change = |row: &crate::counts::JudgedCount| {
        let judgement = match &row.judgement {
            CountVerdict::OverBudget(_, otherwise) => otherwise,
            judgement => judgement,
        };
        let acceptance = match judgement {
            CountVerdict::Regressed(_) | CountVerdict::Improved(_) => None,
            CountVerdict::Accepted(_, acceptance) => Some(acceptance.clone()),
            CountVerdict::Unchanged(_)
            | CountVerdict::Moved(_)
            | CountVerdict::NotRepeatable(_)
            | CountVerdict::OverBudget(..)
            | CountVerdict::Unjudged(_) => {
                return None;
            }
        };
        let compared = &row.comparison;
        Some(Change {
            workload: compared.workload.clone(),
            phase: compared.head_phase.clone(),
            metric: compared.metric?,
            from: compared.base?.value,
            to: compared.head?.value,
            source,
            cause: acceptance.as_ref().map(|line| line.reason.clone()),
            acceptance,
        })
    };
    verdict.rows.iter().filter_map(change).collect()
}

/// The confirmed change of a workload's time; none if there is none.
fn of_time(time: &TimeVerdict, session: &Session) -> Option<Change> {
    let is_accepted = match time.outcome {
        TimeOutcome::Verdict(Verdict::Regressed | Verdict::Improved) => false,
        TimeOutcome::Accepted => true,
        _ => return None,
    };
    let ratio = 1.0 + time.found?.change;
    let metric = metric::by_name("time")?;
    let acceptance = is_accepted
        .then(|| {
            let texts = [&session.accepted.base, &session.accepted.head];
            let lines = texts.into_iter().filter_map(|text| {
                Acceptances::parse(text, std::path::Path::new("accepted.csv")).ok()
            });
            lines.flat_map(|read| read.lines().to_vec()).find(|line| {
                line.loss.workload == time.workload
                    && line.loss.phase == time.phase
                    && line.loss.metric == metric
            })
        })
        .flatten();
    Some(Change {
        workload: time.workload.clone(),
        phase: time.phase.clone(),
        metric,
        from: 1.0,
        to: ratio,
        source: Source::Gate,
        cause: time.explanation.clone(),
        acceptance,
    })
}
