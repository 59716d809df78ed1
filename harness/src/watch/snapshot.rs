//! Snapshots of files, and the differences of two.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use itertools::Itertools;

/// Maximum number of files that are named; the others are only counted.
const NAMED: usize = 3;

/// Properties of a file that change when it is written, and that are known without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
}

/// The existing files, each with its stamp.
pub(super) type Snapshot = BTreeMap<PathBuf, Stamp>;

/// A change of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The file.
    pub path: PathBuf,
    /// The kind of the change.
    pub kind: Kind,
}

/// The kinds of changes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It was written.
    Changed,
    /// It was not there before.
    New,
    /// It is gone.
    Deleted,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            modified: metadata.modified().ok(),
            length: metadata.len(),
        }
    }
}

impl Kind {
    fn told(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::New => "is new",
            Self::Deleted => "deleted",
        }
    }
}

/// The differences of two snapshots, in the order of paths.
pub(super) fn edits(before: &Snapshot, after: &Snapshot) -> Vec<Edit> {
    let paths = before.keys().merge(after.keys()).dedup();
    let edit = |path: &PathBuf| {
        let kind = match (before.get(path), after.get(path)) {
            (Some(earlier), Some(later)) if earlier == later => return None,
            (Some(_), Some(_)) => Kind::Changed,
            (None, _) => Kind::New,
            (_, None) => Kind::Deleted,
        };
        Some(Edit {
            path: path.clone(),
            kind,
        })
    };
    paths.filter_map(edit).collect()
}

/// The edits in one clause, with paths relative to a folder: `a.rs changed, b.rs deleted`.
pub fn told(edits: &[Edit], root: &Path) -> String {
    let clause = |Edit { path, kind }: &Edit| {
        format!(
            "{} {}",
            path.strip_prefix(root).unwrap_or(path).display(),
            kind.told()
        )
    };
    let more = match edits.len().saturating_sub(NAMED) {
        0 => None,
        1 => Some("1 more file".to_owned()),
        more => Some(format!("{more} more files")),
    };
    edits.iter().take(NAMED).map(clause).chain(more).join(", ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    /// A snapshot from names, each with the second in which the file was written.
    fn snapshot(files: &[(&str, u64)]) -> Snapshot {
        let stamp = |second| Stamp {
            modified: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(second)),
            length: 1,
        };
        files
            .iter()
            .map(|&(path, second)| (PathBuf::from(path), stamp(second)))
            .collect()
    }

    #[test]
    fn edits_are_printed_with_at_most_three_names() {
        let before = snapshot(&[("/p/a.rs", 1), ("/p/b.rs", 1), ("/p/c.rs", 1)]);
        let after = snapshot(&[("/p/a.rs", 2), ("/p/c.rs", 1), ("/p/d.rs", 1)]);
        let edits = edits(&before, &after);
        assert_eq!(
            told(&edits, Path::new("/p")),
            "a.rs changed, b.rs deleted, d.rs is new"
        );
        let many: Vec<Edit> = (0..9)
            .map(|number| Edit {
                path: format!("/q/{number}").into(),
                kind: Kind::New,
            })
            .collect();
        assert_eq!(
            told(&many, Path::new("/p")),
            "/q/0 is new, /q/1 is new, /q/2 is new, 6 more files"
        );
        assert_eq!(
            told(&many[..4], Path::new("/q")),
            "0 is new, 1 is new, 2 is new, 1 more file"
        );
    }

    proptest! {
        /// The edits of two arbitrary snapshots turn the first into the second.
        #[test]
        fn edits_account_for_every_difference(
            before in prop::collection::btree_map("[a-f]", 0..3u64, 0..6),
            after in prop::collection::btree_map("[a-f]", 0..3u64, 0..6),
        ) {
            let of = |files: &BTreeMap<String, u64>| {
                snapshot(&files.iter().map(|(path, second)| (path.as_str(), *second)).collect::<Vec<_>>())
            };
            let (before, after) = (of(&before), of(&after));
            let mut made = before.clone();
            for edit in edits(&before, &after) {
                let Edit { path, kind } = edit;
                match kind {
                    Kind::Deleted => prop_assert!(made.remove(&path).is_some()),
                    Kind::Changed => prop_assert_ne!(made.insert(path.clone(), after[&path]), Some(after[&path])),
                    Kind::New => prop_assert_eq!(made.insert(path.clone(), after[&path]), None),
                }
            }
            prop_assert_eq!(made, after);
        }
    }
}
