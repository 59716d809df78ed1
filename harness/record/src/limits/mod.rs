//! Reads `limits.toml`: how much worse each metric may get, with a reason.

mod tolerance;

pub use tolerance::{Amount, Percent, Tolerance};

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use glob::Pattern;
use serde::Deserialize;
use thiserror::Error;

use crate::metric::{self, Metric};
use crate::suggestion::suggestion;

/// Version of the file format that this build reads.
pub const SCHEMA_VERSION: u32 = 1;

/// Every limit of a project.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    limits: Vec<Limit>,
}

/// The limit of one metric: how much worse it may get.
#[derive(Debug, Clone)]
pub struct Limit {
    /// The limited metric.
    pub metric: &'static dyn Metric,
    /// The largest change for the worse that is not a regression.
    pub tolerance: Tolerance,
    /// Reason for the size of the limit. It is printed with each regression.
    pub reason: String,
    /// Glob of the workloads that it applies to; none for all workloads.
    pub workload: Option<Pattern>,
}

/// Limits that cannot be read.
#[derive(Debug, Error)]
pub enum LimitsError {
    /// The file is missing or unreadable.
    #[error("cannot read the limits {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Error of the system.
        source: std::io::Error,
    },
    /// The text is not TOML, or an entry is invalid.
    #[error("{path}{line}: {what}")]
    Format {
        /// The file.
        path: PathBuf,
        /// `, line N`; empty if the parser does not report a line.
        line: String,
        /// The problem.
        what: String,
    },
    /// The file has another schema version.
    #[error("{path} has schema version {found}, this harness reads {SCHEMA_VERSION}")]
    Schema {
        /// The file.
        path: PathBuf,
        /// Version in the file.
        found: u32,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "schema")]
    _schema: u32,
    #[serde(default, rename = "limit")]
    limits: Vec<toml::Spanned<Entry>>,
}

#[derive(Deserialize)]
struct Version {
    schema: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    metric: String,
    tolerance: String,
    reason: String,
    workload: Option<String>,
}

