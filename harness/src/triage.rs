//! Reads the changes that a triage reviews: states of the stored counts and of the acceptances in git, and gates against
//! a revision.

use std::collections::BTreeMap;
use std::path::Path;

use harness_judge::gate::GateError;
use harness_judge::triage::{Change, Observed, Source, accepted, counted, timed};
use harness_record::acceptance::{Acceptances, FILE};
use harness_record::history::DatedRecord;
use harness_record::json_files::json_files;
use harness_record::limits::Limits;
use harness_record::session::Session;
use harness_record::{FileError, Record};
use itertools::Itertools;
use thiserror::Error;

use crate::history;
use crate::project::Project;
use crate::vcs::{Repository, RepositoryError};

/// The changes that were found.
#[derive(Debug, Default)]
pub struct Found {
    /// The changes of each commit and source: stored counts, gates, then acceptances.
    pub observed: Vec<Observed>,
    /// One sentence on each file or group of files that was left out.
    pub left_out: Vec<String>,
}

/// Changes that cannot be read.
#[derive(Debug, Error)]
pub enum TriageError {
    /// Git failed.
    #[error(transparent)]
    Git(#[from] RepositoryError),
    /// A file of the project is invalid.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Reads all changes of the current branch.
///
/// # Errors
/// If git fails, or the limits or the acceptances of the checkout are invalid.
pub fn changes(project: &Project, repository: &Repository) -> Result<Found, TriageError> {
    let mut found = Found::default();
    let limits = Limits::in_folder(&project.baselines())?;
    let acceptances = Acceptances::read(&project.baselines())?;
    let folder = Path::new(&project.config.baselines);
    let (states, unread) = history::counted(repository, folder, Record::clone)?;
    found.left_out.extend(unread);
    for (_, states) in states.iter().into_group_map_by(|(key, _)| key) {
        for (before, after) in states.into_iter().map(|(_, state)| state).tuple_windows() {
            found
                .observed
                .extend(between(before, after, &limits, &acceptances));
        }
    }
    found.gates(project, repository)?;
    found.acceptances(repository, folder)?;
    Ok(found)
}

/// The changes of one state of the stored counts after another.
fn between(
    before: &DatedRecord,
    after: &DatedRecord,
    limits: &Limits,
    acceptances: &Acceptances,
) -> Option<Observed> {
    Some(Observed {
        commit: after.commit.clone()?,
        date: after.date,
        base: before.commit.as_ref().map(|commit| commit.id.clone()),
        changes: counted(&before.record, &after.record, limits, acceptances),
    })
}

impl Found {
    /// Adds the changes that gates found. Of several gates on the same two commits, the newest counts.
    fn gates(&mut self, project: &Project, repository: &Repository) -> Result<(), TriageError> {
        let mut sessions = BTreeMap::new();
        let (mut dirty, mut elsewhere) = (0, 0);
        for path in json_files(&project.records().join("gates")) {
            match Session::read(&path) {
                Ok(session) if session.head.dirty => dirty += 1,
                Ok(session) => {
                    let ends = (session.base.commit.clone(), session.head.commit.clone());
                    sessions.insert(ends, session);
                }
                Err(error) => self.left_out.push(format!("a gate is left out: {error}")),
            }
        }
        let head = repository.resolve("HEAD")?;
        for session in sessions.into_values() {
            let commit = repository.resolve(&session.head.commit).ok();
            let Some(commit) = commit.filter(|commit| repository.commits(commit, &head).is_ok())
            else {
                elsewhere += 1;
                continue;
            };
            match observed(&session, commit) {
                Ok(one) => self.observed.push(one),
                Err(error) => self.left_out.push(format!("a gate is left out: {error}")),
            }
        }
        for (number, why) in [
            (dirty, "their sources had uncommitted changes"),
            (
                elsewhere,
                "their commit is not in the history of this branch",
            ),
        ] {
            if number > 0 {
                self.left_out
                    .push(format!("{number} gates are left out: {why}"));
            }
        }
        Ok(())
    }

    /// Adds the accepted regressions that no other source shows.
    fn acceptances(
        &mut self,
        repository: &Repository,
        folder: &Path,
    ) -> Result<(), RepositoryError> {
        let path = folder.join(FILE);
        let mut before = Acceptances::default();
        for commit in repository.states(Some(&path))? {
            let text = repository.file(&commit, &path)?.unwrap_or_default();
            let after = match Acceptances::parse(&text, &path) {
                Ok(after) => after,
                Err(error) => {
                    self.left_out
                        .push(format!("{FILE} at {commit} is left out: {error}"));
                    continue;
                }
            };
            let mut changes = accepted(&before, &after);
            changes.retain(|change| !self.shows(change));
            self.observed.push(Observed {
                date: commit.date,
                commit,
                base: None,
                changes,
            });
            before = after;
        }
        Ok(())
    }

    /// Returns true if a count or a gate shows the change of an acceptance.
    fn shows(&self, accepted: &Change) -> bool {
        let mut changes = self.observed.iter().flat_map(|one| &one.changes);
        changes.any(|change| {
            change.source != Source::Acceptance && change.acceptance == accepted.acceptance
        })
    }
}

/// The changes that a gate found.
fn observed(session: &Session, commit: harness_record::Commit) -> Result<Observed, GateError> {
    Ok(Observed {
        date: session.created.parse().unwrap_or(commit.date),
        commit,
        base: Some(session.base.commit.clone()),
        changes: timed(session)?,
    })
}
