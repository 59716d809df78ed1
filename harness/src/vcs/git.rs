//! Runs git independently of the user's settings, and without writing any of the user's files.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::process::{self, ChildError};
use crate::vcs::error::RepositoryError;

/// Time limit for one call of git; in a partial clone it may have to fetch.
const LIMIT: Duration = Duration::from_secs(600);

/// Variables that make git use another folder than the one it is started in. Git sets them for hooks.
pub const ELSEWHERE: [&str; 7] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_NAMESPACE",
];

/// Settings that override those of the user that would change git's output or behaviour.
const SETTINGS: [&str; 7] = [
    "log.showSignature=false",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.sparseCheckout=false",
    "core.splitIndex=false",
    "index.sparse=false",
    "submodule.recurse=false",
];

/// Git, in a folder.
#[derive(Debug, Clone)]
pub(super) struct Git {
    pub(super) program: PathBuf,
    pub(super) folder: PathBuf,
}

impl Git {
    /// A call of git with the environment and settings that every call gets.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(&self.folder);
        for variable in ELSEWHERE {
            command.env_remove(variable);
        }
        // Git writes no refreshed index, never prompts for a password, and prints messages in a known language.
        command
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C");
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command
    }

    /// Returns the files in the folder that are tracked, or new and not ignored, relative to it.
    pub(super) fn files(&self) -> Result<Vec<PathBuf>, RepositoryError> {
        let list = [
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ];
        let names = self.complete("list the files of the working tree", &list)?;
        let names = names
            .split(|&byte| byte == 0)
            .filter(|name| !name.is_empty());
        Ok(names.map(|name| OsStr::from_bytes(name).into()).collect())
    }

    /// Runs git, and returns its complete standard output, whatever its length, if it succeeded.
    pub(super) fn complete(
        &self,
        task: &'static str,
        arguments: &[impl AsRef<OsStr>],
    ) -> Result<Vec<u8>, RepositoryError> {
        let mut call = self.command();
        call.args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        let output = process::run_to_end(&mut call, |_| ());
        let output = output.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => RepositoryError::NoGit,
            _ => RepositoryError::Git {
                task,
                message: error.to_string(),
            },
        })?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(failed(task, &self.folder, &output))
        }
    }

    /// Runs git to its end, and returns its output whatever its exit status.
    pub(super) fn run(
        &self,
        task: &'static str,
        arguments: &[impl AsRef<OsStr>],
    ) -> Result<Output, RepositoryError> {
        self.finish(task, self.command().args(arguments))
    }

    /// Runs a prepared call of git to its end, and returns its output whatever its exit status.
    fn finish(&self, task: &'static str, call: &mut Command) -> Result<Output, RepositoryError> {
        let output = process::complete_output(call, LIMIT);
        if process::stopped() {
            return Err(RepositoryError::Interrupted);
        }
        output.map_err(|error| match error {
            ChildError::System(error) if error.source.kind() == io::ErrorKind::NotFound => {
                RepositoryError::NoGit
            }
            ChildError::Hung(seconds) => RepositoryError::Git {
                task,
                message: format!("no answer in {seconds} s"),
            },
            other => RepositoryError::Git {
                task,
                message: other.to_string(),
            },
        })
    }

    /// Runs git, and returns its standard output if it succeeded.
    pub(super) fn ask(
        &self,
        task: &'static str,
        arguments: &[impl AsRef<OsStr>],
    ) -> Result<String, RepositoryError> {
        self.succeed(task, self.command().args(arguments))
    }

    /// Runs git, and returns the path that it printed if it succeeded. The path may contain any bytes.
    pub(super) fn path(
        &self,
        task: &'static str,
        arguments: &[&str],
    ) -> Result<PathBuf, RepositoryError> {
        let printed = self.complete(task, arguments)?;
        let line = printed.strip_suffix(b"\n").unwrap_or(&printed);
        Ok(OsStr::from_bytes(line).into())
    }

    /// Runs a prepared call of git, and returns its standard output if it succeeded.
    pub(super) fn succeed(
        &self,
        task: &'static str,
        call: &mut Command,
    ) -> Result<String, RepositoryError> {
        let output = self.finish(task, call)?;
        if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            Err(failed(task, &self.folder, &output))
        }
    }
}

/// Turns a failed call into an error.
pub(super) fn failed(task: &'static str, folder: &Path, output: &Output) -> RepositoryError {
    let stderr = text(&output.stderr);
    if stderr.contains("not a git repository") {
        return RepositoryError::NotARepository(folder.to_owned());
    }
    let line = stderr
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with("warning:"));
    let message = line.map_or_else(
        || output.status.to_string(),
        |line| line.trim_start_matches("fatal: ").to_owned(),
    );
    RepositoryError::Git { task, message }
}

/// Returns the files in a folder that git tracks, or does not ignore, relative to it; none without git or a repository,
/// and none if the repository ignores the folder itself, so that git knows nothing of its files.
pub(crate) fn files_in(folder: &Path) -> Option<Vec<PathBuf>> {
    let git = Git {
        program: "git".into(),
        folder: folder.to_owned(),
    };
    let ignored = git.run(
        "find out whether the folder is ignored",
        &["check-ignore", "--no-index", "--quiet", "."],
    );
    match ignored.ok()?.status.code() {
        Some(0) => None,
        _ => git.files().ok(),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}
