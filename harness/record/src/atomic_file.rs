//! Atomic replacement of files.
//!
//! The new content is first in a temporary file beside the old one, which is locked (`flock`) while it is written. A
//! program that is killed leaves the file without a lock, and the next one that writes into the folder removes it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

/// How the name of a temporary file begins.
pub const UNFINISHED: &str = ".unfinished-";

/// A temporary file that is younger may not have its lock yet.
const YOUNG: Duration = Duration::from_secs(60);

/// Folders that this process has tidied up.
static TIDY: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Bytes that [`try_writing`] writes: more than most records have, so that a full disk is noticed.
const TRIED: usize = 1 << 20;

/// Read by every thread that writes a file, until it has its final name.
static WRITING: RwLock<()> = RwLock::new(());

/// Waits until no thread of this process writes a file, up to `longest`, and lets none begin afterwards. A program that
/// exits then, because of a signal, leaves no temporary file.
pub fn stop_writing(longest: Duration) {
    let began = Instant::now();
    while began.elapsed() < longest {
        if let Ok(last) = WRITING.try_write() {
            std::mem::forget(last);
            return;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Writes a file atomically through a temporary file in the same folder. Creates the folder if it is missing. A reader
/// sees the old content or the new one, even if writing is interrupted.
///
/// # Errors
/// If the folder or the file cannot be written, or if the path is not a regular file. Existing content stays unchanged.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    write_with(path, |file| file.write_all(content))
}

/// Writes a file in the same way, with a content that `write` produces piece by piece.
///
/// # Errors
/// Likewise, and if `write` fails.
pub fn write_with(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let path = &target(path)?;
    let _writing = WRITING.read();
    let file = unfinished(path, write)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Writes a new file atomically and returns its path. If the path is taken, the file gets the next free number:
/// `a.json`, `a.2.json`, `a.3.json`. Of several programs that do this at once, each gets a file of its own.
///
/// # Errors
/// If the folder or the file cannot be written.
pub fn write_new(path: &Path, content: &[u8]) -> io::Result<PathBuf> {
    let _writing = WRITING.read();
    let mut file = unfinished(path, |file| file.write_all(content))?;
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    let numbered = (2..).map(|number| path.with_extension(format!("{number}.{extension}")));
    for free in std::iter::once(path.to_owned()).chain(numbered) {
        match file.persist_noclobber(&free) {
            Ok(_) => return Ok(free),
            Err(taken) if taken.error.kind() == io::ErrorKind::AlreadyExists => file = taken.file,
            Err(failed) => return Err(failed.error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// The content in a temporary file beside the path.
fn unfinished(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<NamedTempFile> {
    let mut file = temporary(path)?;
    write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// An empty temporary file beside a path, which holds a lock until it is closed. Creates the folder if it is missing,
/// and removes what killed programs left there.
///
/// # Errors
/// If the folder or the file cannot be created.
pub fn temporary(path: &Path) -> io::Result<NamedTempFile> {
    let folder = folder_of(path);
    fs::create_dir_all(folder)?;
    let mut tidy = TIDY.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if tidy.insert(folder.to_owned()) {
        remove_abandoned(folder, YOUNG);
    }
    drop(tidy);
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    // By default only the owner can read a temporary file; the finished file has the permissions of the umask.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = builder.tempfile_in(folder)?;
    // A file system without locks is no reason to fail; then another program may remove the file after a minute.
    let _ = file.as_file().try_lock();
    Ok(file)
}

/// Removes temporary files that no running program writes: they are older than `young`, and their lock is free. Errors
/// are ignored, because what is left does no harm.
fn remove_abandoned(folder: &Path, young: Duration) {
    let is_ours = |entry: &fs::DirEntry| {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        is_file
            && entry
                .file_name()
                .as_encoded_bytes()
                .starts_with(UNFINISHED.as_bytes())
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if !is_ours(&entry) {
            continue;
        }
        let Ok(file) = File::open(entry.path()) else {
            continue;
        };
        let age = file.metadata().and_then(|data| data.modified());
        let is_old = age.is_ok_and(|time| time.elapsed().is_ok_and(|age| age >= young));
        if is_old && file.try_lock().is_ok() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Checks that [`write()`] would succeed, before a long computation of the content. Creates the folder if it is
/// missing, and leaves no file in it.
///
/// # Errors
/// If the folder cannot be created or written, if the disk is full, or if the path is not a regular file.
pub fn try_writing(path: &Path) -> io::Result<()> {
    let _writing = WRITING.read();
    unfinished(&target(path)?, |file| file.write_all(&vec![0; TRIED])).map(drop)
}

/// Returns the path of the file to replace. A link is followed, so the link itself stays. A device or a pipe is
/// refused, because replacing it would remove it for its other users.
fn target(path: &Path) -> io::Result<PathBuf> {
    match fs::metadata(path) {
        Ok(there) if there.is_file() => fs::canonicalize(path),
        Ok(there) if there.is_dir() => Err(io::Error::other("it is a folder")),
        Ok(_) => Err(io::Error::other(
            "it is a device or a pipe, and only a file can be replaced as a whole",
        )),
        // The path is missing or a dangling link; replacing a dangling link loses nothing.
        Err(_) => Ok(path.to_path_buf()),
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stays_and_a_pipe_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (file, link, socket) = (
            folder.path().join("file"),
            folder.path().join("link"),
            folder.path().join("socket"),
        );
        fs::write(&file, b"old").expect("written");
        std::os::unix::fs::symlink(&file, &link).expect("linked");
        write(&link, b"new").expect("written");
        assert!(link.is_symlink());
        assert_eq!(fs::read(&file).expect("there"), b"new");
        let _socket = std::os::unix::net::UnixListener::bind(&socket).expect("bound");
        for refused in [write(&socket, b"new"), try_writing(&socket)] {
            assert!(
                refused
                    .expect_err("no file")
                    .to_string()
                    .starts_with("it is a device or a pipe")
            );
        }
    }

    #[test]
    fn replaces_the_old_content_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("deep/er/file.txt");
        write(&path, b"old").expect("written");
        write(&path, b"new").expect("written");
        assert_eq!(fs::read(&path).expect("there"), b"new");
        assert_eq!(
            fs::read_dir(folder.path().join("deep/er"))
                .expect("there")
                .count(),
            1
        );
    }

    #[test]
    fn what_no_program_writes_is_removed_once_it_is_old() {
        let folder = tempfile::tempdir().expect("a folder");
        let there = |name: &str| folder.path().join(name).exists();
        let abandoned = folder.path().join(".unfinished-killed");
        fs::write(&abandoned, "half").expect("written");
        fs::write(folder.path().join("record.json"), "whole").expect("written");
        let written = temporary(&folder.path().join("other.json")).expect("made");
        remove_abandoned(folder.path(), YOUNG);
        assert!(there(".unfinished-killed"), "it may not be locked yet");
        remove_abandoned(folder.path(), Duration::ZERO);
        assert!(!there(".unfinished-killed") && there("record.json"));
        assert!(written.path().exists(), "a living process writes it");
        let file = written
            .persist(folder.path().join("other.json"))
            .expect("renamed");
        remove_abandoned(folder.path(), Duration::ZERO);
        assert!(there("other.json"));
        drop(file);
    }

    #[test]
    fn the_first_file_of_a_program_in_a_folder_tidies_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let abandoned = folder.path().join(".unfinished-killed");
        let hour_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
        File::create(&abandoned)
            .and_then(|file| file.set_modified(hour_ago))
            .expect("made");
        write(&folder.path().join("record.json"), b"whole").expect("written");
        assert!(!abandoned.exists());
    }

    #[test]
    fn new_files_of_one_name_get_numbers() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("records/2026.json");
        let written: std::collections::BTreeSet<PathBuf> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..8_u8)
                .map(|writer| {
                    scope.spawn({
                        let path = &path;
                        move || write_new(path, &[writer]).expect("written")
                    })
                })
                .collect();
            writers
                .into_iter()
                .map(|writer| writer.join().expect("ended"))
                .collect()
        });
        assert_eq!(written.len(), 8, "{written:?}");
        assert!(written.contains(&path) && written.contains(&path.with_extension("8.json")));
        let mut contents: Vec<u8> = written
            .iter()
            .flat_map(|path| fs::read(path).expect("there"))
            .collect();
        contents.sort_unstable();
        assert_eq!(contents, (0..8).collect::<Vec<u8>>());
    }

    #[test]
    fn a_folder_is_not_replaced() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("taken");
        fs::create_dir_all(path.join("by a folder")).expect("made");
        assert!(write(&path, b"new").is_err());
        assert!(try_writing(&path).is_err() && try_writing(&path.join("by a folder/x")).is_ok());
        assert!(path.join("by a folder").is_dir());
        assert_eq!(
            fs::read_dir(folder.path()).expect("there").count(),
            1,
            "the temporary file is gone"
        );
    }
}
