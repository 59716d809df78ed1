//! A clone of the project, for commits that the user's repository must never see.
//!
//! Commits are made directly from blobs, trees and a separate index file, so that no files, hooks, signing key or index
//! of the user are involved. Author and dates are fixed: the same change of the same base always gives the same commit.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use harness_record::Commit;
use serde::Deserialize;
use thiserror::Error;

use crate::file_error::{FileError, at};
use crate::project::Project;
use crate::vcs::bases_folder;
use crate::vcs::error::RepositoryError;
use crate::vcs::git::Git;
use crate::vcs::repository::Repository;

/// Patterns of files that git ignores in the clone.
const EXCLUDED: &str = "target/\n";
/// The date of every commit.
const DATE: &str = "2000-01-01T00:00:00Z";

/// One replacement of text in a file of the project.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The file, relative to the project.
    pub file: String,
    /// Text that occurs in it exactly once.
    pub find: String,
    /// The text in its place.
    pub replace: String,
}

/// A clone of the project.
#[derive(Debug, Clone)]
pub struct ProjectClone {
    git: Git,
    repository: Repository,
    /// The top folder of the repository that was cloned.
    source: PathBuf,
}

/// A commit that cannot be made or checked out in the clone.
#[derive(Debug, Error)]
pub enum CloneError {
    /// Git failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// A file of the clone cannot be made.
    #[error(transparent)]
    File(#[from] FileError),
    /// An edit names a file that the base does not have: the file, and the base.
    #[error("{1} has no file `{0}`; name a regular file, relative to the root of the project")]
    NoFile(String, String),
    /// An edit names a file that is not UTF-8 text, or too large.
    #[error("`{0}` is not UTF-8 text of at most 1 MiB; edit only such files")]
    NoText(String),
    /// The text of an edit does not occur exactly once in its file, but this often.
    #[error("{}", occurrences(.0, *.1))]
    Find(String, usize),
}

impl ProjectClone {
    /// The clone of a project in `target/harness-selftest/clone`, made unless it is there.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn open(project: &Project, repository: &Repository) -> Result<Self, CloneError> {
        let home = project.root.join("target/harness-selftest");
        let home = bases_folder::prepare(&home)?;
        let source = repository.git.path(
            "find the top of the repository",
            &["rev-parse", "--show-toplevel"],
        )?;
        let folder = home.join("clone");
        if !folder.join(".git").is_dir() {
            // Cloned under another name and renamed, so that an interrupted clone is never used.
            let unfinished = tempfile::Builder::new()
                .prefix(".unfinished-")
                .tempdir_in(&home)
                .map_err(at("write", &home))?;
            let place = unfinished.path().join("clone");
            let words = ["clone", "--quiet", "--local", "--no-checkout"].map(OsStr::new);
            let call = [&words[..], &[source.as_os_str(), place.as_os_str()]].concat();
            repository.git.ask("clone the project", &call)?;
            let exclude = place.join(".git/info/exclude");
            fs::create_dir_all(place.join(".git/info")).map_err(at("write", &exclude))?;
            fs::write(&exclude, EXCLUDED).map_err(at("write", &exclude))?;
            fs::rename(&place, &folder).map_err(at("write", &folder))?;
        }
        let git = Git {
            program: repository.git.program.clone(),
            folder,
        };
        Ok(Self {
            git,
            repository: repository.clone(),
            source,
        })
    }

    /// The root of the project in the clone.
    pub fn root(&self) -> PathBuf {
        self.git.folder.join(&self.repository.prefix)
    }

    /// Fetches a commit of the project, unless the clone has it.
    ///
    /// # Errors
    /// If it cannot be fetched.
    pub fn bring(&self, commit: &Commit) -> Result<(), CloneError> {
        let there = self.git.run(
            "look for a commit",
            &["cat-file", "-e", &format!("{}^{{commit}}", commit.id)],
        )?;
        if !there.status.success() {
            // Some commits, such as those of a detached head, belong to no branch that could be fetched.
            let upload = "--upload-pack=git -c uploadpack.allowAnySHA1InWant=true upload-pack";
            let words = ["fetch", "--quiet", "--no-tags", upload].map(OsStr::new);
            let from = [self.source.as_os_str(), OsStr::new(&commit.id)];
            let call = [&words[..], &from].concat();
            self.git.ask("fetch a commit of the project", &call)?;
        }
        Ok(())
    }

