//! Reading of a journal.

use std::fs::{self, File};
use std::path::PathBuf;

use super::{Finished, Journal, JournalError, LINES, Line, SCHEMA, Started};

/// The journal of an interrupted run. This process holds its lock.
#[derive(Debug)]
pub struct Interrupted {
    folder: PathBuf,
    lock: File,
    lines: Lines,
}

/// The complete lines of a journal.
#[derive(Debug, PartialEq)]
pub(super) struct Lines {
    pub(super) run: Started,
    pub(super) resumed: Vec<String>,
    /// The finished jobs, each with the number of resumptions before it.
    pub(super) finished: Vec<(usize, Finished)>,
    /// Length in bytes.
    pub(super) length: u64,
}

impl Interrupted {
    /// Reads a journal; none if it has no reading, or was written by another version.
    pub(super) fn read(folder: PathBuf, lock: File) -> Option<Self> {
        let text = fs::read(folder.join(LINES)).ok()?;
        let lines = Lines::parse(&text)?;
        let has_some = !lines.finished.is_empty();
        has_some.then_some(Self {
            folder,
            lock,
            lines,
        })
    }

    /// The run, and what its numbers depend on.
    pub fn run(&self) -> &Started {
        &self.lines.run
    }

    /// The times at which the run was resumed before.
    pub fn resumed(&self) -> &[String] {
        &self.lines.resumed
    }

    /// The finished jobs. Each has the number of resumptions before it: 0 for the first part of the run.
    pub fn finished(&self) -> impl Iterator<Item = (usize, &Finished)> {
        let all = self.lines.finished.iter();
        all.map(|(part, finished)| (*part, finished))
    }

    /// Number of readings that it has.
    pub fn kept(&self) -> usize {
        let phases = self.finished().map(|(_, one)| one.phases.len());
        phases.sum()
    }

    /// Continues the journal. `at` is the time now, RFC 3339 in UTC.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn resume(self, at: &str) -> Result<Journal, JournalError> {
        Journal::resume(self.folder, self.lock, self.lines.length, at)
    }

    /// The time of the start or of the last resumption.
    pub(super) fn latest(&self) -> &str {
        self.lines.resumed.last().unwrap_or(&self.lines.run.created)
    }
}

impl Lines {
    /// Parses the text of a journal up to its last complete line. A damaged line is left out: its job is measured again.
    /// None if the first line is damaged or of another version.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let mut rest = text.split_inclusive(|&byte| byte == b'\n');
        let first = rest.next()?;
        let Line::Started { schema, run } = line(first)? else {
            return None;
        };
        let mut lines = Self {
            run: Some(run).filter(|_| schema == SCHEMA)?,
            resumed: Vec::new(),
            finished: Vec::new(),
            length: first.len() as u64,
        };
        for part in rest.filter(|part| part.ends_with(b"\n")) {
            match line(part) {
                Some(Line::Finished(finished)) => {
                    lines.finished.push((lines.resumed.len(), *finished));
                }
                Some(Line::Resumed { at }) => lines.resumed.push(at),
                Some(Line::Started { .. }) | None => {}
            }
            lines.length += part.len() as u64;
        }
        Some(lines)
    }
}

fn line(text: &[u8]) -> Option<Line> {
    serde_json::from_slice(text.strip_suffix(b"\n")?).ok()
}
