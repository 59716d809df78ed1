//! Records of the states of the project over time.

mod reading;
mod states;

use std::collections::HashMap;
use std::path::Path;

use harness_probe::Instrument;
use harness_record::baseline::{Baseline, KnownRows};
use harness_record::history::{Dated, Keyed};
use harness_record::json_files::run_files;
use harness_record::{Commit, Part, Record, Row};
use itertools::Itertools;

use crate::history::reading::{Kept, records_in};
use crate::history::states::{State, for_each_state};
use crate::vcs::{Repository, RepositoryError};

/// Reads every state of the baselines on the current branch, oldest first, each with its key, and keeps what `keep` returns
/// of it: all rows of many states do not fit into memory. Also returns a message for each state that cannot be read, for
/// example after a change of the format. `folder` is the folder of the baselines, relative to the project.
///
/// # Errors
/// If git fails.
pub fn counted<T>(
    repository: &Repository,
    folder: &Path,
    mut keep: impl FnMut(&Record) -> T,
) -> Result<(Vec<Keyed<T>>, Vec<String>), RepositoryError> {
    let (mut dated_records, mut unread) = (Vec::new(), Vec::new());
    let mut keys: HashMap<String, (KnownRows, Option<Vec<Row>>)> = HashMap::new();
    for_each_state(repository, folder, |State { commit, key, files }| {
        let [(counts, counts_path), (origin, origin_path)] = &files;
        let (known, last) = keys.entry(key.clone()).or_default();
        let (counts, origin) = (
            (counts.as_str(), counts_path.as_path()),
            (origin.as_str(), origin_path.as_path()),
        );
        match Baseline::parse_next(counts, origin, &key, known) {
            // A commit that changed only other keys adds no state to this one.
            Ok(Baseline { record, .. }) if last.as_ref() != Some(&record.rows) => {
                let dated = Dated {
                    date: commit.date,
                    commit: Some(commit),
                    record: keep(&record),
                };
                dated_records.push((key, dated));
                *last = Some(record.rows);
            }
            Ok(_) => {}
            Err(error) => unread.push(format!("the baseline at {commit} is left out: {error}")),
        }
    })?;
    Ok((dated_records, unread))
}

/// Reads the counts in `folder` of commits that were counted afterwards, each with its key, and keeps what `keep` returns of
/// them. Also returns a message for each record that cannot be used.
pub fn measured<T: Send>(
    repository: &Repository,
    folder: &Path,
    keep: impl Fn(&Record) -> T + Sync,
) -> (Vec<Keyed<T>>, Vec<String>) {
    let part = Part {
        instruments: &|_, _| Some(&Instrument::COUNTED),
    };
    let (records, mut unread) = records_in(folder, &part, |record| {
        let baselines = Baseline::promote(record).map_err(|error| error.to_string())?;
        let keyed = baselines.iter();
        let keyed = keyed.map(|one| (one.key().to_string(), keep(&one.record)));
        Ok::<_, String>(keyed.collect_vec())
    });
    let dated = |Kept { record, content }: Kept<Result<Vec<(String, T)>, String>>| {
        let commit = record
            .environment
            .revision
            .as_deref()
            .and_then(|id| repository.resolve(id).ok());
        let created = &record.created;
        let commit = commit.ok_or_else(|| {
            format!("the counts measured at {created} are left out: git does not know their commit")
        })?;
        let baselines =
            content.map_err(|error| format!("the counts of {commit} are left out: {error}"))?;
        let keyed = baselines.into_iter().map(|(key, record)| {
            let dated = Dated {
                date: commit.date,
                commit: Some(commit.clone()),
                record,
            };
            (key, dated)
        });
        Ok(keyed.collect_vec())
    };
    let (dated_records, undated): (Vec<_>, Vec<String>) =
        records.into_iter().map(dated).partition_result();
    unread.extend(undated);
    (dated_records.into_iter().flatten().collect(), unread)
}

/// Reads the needed part of the records in a folder, and keeps what `keep` returns of those that were measured on the machine
/// of the newest one, oldest first. Also returns a message for each record that cannot be read.
pub fn timed<T: Send>(
    repository: Option<&Repository>,
    folder: &Path,
    part: &Part<'_>,
    keep: impl Fn(&Record) -> T + Sync,
) -> (Vec<Dated<T>>, Vec<String>) {
    let (mut records, unread) = records_in(folder, part, keep);
    records.sort_by(|a, b| a.record.created.cmp(&b.record.created));
    let Some(machine) = records
        .last()
        .map(|newest| newest.record.environment.clone())
    else {
        return (Vec::new(), unread);
    };
    // Each lookup of a commit starts git, and many records are of one revision.
    let mut commits: HashMap<String, Option<Commit>> = HashMap::new();
    let mut commit_of = |id: &String| {
        let resolve = || repository.and_then(|repository| repository.resolve(id).ok());
        commits.entry(id.clone()).or_insert_with(resolve).clone()
    };
    let dated_records = records
        .into_iter()
        .filter(|kept| kept.record.environment.same_machine(&machine))
        .map(|Kept { record, content }| Dated {
            date: record.created.parse().unwrap_or_default(),
            commit: record
                .environment
                .revision
                .as_ref()
                .and_then(&mut commit_of),
            record: content,
        });
    (dated_records.collect(), unread)
}

