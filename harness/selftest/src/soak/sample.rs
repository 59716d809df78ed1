//! Samples of a process and of folders.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::Pid;
use walkdir::WalkDir;

/// Bytes of a megabyte.
const MEGABYTE: f64 = 1e6;

/// What a process holds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Held {
    /// Resident memory in MB.
    pub(super) memory: f64,
    /// Largest resident memory so far, in MB.
    pub(super) peak: f64,
    /// Open file descriptors.
    pub(super) descriptors: f64,
    /// Threads.
    pub(super) threads: f64,
}

impl Held {
    /// Reads what a process holds now; none if it has ended, or on a system without `/proc`.
    pub(super) fn by(process: Pid) -> Option<Self> {
        let folder = PathBuf::from(format!("/proc/{}", process.as_raw_nonzero()));
        let status = fs::read_to_string(folder.join("status")).ok()?;
        // Lines such as `VmRSS:	   10256 kB`.
        let number = |key: &str| -> Option<f64> {
            let line = status.lines().find_map(|line| line.strip_prefix(key))?;
            line.split_whitespace().next()?.parse().ok()
        };
        Some(Self {
            memory: number("VmRSS:")? * 1024.0 / MEGABYTE,
            peak: number("VmHWM:")? * 1024.0 / MEGABYTE,
            descriptors: fs::read_dir(folder.join("fd")).ok()?.count() as f64,
            threads: number("Threads:")?,
        })
    }

    /// The larger number of each.
    pub(super) fn most(self, other: Self) -> Self {
        Self {
            memory: self.memory.max(other.memory),
            peak: self.peak.max(other.peak),
            descriptors: self.descriptors.max(other.descriptors),
            threads: self.threads.max(other.threads),
        }
    }
}

/// Number of files and folders below a folder, without the content of those that `leave_out` names.
pub(super) fn files_below(folder: &Path, leave_out: &[PathBuf]) -> f64 {
    let walk = WalkDir::new(folder).min_depth(1).into_iter();
    let entries = walk.filter_entry(|entry| !leave_out.iter().any(|path| path == entry.path()));
    entries.flatten().count() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_holds_memory_files_and_threads() {
        let before = Held::by(rustix::process::getpid()).expect("a process");
        let _file = tempfile::tempfile().expect("made");
        let held = Held::by(rustix::process::getpid()).expect("a process");
        assert!(held.memory > 1.0 && held.peak >= held.memory, "{held:?}");
        // Other tests open and close files meanwhile.
        assert!(held.descriptors >= 4.0 && held.threads >= 1.0, "{held:?}");
        assert_eq!(before.most(held).peak, held.peak.max(before.peak));
    }

    #[test]
    fn files_are_counted_without_those_left_out() {
        let folder = tempfile::tempdir().expect("made");
        for name in ["a/b", "c"] {
            fs::create_dir_all(folder.path().join(name)).expect("made");
            fs::write(folder.path().join(name).join("file"), "").expect("written");
        }
        assert_eq!(files_below(folder.path(), &[]), 5.0);
        assert_eq!(files_below(folder.path(), &[folder.path().join("a")]), 2.0);
        assert_eq!(files_below(&folder.path().join("missing"), &[]), 0.0);
    }
}
