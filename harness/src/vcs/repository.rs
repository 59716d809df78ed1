//! Read access to the project's git history: finding commits, and files of the working tree.

use std::path::{Path, PathBuf};

use harness_record::suggestion::nearest;
use harness_record::{COMMIT_FORMAT, Commit, Head};

use crate::project::Project;
use crate::vcs::error::RepositoryError;
use crate::vcs::git::{Git, failed};

/// The git repository that a project lies in.
#[derive(Debug, Clone)]
pub struct Repository {
    pub(super) git: Git,
    /// Git's own folder (`.git`).
    pub(super) git_folder: PathBuf,
    /// The project's folder, relative to the top of the repository.
    pub(super) prefix: PathBuf,
}

impl Repository {
    /// Finds the repository that the project lies in.
    ///
    /// # Errors
    /// If git is missing or the project lies in no repository.
    pub fn open(project: &Project) -> Result<Self, RepositoryError> {
        Self::with(Git {
            program: "git".into(),
            folder: project.root.clone(),
        })
    }

    pub(super) fn with(git: Git) -> Result<Self, RepositoryError> {
        const TASK: &str = "find the repository";
        let git_folder = git.path(TASK, &["rev-parse", "--absolute-git-dir"])?;
        let prefix = git.path(TASK, &["rev-parse", "--show-prefix"])?;
        Ok(Self {
            git,
            git_folder,
            prefix,
        })
    }

    /// The project's folder in a copy of the repository's files.
    pub(super) fn project_in(&self, files: &Path) -> PathBuf {
        // Joined component by component: an empty prefix would leave a slash at the end.
        files.components().chain(self.prefix.components()).collect()
    }

    /// The commit that a branch, tag, id or expression such as `HEAD~3` names now.
    ///
    /// # Errors
    /// If there is none. In a shallow clone the error names that as the reason.
    pub fn resolve(&self, revision: &str) -> Result<Commit, RepositoryError> {
        const TASK: &str = "look up a revision";
        let unknown = || match self.shallow()? {
            true => Err(RepositoryError::Shallow(format!(
                "the revision {revision:?}"
            ))),
            false => Err(RepositoryError::Unknown {
                revision: revision.to_owned(),
                hint: self.nearest(revision),
            }),
        };
        // An option to git is no revision.
        if revision.is_empty() || revision.starts_with('-') {
            return unknown();
        }
        let found = self.git.run(
            TASK,
            &[
                "rev-parse",
                "--verify",
                "--quiet",
                &format!("{revision}^{{commit}}"),
            ],
        )?;
        if !found.status.success() {
            return unknown();
        }
        let id = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        let found = self.log(TASK, &["-1", &id, "--"])?.pop();
        found.ok_or_else(|| RepositoryError::Git {
            task: TASK,
            message: "it printed nothing".to_owned(),
        })
    }

    /// Returns the branch or tag that is most similar to a misspelled revision, as the middle of a sentence.
    fn nearest(&self, revision: &str) -> String {
        let list = ["for-each-ref", "--format=%(refname:short)"];
        let names = self.git.ask("list branches and tags", &list);
        // Without the list, there is no hint.
        let names = names.unwrap_or_default();
        // Only the name before `~3` or `^` can be misspelled.
        let name = revision
            .split(['~', '^', '@', ':'])
            .next()
            .unwrap_or_default();
        let found = nearest(name, names.lines().chain(["HEAD"]));
        found
            .filter(|found| *found != name)
            .map_or(String::new(), |found| format!(" (did you mean `{found}`?)"))
    }

    /// Returns the commit of the working tree, and whether the tree has changes. The user's index is not refreshed.
    ///
    /// # Errors
    /// If there is no commit yet.
    pub fn head(&self) -> Result<Head, RepositoryError> {
        let commit = self.resolve("HEAD")?;
        let changes = self
            .git
            .ask("look for changes", &["status", "--porcelain"])?;
        Ok(Head {
            commit,
            dirty: !changes.is_empty(),
        })
    }

    /// Returns the top folder of the working tree, and its files that are tracked, or new and not ignored, relative to
    /// it. Deleted files may still be listed.
    ///
    /// # Errors
    /// If git fails.
    pub(super) fn files(&self) -> Result<(PathBuf, Vec<PathBuf>), RepositoryError> {
        let folder = self.git.path(
            "find the top of the repository",
            &["rev-parse", "--show-toplevel"],
        )?;
        // From a truncated list, other programs would be built.
        let files = Git {
            folder: folder.clone(),
            ..self.git.clone()
        }
        .files()?;
        Ok((folder, files))
    }

