//! The files with which Linux describes itself, below a root folder.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

use itertools::Itertools;

/// Environment variable with a folder whose `proc` and `sys` are read and written instead of the machine's own, for
/// tests.
pub const ROOT_VARIABLE: &str = "HARNESS_SYSTEM_ROOT";

/// `/proc`, `/sys` and `/etc` of this machine, or of a folder that replaces them.
#[derive(Debug, Clone)]
pub struct System {
    root: PathBuf,
}

impl System {
    /// This machine's files, or those of the folder that [`ROOT_VARIABLE`] names.
    pub fn here() -> Self {
        Self::at(std::env::var_os(ROOT_VARIABLE).unwrap_or_else(|| "/".into()))
    }

    /// The files below a folder.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The content of a file; none if it does not exist or is not readable.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        let bytes = fs::read(self.root.join(path)).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The content of a file without surrounding white space; none if nothing is left.
    pub(super) fn word(&self, path: &str) -> Option<String> {
        self.text(path)
            .map(|text| text.trim().to_owned())
            .filter(|word| !word.is_empty())
    }

    /// The content of a file as a whole number.
    pub(super) fn number(&self, path: &str) -> Option<i64> {
        self.word(path)?.parse().ok()
    }

    /// Returns true if a file or folder exists.
    pub(super) fn has(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    /// The names in a folder, sorted; empty if it cannot be read.
    pub(super) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(folder)).into_iter().flatten();
        entries
            .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
            .sorted()
            .collect()
    }

    /// Writes to an existing file. A missing file is not created: the kernel does not have that setting.
    pub(super) fn write(&self, path: &str, text: &str) -> io::Result<()> {
        OpenOptions::new()
            .write(true)
            .truncate(true)
            .open(self.root.join(path))?
            .write_all(text.as_bytes())
    }
}

/// A folder that replaces the files of a machine.
#[cfg(test)]
pub(super) mod fixture {
    use super::*;

    pub(crate) struct Fixture {
        folder: tempfile::TempDir,
        pub(crate) system: System,
    }

    impl Fixture {
        /// A machine with these files.
        pub(crate) fn of(files: &[(&str, &str)]) -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let fixture = Self {
                system: System::at(folder.path()),
                folder,
            };
            files
                .iter()
                .for_each(|(path, text)| fixture.put(path, text));
            fixture
        }

        pub(crate) fn put(&self, path: &str, text: &str) {
            let path = self.folder.path().join(path);
            fs::create_dir_all(path.parent().expect("it is in a folder")).expect("made");
            fs::write(path, text).expect("written");
        }

        pub(crate) fn path(&self, path: &str) -> PathBuf {
            self.folder.path().join(path)
        }
    }
}
