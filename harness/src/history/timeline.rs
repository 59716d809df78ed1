//! Records in time: the states of the project that have numbers.

use jiff::Timestamp;

use crate::record::Record;
use crate::revision::Commit;

/// A state of the project and its numbers.
#[derive(Debug, Clone)]
pub struct DatedRecord {
    /// When it came about: the commit's date where the numbers are of a commit, else when they were measured.
    pub date: Timestamp,
    /// The commit, where git knows it.
    pub commit: Option<Commit>,
    /// The numbers.
    pub record: Record,
}

/// A moment with the key of its counts.
pub type KeyedRecord = (String, DatedRecord);

/// The moments of one key, and what was left out.
#[derive(Debug)]
pub struct Timeline {
    /// The key; none if there are no moments at all.
    pub key: Option<String>,
    /// In the order of the branch's states, each commit once.
    pub dated_records: Vec<DatedRecord>,
    /// The commits of the branch that have counts of other keys only: those do not compare.
    pub otherwise: Vec<Commit>,
    /// How many moments are of no state of the branch.
    pub elsewhere: usize,
}

/// The moments of one key among the branch's states; none says which key: then it is that of the last state.
pub fn keyed(dated_records: Vec<KeyedRecord>, key: Option<&str>, states: &[Commit]) -> Timeline {
    let place = |moment: &DatedRecord| {
        states.iter().position(|state| Some(&state.id) == moment.commit.as_ref().map(|commit| &commit.id))
    };
    let all = dated_records.len();
    let mut placed: Vec<(usize, KeyedRecord)> =
        dated_records.into_iter().filter_map(|keyed| Some((place(&keyed.1)?, keyed))).collect();
    let elsewhere = all - placed.len();
    // Stable: what was committed stands before what was counted afterwards, and outranks it.
    placed.sort_by_key(|(place, _)| *place);
    let last = placed.last().map(|(_, (key, _))| key.clone());
    let Some(key) = key.map(str::to_owned).or(last) else {
        return Timeline { key: None, dated_records: Vec::new(), otherwise: Vec::new(), elsewhere };
    };
    let (mut these, mut others): (Vec<_>, Vec<_>) = placed.into_iter().partition(|(_, (other, _))| *other == key);
    these.dedup_by_key(|(place, _)| *place);
    others.dedup_by_key(|(place, _)| *place);
    others.retain(|(place, _)| these.iter().all(|(other, _)| other != place));
    Timeline {
        key: Some(key),
        otherwise: others.into_iter().filter_map(|(_, (_, moment))| moment.commit).collect(),
        dated_records: these.into_iter().map(|(_, (_, moment))| moment).collect(),
        elsewhere,
    }
}
