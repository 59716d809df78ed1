//! Errors of revisions, each message one sentence.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::project::ProjectError;

/// An error of looking up or reading revisions.
#[derive(Debug, Error)]
pub enum RepositoryError {
    /// Git is not installed.
    #[error("git is missing, so no revision can be looked up; install it (Debian, Ubuntu: apt-get install git)")]
    NoGit,
    /// The project is in no git repository.
    #[error("{0} is not in a git repository, so there is no revision to compare with; `git init` makes one")]
    NotARepository(PathBuf),
    /// No revision has this name.
    #[error("there is no revision {0:?} in this repository; if a remote has it, `git fetch` brings it")]
    Unknown(String),
    /// The required history was not fetched.
    #[error(
        "{wanted} is not in this shallow clone; `git fetch --unshallow` brings all history, `git fetch --depth=N origin \
         BRANCH` the newest N commits of a branch (in GitHub's actions/checkout: `fetch-depth: 0`)"
    )]
    Shallow {
        /// The missing commit or history.
        wanted: String,
    },
    /// Two commits have no history in common.
    #[error("{one} and {other} have no common ancestor")]
    Unrelated {
        /// One commit.
        one: String,
        /// The other commit.
        other: String,
    },
    /// A range begins with a commit that its end does not descend from.
    #[error("{bad} does not descend from {good}; name the older commit first")]
    NotAncestor {
        /// The beginning of the range.
        good: String,
        /// The end of the range.
        bad: String,
    },
    /// Git failed for another reason.
    #[error("git could not {task}: {message}")]
    Git {
        /// The task, as a verb phrase.
        task: &'static str,
        /// The message of git.
        message: String,
    },
    /// The user interrupted the command.
    #[error("interrupted")]
    Interrupted,
}

/// An error of providing the programs of a revision.
#[derive(Debug, Error)]
pub enum CheckoutError {
    /// Looking up the revision failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The revision's configuration is invalid.
    #[error("in {revision}: {source}")]
    Project {
        /// The revision.
        revision: String,
        /// The error in the configuration.
        source: ProjectError,
    },
    /// The revision has no harness.
    #[error("{revision} has no harness: {missing}; a revision older than the harness cannot be measured")]
    NoHarness {
        /// The revision.
        revision: String,
        /// The missing part.
        missing: String,
    },
    /// Its build failed.
    #[error("{revision} does not build: building {what} failed with: {complaint}")]
    Build {
        /// The revision.
        revision: String,
        /// The program.
        what: String,
        /// The first error.
        complaint: String,
        /// The end of cargo's standard error.
        said: String,
    },
    /// The build succeeded, but produced no such program.
    #[error("building {what} of {revision} produced no program of that name")]
    Missing {
        /// The revision.
        revision: String,
        /// The program.
        what: String,
    },
    /// Cargo, or the compiler it uses, cannot be started.
    #[error("cannot start {program}: {source}; it is needed to build a base")]
    NoTool {
        /// The program.
        program: String,
        /// The error of the system.
        source: io::Error,
    },
    /// The disk is full.
    #[error(
        "the disk is full: no room for {revision} in {folder}; remove that folder to free the space of earlier \
         comparisons"
    )]
    Full {
        /// The revision.
        revision: String,
        /// The folder of all bases.
        folder: PathBuf,
    },
    /// Files changed during the build.
    #[error("files of {revision} changed while it was being built; run the command again")]
    Changed {
        /// The side.
        revision: String,
    },
    /// The revision would be built with the checkout's cargo configuration, which differs from its own.
    #[error(
        "{revision} has another {file} than the checkout, and cargo would apply the checkout's settings to both, because \
         both are built below it; commit the settings separately, and compare with a revision that has them"
    )]
    Settings {
        /// The side.
        revision: String,
        /// The cargo configuration file.
        file: String,
    },
    /// A file cannot be written, read or removed.
    #[error("cannot {task} {path}: {source}")]
    File {
        /// The task, as a verb.
        task: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The user interrupted the build.
    #[error("interrupted while a base was built; the next build uses the finished parts")]
    Interrupted,
}

/// A failed file operation: the task, the file, and the error of the system.
#[derive(Debug)]
pub(super) struct FileError {
    pub(super) task: &'static str,
    pub(super) path: PathBuf,
    pub(super) source: io::Error,
}

/// Adds the task and the file to an error of the system.
pub(super) fn at(task: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FileError {
    move |source| FileError { task, path: path.to_owned(), source }
}

impl FileError {
    /// The error as it is reported. A full disk has a message of its own.
    pub(super) fn of(self, revision: &str, folder: &Path) -> CheckoutError {
        let Self { task, path, source } = self;
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                CheckoutError::Full { revision: revision.to_owned(), folder: folder.to_owned() }
            }
            io::ErrorKind::Interrupted if crate::process::stopped() => CheckoutError::Interrupted,
            _ => CheckoutError::File { task, path, source },
        }
    }
}

/// Returns true if a program's standard error reports a full disk.
pub(super) fn tells_full_disk(stderr: &str) -> bool {
    stderr.contains("No space left on device") || stderr.contains("Disk quota exceeded")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_a_full_disk_names_the_folder_to_remove() {
        let folder = Path::new("/p/target/harness-bases");
        let failed = at("write", &folder.join("x"))(io::Error::from_raw_os_error(28));
        assert_eq!(
            failed.of("0123456789", folder).to_string(),
            "the disk is full: no room for 0123456789 in /p/target/harness-bases; remove that folder to free the space of \
             earlier comparisons"
        );
        let failed = at("write", &folder.join("x"))(io::ErrorKind::PermissionDenied.into());
        assert_eq!(
            failed.of("0123456789", folder).to_string(),
            "cannot write /p/target/harness-bases/x: permission denied"
        );
        assert!(tells_full_disk("error: could not write: No space left on device (os error 28)"));
    }
}
