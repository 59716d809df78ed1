//! Results of other benchmark tools as records: bytes in, results out.
//!
//! Teams that begin to use the harness have results already. A reader turns a file of another tool into a
//! [`Record`](harness_record::Record) that can be compared, reported and drawn, and lists everything that it leaves out.
//! Nothing is guessed: what a file does not state stays unknown, and an impossible number leaves out its row.
//!
//! Each format has a file in `format/` and a line in its registry.

mod content;
pub mod criterion;
mod format;
mod json;
mod left_out;
mod number;
mod results;
mod rows;
#[cfg(test)]
mod tests;

pub use content::{Source, SourceFile};
pub use format::{Format, by_name, formats, is_wanted};
pub use left_out::{Kind, LeftOut};
pub use results::{Given, Results};

use thiserror::Error;

use crate::content::Content;

/// A file that is refused as a whole.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ImportError {
    /// No format recognizes the file.
    #[error("{file} has no known format{hint}; known are {formats}. --format names the format")]
    Unknown {
        /// Name of the file.
        file: String,
        /// A reason, such as the error of its JSON.
        hint: String,
        /// The names of all formats.
        formats: String,
    },
    /// The file is damaged, or of another version.
    #[error("{file} is refused: as a file of {format}, it {reason}")]
    Refused {
        /// Name of the file.
        file: String,
        /// Name of the format.
        format: &'static str,
        /// Predicate of the sentence.
        reason: String,
    },
    /// The file and the user contradict each other.
    #[error("{file} states {what} {stated}, which is not {given}; leave out the option")]
    Contradiction {
        /// Name of the file.
        file: String,
        /// The property, such as `the commit`.
        what: &'static str,
        /// Its value in the file.
        stated: String,
        /// The value that the user gave.
        given: String,
    },
}

/// Reads the results in a source, in this format or in the one that recognizes it.
///
/// # Errors
/// If no format recognizes it, or if it is refused.
pub fn read(source: &Source, format: Option<&Format>) -> Result<Results, ImportError> {
    let content = Content::of(source);
    let found = format.or_else(|| formats().iter().find(|format| (format.detect)(&content)));
    let Some(format) = found else {
        return Err(ImportError::Unknown {
            file: source.name.clone(),
            hint: content.hint(),
            formats: names(),
        });
    };
    let refused = |reason| ImportError::Refused {
        file: source.name.clone(),
        format: format.name,
        reason,
    };
    let mut results = (format.read)(&content).map_err(refused)?;
    results.file.clone_from(&source.name);
    results.digest = content.digest();
    if results.rows.is_empty() && results.left_out.is_empty() {
        return Err(refused("has no results".to_owned()));
    }
    Ok(results)
}

/// The names of all formats in one line.
fn names() -> String {
    let names: Vec<&str> = formats().iter().map(|format| format.name).collect();
    names.join(", ")
}
