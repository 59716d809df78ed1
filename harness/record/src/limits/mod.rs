//! Reads `limits.toml`: how much worse each metric may get, and how large it may be, with a reason.

mod budget;
mod built_in;
mod entry;
mod tolerance;

pub use budget::{Budget, Maximum};
pub use tolerance::{Amount, Percent, Tolerance};

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use glob::Pattern;
use serde::Deserialize;

use crate::FileError;
use crate::acceptance::is_time;
use crate::limits::entry::Entry;
use crate::metric::Metric;
use crate::stored_file::{FileKind, line};
use crate::suggestion::suggestion;

/// Version of the file format that this build reads.
pub const SCHEMA_VERSION: u32 = 1;

/// The limits of a project that has no file of its own, as the text of such a file.
pub const DEFAULT_FILE: &str = include_str!("default.toml");

/// Name of the file in the folder of baselines.
pub const FILE: &str = "limits.toml";

/// Every limit of a project.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    limits: Vec<Limit>,
    budgets: Vec<Budget>,
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

impl Limits {
    /// Reads the text of the limits in a folder of baselines; none if the folder has no such file, so that
    /// [`DEFAULT_FILE`] applies.
    ///
    /// # Errors
    /// If the file cannot be read or an entry is invalid.
    pub fn text_in(folder: &Path) -> Result<Option<String>, FileError> {
        let path = folder.join(FILE);
        let text = KIND.read_if_there(&path)?;
        if let Some(text) = &text {
            Self::parse(text, &path)?;
        }
        Ok(text)
    }

    /// Reads the limits in a folder of baselines; the built-in ones if the folder has no such file.
    ///
    /// # Errors
    /// If the file cannot be read or an entry is invalid.
    pub fn in_folder(folder: &Path) -> Result<Self, FileError> {
        let text = KIND.read_if_there(&folder.join(FILE))?;
        Self::parse(text.as_deref().unwrap_or(DEFAULT_FILE), &folder.join(FILE))
    }

    /// Writes [`DEFAULT_FILE`] to a folder of baselines that has no limits. Returns its path if it was written.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub fn write_default(folder: &Path) -> Result<Option<PathBuf>, FileError> {
        let path = folder.join(FILE);
        if KIND.read_if_there(&path)?.is_some() {
            return Ok(None);
        }
        KIND.write(&path, DEFAULT_FILE)?;
        Ok(Some(path))
    }

    /// Reads the limits from TOML; `path` is named in errors.
    ///
    /// # Errors
    /// If an entry is invalid.
    pub fn parse(text: &str, path: &Path) -> Result<Self, FileError> {
        let file: File = KIND.parse_toml(text, path)?;
        let mut read = Self::default();
        let mut seen = HashSet::new();
        for entry in file.limits {
            let at = |what: String| KIND.content(path, Some(line(text, entry.span().start)), what);
            let entry = entry.get_ref();
            let (limit, budget) = entry.read().map_err(at)?;
            let bounds = [("limit", limit.is_some()), ("budget", budget.is_some())];
            for (bound, _) in bounds.into_iter().filter(|(_, is_set)| *is_set) {
                if !seen.insert((bound, entry.metric.clone(), entry.workload.clone())) {
                    let of = entry
                        .workload
                        .as_ref()
                        .map(|glob| format!(" of `{glob}`"))
                        .unwrap_or_default();
                    return Err(at(format!(
                        "a second {bound} for `{}`{of}; keep one of the two",
                        entry.metric
                    )));
                }
            }
            read.limits.extend(limit);
            read.budgets.extend(budget);
        }
        Ok(read)
    }

    /// All limits, in the order of the file.
    pub fn all(&self) -> &[Limit] {
        &self.limits
    }

    /// All budgets, in the order of the file.
    pub fn budgets(&self) -> &[Budget] {
        &self.budgets
    }

    /// The limit of a metric of a workload: the first whose glob matches the workload, else the one for all workloads,
    /// else the built-in one. None for a metric that is no count.
    pub fn of(&self, metric: &Metric, workload: &str) -> Option<&Limit> {
        let about = self.limits.iter().filter(|limit| limit.metric == metric);
        applying(about, workload, |limit| limit.workload.as_ref())
            .or_else(|| built_in::limit(metric))
    }

    /// The budget of a metric of a workload, chosen like its limit; none if there is none.
    pub fn budget(&self, metric: &Metric, workload: &str) -> Option<&Budget> {
        let about = self.budgets.iter().filter(|budget| budget.metric == metric);
        applying(about, workload, |budget| budget.workload.as_ref())
    }

    /// True if the time of a workload has a budget.
    pub fn has_time_budget(&self) -> bool {
        self.budgets.iter().any(|budget| is_time(budget.metric))
    }

    /// One sentence for each glob that matches no workload of `known`, so that a misspelt one does not stay unnoticed.
    pub fn complaints(&self, known: &[&str]) -> Vec<String> {
        let of_limits = self.limits.iter().map(|one| (one.metric, &one.workload));
        let of_budgets = self.budgets.iter().map(|one| (one.metric, &one.workload));
        let unmatched = of_limits.chain(of_budgets).filter_map(|(metric, glob)| {
            let glob = glob.as_ref()?;
            let is_idle = !known.is_empty() && !known.iter().any(|id| glob.matches(id));
            is_idle.then(|| {
                let (name, hint) = (metric.name(), suggestion(glob.as_str(), known.iter().copied()));
                format!("{FILE} has a rule for {name} of `{glob}`, but there is no such workload; {hint}")
            })
        });
        unmatched.collect()
    }
}

