//! `limits.toml`: how much each metric may change, and why that much.

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

/// Version of the limits file that this build reads.
pub const SCHEMA_VERSION: u32 = 1;

/// Every limit of a project.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    limits: Vec<Limit>,
}

/// How much one metric may change.
#[derive(Debug, Clone)]
pub struct Limit {
    /// The metric it is about.
    pub metric: &'static dyn Metric,
    /// How much worse it may get.
    pub tolerance: Tolerance,
    /// Why that much, for whoever is stopped by it.
    pub reason: String,
    /// The workloads it is about; all of them if none is said.
    pub workload: Option<Pattern>,
}

/// Limits that cannot be read.
#[derive(Debug, Error)]
pub enum LimitsError {
    /// The file is not there or not readable.
    #[error("cannot read the limits {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is no TOML, or not of the shape of limits.
    #[error("{path}{line}: {what}")]
    Format {
        /// The file.
        path: PathBuf,
        /// `, line N`, or nothing where the parser does not know it.
        line: String,
        /// What is wrong.
        what: String,
    },
    /// The file is of another version.
    #[error("{path} has schema version {found}, this harness reads {SCHEMA_VERSION}")]
    Schema {
        /// The file.
        path: PathBuf,
        /// Its version.
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
    /// If the file cannot be read or says something that is no limit.
    pub fn read(path: &Path) -> Result<Self, LimitsError> {
        let text = fs::read_to_string(path).map_err(|source| LimitsError::Read { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// Reads the limits from TOML; `path` is named in errors.
    ///
    /// # Errors
    /// If the text says something that is no limit.
    pub fn parse(text: &str, path: &Path) -> Result<Self, LimitsError> {
        let at = |offset: Option<usize>, what: String| LimitsError::Format {
            path: path.to_owned(),
            line: offset.map(|offset| format!(", line {}", line(text, offset))).unwrap_or_default(),
            what,
        };
        let format =
            |error: toml::de::Error| at(error.span().map(|span| span.start), error.message().replace('\n', ", "));
        // The version first: of another one, the rest need not make sense.
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

    /// All of them, in the order of the file.
    pub fn all(&self) -> &[Limit] {
        &self.limits
    }

    /// The limit for a metric of a workload: the first that names the workload, else the one that is about all of them.
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
                "`{}` is a wall time, which is never judged against a stored figure; limits are for {}",
                entry.metric,
                judged().collect::<Vec<_>>().join(", ")
            ));
        }
        let tolerance = Tolerance::parse(&entry.tolerance, metric)?;
        if entry.reason.trim().is_empty() {
            return Err(format!(
                "the limit for `{}` gives no reason; say in `reason` why it is that large",
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

/// The number of the line that holds the byte at `offset`.
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
        let said: Vec<String> = cases.iter().map(|text| parse(text).expect_err(text)).collect();
        assert!(said.iter().all(|sentence| !sentence.contains('\n')), "{said:#?}");
        insta::assert_snapshot!(said.join("\n"));
    }
}
