//! The journals of interrupted runs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::{Interrupted, JOURNAL};

/// The journals in a folder of records.
#[derive(Debug)]
pub struct Found {
    /// Those of interrupted runs, the newest first. Their locks are held, so no other process uses them meanwhile.
    pub interrupted: Vec<Interrupted>,
    /// Number of those whose runs go on.
    pub running: usize,
}

/// Finds the journals in a folder of records. A journal without a reading or without its first line is left out.
pub fn find(records: &Path) -> Found {
    let (mut interrupted, mut running) = (Vec::new(), 0);
    for folder in folders(records) {
        match lock(&folder) {
            Some(lock) => interrupted.extend(Interrupted::read(folder, lock)),
            None => running += 1,
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

/// The open and locked folder; none if another process holds the lock, or if there are no locks.
pub(super) fn lock(folder: &Path) -> Option<File> {
    let file = File::open(folder).ok()?;
    file.try_lock().ok()?;
    Some(file)
}
