//! Links in the folders of the harness must not lead outside of the project: a change from a fork may contain them, and
//! the harness writes and removes files there.

use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// Returns the first link in a folder, or on the way to it, that leads outside of the project, with its end. `folder` is
/// relative to the root.
///
/// # Errors
/// If the root cannot be resolved.
pub(super) fn leaving_link(root: &Path, folder: &Path) -> io::Result<Option<(PathBuf, PathBuf)>> {
    let inside = root.canonicalize()?;
    let leaves = |path: &Path| {
        // A link without an end cannot be written through: a file replaces it, and no folder can be made there.
        let end = path.canonicalize().ok()?;
        (!end.starts_with(&inside)).then(|| (path.to_owned(), end))
    };
    let mut path = root.to_owned();
    for part in folder {
        path.push(part);
        if let Some(found) = path.is_symlink().then(|| leaves(&path)).flatten() {
            return Ok(Some(found));
        }
    }
    if path == root {
        // The whole checkout, with much that the harness does not write.
        return Ok(None);
    }
    let entries = WalkDir::new(&path).into_iter().flatten();
    let mut links = entries.filter(|entry| entry.path_is_symlink());
    Ok(links.find_map(|entry| leaves(entry.path())))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_links_to_places_outside_are_found() {
        let outer = tempfile::tempdir().expect("made");
        let root = outer.path().join("root");
        for folder in ["root/records/gates", "root/other", "outside"] {
            fs::create_dir_all(outer.path().join(folder)).expect("made");
        }
        let found = |folder: &str| {
            let found = leaving_link(&root, Path::new(folder)).expect("a root");
            found.map(|(link, _)| link.strip_prefix(&root).expect("inside").to_owned())
        };
        symlink(root.join("other"), root.join("records/here")).expect("linked");
        symlink("/nowhere/at/all", root.join("records/lost")).expect("linked");
        assert_eq!(found("records"), None);
        assert_eq!(found("missing/folder"), None);
        symlink(outer.path().join("outside"), root.join("records/gates/new")).expect("linked");
        assert_eq!(found("records"), Some("records/gates/new".into()));
        symlink("../outside", root.join("reports")).expect("linked");
        assert_eq!(found("reports"), Some("reports".into()));
        assert_eq!(found("reports/deeper"), Some("reports".into()));
        assert_eq!(found("."), None);
        // The root may be reached by a link itself.
        symlink(&root, outer.path().join("link")).expect("linked");
        let through = leaving_link(&outer.path().join("link"), Path::new("other"));
        assert_eq!(through.expect("a root"), None);
    }
}
