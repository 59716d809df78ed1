//! The registry of formats: one file and one line each.

mod asv;
mod bmf;
mod cargo_criterion;
mod codspeed;
mod criterion_tree;
mod go;
mod google_benchmark;
mod gungraun;
mod hyperfine;
mod pytest_benchmark;

use crate::Results;
use crate::content::Content;

/// A format of another tool.
pub struct Format {
    /// Name on the command line, and of the tool in records.
    pub name: &'static str,
    /// The files that it reads, in a few words.
    pub about: &'static str,
    /// Returns true if the content is of this format, also if it is damaged or of an unknown version.
    pub(crate) detect: fn(&Content<'_>) -> bool,
    /// Reads the results, or returns the reason why the content is refused: a predicate.
    pub(crate) read: fn(&Content<'_>) -> Result<Results, String>,
}

/// The formats, in the order in which they are tried. BMF is last: it is any object of objects.
static FORMATS: &[Format] = &[
    criterion_tree::FORMAT,
    cargo_criterion::FORMAT,
    gungraun::FORMAT,
    hyperfine::FORMAT,
    google_benchmark::FORMAT,
    go::FORMAT,
    pytest_benchmark::FORMAT,
    asv::FORMAT,
    codspeed::FORMAT,
    bmf::FORMAT,
];

/// Returns all formats.
pub fn formats() -> &'static [Format] {
    FORMATS
}

/// Returns the format with this name.
pub fn by_name(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// Returns true if a file in a folder belongs to one of the formats that consist of many files. `path` is the path within
/// the folder, with `/` between its parts.
pub fn is_wanted(path: &str) -> bool {
    criterion_tree::is_wanted(path) || gungraun::is_wanted(path)
}
