//! Limits the disk space of earlier builds.

use std::path::{Path, PathBuf};
use std::{fs, io};

use itertools::Itertools;
use walkdir::WalkDir;

use crate::vcs::lock::{Hold, Lock};
use crate::vcs::slot::{lock_of, removed};

/// Limits of the folder of bases. They are enforced before a base is built, so one more base may be there afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DiskQuota {
    /// Maximum number of revisions; 64 by default.
    pub(super) revisions: usize,
    /// Maximum bytes of their sources, their programs and cargo's target folder; 4 GiB by default.
    pub(super) bytes: u64,
}

/// Folders beside the revisions: cargo's target folder, programs that benches start, and copies that are being timed.
const NO_SLOTS: [&str; 3] = ["build", "runners", "copies"];

impl Default for DiskQuota {
    fn default() -> Self {
        Self {
            revisions: 64,
            bytes: 4 << 30,
        }
    }
}

/// Removes what exceeds the quota, least recently used first, but nothing that is in use; `kept` counts as the newest.
/// The caller holds the lock of all builds. With `all`, cargo's target folder is removed as a whole if it takes more
/// than half of the quota, because it is unknown which of its files are still useful.
///
/// # Errors
/// If a folder cannot be read or removed.
pub(super) fn make(bases: &Path, disk_quota: DiskQuota, kept: &Path, all: bool) -> io::Result<()> {
    let build = bases.join("build");
    let mut bytes = size(&build);
    if all && bytes > disk_quota.bytes / 2 {
        fs::remove_dir_all(&build)?;
        bytes = 0;
    }
    let is_slot =
        |path: &PathBuf| path.is_dir() && !NO_SLOTS.iter().any(|name| path.ends_with(name));
    let folders = fs::read_dir(bases)?.map_ok(|entry| entry.path());
    let slots: Vec<PathBuf> = folders
        .filter_ok(|path| is_slot(path) && path != kept)
        .try_collect()?;
    let used = |slot: &PathBuf| {
        fs::metadata(lock_of(slot))
            .and_then(|lock| lock.modified())
            .ok()
    };
    bytes += size(kept);
    for (place, slot) in slots
        .iter()
        .sorted_by_cached_key(|slot| (used(slot), *slot))
        .rev()
        .enumerate()
    {
        bytes += size(slot);
        // `kept` takes one place.
        if place + 1 >= disk_quota.revisions || bytes > disk_quota.bytes {
            remove(slot)?;
        }
    }
    Ok(())
}

/// Removes a slot unless it is in use.
fn remove(slot: &Path) -> io::Result<()> {
    // A process that waits for this lock finds its file gone, and creates a new one.
    let Some(_alone) = Lock::attempt(&lock_of(slot), Hold::Alone)? else {
        return Ok(());
    };
    // The marker of completeness goes first.
    removed(fs::remove_file(slot.join("ready")))?;
    match fs::remove_dir_all(slot) {
        // A process that waited for the lock uses the slot again.
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        other => removed(other),
    }
}

/// The bytes of all files in a folder; 0 if it does not exist. Files that are removed meanwhile do not count.
fn size(folder: &Path) -> u64 {
    let files = WalkDir::new(folder)
        .into_iter()
        .flatten()
        .filter(|entry| !entry.file_type().is_dir());
    files
        .filter_map(|file| Some(file.metadata().ok()?.len()))
        .sum()
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::{Duration, SystemTime};

    use super::*;

    /// Slots of 1000 bytes, the first one used last.
    fn bases(names: &[&str]) -> tempfile::TempDir {
        let bases = tempfile::tempdir().expect("a folder");
        for (age, name) in names.iter().enumerate() {
            let slot = bases.path().join(name);
            fs::create_dir_all(slot.join("source")).expect("made");
            fs::write(slot.join("ready"), "").expect("written");
            fs::write(slot.join("source/file"), [0; 1000]).expect("written");
            let used = SystemTime::now() - Duration::from_secs(60 * age as u64);
            File::create(lock_of(&slot))
                .and_then(|lock| lock.set_modified(used))
                .expect("written");
        }
        bases
    }

    fn left(bases: &Path) -> Vec<String> {
        let entries = fs::read_dir(bases)
            .expect("there")
            .map(|entry| entry.expect("there").file_name());
        let mut names: Vec<String> = entries
            .map(|name| name.into_string().expect("plain"))
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_least_recently_used_go_first() {
        let bases = bases(&["a", "b", "c", "d"]);
        make(
            bases.path(),
            DiskQuota {
                revisions: 3,
                bytes: 1 << 20,
            },
            &bases.path().join("d"),
            true,
        )
        .expect("made");
        assert_eq!(left(bases.path()), ["a", "b", "d"]);
        make(
            bases.path(),
            DiskQuota {
                revisions: 8,
                bytes: 2500,
            },
            &bases.path().join("d"),
            true,
        )
        .expect("made");
        assert_eq!(left(bases.path()), ["a", "d"]);
    }

    #[test]
    fn a_revision_in_use_stays_however_old() {
        let bases = bases(&["a", "b", "c"]);
        let lock = Lock::attempt(&lock_of(&bases.path().join("c")), Hold::Shared)
            .expect("no error")
            .expect("free");
        let disk_quota = DiskQuota {
            revisions: 1,
            bytes: 1 << 20,
        };
        make(bases.path(), disk_quota, &bases.path().join("a"), true).expect("made");
        assert_eq!(left(bases.path()), ["a", "c"]);
        drop(lock);
        // A process that another test is starting has a copy of the lock until it runs its program.
        let ended = (0..500).any(|_| {
            make(bases.path(), disk_quota, &bases.path().join("a"), true).expect("made");
            let ended = left(bases.path()) == ["a"];
            std::thread::sleep(Duration::from_millis(if ended { 0 } else { 10 }));
            ended
        });
        assert!(ended, "{:?}", left(bases.path()));
    }

    #[test]
    fn a_target_folder_that_takes_most_of_the_quota_is_removed() {
        let bases = bases(&["a"]);
        fs::create_dir(bases.path().join("build")).expect("made");
        fs::write(bases.path().join("build/lib"), [0; 3000]).expect("written");
        make(
            bases.path(),
            DiskQuota {
                revisions: 2,
                bytes: 8000,
            },
            &bases.path().join("a"),
            true,
        )
        .expect("made");
        assert_eq!(left(bases.path()), ["a", "build"]);
        make(
            bases.path(),
            DiskQuota {
                revisions: 2,
                bytes: 5000,
            },
            &bases.path().join("a"),
            true,
        )
        .expect("made");
        assert_eq!(left(bases.path()), ["a"]);
    }
}
