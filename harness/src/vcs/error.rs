//! What can go wrong with a revision, each in one sentence.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::project::ProjectError;

/// A question about revisions that has no answer.
#[derive(Debug, Error)]
pub enum RepositoryError {
    /// There is no git.
    #[error("git is missing, so no revision can be looked up; install it (Debian, Ubuntu: apt-get install git)")]
    NoGit,
    /// The project is no checkout.
    #[error("{0} is not in a git repository, so there is no revision to compare with; `git init` makes one")]
    NotARepository(PathBuf),
    /// Nothing is called that.
    #[error("there is no revision {0:?} in this repository; if a remote has it, `git fetch` brings it")]
    Unknown(String),
    /// The history that is needed was not fetched.
    #[error(
        "{wanted} is not in this shallow clone; `git fetch --unshallow` brings all history, `git fetch --depth=N origin \
         BRANCH` the newest N commits of a branch (in GitHub's actions/checkout: `fetch-depth: 0`)"
    )]
    Shallow {
        /// What was looked for.
        wanted: String,
    },
    /// Two commits have no history in common.
    #[error("{one} and {other} have no common ancestor")]
    Unrelated {
        /// One of them.
        one: String,
        /// The other one.
        other: String,
    },
    /// A range begins with a commit that its end does not descend from.
    #[error("{bad} does not descend from {good}; the commits between them are asked for with the older one first")]
    NotAncestor {
        /// The beginning.
        good: String,
        /// The end.
        bad: String,
    },
    /// Git failed otherwise.
    #[error("git could not {task}: {message}")]
    Git {
        /// What it was to do.
        task: &'static str,
        /// What it said.
        message: String,
    },
    /// The user ended it.
    #[error("interrupted")]
    Interrupted,
}

/// A revision whose programs cannot be had.
#[derive(Debug, Error)]
pub enum CheckoutError {
    /// The repository does not answer.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The revision is not configured well.
    #[error("in {revision}: {source}")]
    Project {
        /// The revision.
        revision: String,
        /// What is wrong.
        source: ProjectError,
    },
    /// The revision knows nothing of the harness.
    #[error("{revision} has no harness: {missing}; a revision from before there was one cannot be measured")]
    NoHarness {
        /// The revision.
        revision: String,
        /// What it lacks.
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
        /// The end of what cargo said.
        said: String,
    },
    /// The build made no such program.
    #[error("building {what} of {revision} made no program of that name")]
    Missing {
        /// The revision.
        revision: String,
        /// The program.
        what: String,
    },
    /// Cargo, or the compiler it uses, cannot be started.
    #[error("cannot start {program}: {source}; a base is built with it")]
    NoTool {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// There is no room left.
    #[error(
        "the disk is full: no room for {revision} in {folder}; removing that folder frees what earlier comparisons left there"
    )]
    Full {
        /// The revision.
        revision: String,
        /// The folder of all bases.
        folder: PathBuf,
    },
    /// Its files changed while they were looked at.
    #[error("files of {revision} changed while it was being built; run the command again")]
    Changed {
        /// The side.
        revision: String,
    },
    /// Its build would read settings of the checkout that are not its own.
    #[error(
        "{revision} has another {file} than the checkout, whose settings cargo would apply to it, too, because it is built below; commit \
         that change alone, or compare two checkouts that have it in common"
    )]
    Settings {
        /// The side.
        revision: String,
        /// The file of cargo's configuration.
        file: String,
    },
    /// A file cannot be written, read or removed.
    #[error("cannot {task} {path}: {source}")]
    File {
        /// What was to be done with it.
        task: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The user ended it.
    #[error("interrupted while a base was built; what was built so far is used the next time")]
    Interrupted,
}

/// A file operation that failed: what was to be done, and with which file.
#[derive(Debug)]
pub(super) struct FileError {
    pub(super) task: &'static str,
    pub(super) path: PathBuf,
    pub(super) source: io::Error,
}

/// Says which file an error of the system is about.
pub(super) fn at(task: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FileError {
    move |source| FileError { task, path: path.to_owned(), source }
}

impl FileError {
    /// The error as it is told, with what a full disk calls for.
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

/// Whether a program complains of a full disk.
pub(super) fn tells_full_disk(said: &str) -> bool {
    said.contains("No space left on device") || said.contains("Disk quota exceeded")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_with_what_frees_it() {
        let folder = Path::new("/p/target/harness-bases");
        let failed = at("write", &folder.join("x"))(io::Error::from_raw_os_error(28));
        assert_eq!(
            failed.of("0123456789", folder).to_string(),
            "the disk is full: no room for 0123456789 in /p/target/harness-bases; removing that folder frees what earlier \
             comparisons left there"
        );
        let failed = at("write", &folder.join("x"))(io::ErrorKind::PermissionDenied.into());
        assert_eq!(
            failed.of("0123456789", folder).to_string(),
            "cannot write /p/target/harness-bases/x: permission denied"
        );
        assert!(tells_full_disk("error: could not write: No space left on device (os error 28)"));
    }
}
