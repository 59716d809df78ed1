//! Writing of a journal.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Finished, JOURNAL, JournalError, LINES, Line, SCHEMA, Started, find};
use crate::folder_lock::FolderLock;

/// The journal of a run of this process. Dropping it leaves its file for a run that continues.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    file: File,
    /// The open folder, which is locked.
    _lock: File,
}

impl Journal {
    /// Begins a journal in the folder of records. It replaces those of interrupted runs.
    ///
    /// # Errors
    /// If the journal cannot be made.
    pub fn begin(records: &Path, run: Started) -> Result<Self, JournalError> {
        let at = |source| system(records, source);
        // Without it, another harness could take the new folder before it has its lock.
        let _alone = FolderLock::take(records, &|| ())?;
        for interrupted in find::folders(records) {
            if find::lock(&interrupted).is_ok() {
                // The next run finds and removes those that this one cannot remove.
                let _ = fs::remove_dir_all(interrupted);
            }
        }
        let prefix = format!("{JOURNAL}{}-", run.created.replace(':', ""));
        let folder = tempfile::Builder::new()
            .prefix(&prefix)
            .tempdir_in(records)
            .map_err(at)?
            .keep();
        let journal = Self::made(folder.clone(), run);
        if journal.is_err() {
            // Half a journal is of no use.
            let _ = fs::remove_dir_all(folder);
        }
        journal
    }

    fn made(folder: PathBuf, run: Started) -> Result<Self, JournalError> {
        let at = |source| system(&folder, source);
        let lock = File::open(&folder).map_err(at)?;
        lock.try_lock().map_err(|error| at(error.into()))?;
        // The journal is no change of the sources, whatever git ignores in the folder of records.
        fs::write(folder.join(".gitignore"), "*\n").map_err(at)?;
        let file = File::options()
            .append(true)
            .create_new(true)
            .open(folder.join(LINES))
            .map_err(at)?;
        // The entries of the folders survive a power failure, too.
        let parent = folder.parent().unwrap_or(&folder);
        File::open(parent)
            .and_then(|parent| parent.sync_all())
            .and_then(|()| lock.sync_all())
            .map_err(at)?;
        let mut journal = Self {
            folder: folder.clone(),
            file,
            _lock: lock,
        };
        let schema = SCHEMA;
        journal.append(&Line::Started { schema, run })?;
        Ok(journal)
    }

    /// Continues a journal whose lock this process holds, after its first `length` bytes.
    pub(super) fn resume(
        folder: PathBuf,
        lock: File,
        length: u64,
        at: &str,
    ) -> Result<Self, JournalError> {
        let path = folder.join(LINES);
        let open = || -> io::Result<File> {
            let file = File::options().append(true).open(&path)?;
            // The rest is half a line.
            file.set_len(length)?;
            Ok(file)
        };
        let file = open().map_err(|source| system(&path, source))?;
        let mut journal = Self {
            folder,
            file,
            _lock: lock,
        };
        journal.append(&Line::Resumed { at: at.to_owned() })?;
        Ok(journal)
    }

    /// Stores a finished job. Afterwards it is on the disk.
    ///
    /// # Errors
    /// If it cannot be written. The journal may then end in half a line, and nothing more may be stored in it.
    pub fn store(&mut self, finished: Finished) -> Result<(), JournalError> {
        self.append(&Line::Finished(Box::new(finished)))
    }

    /// Removes the journal, once the run has its record.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn remove(self) -> Result<(), JournalError> {
        fs::remove_dir_all(&self.folder).map_err(|source| system(&self.folder, source))
    }

    fn append(&mut self, line: &Line) -> Result<(), JournalError> {
        let written = serde_json::to_string(line)
            .map_err(io::Error::from)
            .and_then(|text| self.file.write_all(format!("{text}\n").as_bytes()))
            .and_then(|()| self.file.sync_data());
        written.map_err(|source| system(&self.folder.join(LINES), source))
    }
}

pub(super) fn system(path: &Path, source: io::Error) -> JournalError {
    JournalError::System {
        path: path.to_owned(),
        source,
    }
}
