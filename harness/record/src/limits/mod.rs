//! Reads `limits.toml`: how much worse each metric may get, with a reason.

mod tolerance;

pub use tolerance::{Amount, Percent, Tolerance};

use std::collections::HashSet;
use std::path::Path;

use glob::Pattern;
use itertools::Itertools;
use serde::Deserialize;

use crate::FileError;
use crate::metric::{self, Metric};
use crate::stored_file::{FileKind, line};

/// Version of the file format that this build reads.
pub const SCHEMA_VERSION: u32 = 1;

/// The limits of a project that has no file of its own, as the text of such a file.
pub const DEFAULT_FILE: &str = include_str!("default.toml");

/// Every limit of a project.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    limits: Vec<Limit>,
}

/// The limit of one metric: how much worse it may get.
#[derive(Debug, Clone)]
pub struct Limit {
    /// The limited metric.
    pub metric: &'static Metric,
    /// The largest change for the worse that is not a regression.
    pub tolerance: Tolerance,
    /// Reason for the size of the limit. It is printed with each regression.
    pub reason: String,
    /// Glob of the workloads that it applies to; none for all workloads.
    pub workload: Option<Pattern>,
}

static KIND: FileKind = FileKind::new("the limits ", SCHEMA_VERSION);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "schema")]
    _schema: u32,
    #[serde(default, rename = "limit")]
    limits: Vec<toml::Spanned<Entry>>,
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
    pub fn read(path: &Path) -> Result<Self, FileError> {
        Self::parse(&KIND.read(path)?, path)
    }

    /// Reads the limits from TOML; `path` is named in errors.
    ///
    /// # Errors
    /// If an entry is invalid.
    pub fn parse(text: &str, path: &Path) -> Result<Self, FileError> {
        let file: File = KIND.parse_toml(text, path)?;
        let mut limits = Vec::new();
        let mut seen = HashSet::new();
        for entry in file.limits {
            let at = |what: String| KIND.content(path, Some(line(text, entry.span().start)), what);
            let Entry {
                metric, workload, ..
            } = entry.get_ref();
            limits.push(Limit::new(entry.get_ref()).map_err(at)?);
            if !seen.insert((metric.clone(), workload.clone())) {
                let of = workload
                    .as_ref()
                    .map(|glob| format!(" of `{glob}`"))
                    .unwrap_or_default();
                return Err(at(format!(
                    "a second limit for `{metric}`{of}; keep one of the two"
                )));
            }
        }
        Ok(Self { limits })
    }

    /// All limits, in the order of the file.
    pub fn all(&self) -> &[Limit] {
        &self.limits
    }

    /// The limit of a metric of a workload: the first whose glob matches the workload, else the one for all workloads.
    pub fn of(&self, metric: &Metric, workload: &str) -> Option<&Limit> {
        let mut about = self
            .limits
            .iter()
            .filter(|limit| limit.metric.name() == metric.name());
        about
            .clone()
            .find(|limit| {
                limit
                    .workload
                    .as_ref()
                    .is_some_and(|glob| glob.matches(workload))
            })
            .or_else(|| about.find(|limit| limit.workload.is_none()))
    }
}

impl Limit {
    fn new(entry: &Entry) -> Result<Self, String> {
        let Entry {
            metric: name,
            tolerance,
            reason,
            workload,
        } = entry;
        let judged = || metric::all().iter().filter(|metric| metric.portable());
        let metric = metric::find(name, judged())?;
        if !metric.portable() {
            let judged = judged().map(Metric::name).join(", ");
            return Err(format!(
                "`{name}` is a wall time, which is never compared with a stored figure; metrics with a limit: {judged}"
            ));
        }
        let tolerance = Tolerance::parse(tolerance, metric)?;
        if reason.trim().is_empty() {
            return Err(format!(
                "the limit for `{name}` has no reason; explain in `reason` why it is this large"
            ));
        }
        let workload = workload.as_deref().map(Pattern::new).transpose();
        let workload =
            workload.map_err(|error| format!("the workload glob is not valid: {}", error.msg))?;
        Ok(Self {
            metric,
            tolerance,
            reason: reason.clone(),
            workload,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::by_name;

    fn parse(text: &str) -> Result<Limits, String> {
        Limits::parse(text, Path::new("baselines/limits.toml")).map_err(|error| error.to_string())
    }

    fn entry(metric: &str, tolerance: &str, rest: &str) -> String {
        format!(
            "\n[[limit]]\nmetric = \"{metric}\"\ntolerance = \"{tolerance}\"\nreason = \"because\"\n{rest}\n"
        )
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
            limits
                .of(by_name(metric).expect("a metric"), workload)
                .map(|limit| limit.tolerance.to_string())
        };
        assert_eq!(
            tolerance("instructions", "medium/decode@57").as_deref(),
            Some("0.1 %")
        );
        assert_eq!(
            tolerance("instructions", "kernel/gelu").as_deref(),
            Some("2 %")
        );
        assert_eq!(
            tolerance("peak-bytes", "small/inference").as_deref(),
            Some("exact")
        );
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
            &format!(
                "schema = 1{}",
                entry("peak-bytes", "exact", "workload = \"a[\"")
            ),
            &format!(
                "schema = 1{}",
                entry("peak-bytes", "exact", "").replace("because", " ")
            ),
            &format!(
                "schema = 1{0}{0}",
                entry("peak-bytes", "exact", "workload = \"small/*\"")
            ),
        ];
        let messages: Vec<String> = cases
            .iter()
            .map(|text| parse(text).expect_err(text))
            .collect();
        assert!(
            messages.iter().all(|message| !message.contains('\n')),
            "{messages:#?}"
        );
        insta::assert_snapshot!(messages.join("\n"));
    }
}
