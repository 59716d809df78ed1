//! A lock on a folder, so that of several harnesses that change its files one after the other reads, changes and writes.
//!
//! The lock is on the open folder itself (`flock`), so it leaves no file behind, and the system releases it when its
//! holder ends, however it ends.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;

/// Longest wait for a lock. A holder only reads and writes small files.
const LONGEST: Duration = Duration::from_secs(30);
/// Pause between two attempts.
const PAUSE: Duration = Duration::from_millis(20);

/// The exclusive right to change the files of a folder. It ends when this value is dropped.
#[derive(Debug)]
pub struct FolderLock(#[expect(dead_code, reason = "it is held, not used")] File);

/// A lock that cannot be taken.
#[derive(Debug, Error)]
pub enum LockError {
    /// Another program holds the lock for too long.
    #[error(
        "another harness has been changing files in {} for {seconds} s; wait for it to end, then repeat the command",
        folder.display()
    )]
    Taken {
        /// The folder.
        folder: PathBuf,
        /// The time waited.
        seconds: u64,
    },
    /// The folder cannot be made or locked.
    #[error("cannot lock {}: {source}", folder.display())]
    System {
        /// The folder.
        folder: PathBuf,
        /// The reason.
        source: io::Error,
    },
}

impl FolderLock {
    /// Locks a folder, which is created if it is missing. Waits up to 30 s; `waiting` is called once if there is a wait.
    ///
    /// # Errors
    /// If another program holds the lock for longer, or if the folder cannot be made or locked.
    pub fn take(folder: &Path, waiting: &dyn Fn()) -> Result<Self, LockError> {
        Self::within(folder, waiting, LONGEST)
    }

    fn within(folder: &Path, waiting: &dyn Fn(), longest: Duration) -> Result<Self, LockError> {
        let system = |source| LockError::System {
            folder: folder.to_owned(),
            source,
        };
        fs::create_dir_all(folder).map_err(system)?;
        let file = File::open(folder).map_err(system)?;
        let began = Instant::now();
        let mut waits = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::Error(error)) => return Err(system(error)),
                Err(TryLockError::WouldBlock) if began.elapsed() >= longest => {
                    return Err(LockError::Taken {
                        folder: folder.to_owned(),
                        seconds: longest.as_secs(),
                    });
                }
                Err(TryLockError::WouldBlock) => {
                    if !waits {
                        waiting();
                        waits = true;
                    }
                    thread::sleep(PAUSE);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn of_two_holders_the_second_waits_and_then_gives_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("baselines");
        let first = FolderLock::take(&path, &|| panic!("it is free")).expect("free");
        let waited = Cell::new(0);
        let second = FolderLock::within(&path, &|| waited.set(waited.get() + 1), PAUSE * 3);
        assert!(matches!(second, Err(LockError::Taken { .. })), "{second:?}");
        assert_eq!(waited.get(), 1);
        drop(first);
        assert!(FolderLock::take(&path, &|| panic!("it is free")).is_ok());
        assert_eq!(
            fs::read_dir(&path).expect("there").count(),
            0,
            "it leaves no file"
        );
    }

    #[test]
    fn no_change_is_lost() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("count");
        fs::write(&file, "0").expect("written");
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let _lock = FolderLock::take(folder.path(), &|| ()).expect("free in time");
                    let count: u32 = fs::read_to_string(&file)
                        .expect("there")
                        .parse()
                        .expect("a number");
                    thread::yield_now();
                    crate::atomic_file::write(&file, (count + 1).to_string().as_bytes())
                        .expect("written");
                });
            }
        });
        assert_eq!(fs::read_to_string(&file).expect("there"), "8");
    }
}
