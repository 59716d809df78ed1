//! A temporary folder for the timed programs.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::file_error::{FileError, at};

/// Lock file, locked for as long as the folder is in use.
const LOCK: &str = "lock";

/// The task in error messages.
const TASK: &str = "copy the programs that are timed:";

/// A temporary folder of one measurement. It is removed when this is dropped, or by the next measurement if this
/// process is killed.
#[derive(Debug)]
pub(super) struct Folder {
    folder: tempfile::TempDir,
    _lock: File,
}

impl Folder {
    /// Makes a folder within `among`, after removing unused ones there.
    pub(super) fn make(among: &Path) -> Result<Self, FileError> {
        fs::create_dir_all(among).map_err(at(TASK, among))?;
        for entry in fs::read_dir(among).map_err(at(TASK, among))?.flatten() {
            remove_unused(&entry.path()).map_err(at(TASK, entry.path()))?;
        }
        let folder = tempfile::Builder::new()
            .prefix("timed-")
            .tempdir_in(among)
            .map_err(at(TASK, among))?;
        let path = folder.path().join(LOCK);
        let lock = File::create(&path)
            .and_then(|lock| lock.lock().map(|()| lock))
            .map_err(at(TASK, &path))?;
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Copies a program under a new name.
    pub(super) fn copy(&self, program: &Path, name: &str) -> Result<PathBuf, FileError> {
        let to = self.path().join(name);
        let copied = || -> io::Result<()> {
            // Reads and writes the bytes: the copy functions of the system may share the storage of the original.
            fs::write(&to, fs::read(program)?)?;
            fs::set_permissions(&to, fs::Permissions::from_mode(0o755))
        };
        copied().map_err(at(TASK, &to))?;
        Ok(to)
    }
}

/// Removes a folder whose lock is free.
fn remove_unused(folder: &Path) -> io::Result<()> {
    let gone = |error: io::Error| {
        if error.kind() == io::ErrorKind::NotFound {
            Ok(())
        } else {
            Err(error)
        }
    };
    match File::open(folder.join(LOCK)).map(|lock| lock.try_lock()) {
        Ok(Err(TryLockError::WouldBlock)) => Ok(()),
        // The folder was made and not locked yet.
        _ if is_young(folder) => Ok(()),
        _ => fs::remove_dir_all(folder).or_else(gone),
    }
}

fn is_young(folder: &Path) -> bool {
    let age = fs::metadata(folder)
        .and_then(|folder| folder.modified())
        .map(|made| made.elapsed().unwrap_or_default());
    age.is_ok_and(|age| age.as_secs() < 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_are_used_stay_and_others_go() {
        let among = tempfile::tempdir().expect("a folder");
        let used = Folder::make(among.path()).expect("made");
        let killed = among.path().join("timed-killed");
        fs::create_dir(&killed).expect("made");
        fs::write(killed.join(LOCK), "").expect("written");
        let long_ago = std::time::SystemTime::UNIX_EPOCH;
        File::open(&killed)
            .and_then(|folder| folder.set_modified(long_ago))
            .expect("set");
        let young = among.path().join("timed-young");
        fs::create_dir(&young).expect("made");
        let other = Folder::make(among.path()).expect("made");
        assert!(used.path().is_dir() && young.is_dir() && !killed.exists());
        let path = other.path().to_owned();
        drop(other);
        assert!(!path.exists());
    }

    #[test]
    fn a_copy_is_a_program_too() {
        let among = tempfile::tempdir().expect("a folder");
        let folder = Folder::make(among.path()).expect("made");
        fs::write(among.path().join("program"), "#!/bin/sh").expect("written");
        let copy = folder
            .copy(&among.path().join("program"), "base-000")
            .expect("copied");
        assert_eq!(fs::read(&copy).expect("there"), b"#!/bin/sh");
        assert_eq!(
            fs::metadata(&copy).expect("there").permissions().mode() & 0o111,
            0o111
        );
        assert!(folder.copy(&among.path().join("gone"), "base-001").is_err());
    }
}
