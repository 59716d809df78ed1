//! The periodic review of performance changes: each change that git or a gate shows, with its cause and its decision.
//!
//! A change comes from stored counts, from a gate, or from an accepted regression. Changes of one commit and metric form
//! an [`Entry`]. An accepted regression is decided by its acceptance, every other one by an entry of the decision log. A
//! regression without a decision is undecided and comes back in each review until it has one.

mod change;

pub use change::{Change, Source, accepted, counted, timed};

use harness_record::Commit;
use harness_record::metric::Metric;
use harness_record::roadmap::Decision;
use itertools::Itertools;
use jiff::Timestamp;
use jiff::civil::Date;

/// The changes of a commit that one source shows.
#[derive(Debug, Clone)]
pub struct Observed {
    /// The commit.
    pub commit: Commit,
    /// Time of the observation: the date of the commit, or of the gate.
    pub date: Timestamp,
    /// The commit that it is compared with; none for acceptances.
    pub base: Option<String>,
    /// The changes.
    pub changes: Vec<Change>,
}

/// The changes that a commit made to one metric.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The commit.
    pub commit: Commit,
    /// Time of the first observation.
    pub date: Timestamp,
    /// The commit that it was compared with; none if it is unknown.
    pub base: Option<String>,
    /// The metric.
    pub metric: &'static Metric,
    /// The direction of the changes.
    pub kind: Kind,
    /// The changes with their decisions, the largest first.
    pub changes: Vec<(Change, Ruling)>,
}

/// The direction of the changes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// All changes are for the worse.
    Regression,
    /// Some changes are for the worse, some for the better.
    Mixed,
    /// All changes are for the better.
    Improvement,
}

/// The decision on a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// The decision log has an entry.
    Decided {
        /// Day of the decision.
        date: Date,
        /// The decision, with its reason.
        decision: String,
        /// The role that decided; may be empty.
        by: String,
    },
    /// `accepted.csv` has a line.
    Accepted(Date),
    /// An improvement without a decision, which needs none.
    Unneeded,
    /// A regression without a decision.
    Undecided,
}

impl Kind {
    /// Every kind, in display order.
    pub const ALL: [Self; 3] = [Self::Regression, Self::Mixed, Self::Improvement];

    /// The kind, as printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::Mixed => "mixed",
            Self::Improvement => "improvement",
        }
    }
}

impl Ruling {
    /// The decision on a change of the commit with this id. The last decision of the log outranks earlier ones, and an
    /// acceptance.
    fn of(id: &str, change: &Change, log: &[Decision]) -> Self {
        let about =
            |decision: &&Decision| decision.subject.covers(id, &change.workload, change.metric);
        match (log.iter().rev().find(about), &change.acceptance) {
            (Some(decision), _) => Self::Decided {
                date: decision.date,
                decision: decision.decision.clone(),
                by: decision.by.clone(),
            },
            (None, Some(acceptance)) => Self::Accepted(acceptance.accepted),
            (None, None) if change.is_worse() => Self::Undecided,
            (None, None) => Self::Unneeded,
        }
    }
}

impl Entry {
    /// Number of changes that are undecided.
    pub fn undecided(&self) -> usize {
        let undecided = |(_, ruling): &&(Change, Ruling)| *ruling == Ruling::Undecided;
        self.changes.iter().filter(undecided).count()
    }

    /// The largest change, relative to its level before.
    pub fn largest(&self) -> Option<&Change> {
        self.changes.first().map(|(change, _)| change)
    }
}

/// Groups changes by commit and metric, and finds the decision on each.
///
/// Returns the entries with an observation that `is_new`, and the older ones that are undecided: the undecided ones first, each part by kind
/// and then by date, the newest first. A figure that several sources show for a commit is taken from the first one.
pub fn triage(
    observed: &[Observed],
    log: &[Decision],
    is_new: impl Fn(&Observed) -> bool,
) -> Vec<Entry> {
    let all = observed
        .iter()
        .flat_map(|one| one.changes.iter().map(move |change| (one, change)));
    let groups = all.into_group_map_by(|(one, change)| (&one.commit.id, change.metric.name()));
    let of_group = |group: Vec<(&Observed, &Change)>| {
        let is_new = group.iter().any(|(one, _)| is_new(one));
        entry(&group, log).filter(|entry| is_new || entry.undecided() > 0)
    };
    let mut entries: Vec<Entry> = groups.into_values().filter_map(of_group).collect();
    entries.sort_by(|a, b| {
        let key = |entry: &Entry| (entry.undecided() == 0, entry.kind);
        let order = key(a).cmp(&key(b)).then(b.date.cmp(&a.date));
        let names = |entry: &Entry| (entry.commit.id.clone(), entry.metric.name());
        order.then_with(|| names(a).cmp(&names(b)))
    });
    entries
}

/// The entry of the changes of one commit and metric; none without changes.
fn entry(group: &[(&Observed, &Change)], log: &[Decision]) -> Option<Entry> {
    let (first, change) = group.first()?;
    let figures = group
        .iter()
        .unique_by(|(_, change)| (&change.workload, &change.phase));
    let mut changes: Vec<(Change, Ruling)> = figures
        .map(|(one, change)| {
            let ruling = Ruling::of(&one.commit.id, change, log);
            ((*change).clone(), ruling)
        })
        .collect();
    changes.sort_by(|(a, _), (b, _)| {
        let order = b.size().total_cmp(&a.size());
        order.then_with(|| (&a.workload, &a.phase).cmp(&(&b.workload, &b.phase)))
    });
    let worse = changes.iter().filter(|(change, _)| change.is_worse());
    let kind = match worse.count() {
        0 => Kind::Improvement,
        worse if worse == changes.len() => Kind::Regression,
        _ => Kind::Mixed,
    };
    Some(Entry {
        commit: first.commit.clone(),
        date: group.iter().map(|(one, _)| one.date).min()?,
        base: group.iter().find_map(|(one, _)| one.base.clone()),
        metric: change.metric,
        kind,
        changes,
    })
}

#[cfg(test)]
mod tests;
