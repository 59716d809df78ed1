//! Temporary folders of measurements. A folder is locked while its process lives, so that the next process removes what
//! killed ones left behind.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use tempfile::TempDir;

use crate::process::Held;

/// How the names begin.
const PREFIX: &str = "harness-scratch-";
/// A folder that is younger may not have its lock yet.
const YOUNG: Duration = Duration::from_secs(60);

/// A temporary folder. It is removed when this is dropped, or later by another process if this one is killed.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
    /// The open folder, which is locked.
    _lock: File,
    /// An interruption lets the folder be removed.
    _held: Held,
}

impl Scratch {
    /// Makes a folder among the temporary files of the system.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn new() -> io::Result<Self> {
        static TIDY: Once = Once::new();
        let among = std::env::temp_dir();
        TIDY.call_once(|| remove_abandoned(&among, YOUNG));
        Self::among(&among)
    }

    fn among(among: &Path) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(among)?;
        let lock = File::open(folder.path())?;
        // On a file system without locks, another harness may remove the folder, which fails the measurement.
        let _ = lock.try_lock();
        Ok(Self {
            folder,
            _lock: lock,
            _held: Held::new(),
        })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the folders of this user that no process uses: they are older than `young`, and their lock is free. Errors are
/// ignored, because what is left does no harm.
fn remove_abandoned(among: &Path, young: Duration) {
    let user = rustix::process::geteuid().as_raw();
    let is_old = |path: &PathBuf| {
        // Not through a link, which another user may have put there.
        fs::symlink_metadata(path).is_ok_and(|data| {
            let age = data.modified().ok().and_then(|time| time.elapsed().ok());
            data.is_dir() && data.uid() == user && age.is_some_and(|age| age >= young)
        })
    };
    let entries = fs::read_dir(among).into_iter().flatten().flatten();
    let ours = entries
        .filter(|entry| is_ours(&entry.file_name()))
        .map(|entry| entry.path());
    for path in ours.filter(is_old) {
        let Ok(folder) = File::open(&path) else {
            continue;
        };
        if folder.try_lock().is_ok() {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

fn is_ours(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_without_a_living_owner_are_removed() {
        let among = tempfile::tempdir().expect("a folder");
        let used = Scratch::among(among.path()).expect("made");
        let killed = among.path().join("harness-scratch-killed");
        let (foreign, link) = (
            among.path().join("other"),
            among.path().join("harness-scratch-link"),
        );
        fs::create_dir_all(killed.join("bench")).expect("made");
        fs::write(killed.join("bench/out"), "half").expect("written");
        fs::create_dir(&foreign).expect("made");
        std::os::unix::fs::symlink(&foreign, &link).expect("linked");
        remove_abandoned(among.path(), YOUNG);
        assert!(killed.exists(), "it may not be locked yet");
        remove_abandoned(among.path(), Duration::ZERO);
        assert!(!killed.exists() && used.path().exists() && foreign.exists() && link.exists());
        let path = used.path().to_owned();
        drop(used);
        assert!(!path.exists());
    }
}
