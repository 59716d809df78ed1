//! Watches the files that programs are built from.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};
use std::{fs, thread};

use itertools::Itertools;
use sha2::{Digest, Sha256};
use walkdir::{DirEntry, WalkDir};

use crate::process;
use crate::vcs::files_in;
use crate::watch::Scope;
use crate::watch::snapshot::{Edit, Kind, Snapshot, Stamp, edits};

/// Polling interval.
const LOOK: Duration = Duration::from_millis(100);

/// Time without a write after which a change counts as complete.
const QUIET: Duration = Duration::from_millis(250);

/// The files that programs are built from, in the state that was last returned.
#[derive(Debug)]
pub struct Sources {
    scope: Scope,
    listing: Listing,
    known: Snapshot,
    contents: BTreeMap<PathBuf, Option<[u8; 32]>>,
}

/// The files to poll.
#[derive(Debug, Default)]
struct Listing {
    files: Vec<PathBuf>,
    /// Their folders, each with its modification time, which changes when a file is added or removed.
    folders: Vec<(PathBuf, Option<SystemTime>)>,
}

impl Sources {
    /// Reads the current files.
    pub fn new(scope: Scope) -> Self {
        let mut sources = Self {
            scope,
            listing: Listing::default(),
            known: Snapshot::new(),
            contents: BTreeMap::new(),
        };
        sources.known = sources.snapshot();
        sources.contents = sources
            .known
            .keys()
            .map(|path| (path.clone(), digest(path)))
            .collect();
        sources
    }

    /// Number of watched files.
    pub fn count(&self) -> usize {
        self.known.len()
    }

    /// The watched files and folders.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Returns true if any file differs from the known state, even if it is still being written.
    pub fn stirred(&mut self) -> bool {
        self.snapshot() != self.known
    }

    /// Waits until files have changed and settled, and returns the changes of their contents: none if all were written
    /// with equal content. The new files are the known ones from then on. None if the user interrupted the command.
    pub fn wait(&mut self) -> Option<Vec<Edit>> {
        // An editor writes a file several times, and git writes many files. All these writes are one change.
        let mut unsettled: Option<(Snapshot, Instant)> = None;
        while !process::stopped() {
            let now = self.snapshot();
            unsettled = match unsettled.filter(|(seen, _)| *seen == now) {
                _ if now == self.known => None,
                Some((_, since)) if since.elapsed() >= QUIET => return Some(self.take(now)),
                None => Some((now, Instant::now())),
                unchanged => unchanged,
            };
            thread::sleep(LOOK);
        }
        None
    }

    /// Makes a snapshot the known one, and returns the changes.
    fn take(&mut self, now: Snapshot) -> Vec<Edit> {
        let mut found = edits(&self.known, &now);
        found.retain(|Edit { path, kind }| {
            if *kind == Kind::Deleted {
                return self.contents.remove(path).is_some();
            }
            let content = digest(path);
            self.contents.insert(path.clone(), content) != Some(content)
        });
        self.known = now;
        found
    }

    fn snapshot(&mut self) -> Snapshot {
        if self.listing.files.is_empty()
            || self
                .listing
                .folders
                .iter()
                .any(|(path, time)| modified(path) != *time)
        {
            self.listing = Listing::of(&self.scope);
        }
        let stamp = |path: &PathBuf| {
            fs::metadata(path)
                .ok()
                .filter(fs::Metadata::is_file)
                .map(|data| Stamp::of(&data))
        };
        self.listing
            .files
            .iter()
            .filter_map(|path| Some((path.clone(), stamp(path)?)))
            .collect()
    }
}

impl Listing {
    fn of(scope: &Scope) -> Self {
        let mut files = scope.files.clone();
        for folder in &scope.folders {
            let listed = files_in(folder).unwrap_or_else(|| walk(folder, &scope.without));
            files.extend(listed.into_iter().map(|file| folder.join(file)));
        }
        files.retain(|file| !scope.without.iter().any(|folder| file.starts_with(folder)));
        let files = files.into_iter().sorted_unstable().dedup().collect_vec();
        let folders = files
            .iter()
            .filter_map(|file| file.parent())
            .chain(scope.folders.iter().map(PathBuf::as_path));
        let folders = folders
            .unique()
            .map(|folder| (folder.to_owned(), modified(folder)))
            .collect();
        Self { files, folders }
    }
}

