//! The folder of a project that holds its bases and locks.

use std::fs;
use std::path::{Path, PathBuf};

use harness_record::atomic_file;

use crate::file_error::{FileError, at};
use crate::project::Project;

/// The folder, whatever `CARGO_TARGET_DIR` is: see the documentation of the parent module.
pub(super) fn of(project: &Project) -> PathBuf {
    project.root.join("target/harness-bases")
}

/// The folder for the copies of programs that are being timed.
pub fn copies_folder(project: &Project) -> PathBuf {
    of(project).join("copies")
}

/// Makes the folder, marks it for git and backup programs to ignore, and returns its canonical path.
///
/// # Errors
/// If it cannot be made.
pub(super) fn prepare(folder: &Path) -> Result<PathBuf, FileError> {
    fs::create_dir_all(folder).map_err(at("make", folder))?;
    for (name, content) in [
        (".gitignore", "*\n"),
        (
            "CACHEDIR.TAG",
            "Signature: 8a477f597d28d172789f06886806bc55\n# Made by harness.\n",
        ),
    ] {
        let path = folder.join(name);
        if !path.exists() {
            atomic_file::write(&path, content.as_bytes()).map_err(at("write", &path))?;
        }
    }
    fs::canonicalize(folder).map_err(at("find", folder))
}
