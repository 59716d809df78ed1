//! Copies the files of a side into the folder that both sides are built in.
//!
//! Both sides of a comparison are built in the same folder, one after the other: programs contain the absolute paths of
//! their sources, so two folders would make two different programs of equal sources. Only files that differ are
//! written. Cargo compares modification times, so it rebuilds only the packages that differ.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use harness_record::atomic_file;
use itertools::Itertools;
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::file_error::{FileError, at};
use crate::vcs::slot::removed;

/// Files below a folder, by their paths relative to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tree {
    folder: PathBuf,
    files: BTreeSet<PathBuf>,
    /// Files from elsewhere: the path in the tree, and the actual path.
    added: Vec<(PathBuf, PathBuf)>,
}

impl Tree {
    /// Lists these files of a folder. Missing files, and folders, are left out.
    pub(super) fn of(folder: PathBuf, files: impl IntoIterator<Item = PathBuf>) -> Self {
        let is_file = |file: &PathBuf| {
            fs::symlink_metadata(folder.join(file)).is_ok_and(|found| !found.is_dir())
        };
        let files = files.into_iter().filter(is_file).collect();
        Self {
            folder,
            files,
            added: Vec::new(),
        }
    }

    /// Lists all files below a folder.
    ///
    /// # Errors
    /// If a folder cannot be read.
    pub(super) fn whole(folder: PathBuf) -> Result<Self, FileError> {
        let entries = WalkDir::new(&folder)
            .into_iter()
            .filter_ok(|entry| !entry.file_type().is_dir());
        let files = entries.map_ok(|entry| {
            entry
                .path()
                .strip_prefix(&folder)
                .unwrap_or(entry.path())
                .to_owned()
        });
        let files = files.try_collect()?;
        Ok(Self {
            folder,
            files,
            added: Vec::new(),
        })
    }

    /// Adds one more file, unless the tree has a file of that path.
    pub(super) fn with(mut self, path: PathBuf, file: PathBuf) -> Self {
        if !self.files.contains(&path) && file.is_file() {
            self.added.push((path, file));
        }
        self
    }

    /// Adds a file in place of one that the tree may have.
    pub(super) fn replacing(mut self, path: PathBuf, file: PathBuf) -> Self {
        self.files.remove(&path);
        self.added.retain(|(added, _)| *added != path);
        self.added.push((path, file));
        self
    }

    /// Leaves out everything below a folder.
    pub(super) fn without(mut self, folder: &Path) -> Self {
        self.files.retain(|file| !file.starts_with(folder));
        self.added.retain(|(added, _)| !added.starts_with(folder));
        self
    }

    /// The files below a folder: their paths relative to it, and the actual paths.
    pub(super) fn below(&self, folder: &Path) -> Vec<(PathBuf, PathBuf)> {
        let inside = |(path, file): (&Path, PathBuf)| {
            Some((path.strip_prefix(folder).ok()?.to_owned(), file))
        };
        self.all().into_iter().filter_map(inside).collect()
    }

