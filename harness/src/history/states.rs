//! Reads the states of the baselines from git, while others use those that were read.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use harness_record::Commit;
use harness_record::baseline::{COUNTS, ENVIRONMENT};

use crate::vcs::{Repository, RepositoryError};

/// Number of states that wait for their use. Each may have many megabytes.
const AHEAD: usize = 2;

/// The baseline of one key at a commit.
pub(super) struct State {
    pub(super) commit: Commit,
    pub(super) key: String,
    /// The text and the path of the counts, and of their origin.
    pub(super) files: [(String, PathBuf); 2],
}

/// Calls `each` with every state of the baselines in `folder`, oldest first.
///
/// # Errors
/// If git fails.
pub(super) fn for_each_state(
    repository: &Repository,
    folder: &Path,
    each: impl FnMut(State),
) -> Result<(), RepositoryError> {
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(AHEAD);
        let reader = scope.spawn(move || send_states(repository, folder, &sender));
        receiver.into_iter().for_each(each);
        match reader.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn send_states(
    repository: &Repository,
    folder: &Path,
    sender: &SyncSender<State>,
) -> Result<(), RepositoryError> {
    for commit in repository.states(Some(folder))? {
        for key in repository.folders(&commit, folder)? {
            let paths = [COUNTS, ENVIRONMENT].map(|name| folder.join(&key).join(name));
            let mut files = Vec::new();
            for path in paths {
                let text = repository.file(&commit, &path)?;
                files.extend(text.map(|text| (text, path)));
            }
            let Ok(files) = <[(String, PathBuf); 2]>::try_from(files) else {
                continue;
            };
            let state = State {
                commit: commit.clone(),
                key,
                files,
            };
            // Fails if the user of the states has panicked.
            if sender.send(state).is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}
