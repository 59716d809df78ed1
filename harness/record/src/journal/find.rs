//! The journals of interrupted runs.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::{Interrupted, JOURNAL};
use crate::folder_lock::FolderLock;

/// The journals in a folder of records.
#[derive(Debug)]
pub struct Found {
    /// Those of interrupted runs, the newest first. Their locks are held, so no other process uses them meanwhile.
    pub interrupted: Vec<Interrupted>,
    /// Number of those whose runs go on.
    pub running: usize,
}

/// Finds the journals in a folder of records. A journal is left out if it has no reading, has no first line, or cannot be
/// opened.
pub fn find(records: &Path) -> Found {
    // A run that begins has a new folder for a moment before it locks it. A folder of records that cannot be locked is
    // read all the same.
    let _alone = records
        .is_dir()
        .then(|| FolderLock::take(records, &|| ()).ok());
    let (mut interrupted, mut running) = (Vec::new(), 0);
    for folder in folders(records) {
        match lock(&folder) {
            Ok(lock) => interrupted.extend(Interrupted::read(folder, lock)),
            Err(TryLockError::WouldBlock) => running += 1,
            Err(TryLockError::Error(_)) => {}
        }
    }
    // RFC 3339 in UTC sorts by time.
    interrupted.sort_by(|a, b| b.latest().cmp(a.latest()));
    Found {
        interrupted,
        running,
    }
}

/// The folders of all journals.
pub(super) fn folders(records: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(records).into_iter().flatten().flatten();
    entries
        .filter(|entry| {
            let name = entry.file_name();
            // Not through a link.
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            is_folder && name.as_encoded_bytes().starts_with(JOURNAL.as_bytes())
        })
        .map(|entry| entry.path())
        .collect()
}

/// The open and locked folder; [`TryLockError::WouldBlock`] if another process holds the lock.
pub(super) fn lock(folder: &Path) -> Result<File, TryLockError> {
    let file = File::open(folder).map_err(TryLockError::Error)?;
    file.try_lock()?;
    Ok(file)
}
