//! Listing of the JSON files in a folder, such as records and sessions.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns the JSON files of a folder, sorted by name. Default names begin with the time. The list is empty if the
/// folder is missing or cannot be read.
pub fn json_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<PathBuf> = paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_files_are_listed_and_by_their_names() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["b.json", "a.json", "c.csv", "json"] {
            fs::write(folder.path().join(name), "").expect("written");
        }
        assert_eq!(
            json_files(folder.path()),
            ["a.json", "b.json"].map(|name| folder.path().join(name))
        );
        assert_eq!(
            json_files(&folder.path().join("nowhere")),
            Vec::<PathBuf>::new()
        );
    }
}
