//! A digest of the changes of a working tree since its commit.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::file_digest;
use crate::vcs::git::Git;
use crate::vcs::key::hash;

/// Returns a digest of the uncommitted changes in a folder and of its new files, or `none` if there are none. Files in
/// the folders `without` do not count. None if git cannot list the changes, as without a repository.
pub(crate) fn changes(folder: &Path, without: &[PathBuf]) -> Option<String> {
    const TASK: &str = "list the changes since the commit";
    let git = Git {
        program: "git".into(),
        folder: folder.to_owned(),
    };
    let relative = |path: &PathBuf| path.strip_prefix(folder).map(Path::to_owned).ok();
    let mut scope = vec![OsStr::new("--").to_owned(), OsStr::new(".").to_owned()];
    for path in without.iter().filter_map(relative) {
        let mut exclusion = OsStr::new(":(exclude)").to_owned();
        exclusion.push(path);
        scope.push(exclusion);
    }
    let call = |words: &[&str]| {
        let words = words.iter().map(|&word| OsStr::new(word).to_owned());
        let words: Vec<_> = words.chain(scope.iter().cloned()).collect();
        git.complete(TASK, &words).ok()
    };
    // Neither programs of the user nor attributes of files decide what a change is.
    let plain = ["diff", "HEAD", "--binary", "--no-ext-diff", "--no-textconv"];
    let edits = call(&plain)?;
    let new = call(&["ls-files", "-z", "--others", "--exclude-standard"])?;
    let new: Vec<&[u8]> = new
        .split(|&byte| byte == 0)
        .filter(|name| !name.is_empty())
        .collect();
    if edits.is_empty() && new.is_empty() {
        return Some("none".to_owned());
    }
    let mut parts = vec![Sha256::digest(&edits).to_vec()];
    for name in new {
        let file = folder.join(OsStr::from_bytes(name));
        parts.extend([name.to_vec(), file_digest::of(&file).into_bytes()]);
    }
    Some(hash(&parts))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::vcs::tests::git;

    #[test]
    fn every_change_counts_outside_the_folders_that_are_left_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        let without = [root.join("records"), root.join("target")];
        let digest = || changes(root, &without);
        assert_eq!(digest(), None, "no repository");
        fs::write(root.join("a.rs"), "one").expect("written");
        git(root, &["init", "--quiet"]);
        git(root, &["add", "--all"]);
        git(root, &["commit", "--quiet", "--message", "One"]);
        assert_eq!(digest().as_deref(), Some("none"));
        fs::create_dir(root.join("records")).expect("made");
        fs::write(root.join("records/a.json"), "{}").expect("written");
        assert_eq!(digest().as_deref(), Some("none"));

        fs::write(root.join("a.rs"), "two").expect("written");
        let edited = digest();
        assert_ne!(edited.as_deref(), Some("none"));
        assert_eq!(digest(), edited, "it repeats");
        fs::write(root.join("new.rs"), "three").expect("written");
        let with_new = digest();
        assert_ne!(with_new, edited);
        fs::write(root.join("new.rs"), "four").expect("written");
        assert_ne!(digest(), with_new);
        fs::remove_file(root.join("new.rs")).expect("removed");
        assert_eq!(digest(), edited);
    }
}
