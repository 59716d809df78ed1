//! Short digests of the contents of files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

/// Largest content that is read, in bytes. Larger files are distinguished by their length and the time of their last
/// change.
const LARGEST: u64 = 64 << 20;

/// Returns a digest of the content of a file, or words if it cannot be read.
pub(crate) fn of(path: &Path) -> String {
    digest(path).unwrap_or_else(|_| "not readable".to_owned())
}

/// Returns the length of a file and the time of its last change, or words if they cannot be read.
pub(crate) fn stamp(path: &Path) -> String {
    let data = path.metadata();
    data.map_or_else(|_| "not readable".to_owned(), |data| stamp_of(&data))
}

fn digest(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let data = file.metadata()?;
    if data.len() > LARGEST {
        return Ok(stamp_of(&data));
    }
    let mut content = Vec::new();
    file.read_to_end(&mut content)?;
    let digest = Sha256::digest(&content);
    Ok(digest
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

fn stamp_of(data: &std::fs::Metadata) -> String {
    let changed = data
        .modified()
        .ok()
        .and_then(|time| jiff::Timestamp::try_from(time).ok());
    let changed = changed.map_or("an unknown time".to_owned(), |time| time.to_string());
    format!("{} bytes of {changed}", data.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_contents_have_equal_digests() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        for (name, content) in [("a", "one"), ("b", "one"), ("c", "two")] {
            std::fs::write(path(name), content).expect("written");
        }
        assert_eq!(of(&path("a")), of(&path("b")));
        assert_ne!(of(&path("a")), of(&path("c")));
        assert_eq!(of(&path("missing")), "not readable");
        assert!(stamp(&path("a")).starts_with("3 bytes of 2"));
    }
}
