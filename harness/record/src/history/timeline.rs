//! Records in time: the states of the project that have numbers.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::{Commit, Record};

/// A record, or what is kept of it, and the state of the project that it belongs to.
#[derive(Debug, Clone)]
pub struct Dated<T> {
    /// Date of the commit if the record belongs to a commit, otherwise of the measurement.
    pub date: Timestamp,
    /// The commit, if git knows it.
    pub commit: Option<Commit>,
    /// The numbers.
    pub record: T,
}

/// A whole record and its state.
pub type DatedRecord = Dated<Record>;

/// A dated record with the key of its counts.
pub type Keyed<T> = (String, Dated<T>);

/// The records of one key on a branch, and the ones that were left out.
#[derive(Debug)]
pub struct Timeline<T> {
    /// The key; `None` if there are no records.
    pub key: Option<String>,
    /// The records in the order of the branch's commits, one per commit.
    pub dated_records: Vec<Dated<T>>,
    /// Commits of the branch that have counts of other keys only, which are not comparable.
    pub otherwise: Vec<Commit>,
    /// Number of records whose commit is not on the branch.
    pub elsewhere: usize,
}

/// Selects the records of one key among the states of the branch. Without a key, selects that of the last state.
pub fn keyed<T>(dated_records: Vec<Keyed<T>>, key: Option<&str>, states: &[Commit]) -> Timeline<T> {
    let ids = states.iter().map(|state| state.id.as_str());
    let places: HashMap<&str, usize> = ids.zip(0..).collect();
    let place = |moment: &Dated<T>| places.get(moment.commit.as_ref()?.id.as_str()).copied();
    let all = dated_records.len();
    let mut placed: Vec<(usize, Keyed<T>)> = dated_records
        .into_iter()
        .filter_map(|keyed| Some((place(&keyed.1)?, keyed)))
        .collect();
    let elsewhere = all - placed.len();
    // Stable sort: a committed baseline stays before a record that was counted afterwards, and takes precedence.
    placed.sort_by_key(|(place, _)| *place);
    let last = placed.last().map(|(_, (key, _))| key.clone());
    let Some(key) = key.map(str::to_owned).or(last) else {
        return Timeline {
            key: None,
            dated_records: Vec::new(),
            otherwise: Vec::new(),
            elsewhere,
        };
    };
    let (mut these, mut others): (Vec<_>, Vec<_>) = placed
        .into_iter()
        .partition(|(_, (other, _))| *other == key);
    these.dedup_by_key(|(place, _)| *place);
    others.dedup_by_key(|(place, _)| *place);
    let known: HashSet<usize> = these.iter().map(|(place, _)| *place).collect();
    others.retain(|(place, _)| !known.contains(place));
    Timeline {
        key: Some(key),
        otherwise: others
            .into_iter()
            .filter_map(|(_, (_, moment))| moment.commit)
            .collect(),
        dated_records: these.into_iter().map(|(_, (_, moment))| moment).collect(),
        elsewhere,
    }
}
