//! Errors of revisions, each message one sentence.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::command::BuildError;
use crate::file_error::FileError;
use crate::process;
use crate::project::ProjectError;

/// An error of looking up or reading revisions.
#[derive(Debug, Error)]
pub enum RepositoryError {
    /// Git is not installed.
    #[error(
        "git is missing, so no revision can be looked up; install it (Debian, Ubuntu: apt-get install git)"
    )]
    NoGit,
    /// The project is in no git repository.
    #[error(
        "{0} is not in a git repository, so there is no revision to compare with; `git init` makes one"
    )]
    NotARepository(PathBuf),
    /// No revision has this name.
    #[error(
        "there is no revision {revision:?} in this repository{hint}; if a remote has it, `git fetch` brings it"
    )]
    Unknown {
        /// The name.
        revision: String,
        /// The nearest name of a branch or a tag, as the middle of the sentence; empty if none is near.
        hint: String,
    },
    /// The required commit or history was not fetched.
    #[error(
        "{0} is not in this shallow clone; `git fetch --unshallow` brings all history, `git fetch --depth=N origin \
         BRANCH` the newest N commits of a branch (in GitHub's actions/checkout: `fetch-depth: 0`)"
    )]
    Shallow(String),
    /// A range begins with a commit that its end does not descend from: both ends.
    #[error("{1} does not descend from {0}; name the older commit first")]
    NotAncestor(String, String),
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
    /// The revision's configuration is invalid: the revision, and the error.
    #[error("in {0}: {1}")]
    Project(String, #[source] ProjectError),
    /// The revision has no harness: the revision, and the missing part.
    #[error("{0} has no harness: {1}; a revision older than the harness cannot be measured")]
    NoHarness(String, String),
    /// The revision that the benches come from names other suites than the checkout.
    #[error(
        "harness.toml of {0}, which the benches come from, names other suites than that of the checkout"
    )]
    OtherSuites(String),
    /// A side lacks the package of a suite: the side, and the package.
    #[error("{0} has no package {1}, so it cannot have its benches")]
    NoPackage(String, String),
    /// The build of commands failed.
    #[error(transparent)]
    Commands(#[from] BuildError),
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
    /// The build of a revision succeeded, but did not produce this program.
    #[error("building {1} of {0} produced no program of that name")]
    Missing(String, String),
    /// Cargo, or the compiler it uses, cannot be started: the program, and the error of the system.
    #[error("cannot start {0}: {1}; it is needed to build a base")]
    NoTool(String, #[source] io::Error),
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
    /// Files of a side changed during the build.
    #[error("files of {0} changed while it was being built; run the command again")]
    Changed(String),
    /// The revision would be built with a file of the checkout's cargo configuration that differs from its own.
    #[error(
        "{0} has another {1} than the checkout, and cargo would apply the checkout's settings to both, because \
         both are built below it; commit the settings separately, and compare with a revision that has them"
    )]
    Settings(String, String),
    /// A file cannot be written, read or removed.
    #[error(transparent)]
    File(#[from] FileError),
    /// The user interrupted the build.
    #[error("interrupted while a base was built; the next build uses the finished parts")]
    Interrupted,
}

impl CheckoutError {
    /// True if the revision has no harness, or no program of the name that its configuration states. A program that
    /// does not compile is there.
    pub fn is_missing(&self) -> bool {
        match self {
            Self::NoHarness(..) | Self::Missing(..) => true,
            Self::Build { complaint, .. } => NO_SUCH_PROGRAM
                .iter()
                .any(|sentence| complaint.contains(sentence)),
            _ => false,
        }
    }

    /// Completes an error of a revision whose files are below `folder`: a full disk and an interruption have messages
    /// of their own.
    pub(super) fn of(self, revision: &str, folder: &Path) -> Self {
        let Self::File(error) = self else { return self };
        match error.source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full {
                revision: revision.to_owned(),
                folder: folder.to_owned(),
            },
            io::ErrorKind::Interrupted if process::stopped() => Self::Interrupted,
            _ => Self::File(error),
        }
    }
}

/// Parts of cargo's complaints about a package, a target or a feature that does not exist.
const NO_SUCH_PROGRAM: [&str; 5] = [
    "did not match any packages",
    "no bench target named",
    "no bin target named",
    "does not contain this feature",
    "could not find `Cargo.toml`",
];

/// Returns true if a program's standard error reports a full disk.
pub(super) fn tells_full_disk(stderr: &[u8]) -> bool {
    let stderr = String::from_utf8_lossy(stderr);
    stderr.contains("No space left on device") || stderr.contains("Disk quota exceeded")
}
