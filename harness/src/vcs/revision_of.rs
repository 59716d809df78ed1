//! The commit that the files of a folder come from, for records.

use std::path::Path;

use crate::vcs::git::Git;

/// The commit of a folder's files, and the changes since then.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct FolderRevision {
    /// The complete id of the commit; `None` if the folder is in no commit.
    pub(crate) commit: Option<String>,
    /// True if the working tree has changes; `None` if that is unknown.
    pub(crate) dirty: Option<bool>,
}

/// Finds the commit that the files of a folder come from. A repository that lies around the folder, but whose commit has
/// no file of it, lends it no commit: the repository ignores the folder, or does not track it. Everything is unknown
/// without git or a commit.
pub(crate) fn revision_of(folder: &Path) -> FolderRevision {
    const TASK: &str = "find the commit of the checkout";
    let git = Git {
        program: "git".into(),
        folder: folder.to_owned(),
    };
    let printed = |arguments: &[&str]| git.ask(TASK, arguments).ok();
    let tracked = printed(&["ls-tree", "--name-only", "HEAD", "./"]);
    if tracked.is_none_or(|names| names.is_empty()) {
        return FolderRevision::default();
    }
    let commit = printed(&["rev-parse", "--verify", "HEAD"]);
    let changes = printed(&["status", "--porcelain"]);
    FolderRevision {
        dirty: commit.as_ref().and(changes).map(|text| !text.is_empty()),
        commit,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::*;

    fn git(folder: &Path, words: &[&str]) {
        let name = ["-c", "user.name=n", "-c", "user.email=n@example.org"];
        let status = Command::new("git")
            .args(name.iter().chain(words))
            .current_dir(folder)
            .status();
        assert!(status.expect("git runs").success(), "{words:?}");
    }

    #[test]
    fn an_enclosing_repository_lends_no_commit() {
        let outer = tempfile::tempdir().expect("a folder");
        let top = outer.path();
        for folder in ["tracked", "ignored", "untracked"] {
            fs::create_dir(top.join(folder)).expect("made");
            fs::write(top.join(folder).join("a.rs"), "").expect("written");
        }
        assert_eq!(revision_of(top), FolderRevision::default(), "no repository");
        fs::write(top.join(".gitignore"), "ignored\n").expect("written");
        git(top, &["init", "--quiet"]);
        git(top, &["add", "tracked", ".gitignore"]);
        assert_eq!(revision_of(top), FolderRevision::default(), "no commit yet");
        git(top, &["commit", "--quiet", "--message", "one"]);
        for folder in ["ignored", "untracked"] {
            let found = revision_of(&top.join(folder));
            assert_eq!(found, FolderRevision::default(), "{folder}");
        }
        let found = revision_of(&top.join("tracked"));
        assert_eq!(found.commit.map(|id| id.len()), Some(40));
        assert_eq!(found.dirty, Some(true), "one folder is untracked");
        fs::remove_dir_all(top.join("untracked")).expect("removed");
        assert_eq!(revision_of(&top.join("tracked")).dirty, Some(false));
    }
}
