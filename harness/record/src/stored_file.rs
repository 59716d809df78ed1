//! Files of the harness with a schema version: reading, writing, and the errors of both.

use std::fmt;
use std::fs;
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::atomic_file;

/// A kind of file: its schema versions, and its description in errors.
#[derive(Debug)]
pub(crate) struct FileKind {
    /// Words before the path if the file cannot be read or written, such as `the limits `.
    pub(crate) noun: &'static str,
    /// Predicate about a text that is not JSON of this kind, such as `is not a record`.
    pub(crate) mismatch: &'static str,
    /// Remedy for such a text.
    pub(crate) origin: &'static str,
    /// The schema versions that this build reads. It writes the last one.
    pub(crate) schemas: RangeInclusive<u32>,
    /// Remedy for another schema version.
    pub(crate) update: &'static str,
    /// Consequence of a failed write.
    pub(crate) kept: &'static str,
}

/// A file that cannot be read, written or understood.
#[derive(Debug)]
pub struct FileError {
    /// The kind of the file.
    kind: &'static FileKind,
    /// The file.
    path: PathBuf,
    /// Number of the line with the problem, counted from 1; none if it is unknown.
    line: Option<u64>,
    /// The problem.
    pub problem: FileProblem,
}

/// A problem of a file.
#[derive(Debug)]
pub enum FileProblem {
    /// The file is missing or not readable.
    Read(io::Error),
    /// The file cannot be written.
    Write(io::Error),
    /// The text is not JSON of this kind.
    Format(serde_json::Error),
    /// The file has an unsupported schema version.
    Schema(u32),
    /// A line or an entry is invalid: the problem, and the expected content.
    Content(String),
    /// The file contradicts itself or another file.
    Inconsistent(String),
}

#[derive(Serialize)]
struct Versioned<T> {
    schema: u32,
    #[serde(flatten)]
    content: T,
}

/// The schema version in a file; its other content is ignored.
#[derive(Deserialize)]
pub(crate) struct Version {
    pub(crate) schema: u32,
}

impl FileKind {
    /// A kind with one schema version, and without remedies.
    pub(crate) const fn new(noun: &'static str, schema: u32) -> Self {
        Self {
            noun,
            mismatch: "is invalid",
            origin: "",
            schemas: schema..=schema,
            update: "",
            kept: "",
        }
    }

    /// Reads the text of a file.
    pub(crate) fn read(&'static self, path: &Path) -> Result<String, FileError> {
        fs::read_to_string(path).map_err(|error| self.error(path, FileProblem::Read(error)))
    }

    /// Reads the text of a file; none if the file does not exist.
    pub(crate) fn read_if_there(&'static self, path: &Path) -> Result<Option<String>, FileError> {
        match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            other => other
                .map(Some)
                .map_err(|error| self.error(path, FileProblem::Read(error))),
        }
    }

    /// Writes a file atomically.
    pub(crate) fn write(&'static self, path: &Path, text: &str) -> Result<(), FileError> {
        atomic_file::write(path, text.as_bytes())
            .map_err(|error| self.error(path, FileProblem::Write(error)))
    }

    /// Replaces the file `out`, or else writes a new file `default`, with a number in its name if that is taken. Returns
    /// its path.
    pub(crate) fn store(
        &'static self,
        out: Option<&Path>,
        default: &Path,
        text: &str,
    ) -> Result<PathBuf, FileError> {
        match out {
            Some(out) => self.write(out, text).map(|()| out.to_owned()),
            None => atomic_file::write_new(default, text.as_bytes())
                .map_err(|error| self.error(default, FileProblem::Write(error))),
        }
    }

    /// Reads JSON with a schema version.
    pub(crate) fn parse_json<T: DeserializeOwned>(
        &'static self,
        text: &str,
        path: &Path,
    ) -> Result<T, FileError> {
        let format = |error| self.error(path, FileProblem::Format(error));
        if let Some((schema, content)) = leading_schema(text) {
            self.check_schema(schema, path, None)?;
            return serde_json::from_str(&content).map_err(format);
        }
        let mut value: serde_json::Value = serde_json::from_str(text).map_err(format)?;
        // The version first: the rest of the file may be invalid in another version.
        let Version { schema } = Version::deserialize(&value).map_err(format)?;
        self.check_schema(schema, path, None)?;
        if let Some(fields) = value.as_object_mut() {
            fields.remove("schema");
        }
        T::deserialize(value).map_err(format)
    }

    /// Adds the schema version to the content of a JSON file.
    pub(crate) fn versioned<T: Serialize>(&self, content: T) -> impl Serialize {
        Versioned {
            schema: *self.schemas.end(),
            content,
        }
    }

    /// Reads TOML with a schema version.
    pub(crate) fn parse_toml<T: DeserializeOwned>(
        &'static self,
        text: &str,
        path: &Path,
    ) -> Result<T, FileError> {
        let format = |error: toml::de::Error| {
            let line = error.span().map(|span| line(text, span.start));
            self.content(path, line, error.message().trim().replace('\n', ", "))
        };
        let Version { schema } = toml::from_str(text).map_err(format)?;
        self.check_schema(schema, path, None)?;
        toml::from_str(text).map_err(format)
    }

    /// Refuses a schema version that this build does not read.
    pub(crate) fn check_schema(
        &'static self,
        found: u32,
        path: &Path,
        line: Option<u64>,
    ) -> Result<(), FileError> {
        match self.schemas.contains(&found) {
            true => Ok(()),
            false => Err(FileError {
                line,
                ..self.error(path, FileProblem::Schema(found))
            }),
        }
    }

    /// The error of an invalid line or entry.
    pub(crate) fn content(
        &'static self,
        path: &Path,
        line: Option<u64>,
        what: String,
    ) -> FileError {
        FileError {
            line,
            ..self.error(path, FileProblem::Content(what))
        }
    }

    /// The error of a whole file.
    pub(crate) fn error(&'static self, path: &Path, problem: FileProblem) -> FileError {
        FileError {
            kind: self,
            path: path.to_owned(),
            line: None,
            problem,
        }
    }
}

