//! A failed operation on a file or program, in the words in which every part of the library reports it.

use std::io;
use std::path::PathBuf;

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
pub(crate) fn at(task: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> FileError {
    move |source| FileError { task, path: path.into(), source }
}