    /// Creates a commit on top of the base with these edits; without edits, an empty commit.
    ///
    /// # Errors
    /// If an edit does not fit the base.
    pub fn commit(
        &self,
        base: &Commit,
        message: &str,
        edits: &[Edit],
    ) -> Result<Commit, CloneError> {
        const TASK: &str = "make a commit in the clone of the project";
        self.bring(base)?;
        let folder = self.git.folder.join(".git");
        let scratch = tempfile::Builder::new().prefix("edit-").tempdir_in(&folder);
        let scratch = scratch.map_err(at("write", folder))?;
        let index = scratch.path().join("index");
        self.written(TASK, &index, &["read-tree", &base.id])?;
        let mut files = BTreeMap::new();
        for edit in edits {
            let path = self.repository.prefix.join(&edit.file).into_os_string();
            let (_, text) = match files.entry(path) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let file = self.file(base, edit, new.key())?;
                    new.insert(file)
                }
            };
            match text.matches(&edit.find).count() {
                1 => *text = text.replacen(&edit.find, &edit.replace, 1),
                times => return Err(CloneError::Find(edit.file.clone(), times)),
            }
        }
        for (path, (mode, text)) in files {
            let content = scratch.path().join("content");
            fs::write(&content, text).map_err(at("write", &content))?;
            let words = ["hash-object", "-w", "-t", "blob", "--no-filters"].map(OsStr::new);
            let call = [&words[..], &[content.as_os_str()]].concat();
            let blob = self.git.ask(TASK, &call)?;
            self.written(
                TASK,
                &index,
                &[
                    OsStr::new("update-index"),
                    OsStr::new("--cacheinfo"),
                    &joined(&format!("{mode},{blob},"), &path),
                ],
            )?;
        }
        let tree = self.written(TASK, &index, &["write-tree"])?;
        let id = self.written(
            TASK,
            &index,
            &["commit-tree", &tree, "-p", &base.id, "-m", message],
        )?;
        Ok(Repository::with(self.git.clone())?.resolve(&id)?)
    }

    /// Checks out a commit in the clone. Build artefacts stay.
    ///
    /// # Errors
    /// If git fails.
    pub fn check_out(&self, commit: &Commit) -> Result<(), CloneError> {
        const TASK: &str = "check out a commit in the clone of the project";
        self.bring(commit)?;
        self.git.ask(
            TASK,
            &["checkout", "--quiet", "--force", "--detach", &commit.id],
        )?;
        self.git.ask(TASK, &["clean", "--quiet", "--force", "-d"])?;
        Ok(())
    }

    /// The mode and the text of a regular file that is edited.
    fn file(
        &self,
        base: &Commit,
        edit: &Edit,
        path: &OsStr,
    ) -> Result<(String, String), CloneError> {
        const TASK: &str = "read a file of the base";
        let line = self.git.ask(
            "look for a file of the base",
            &[
                OsStr::new("ls-tree"),
                OsStr::new("--full-tree"),
                OsStr::new(&base.id),
                OsStr::new("--"),
                path,
            ],
        )?;
        let mode = line
            .split_whitespace()
            .next()
            .filter(|mode| mode.starts_with("100"));
        let mode = mode.ok_or_else(|| CloneError::NoFile(edit.file.clone(), base.to_string()))?;
        let name = joined(&format!("{}:", base.id), path);
        let words = |what| [OsStr::new("cat-file"), OsStr::new(what), &name];
        let size = self.git.ask(TASK, &words("-s"))?;
        let output = self.git.run(TASK, &words("blob"))?;
        match String::from_utf8(output.stdout) {
            Ok(text) if text.len().to_string() == size => Ok((mode.to_owned(), text)),
            _ => Err(CloneError::NoText(edit.file.clone())),
        }
    }

    /// Runs git with a separate index file and a fixed author.
    fn written(
        &self,
        task: &'static str,
        index: &Path,
        arguments: &[impl AsRef<OsStr>],
    ) -> Result<String, CloneError> {
        let mut command = self.git.command();
        command
            .env("GIT_INDEX_FILE", index)
            .args(["-c", "i18n.commitEncoding=UTF-8"]);
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "harness selftest")
                .env(format!("GIT_{role}_DATE"), DATE);
            command.env(format!("GIT_{role}_EMAIL"), "selftest@harness.invalid");
        }
        Ok(self.git.succeed(task, command.args(arguments))?)
    }
}

/// A word of a command that ends in a path, which may contain any bytes.
fn joined(start: &str, path: &OsStr) -> OsString {
    let mut word = OsString::from(start);
    word.push(path);
    word
}

fn occurrences(file: &str, times: usize) -> String {
    match times {
        0 => format!(
            "the text of `find` is not in `{file}`; copy it from that file as it is at the base"
        ),
        times => format!(
            "the text of `find` is in `{file}` {times} times; add lines around it until it occurs once"
        ),
    }
}