    /// The paths of all files.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.all().into_keys()
    }

    /// Makes a folder contain these files, and removes the files that an earlier call put there and this tree does not
    /// have. Other files stay, such as those that a build script wrote among its sources. A file with equal content
    /// keeps its modification time.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    pub(super) fn mirror(&self, to: &Path) -> Result<(), FileError> {
        let wanted = self.all();
        let list = list_of(to);
        if !list.is_file() {
            removed(fs::remove_dir_all(to)).map_err(at("remove", to))?;
        }
        fs::create_dir_all(to).map_err(at("make", to))?;
        let earlier = fs::read(&list).unwrap_or_default();
        let earlier = earlier
            .split(|&byte| byte == 0)
            .filter(|name| !name.is_empty());
        for old in earlier
            .map(|name| Path::new(OsStr::from_bytes(name)))
            .filter(|old| !wanted.contains_key(old))
        {
            let path = to.join(old);
            removed(fs::remove_file(&path)).map_err(at("remove", &path))?;
            // A build script that declares no inputs runs again if any file of its package is newer.
            let manifest = old
                .ancestors()
                .skip(1)
                .map(|folder| to.join(folder).join("Cargo.toml"));
            if let Some(manifest) = manifest.into_iter().find(|manifest| manifest.is_file()) {
                touch(&manifest).map_err(at("write", &manifest))?;
            }
        }
        let names: Vec<&[u8]> = wanted
            .keys()
            .map(|path| path.as_os_str().as_encoded_bytes())
            .collect();
        // Written before the files, so that after an interruption the next call knows all of them.
        let both = [fs::read(&list).unwrap_or_default(), names.join(&0)].join(&0);
        atomic_file::write(&list, &both).map_err(at("write", &list))?;
        for (path, from) in &wanted {
            let to = to.join(path);
            bring(from, &to).map_err(at("write", &to))?;
        }
        atomic_file::write(&list, &names.join(&0)).map_err(at("write", &list))
    }

    /// The same files in the folder that they were mirrored to.
    pub(super) fn mirrored(&self, to: &Path) -> Self {
        let files = self.all().into_keys().map(Path::to_owned).collect();
        Self {
            folder: to.to_owned(),
            files,
            added: Vec::new(),
        }
    }

    /// The content of a file; none if the tree does not have it.
    pub(super) fn read(&self, path: &Path) -> Option<Vec<u8>> {
        fs::read(self.all().get(path)?).ok()
    }

    /// A hash of all paths and contents.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub(super) fn digest(&self) -> Result<Vec<u8>, FileError> {
        let mut hash = Sha256::new();
        for (path, from) in self.all() {
            let content = Content::of(&from).map_err(at("read", &from))?;
            for part in [
                path.as_os_str().as_encoded_bytes(),
                &[content.kind as u8],
                &content.bytes,
            ] {
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part);
            }
        }
        Ok(hash.finalize().to_vec())
    }

    /// Every file in order: the path in the tree, and the actual path.
    fn all(&self) -> BTreeMap<&Path, PathBuf> {
        let own = self
            .files
            .iter()
            .map(|file| (file.as_path(), self.folder.join(file)));
        own.chain(
            self.added
                .iter()
                .map(|(path, file)| (path.as_path(), file.clone())),
        )
        .collect()
    }
}

/// The properties of a file that a build can depend on.
#[derive(PartialEq, Eq)]
struct Content {
    kind: Kind,
    /// The bytes of a file, or the target of a link.
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Program,
    Link,
}

impl Content {
    fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::symlink_metadata(path)?;
        if metadata.is_symlink() {
            return Ok(Self {
                kind: Kind::Link,
                bytes: fs::read_link(path)?.into_os_string().into_vec(),
            });
        }
        let kind = if metadata.permissions().mode() & 0o100 == 0 {
            Kind::File
        } else {
            Kind::Program
        };
        Ok(Self {
            kind,
            bytes: fs::read(path)?,
        })
    }
}

/// Copies one file, unless an equal one is there already.
fn bring(from: &Path, to: &Path) -> io::Result<()> {
    let content = Content::of(from)?;
    if Content::of(to).is_ok_and(|there| there == content) {
        return Ok(());
    }
    match fs::symlink_metadata(to) {
        Ok(there) if there.is_dir() => fs::remove_dir_all(to)?,
        Ok(_) => fs::remove_file(to)?,
        Err(_) => fs::create_dir_all(to.parent().unwrap_or(Path::new(".")))?,
    }
    let mode = match content.kind {
        Kind::Link => {
            symlink(OsStr::from_bytes(&content.bytes), to)?;
            // Cargo compares the modification time of the link's target, which may be old.
            return if to.is_file() { touch(to) } else { Ok(()) };
        }
        Kind::File => 0o644,
        Kind::Program => 0o755,
    };
    fs::write(to, content.bytes)?;
    fs::set_permissions(to, Permissions::from_mode(mode))
}

/// Makes a file newer than everything that was built so far.
fn touch(file: &Path) -> io::Result<()> {
    File::open(file)?.set_modified(SystemTime::now())
}

