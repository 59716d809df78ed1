//! Records of the states of the project over time.

use std::path::Path;

use jiff::Timestamp;

use crate::baseline::{Baseline, COUNTS, ENVIRONMENT};
use crate::json_files::json_files;
use crate::record::Record;
use crate::revision::{Commit, Repository, RepositoryError};

/// A record and the state of the project that it belongs to.
#[derive(Debug, Clone)]
pub struct DatedRecord {
    /// Date of the commit if the record belongs to a commit, otherwise of the measurement.
    pub date: Timestamp,
    /// The commit, if git knows it.
    pub commit: Option<Commit>,
    /// The record.
    pub record: Record,
}

/// A dated record with the key of its counts.
pub type KeyedRecord = (String, DatedRecord);

/// Reads every state of the baselines on the current branch, oldest first, each with its key. Also returns a message
/// for each state that cannot be read, for example after a change of the format. `folder` is the folder of the
/// baselines, relative to the project.
///
/// # Errors
/// If git fails.
pub fn counted(repository: &Repository, folder: &Path) -> Result<(Vec<KeyedRecord>, Vec<String>), RepositoryError> {
    let (mut dated_records, mut unread): (Vec<KeyedRecord>, Vec<String>) = (Vec::new(), Vec::new());
    for commit in repository.states(Some(folder))? {
        for key in repository.folders(&commit, folder)? {
            let (counts_path, origin_path) = (folder.join(&key).join(COUNTS), folder.join(&key).join(ENVIRONMENT));
            let texts = (repository.file(&commit, &counts_path)?, repository.file(&commit, &origin_path)?);
            let (Some(counts), Some(origin)) = texts else { continue };
            match Baseline::parse((&counts, &counts_path), (&origin, &origin_path), &key) {
                Ok(baseline) => {
                    // A commit that changed only other keys adds no state to this one.
                    let last = dated_records.iter().rev().find(|(other, _)| *other == key);
                    if last.is_none_or(|(_, last)| last.record.rows != baseline.record.rows) {
                        let moment =
                            DatedRecord { date: commit.date, commit: Some(commit.clone()), record: baseline.record };
                        dated_records.push((key, moment));
                    }
                }
                Err(error) => unread.push(format!("the baseline at {commit} is left out: {error}")),
            }
        }
    }
    Ok((dated_records, unread))
}

/// Reads the records in `folder` of commits that were counted afterwards, each with its key. Also returns a message for
/// each record that cannot be used.
pub fn measured(repository: &Repository, folder: &Path) -> (Vec<KeyedRecord>, Vec<String>) {
    let (records, mut unread) = records_in(folder);
    let mut dated_records = Vec::new();
    for record in records {
        let Some(commit) = record.environment.revision.as_deref().and_then(|id| repository.resolve(id).ok()) else {
            unread.push(format!(
                "the counts measured at {} are left out: git does not know their commit",
                record.created
            ));
            continue;
        };
        match Baseline::promote(&record) {
            Ok(baselines) => dated_records.extend(baselines.into_iter().map(|baseline| {
                let moment =
                    DatedRecord { date: commit.date, commit: Some(commit.clone()), record: baseline.record.clone() };
                (baseline.key().to_string(), moment)
            })),
            Err(error) => unread.push(format!("the counts of {commit} are left out: {error}")),
        }
    }
    (dated_records, unread)
}

/// The records of one key on a branch, and the ones that were left out.
#[derive(Debug)]
pub struct Timeline {
    /// The key; `None` if there are no records.
    pub key: Option<String>,
    /// The records in the order of the branch's commits, one per commit.
    pub dated_records: Vec<DatedRecord>,
    /// Commits of the branch that have counts of other keys only, which are not comparable.
    pub otherwise: Vec<Commit>,
    /// Number of records whose commit is not on the branch.
    pub elsewhere: usize,
}

/// Selects the records of one key among the states of the branch. Without a key, selects that of the last state.
pub fn keyed(dated_records: Vec<KeyedRecord>, key: Option<&str>, states: &[Commit]) -> Timeline {
    let place = |moment: &DatedRecord| {
        states.iter().position(|state| Some(&state.id) == moment.commit.as_ref().map(|commit| &commit.id))
    };
    let all = dated_records.len();
    let mut placed: Vec<(usize, KeyedRecord)> =
        dated_records.into_iter().filter_map(|keyed| Some((place(&keyed.1)?, keyed))).collect();
    let elsewhere = all - placed.len();
    // Stable sort: a committed baseline stays before a record that was counted afterwards, and takes precedence.
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

/// Reads the records in a folder that were measured on the machine of the newest one, oldest first. Also returns a
/// message for each record that cannot be read.
pub fn timed(repository: Option<&Repository>, folder: &Path) -> (Vec<DatedRecord>, Vec<String>) {
    let (mut records, unread) = records_in(folder);
    records.sort_by(|a, b| a.created.cmp(&b.created));
    let Some(machine) = records.last().map(|newest| newest.environment.clone()) else { return (Vec::new(), unread) };
    let dated_records = records.into_iter().filter(|record| record.environment.same_machine(&machine)).map(|record| {
        let revision = record.environment.revision.as_deref();
        let commit = repository.zip(revision).and_then(|(repository, id)| repository.resolve(id).ok());
        DatedRecord { date: record.created.parse().unwrap_or_default(), commit, record }
    });
    (dated_records.collect(), unread)
}

fn records_in(folder: &Path) -> (Vec<Record>, Vec<String>) {
    let (mut records, mut unread) = (Vec::new(), Vec::new());
    for path in json_files(folder) {
        match Record::read(&path) {
            Ok(record) => records.push(record),
            Err(error) => unread.push(format!("a record is left out: {error}")),
        }
    }
    (records, unread)
}
