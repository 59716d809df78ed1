//! The error of a failed operation on a file or program, shared by all parts of the library.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A failed operation on a file or program: the task, the file, and the error of the system.
#[derive(Debug, Error)]
#[error("cannot {task} {path}: {source}")]
pub struct FileError {
    /// The task: a verb, and the object that the path stands for if that is not obvious.
    pub task: &'static str,
    /// The file, folder or program.
    pub path: PathBuf,
    /// The error of the system.
    pub source: io::Error,
}

/// Adds the task and the file to an error of the system.
pub(crate) fn at(
    task: &'static str,
    path: impl Into<PathBuf>,
) -> impl FnOnce(io::Error) -> FileError {
    move |source| FileError {
        task,
        path: path.into(),
        source,
    }
}

impl From<walkdir::Error> for FileError {
    fn from(error: walkdir::Error) -> Self {
        let path = error.path().map(Path::to_path_buf).unwrap_or_default();
        let message = error.to_string();
        // Without an error of the system, it is a loop of links.
        Self {
            task: "read",
            path,
            source: error
                .into_io_error()
                .unwrap_or_else(|| io::Error::other(message)),
        }
    }
}
