//! The results of one file, and the record of them.

use harness_record::{About, Data, Environment, Import, Record, Row, UNKNOWN};
use jiff::Timestamp;

use crate::ImportError;
use crate::left_out::{Kind, LeftOut};
use crate::rows::Rows;

/// The results in a file of another tool.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Results {
    /// Name of the tool.
    pub tool: &'static str,
    /// Version of the tool or of its format.
    pub version: Option<String>,
    /// Name of the file.
    pub file: String,
    /// Digest of its content.
    pub digest: String,
    /// Start of the run, RFC 3339 in UTC, if the file states it.
    pub created: Option<String>,
    /// Revision of the measured code, if the file states it.
    pub revision: Option<String>,
    /// True if the file states that the checkout had changes.
    pub dirty: Option<bool>,
    /// Date of the revision, RFC 3339 in UTC, if the file states it.
    pub committed: Option<String>,
    /// The machine, as far as the file states it.
    pub machine: Machine,
    /// The rows.
    pub rows: Vec<Row>,
    /// Everything that no row contains.
    pub left_out: Vec<LeftOut>,
}

/// The machine and the toolchain, as far as a file states them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Machine {
    /// Name of the machine.
    pub name: Option<String>,
    /// CPU model.
    pub cpu: Option<String>,
    /// Number of logical CPUs.
    pub cpus: Option<u32>,
    /// Operating system.
    pub os: Option<String>,
    /// Kernel release.
    pub kernel: Option<String>,
    /// Platform of the measured program.
    pub target: Option<String>,
    /// Compiler or interpreter.
    pub compiler: Option<String>,
}

/// What the user states about results, for what their file does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// Revision of the measured code.
    pub commit: Option<String>,
    /// Start of the run, RFC 3339.
    pub time: Option<Timestamp>,
    /// Name of machine and toolchain.
    pub environment: Option<String>,
    /// The command line of the import.
    pub command: String,
}

impl Results {
    /// The results of a tool in these rows.
    pub(crate) fn of(tool: &'static str, rows: Rows) -> Self {
        let (rows, left_out) = rows.finish(tool);
        Self {
            tool,
            rows,
            left_out,
            ..Self::default()
        }
    }

    /// True if a row is impossible.
    pub fn has_invalid(&self) -> bool {
        self.left_out
            .iter()
            .any(|group| group.kind == Kind::Invalid)
    }

    /// The record of the results. What neither the file nor the user states is unknown.
    ///
    /// # Errors
    /// If the file states another revision or time than the user.
    pub fn record(self, given: &Given) -> Result<Record, ImportError> {
        let contradiction = |what, stated: &str, given: &str| ImportError::Contradiction {
            file: self.file.clone(),
            what,
            stated: stated.to_owned(),
            given: given.to_owned(),
        };
        // The short form of an id is no contradiction.
        if let (Some(stated), Some(given)) = (&self.revision, &given.commit)
            && !stated.starts_with(given.as_str())
            && !given.starts_with(stated.as_str())
        {
            return Err(contradiction("the commit", stated, given));
        }
        let time = given.time.and_then(to_the_second);
        if let (Some(stated), Some(given)) = (&self.created, &time)
            && stated != given
        {
            return Err(contradiction("the time", stated, given));
        }
        let environment = self.environment(given);
        let sessions = self.rows.into_iter().enumerate().map(|(place, mut row)| {
            // A tool measures its rows one after another, so no two rows share a session.
            for reading in &mut row.readings {
                if let Data::Clock { session, .. } = &mut reading.data {
                    *session = format!("import {}/{place}", self.digest);
                }
            }
            row
        });
        Ok(Record {
            created: self.created.or(time).unwrap_or_else(|| UNKNOWN.to_owned()),
            command: given.command.clone(),
            quick: false,
            asked: Vec::new(),
            environment,
            machine: None,
            about: About::default(),
            rows: sessions.collect(),
            sharding: None,
            spent: Vec::new(),
            resumed: Vec::new(),
        })
    }

    fn environment(&self, given: &Given) -> Environment {
        let unknown = Environment::of_import(Import {
            tool: self.tool.to_owned(),
            version: self.version.clone(),
            file: self.file.clone(),
            digest: self.digest.clone(),
            machine: self.machine.name.clone(),
            environment: given.environment.clone(),
            committed: self.committed.clone(),
        });
        let Machine {
            cpu,
            cpus,
            os,
            kernel,
            target,
            compiler,
            ..
        } = self.machine.clone();
        Environment {
            cpu: cpu.unwrap_or(unknown.cpu),
            cpus: cpus.unwrap_or(unknown.cpus),
            os: os.unwrap_or(unknown.os),
            kernel: kernel.unwrap_or(unknown.kernel),
            target: target.unwrap_or(unknown.target),
            rustc: compiler.unwrap_or(unknown.rustc),
            revision: self.revision.clone().or_else(|| given.commit.clone()),
            dirty: self.dirty,
            ..unknown
        }
    }
}

/// A time with its offset as RFC 3339 in UTC, to the second; none if the text is no such time.
pub(crate) fn time(text: &str) -> Option<String> {
    to_the_second(text.parse().ok()?)
}

/// Milliseconds since 1970 as RFC 3339 in UTC, to the second.
pub(crate) fn time_of_milliseconds(milliseconds: f64) -> Option<String> {
    let in_range = (0.0..1e14).contains(&milliseconds);
    let time = in_range.then(|| Timestamp::from_second((milliseconds / 1e3) as i64).ok())?;
    to_the_second(time?)
}

fn to_the_second(time: Timestamp) -> Option<String> {
    Some(Timestamp::from_second(time.as_second()).ok()?.to_string())
}

/// A text without control characters that is not empty, for names of machines and revisions.
pub(crate) fn stated(text: Option<&str>) -> Option<String> {
    let text: String = text?
        .chars()
        .filter(|letter| !letter.is_control())
        .collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.chars().take(200).collect())
}
