//! The folder beside a project that bases and locks are kept in.

use std::fs;
use std::path::{Path, PathBuf};

use harness_record::atomic_file;

use crate::project::Project;
use crate::vcs::error::{FileError, at};

/// Where it is, whatever `CARGO_TARGET_DIR` says: see the module above.
pub(super) fn of(project: &Project) -> PathBuf {
    project.root.join("target/harness-bases")
}

/// The folder that programs are copied to while they are timed.
pub fn copies_folder(project: &Project) -> PathBuf {
    of(project).join("copies")
}

/// Makes the folder, which git and backups are to ignore, and says where it really is.
///
/// # Errors
/// If it cannot be made.
pub(super) fn prepare(folder: &Path) -> Result<PathBuf, FileError> {
    fs::create_dir_all(folder).map_err(at("make", folder))?;
    for (name, content) in
        [(".gitignore", "*\n"), ("CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n# Made by harness.\n")]
    {
        let path = folder.join(name);
        if !path.exists() {
            atomic_file::write(&path, content.as_bytes()).map_err(at("write", &path))?;
        }
    }
    fs::canonicalize(folder).map_err(at("find", folder))
}