/// All files below a folder, except hidden ones and those in the folders `without`.
fn walk(folder: &Path, without: &[PathBuf]) -> Vec<PathBuf> {
    let is_hidden =
        |entry: &DirEntry| entry.depth() > 0 && entry.file_name().as_bytes().starts_with(b".");
    let is_wanted = |entry: &DirEntry| {
        !is_hidden(entry) && !without.iter().any(|folder| folder == entry.path())
    };
    let entries = WalkDir::new(folder)
        .into_iter()
        .filter_entry(is_wanted)
        .flatten();
    entries
        .filter(|entry| !entry.file_type().is_dir())
        .map(DirEntry::into_path)
        .collect()
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .ok()
}

/// The digest of a file's content; none if it cannot be read.
fn digest(path: &Path) -> Option<[u8; 32]> {
    fs::read(path)
        .ok()
        .map(|content| Sha256::digest(content).into())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// A folder that is watched as a whole, with two files and a folder of results.
    fn watched() -> (tempfile::TempDir, Sources) {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        for name in ["a.rs", "deep/b.rs", "target/made", ".hidden/c"] {
            write(root, name, "one");
        }
        let scope = Scope {
            folders: vec![root.to_owned()],
            files: vec![root.join("Cargo.toml")],
            without: vec![root.join("target")],
        };
        let sources = Sources::new(scope);
        (folder, sources)
    }

    /// Writes a file, with a modification time that differs from the former one.
    fn write(root: &Path, name: &str, text: &str) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        let before = modified(&path);
        fs::write(&path, text).expect("written");
        while modified(&path) == before {
            thread::sleep(Duration::from_millis(1));
            fs::write(&path, text).expect("written");
        }
    }

    #[test]
    fn new_changed_and_deleted_files_are_returned_once_they_settle() {
        let (folder, mut sources) = watched();
        let root = folder.path();
        assert_eq!((sources.count(), sources.stirred()), (2, false));
        write(root, "a.rs", "two");
        write(root, "deep/new/d.rs", "new");
        write(root, "Cargo.toml", "[workspace]");
        write(root, "target/made", "again");
        fs::remove_file(root.join("deep/b.rs")).expect("removed");
        assert!(sources.stirred());
        let edited = [
            ("Cargo.toml", Kind::New),
            ("a.rs", Kind::Changed),
            ("deep/b.rs", Kind::Deleted),
            ("deep/new/d.rs", Kind::New),
        ];
        assert_eq!(
            sources.wait(),
            Some(
                edited
                    .map(|(path, kind)| Edit {
                        path: root.join(path),
                        kind
                    })
                    .to_vec()
            )
        );
        assert!(!sources.stirred());
    }

    #[test]
    fn a_file_written_with_equal_content_has_not_changed() {
        let (folder, mut sources) = watched();
        write(folder.path(), "a.rs", "one");
        assert_eq!(sources.wait(), Some(Vec::new()));
        write(folder.path(), "a.rs", "two");
        assert_eq!(sources.wait().map(|edits| edits.len()), Some(1));
    }

    #[test]
    fn several_writes_are_one_change_once_they_are_over() {
        let (folder, mut sources) = watched();
        let root = folder.path();
        let writing = || {
            for text in ["two", "three", "four"] {
                write(root, "a.rs", text);
                write(root, text, text);
                thread::sleep(QUIET / 2);
            }
        };
        let edits = thread::scope(|scope| {
            scope.spawn(writing);
            sources.wait().expect("no interruption")
        });
        assert_eq!(edits.len(), 4, "{edits:?}");
    }

    #[test]
    fn ignored_files_are_not_watched() {
        let (folder, _) = watched();
        let root = folder.path();
        let made = Command::new("git")
            .args(["init", "--quiet"])
            .current_dir(root)
            .status()
            .expect("git");
        assert!(made.success());
        write(root, ".gitignore", "*.log\n");
        let scope = Scope {
            folders: vec![root.to_owned()],
            files: Vec::new(),
            without: vec![root.join("target")],
        };
        let mut sources = Sources::new(scope);
        // Git lists hidden files, too.
        assert_eq!(sources.count(), 4);
        write(root, "run.log", "one");
        assert!(!sources.stirred());
        write(root, "new.rs", "one");
        assert!(sources.stirred());
    }

    #[test]
    fn a_folder_that_an_enclosing_repository_ignores_is_watched() {
        let (folder, _) = watched();
        let made = Command::new("git")
            .args(["init", "--quiet"])
            .current_dir(folder.path())
            .status()
            .expect("git");
        assert!(made.success());
        write(folder.path(), ".gitignore", "deep\n");
        let inner = folder.path().join("deep");
        let mut sources = Sources::new(Scope {
            folders: vec![inner.clone()],
            files: Vec::new(),
            without: Vec::new(),
        });
        assert_eq!(sources.count(), 1);
        write(&inner, "b.rs", "two");
        assert!(sources.stirred());
    }
}