/// Imported records in time.
#[derive(Debug)]
pub struct Imported<T> {
    /// Those that compare with the newest one, oldest first.
    pub dated_records: Vec<Dated<T>>,
    /// A message for each record that cannot be read.
    pub unread: Vec<String>,
    /// Number of records of another tool, machine or environment.
    pub elsewhere: usize,
    /// Number of records without a time.
    pub undated: usize,
}

/// Reads the imports in a folder that compare with the newest one, in the order of their commits or else of their
/// runs, and keeps what `keep` returns of each. `tool` selects those of one tool; `portable` is true for counts, which
/// compare if their toolchains are equal.
pub fn imported<T: Send>(
    repository: Option<&Repository>,
    folder: &Path,
    part: &Part<'_>,
    (tool, portable): (Option<&str>, bool),
    keep: impl Fn(&Record) -> T + Sync,
) -> Imported<T> {
    let (records, unread) = records_in(folder, part, keep);
    let mut dated: Vec<Dated<Kept<T>>> = Vec::new();
    let mut undated = 0;
    for kept in records {
        let record = &kept.record;
        let Some(import) = &record.environment.import else {
            continue;
        };
        if tool.is_some_and(|tool| import.tool != tool) {
            continue;
        }
        let commit = record
            .environment
            .revision
            .as_ref()
            .and_then(|id| repository?.resolve(id).ok());
        let stated = || {
            let text = import.committed.as_ref().unwrap_or(&record.created);
            text.parse().ok()
        };
        let date = commit.as_ref().map(|commit| commit.date).or_else(stated);
        match date {
            Some(date) => dated.push(Dated {
                date,
                commit,
                record: kept,
            }),
            None => undated += 1,
        }
    }
    let created = |one: &Dated<Kept<T>>| one.record.record.created.clone();
    dated.sort_by_cached_key(|one| (one.date, created(one)));
    let all = dated.len();
    if let Some(newest) = dated
        .last()
        .map(|one| one.record.record.environment.clone())
    {
        dated.retain(|one| {
            let environment = &one.record.record.environment;
            match portable {
                true => {
                    environment.other_origin(&newest).is_none()
                        && environment.same_toolchain(&newest)
                }
                false => environment.same_machine(&newest),
            }
        });
    }
    Imported {
        elsewhere: all - dated.len(),
        dated_records: dated
            .into_iter()
            .map(|one| Dated {
                date: one.date,
                commit: one.commit,
                record: one.record.content,
            })
            .collect(),
        unread,
        undated,
    }
}

/// Factor that limits how many files [`recent`] reads: it examines the newest `LOOKED_AT * most` files.
const LOOKED_AT: usize = 4;

/// Reads up to `most` records of the same machine that are older than `now`, oldest first. Skips files that are not
/// records.
pub fn recent(folder: &Path, now: &Record, most: usize) -> Vec<Record> {
    // File names begin with the time, so the paths are sorted by time.
    let paths = run_files(folder);
    let read = paths
        .iter()
        .rev()
        .take(LOOKED_AT * most)
        .filter_map(|path| Record::read(path).ok());
    let is_earlier = |record: &Record| {
        record.created < now.created && record.environment.same_machine(&now.environment)
    };
    let mut records: Vec<Record> = read.filter(is_earlier).take(most).collect();
    records.sort_by(|a, b| a.created.cmp(&b.created));
    records
}

#[cfg(test)]
mod tests {
    use std::fs;

    use harness_record::sample::record;

    use super::*;

    fn day(day: u32) -> Record {
        Record {
            created: format!("2026-01-0{day}T00:00:00Z"),
            ..record(Vec::new())
        }
    }

    #[test]
    fn the_last_records_of_the_machine_before_this_one_are_read() {
        let folder = tempfile::tempdir().expect("a folder");
        for number in 1..=6 {
            let mut record = day(number);
            if number == 4 {
                record.environment.cpu = "another".to_owned();
            }
            record
                .write(
                    &folder
                        .path()
                        .join(format!("{}.json", record.created.replace(':', ""))),
                )
                .expect("written");
        }
        fs::write(folder.path().join("gate.json"), "{}").expect("written");
        let read = recent(folder.path(), &day(6), 3);
        let days: Vec<&str> = read.iter().map(|record| &record.created[..10]).collect();
        assert_eq!(days, ["2026-01-02", "2026-01-03", "2026-01-05"]);
        assert!(recent(&folder.path().join("nowhere"), &day(6), 3).is_empty());
    }
}
