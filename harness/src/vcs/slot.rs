//! A slot: the folder of one revision under one key, with its sources and the programs built from them.

use std::path::{Path, PathBuf};
use std::{fs, io};

use harness_record::{Commit, atomic_file};

use crate::file_error::{FileError, at};
use crate::process;
use crate::vcs::error::{CheckoutError, tells_full_disk};
use crate::vcs::git::failed;
use crate::vcs::lock::{Hold, Lock};
use crate::vcs::repository::Repository;

/// A slot in use, which no other harness removes.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) folder: PathBuf,
    /// Held for as long as the slot is used.
    _lock: Lock,
}

impl Slot {
    /// Opens a slot, and creates it if needed.
    pub(super) fn open(folder: PathBuf, notify: &dyn Fn(&str)) -> Result<Self, FileError> {
        let path = lock_of(&folder);
        let waiting = || notify("waiting for another harness that removes an old base");
        let lock = Lock::wait(&path, Hold::Shared, &waiting)?;
        lock.note_use().map_err(at("write", &path))?;
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    /// The revision's files.
    pub(super) fn source(&self) -> PathBuf {
        self.folder.join("source")
    }

    /// Returns true if the revision's files are complete.
    pub(super) fn ready(&self) -> bool {
        self.marker().is_file()
    }

    fn marker(&self) -> PathBuf {
        self.folder.join("ready")
    }

    /// The folder of all build caches.
    pub(super) fn programs(&self) -> PathBuf {
        self.folder.join("programs")
    }

    /// Writes the revision's files, replacing any remains of an interrupted harness.
    pub(super) fn unpack(
        &self,
        repository: &Repository,
        commit: &Commit,
        build: &Lock,
    ) -> Result<(), CheckoutError> {
        const TASK: &str = "unpack the revision";
        let (source, index) = (self.source(), self.folder.join("index"));
        for old in [source.clone(), self.programs()] {
            removed(fs::remove_dir_all(&old)).map_err(at("remove", &old))?;
        }
        for old in [index.clone(), self.folder.join("index.lock")] {
            removed(fs::remove_file(&old)).map_err(at("remove", &old))?;
        }
        fs::create_dir_all(&source).map_err(at("make", &source))?;
        let mut git = repository.git.command();
        git.arg("--git-dir")
            .arg(&repository.git_folder)
            .arg("--work-tree")
            .arg(&source);
        git.args(["read-tree", "--reset", "-u", &commit.id])
            .env("GIT_INDEX_FILE", &index)
            .current_dir(&source);
        let output = build
            .run(&mut git, false)
            .map_err(at("run git in", &source))?;
        if !output.status.success() {
            // The incomplete files are useless, and may be what fills the disk.
            let _ = fs::remove_dir_all(&source);
            return Err(match failed(TASK, &source, &output) {
                _ if tells_full_disk(&output.stderr) => {
                    at("write", &source)(io::ErrorKind::StorageFull.into()).into()
                }
                _ if process::stopped() => CheckoutError::Interrupted,
                error => error.into(),
            });
        }
        removed(fs::remove_file(&index)).map_err(at("remove", &index))?;
        let marker = self.marker();
        Ok(
            atomic_file::write(&marker, format!("{}\n", commit.id).as_bytes())
                .map_err(at("write", &marker))?,
        )
    }
}

/// The lock of the slot in a folder.
pub(super) fn lock_of(folder: &Path) -> PathBuf {
    folder.join("lock")
}

/// Treats a missing file as removed.
pub(super) fn removed(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