/// The schema version of a JSON text that begins with it, as the harness writes it, and the text with spaces in its place.
/// Reading that takes a third of the time that reading a [`serde_json::Value`] first would. The spaces keep the
/// positions in errors right.
fn leading_schema(text: &str) -> Option<(u32, String)> {
    fn after<'a>(text: &'a str, start: &str) -> Option<&'a str> {
        text.trim_start().strip_prefix(start)
    }
    let rest = after(after(after(text, "{")?, "\"schema\"")?, ":")?.trim_start();
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = rest.split_at(digits);
    let rest = after(rest, ",")?;
    let (head, _) = text.split_at(text.len() - rest.len());
    let open = head.find('{')?;
    let blank = head.char_indices().map(|(place, c)| {
        if place == open || c.is_whitespace() {
            c
        } else {
            ' '
        }
    });
    // A record can have many megabytes: the rest is copied as a whole.
    let mut content = String::with_capacity(text.len());
    content.extend(blank);
    content.push_str(rest);
    Some((number.parse().ok()?, content))
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        let place = self
            .line
            .map_or_else(|| path.to_string(), |line| format!("{path}, line {line}"));
        let FileKind {
            noun,
            mismatch,
            origin,
            schemas,
            update,
            kept,
        } = self.kind;
        match &self.problem {
            FileProblem::Read(error) => write!(f, "cannot read {noun}{path}: {error}"),
            FileProblem::Write(error) => write!(f, "cannot write {noun}{path}: {error}{kept}"),
            FileProblem::Format(error) => write!(f, "{path} {mismatch}: {error}{origin}"),
            FileProblem::Schema(found) => {
                let it = if self.line.is_some() { ": it" } else { "" };
                let (oldest, newest) = (schemas.start(), schemas.end());
                let older = if oldest == newest {
                    String::new()
                } else {
                    format!("{oldest} to ")
                };
                write!(
                    f,
                    "{place}{it} has schema version {found}, this harness reads {older}{newest}{update}"
                )
            }
            FileProblem::Content(what) => write!(f, "{place}: {what}"),
            FileProblem::Inconsistent(what) => write!(f, "{path} is inconsistent: {what}"),
        }
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.problem {
            FileProblem::Read(error) | FileProblem::Write(error) => Some(error),
            FileProblem::Format(error) => Some(error),
            FileProblem::Schema(_) | FileProblem::Content(_) | FileProblem::Inconsistent(_) => None,
        }
    }
}

/// Number of the line that contains the byte at `offset`, from 1.
pub(crate) fn line(text: &str, offset: usize) -> u64 {
    text.bytes()
        .take(offset)
        .filter(|&byte| byte == b'\n')
        .count() as u64
        + 1
}
