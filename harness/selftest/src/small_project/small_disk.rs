//! Real obstacles for writing: a small file system that can be filled, and a folder that is read-only.
//!
//! Both need the right to mount. Without it, a folder is made read-only by its permissions, which do not stop root.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

/// Size of the file system. The small project needs a tenth of it.
const SIZE: &str = "size=32m";
/// Bytes that are written at once when the file system is filled.
const PART: usize = 64 << 10;

/// A small file system in memory. It is unmounted when this is dropped.
#[derive(Debug)]
pub(crate) struct SmallDisk {
    folder: PathBuf,
}

/// A file that leaves little space. It is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Ballast(PathBuf);

/// A folder that is read-only until this is dropped.
#[derive(Debug)]
pub(crate) enum ReadOnly {
    /// By a mount of the folder on itself.
    Mount(PathBuf),
    /// By its permissions, which were these before.
    Mode(PathBuf, Permissions),
}

impl SmallDisk {
    /// Mounts one on an empty folder; none without the right to mount.
    pub(crate) fn on(folder: &Path) -> Option<Self> {
        let is_mounted = mount(&["-t", "tmpfs", "-o", SIZE, "harness-selftest"], folder);
        is_mounted.then(|| Self {
            folder: folder.to_owned(),
        })
    }

    /// Fills it, except for this many bytes.
    ///
    /// # Errors
    /// If the file that fills it cannot be made.
    pub(crate) fn filled(&self, left: u64) -> Result<Ballast> {
        let ballast = Ballast(self.folder.join("bin/ballast"));
        let full = || -> io::Result<()> {
            let mut file = File::create(&ballast.0)?;
            while file.write_all(&[0; PART]).is_ok() {}
            let length = file.metadata()?.len();
            file.set_len(length.saturating_sub(left))
        };
        full().context("cannot fill the small file system")?;
        Ok(ballast)
    }
}

impl ReadOnly {
    /// Makes a folder read-only; none if this user cannot.
    pub(crate) fn new(folder: &Path) -> Option<Self> {
        if mount(&["--bind", &folder.to_string_lossy()], folder) {
            let bound = Self::Mount(folder.to_owned());
            return mount(&["-o", "remount,bind,ro"], folder).then_some(bound);
        }
        let before = fs::metadata(folder).ok()?.permissions();
        fs::set_permissions(folder, Permissions::from_mode(0o555)).ok()?;
        let closed = Self::Mode(folder.to_owned(), before);
        // Root writes in spite of permissions.
        File::create(folder.join("bin-test"))
            .is_err()
            .then_some(closed)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        unmount(&self.folder);
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        // The file system ends with the project.
        let _ = fs::remove_file(&self.0);
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        match self {
            Self::Mount(folder) => unmount(folder),
            Self::Mode(folder, before) => {
                let _ = fs::remove_file(folder.join("bin-test"));
                let _ = fs::set_permissions(folder, before.clone());
            }
        }
    }
}

/// Returns true if the program `mount` succeeds.
fn mount(arguments: &[&str], folder: &Path) -> bool {
    let mut command = Command::new("mount");
    command.args(arguments).arg(folder);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn unmount(folder: &Path) {
    // Lazily, because a process may still look at it. Nothing more can be done about a failure.
    let mut command = Command::new("umount");
    command.arg("--lazy").arg(folder);
    let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_system_refuses_writes_until_the_ballast_is_gone() {
        let folder = tempfile::tempdir().expect("made");
        // Without the right to mount, there is nothing to test but that it is noticed.
        let Some(disk) = SmallDisk::on(folder.path()) else {
            assert!(fs::write(folder.path().join("file"), [1; PART]).is_ok());
            return;
        };
        fs::create_dir(folder.path().join("bin")).expect("made");
        let write = |name: &str| fs::write(folder.path().join(name), [1; PART]);
        write("before").expect("space");
        let ballast = disk.filled(8 << 10).expect("filled");
        assert!(write("full").is_err());
        drop(ballast);
        write("after").expect("space");
        drop(disk);
        assert!(!folder.path().join("after").exists(), "it is unmounted");
    }

    #[test]
    fn a_read_only_folder_refuses_writes_until_it_is_dropped() {
        let folder = tempfile::tempdir().expect("made");
        let file = folder.path().join("file");
        if let Some(closed) = ReadOnly::new(folder.path()) {
            assert!(fs::write(&file, "text").is_err());
            drop(closed);
        }
        fs::write(&file, "text").expect("open again");
    }
}