/// The first rule whose glob matches the workload, else the one for all workloads.
fn applying<'a, T>(
    mut rules: impl Iterator<Item = &'a T> + Clone,
    workload: &str,
    glob: impl Fn(&T) -> Option<&Pattern>,
) -> Option<&'a T> {
    let matches = |rule: &&T| glob(rule).is_some_and(|glob| glob.matches(workload));
    rules
        .clone()
        .find(matches)
        .or_else(|| rules.find(|rule| glob(rule).is_none()))
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

    fn budget(metric: &str, max: &str, rest: &str) -> String {
        format!("\n[[limit]]\nmetric = \"{metric}\"\nmax = {max}\nreason = \"because\"\n{rest}\n")
    }

    #[test]
    fn a_budget_is_beside_the_limit_of_the_same_metric() {
        let text = format!(
            "schema = 1\n{}{}{}{}",
            entry("peak-bytes", "1 %", "max = \"64 MB\""),
            budget("peak-bytes", "\"1 MB\"", "workload = \"small/*\""),
            budget("time", "\"2 ms\"", ""),
            budget("leaked-bytes", "0", ""),
        );
        let limits = parse(&text).expect("valid");
        let of = |metric, workload| {
            let metric = by_name(metric).expect("a metric");
            let limit = limits
                .of(metric, workload)
                .map(|one| one.tolerance.to_string());
            let budget = limits
                .budget(metric, workload)
                .map(|one| one.max.to_string());
            [limit, budget].map(Option::unwrap_or_default)
        };
        assert_eq!(of("peak-bytes", "large"), ["1 %", "max 64 MB"]);
        // A budget of a glob does not end the limit for all workloads.
        assert_eq!(of("peak-bytes", "small/a"), ["1 %", "max 1 MB"]);
        assert_eq!(of("time", "large"), ["", "max 2 ms"]);
        assert_eq!(of("leaked-bytes", "large"), ["exact", "max 0 bytes"]);
        assert_eq!(of("instructions", "large"), ["0.2 %", ""]);
        assert!(limits.has_time_budget());
    }

    #[test]
    fn a_glob_that_matches_no_workload_is_reported() {
        let text = format!(
            "schema = 1\n{}{}",
            budget("peak-bytes", "1", "workload = \"pasre/*\""),
            entry("peak-bytes", "1 %", "workload = \"print/*\""),
        );
        let limits = parse(&text).expect("valid");
        let complaints = limits.complaints(&["parse/small", "print/small"]);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(complaints[0].contains("pasre/*"), "{complaints:?}");
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
        assert_eq!(
            tolerance("peak-bytes", "medium/inference").as_deref(),
            Some("exact"),
            "the built-in limit"
        );
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
                entry("peak-bytes", "exact", "").replace("tolerance = \"exact\"", "")
            ),
            &format!(
                "schema = 1{}",
                entry("peak-bytes", "exact", "max = \"5 ms\"")
            ),
            &format!(
                "schema = 1{}",
                entry("latency-p95", "", "max = \"5 ms\"").replace("tolerance = \"\"", "")
            ),
            &format!("schema = 1{0}{0}", budget("peak-bytes", "\"1 MB\"", "")),
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