impl Limits {
    /// Reads the limits from a file.
    ///
    /// # Errors
    /// If the file cannot be read or an entry is invalid.
    pub fn read(path: &Path) -> Result<Self, LimitsError> {
        let text = fs::read_to_string(path).map_err(|source| LimitsError::Read { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// Reads the limits from TOML; `path` is named in errors.
    ///
    /// # Errors
    /// If an entry is invalid.
    pub fn parse(text: &str, path: &Path) -> Result<Self, LimitsError> {
        let at = |offset: Option<usize>, what: String| LimitsError::Format {
            path: path.to_owned(),
            line: offset.map(|offset| format!(", line {}", line(text, offset))).unwrap_or_default(),
            what,
        };
        let format =
            |error: toml::de::Error| at(error.span().map(|span| span.start), error.message().replace('\n', ", "));
        // The version first: the rest of the file may be invalid in another version.
        let Version { schema } = toml::from_str(text).map_err(format)?;
        if schema != SCHEMA_VERSION {
            return Err(LimitsError::Schema { path: path.to_owned(), found: schema });
        }
        let file: File = toml::from_str(text).map_err(format)?;
        let mut limits = Vec::new();
        let mut seen = HashSet::new();
        for entry in file.limits {
            let offset = entry.span().start;
            let entry = entry.into_inner();
            let about = (entry.metric.clone(), entry.workload.clone());
            limits.push(Limit::new(entry).map_err(|what| at(Some(offset), what))?);
            if !seen.insert(about.clone()) {
                let of = about.1.map(|glob| format!(" of `{glob}`")).unwrap_or_default();
                return Err(at(Some(offset), format!("a second limit for `{}`{of}; keep one of the two", about.0)));
            }
        }
        Ok(Self { limits })
    }

    /// All limits, in the order of the file.
    pub fn all(&self) -> &[Limit] {
        &self.limits
    }

    /// The limit of a metric of a workload: the first whose glob matches the workload, else the one for all workloads.
    pub fn of(&self, metric: &dyn Metric, workload: &str) -> Option<&Limit> {
        let mut about = self.limits.iter().filter(|limit| limit.metric.name() == metric.name());
        about
            .clone()
            .find(|limit| limit.workload.as_ref().is_some_and(|glob| glob.matches(workload)))
            .or_else(|| about.find(|limit| limit.workload.is_none()))
    }
}

impl Limit {
    fn new(entry: Entry) -> Result<Self, String> {
        let judged = || metric::all().iter().filter(|metric| metric.portable()).map(|metric| metric.name());
        let metric = metric::by_name(&entry.metric)
            .ok_or_else(|| format!("there is no metric `{}`; {}", entry.metric, suggestion(&entry.metric, judged())))?;
        if !metric.portable() {
            return Err(format!(
                "`{}` is a wall time, which is never compared with a stored figure; metrics with a limit: {}",
                entry.metric,
                judged().collect::<Vec<_>>().join(", ")
            ));
        }
        let tolerance = Tolerance::parse(&entry.tolerance, metric)?;
        if entry.reason.trim().is_empty() {
            return Err(format!(
                "the limit for `{}` has no reason; explain in `reason` why it is this large",
                entry.metric
            ));
        }
        let workload = entry
            .workload
            .map(|glob| Pattern::new(&glob))
            .transpose()
            .map_err(|error| format!("the workload glob is not valid: {}", error.msg))?;
        Ok(Self { metric, tolerance, reason: entry.reason, workload })
    }
}

/// Number of the line that contains the byte at `offset`, from 1.
fn line(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::by_name;

    fn parse(text: &str) -> Result<Limits, String> {
        Limits::parse(text, Path::new("baselines/limits.toml")).map_err(|error| error.to_string())
    }

    fn entry(metric: &str, tolerance: &str, rest: &str) -> String {
        format!("\n[[limit]]\nmetric = \"{metric}\"\ntolerance = \"{tolerance}\"\nreason = \"because\"\n{rest}\n")
    }

    #[test]
    fn a_limit_that_names_the_workload_outranks_the_general_one() {
        let text = format!(
            "schema = 1\n{}{}{}",
            entry("instructions", "0.1 %", ""),
            entry("instructions", "2 %", "workload = \"kernel/*\""),
            entry("peak-bytes", "exact", "workload = \"small/*\""),
        );
        let limits = parse(&text).expect("valid");
        let tolerance = |metric, workload| {
            limits.of(by_name(metric).expect("a metric"), workload).map(|limit| limit.tolerance.to_string())
        };
        assert_eq!(tolerance("instructions", "medium/decode@57").as_deref(), Some("0.1 %"));
        assert_eq!(tolerance("instructions", "kernel/gelu").as_deref(), Some("2 %"));
        assert_eq!(tolerance("peak-bytes", "small/inference").as_deref(), Some("exact"));
        assert_eq!(tolerance("peak-bytes", "medium/inference"), None);
    }

    #[test]
    fn every_bad_file_is_answered_by_one_sentence() {
        let cases = [
            "",
            "schema = 2\nother = true",
            "schema = 1\n[[limit]\n",
            "schema = 1\n[[limit]]\nmetric = \"instructions\"\ntolerance = \"0.1 %\"",
            "schema = 1\nlimits = []",
            &format!("schema = 1{}", entry("instruction", "0.1 %", "")),
            &format!("schema = 1{}", entry("time", "1 %", "")),
            &format!("schema = 1{}", entry("instructions", "0,1 %", "")),
            &format!("schema = 1{}", entry("peak-bytes", "5", "")),
            &format!("schema = 1{}", entry("peak-bytes", "exact", "workload = \"a[\"")),
            &format!("schema = 1{}", entry("peak-bytes", "exact", "").replace("because", " ")),
            &format!("schema = 1{0}{0}", entry("peak-bytes", "exact", "workload = \"small/*\"")),
        ];
        let messages: Vec<String> = cases.iter().map(|text| parse(text).expect_err(text)).collect();
        assert!(messages.iter().all(|message| !message.contains('\n')), "{messages:#?}");
        insta::assert_snapshot!(messages.join("\n"));
    }
}