/// The path of the list of mirrored files, beside the folder.
fn list_of(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".list");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
        folder
    }

    fn whole(folder: &tempfile::TempDir) -> Tree {
        Tree::whole(folder.path().to_owned()).expect("readable")
    }

    #[test]
    fn only_files_that_differ_are_written_and_missing_ones_are_removed() {
        let one = folder(&[("a", "1"), ("b/c", "2"), ("b/d/e", "3"), ("f", "4")]);
        let other = folder(&[("a", "1"), ("b/c", "another"), ("f/g", "5")]);
        let to = folder(&[]);
        let to = to.path().join("made");
        whole(&one).mirror(&to).expect("written");
        ["a", "b/c"]
            .iter()
            .for_each(|file| touch_long_ago(&to.join(file)));
        whole(&other).mirror(&to).expect("written");
        let time = |file: &str| {
            fs::metadata(to.join(file))
                .and_then(|file| file.modified())
                .expect("there")
        };
        assert_eq!(time("a"), SystemTime::UNIX_EPOCH);
        assert_ne!(time("b/c"), SystemTime::UNIX_EPOCH);
        assert_eq!(
            Tree::whole(to.clone()).expect("readable").files,
            whole(&other).files
        );
        assert_eq!(fs::read_to_string(to.join("f/g")).expect("there"), "5");
        assert!(!to.join("b/d/e").exists());
    }

    /// A build script may write among its sources, and cargo a lock file.
    #[test]
    fn files_that_others_wrote_stay() {
        let (one, other) = (
            folder(&[("a", "1"), ("b/Cargo.toml", ""), ("b/c", "")]),
            folder(&[("b/Cargo.toml", "")]),
        );
        let to = folder(&[]);
        let to = to.path().join("made");
        whole(&one).mirror(&to).expect("written");
        fs::write(to.join("b/generated"), "text").expect("written");
        touch_long_ago(&to.join("b/Cargo.toml"));
        whole(&other).mirror(&to).expect("written");
        assert!(
            to.join("b/generated").is_file() && !to.join("b/c").exists() && !to.join("a").exists()
        );
        let manifest = fs::metadata(to.join("b/Cargo.toml"))
            .and_then(|file| file.modified())
            .expect("there");
        assert_ne!(manifest, SystemTime::UNIX_EPOCH, "the package lost a file");
        let mirrored = whole(&other).mirrored(&to);
        assert_eq!(
            mirrored.digest().expect("readable"),
            whole(&other).digest().expect("readable")
        );
    }

    fn touch_long_ago(file: &Path) {
        File::open(file)
            .and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH))
            .expect("set");
    }

    /// Cargo compares the modification time of the link's target.
    #[test]
    fn a_link_to_another_file_makes_that_file_new() {
        let made = |target: &str| {
            let made = folder(&[("v1", "1"), ("v2", "2")]);
            symlink(target, made.path().join("link")).expect("made");
            made
        };
        let to = folder(&[]);
        let to = to.path().join("made");
        whole(&made("v1")).mirror(&to).expect("written");
        touch_long_ago(&to.join("v2"));
        whole(&made("v2")).mirror(&to).expect("written");
        let behind = fs::metadata(to.join("link"))
            .and_then(|file| file.modified())
            .expect("there");
        assert_ne!(behind, SystemTime::UNIX_EPOCH);
    }

    #[test]
    fn links_and_executable_files_are_preserved() {
        let one = folder(&[("run", "#!/bin/sh")]);
        symlink("run", one.path().join("link")).expect("made");
        fs::set_permissions(one.path().join("run"), Permissions::from_mode(0o755)).expect("set");
        let to = folder(&[("link", "a file before")]);
        whole(&one).mirror(to.path()).expect("written");
        assert_eq!(
            fs::read_link(to.path().join("link")).expect("a link"),
            Path::new("run")
        );
        assert_eq!(
            fs::metadata(to.path().join("run"))
                .expect("there")
                .permissions()
                .mode()
                & 0o777,
            0o755
        );
    }

    #[test]
    fn the_digest_depends_on_paths_and_contents() {
        let digest = |files: &[(&str, &str)]| whole(&folder(files)).digest().expect("readable");
        assert_eq!(
            digest(&[("a", "1"), ("b", "2")]),
            digest(&[("b", "2"), ("a", "1")])
        );
        assert_ne!(digest(&[("a", "1")]), digest(&[("a", "2")]));
        assert_ne!(digest(&[("a", "1")]), digest(&[("b", "1")]));
        let with = folder(&[("a", "1")]);
        let lock = folder(&[("lock", "3")]);
        let added = whole(&with).with("Cargo.lock".into(), lock.path().join("lock"));
        assert_eq!(
            added.digest().expect("readable"),
            digest(&[("a", "1"), ("Cargo.lock", "3")])
        );
        assert_eq!(
            whole(&with).with("a".into(), lock.path().join("lock")),
            whole(&with)
        );
    }

    #[test]
    fn files_that_are_gone_are_left_out() {
        let one = folder(&[("a", "1"), ("b/c", "2")]);
        let tree = Tree::of(one.path().to_owned(), ["a", "b", "gone"].map(PathBuf::from));
        assert_eq!(tree.files, BTreeSet::from([PathBuf::from("a")]));
    }
}