    /// The head without regard to one folder of the project: the newest commit of the branch that changed anything
    /// outside the folder, and whether anything outside has uncommitted changes.
    ///
    /// # Errors
    /// If there is no commit yet.
    pub fn head_outside(&self, folder: &Path) -> Result<Head, RepositoryError> {
        let head = self.head()?;
        let inside = folder
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        if !inside || folder.as_os_str().is_empty() {
            return Ok(head);
        }
        let rest = format!(":(exclude){}", folder.display());
        let changes = self.git.ask(
            "look for changes",
            &["status", "--porcelain", "--", ":/", &rest],
        )?;
        let commit = self
            .last_change_outside(&head.commit, folder)?
            .unwrap_or(head.commit);
        Ok(Head {
            commit,
            dirty: !changes.is_empty(),
        })
    }

    /// The commits on the first-parent line from `good` (excluded) to `bad` (included), oldest first. Commits of merged
    /// branches are left out: they may never have built or were never meant to be fast, and are no line that a
    /// bisection can search.
    ///
    /// # Errors
    /// If `bad` does not descend from `good`, or the history between them was not fetched.
    pub fn commits(&self, good: &Commit, bad: &Commit) -> Result<Vec<Commit>, RepositoryError> {
        const TASK: &str = "list the commits between two revisions";
        let output = self
            .git
            .run(TASK, &["merge-base", "--is-ancestor", &good.id, &bad.id])?;
        let range = format!("{}..{}", good.id, bad.id);
        let (good, bad) = (good.short().to_owned(), bad.short().to_owned());
        match output.status.code() {
            Some(0) => self.log(TASK, &["--reverse", &range, "--"]),
            Some(1) if self.shallow()? => Err(RepositoryError::Shallow(format!(
                "the history from {good} to {bad}"
            ))),
            Some(1) => Err(RepositoryError::NotAncestor(good, bad)),
            _ => Err(failed(TASK, &self.git.folder, &output)),
        }
    }

    /// The newest commit on a commit's first-parent line, itself included, that changed anything outside a folder of
    /// the project. None if there is nothing outside the folder.
    ///
    /// # Errors
    /// If git fails.
    pub fn last_change_outside(
        &self,
        commit: &Commit,
        folder: &Path,
    ) -> Result<Option<Commit>, RepositoryError> {
        let rest = format!(":(exclude){}", folder.display());
        let call = ["-1", &commit.id, "--", ":/", &rest];
        Ok(self
            .log("look for the last change outside a folder", &call)?
            .pop())
    }

    /// The commits on the first-parent line of the current branch, oldest first; with a folder of the project, only
    /// those that changed something in it.
    ///
    /// # Errors
    /// If git fails.
    pub fn states(&self, folder: Option<&Path>) -> Result<Vec<Commit>, RepositoryError> {
        let folder = folder.map(Path::to_string_lossy);
        let call = [&["--reverse", "HEAD", "--"], folder.as_deref().as_slice()].concat();
        self.log("list the states of the branch", &call)
    }

    /// The names of the folders in a folder of the project at a commit; empty if the commit has no such folder.
    ///
    /// # Errors
    /// If git fails.
    pub fn folders(&self, commit: &Commit, folder: &Path) -> Result<Vec<String>, RepositoryError> {
        let list = [
            "ls-tree",
            "-d",
            "--name-only",
            "-z",
            &format!("{}:./{}", commit.id, folder.display()),
        ];
        let output = self.git.run("list a folder of a commit", &list)?;
        let names = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(names
            .split('\0')
            .filter(|name| !name.is_empty() && output.status.success())
            .map(str::to_owned)
            .collect())
    }

    /// The content of a file of the project at a commit; none if the commit has no such file.
    ///
    /// # Errors
    /// If git fails.
    pub fn file(&self, commit: &Commit, file: &Path) -> Result<Option<String>, RepositoryError> {
        let show = [
            "cat-file",
            "blob",
            &format!("{}:./{}", commit.id, file.display()),
        ];
        let output = self.git.run("read a file of a commit", &show)?;
        Ok(output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).into_owned()))
    }

    /// Returns true if a commit has a file of this path, relative to the top of the repository.
    ///
    /// # Errors
    /// If git fails.
    pub(super) fn has(&self, commit: &Commit, file: &Path) -> Result<bool, RepositoryError> {
        let object = format!("{}:{}", commit.id, file.display());
        let output = self
            .git
            .run("look for a file of a commit", &["cat-file", "-e", &object])?;
        Ok(output.status.success())
    }

    /// Lists commits on a first-parent line, as these arguments of `git log` select them.
    fn log(&self, task: &'static str, arguments: &[&str]) -> Result<Vec<Commit>, RepositoryError> {
        let log = [
            "log",
            "--first-parent",
            "--no-color",
            "--encoding=UTF-8",
            COMMIT_FORMAT,
        ];
        let lines = self.git.ask(task, &[&log, arguments].concat())?;
        let parse = |line: &str| {
            Commit::parse(line).ok_or_else(|| RepositoryError::Git {
                task,
                message: format!("it printed {line:?}"),
            })
        };
        lines.lines().map(parse).collect()
    }

    fn shallow(&self) -> Result<bool, RepositoryError> {
        Ok(self.git.ask(
            "find out whether this clone is shallow",
            &["rev-parse", "--is-shallow-repository"],
        )? == "true")
    }
}
