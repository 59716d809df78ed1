//! The states of the project that have numbers.

use std::path::Path;

use super::{DatedRecord, KeyedRecord};
use crate::baseline::{Baseline, COUNTS, ENVIRONMENT};
use crate::json_files::json_files;
use crate::record::Record;
use crate::revision::{Repository, RepositoryError};

/// Every state of the baselines that the current branch went through, each with its key, oldest first; and a sentence for each that
/// cannot be read, as after a change of their format. `folder` is that of the baselines, relative to the project.
///
/// # Errors
/// If git cannot tell.
pub fn counted(repository: &Repository, folder: &Path) -> Result<(Vec<KeyedRecord>, Vec<String>), RepositoryError> {
    let (mut dated_records, mut unread): (Vec<KeyedRecord>, Vec<String>) = (Vec::new(), Vec::new());
    for commit in repository.states(Some(folder))? {
        for key in repository.folders(&commit, folder)? {
            let (counts_path, origin_path) = (folder.join(&key).join(COUNTS), folder.join(&key).join(ENVIRONMENT));
            let texts = (repository.file(&commit, &counts_path)?, repository.file(&commit, &origin_path)?);
            let (Some(counts), Some(origin)) = texts else { continue };
            match Baseline::parse((&counts, &counts_path), (&origin, &origin_path), &key) {
                Ok(baseline) => {
                    // A commit that touched another key says nothing new of this one.
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

/// The commits that were counted afterwards, into the records of a folder, each with its key; and a sentence for each that cannot
/// be used.
pub fn measured(repository: &Repository, folder: &Path) -> (Vec<KeyedRecord>, Vec<String>) {
    let (records, mut unread) = records_in(folder);
    let mut dated_records = Vec::new();
    for record in records {
        let Some(commit) = record.environment.revision.as_deref().and_then(|id| repository.resolve(id).ok()) else {
            unread.push(format!("the counts measured {} are left out: git does not know their commit", record.created));
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

/// The records in a folder that were measured on the machine of the newest one, oldest first; and a sentence for each that
/// cannot be read.
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
