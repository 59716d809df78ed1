//! Writes files whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Writes a file through a temporary one in the same folder, making the folder if it is missing. Whoever reads the file,
/// and whatever interrupts the writing, the old content or the new one is there, never a part.
///
/// # Errors
/// If the folder or the file cannot be written; an older file of that name is then left as it was.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".unfinished-");
    // A temporary file is for its owner only; the finished one is for whom the umask says.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Finds out whether [`write()`] would succeed, before long work whose result it is to keep. The folder is made if it is
/// missing, and nothing is left in it.
///
/// # Errors
/// If the folder cannot be made or written, or if the path is a folder itself.
pub fn try_writing(path: &Path) -> io::Result<()> {
    let folder = folder_of(path);
    fs::create_dir_all(folder)?;
    tempfile::Builder::new().prefix(".unfinished-").tempfile_in(folder)?;
    if path.is_dir() {
        return Err(io::Error::other("it is a folder"));
    }
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_the_old_content_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("deep/er/file.txt");
        write(&path, b"old").expect("written");
        write(&path, b"new").expect("written");
        assert_eq!(fs::read(&path).expect("there"), b"new");
        assert_eq!(fs::read_dir(folder.path().join("deep/er")).expect("there").count(), 1);
    }

    #[test]
    fn what_cannot_be_replaced_stays() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("taken");
        fs::create_dir_all(path.join("by a folder")).expect("made");
        assert!(write(&path, b"new").is_err());
        assert!(try_writing(&path).is_err() && try_writing(&path.join("by a folder/x")).is_ok());
        assert!(path.join("by a folder").is_dir());
        assert_eq!(fs::read_dir(folder.path()).expect("there").count(), 1, "the temporary file is gone");
    }
}
