//! The contents of `harness.toml`.

use std::fs;
use std::path::{Component, Path, PathBuf};

use harness_record::About;
use harness_record::profile::Kind;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::ProjectError;
use super::memory_limit::MemoryLimit;
use super::suite::{Program, Suite, Table};
use crate::command;
use crate::file_error::at;

/// The contents of `harness.toml`. Nothing in it but the folders has a default.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "File")]
pub struct Config {
    /// Folder of records, ignored by git.
    pub records: PathBuf,
    /// Folder of baselines and limits.
    pub baselines: PathBuf,
    /// Folder of reports.
    pub reports: PathBuf,
    /// Anchors: phases that every value is compared with, if they were measured.
    pub anchors: Vec<String>,
    /// Globs on the workloads whose time `gate --base` judges, each in its last phase. Without any, all are judged.
    pub timed: Vec<String>,
    /// One line for readers of reports on workloads and phases, by name. Replaces that of the probe.
    pub about: About,
    /// Globs on the workloads of the optional sections of a report.
    pub on_demand: OnDemand,
    /// Kinds of functions and operations in profiles, besides those of every program.
    pub kinds: Vec<Kind>,
    /// Names of variables of the environment that measured programs get besides the usual ones.
    pub environment: Vec<String>,
    /// Limit of the memory of each process of a measured program.
    pub memory_limit: MemoryLimit,
    /// The programs with workloads, in the order in which their workloads are listed.
    pub suites: Vec<Suite>,
}

/// Globs on workloads that are measured on demand only and shown in sections of a report. Without a glob, the report
/// does not offer the section.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OnDemand {
    /// Variants with one axis changed.
    pub ablation: Option<String>,
    /// Sweeps over sizes, threads and streams.
    pub growth: Option<String>,
    /// Every combination of model, context, threads and phase.
    pub matrix: Option<String>,
}

/// The keys of `harness.toml`.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    records: PathBuf,
    baselines: PathBuf,
    reports: PathBuf,
    anchors: Vec<String>,
    timed: Vec<String>,
    about: About,
    on_demand: OnDemand,
    kinds: Vec<Kind>,
    /// Belongs to the command line: [`super::defaults()`] reads it.
    defaults: IgnoredAny,
    environment: Vec<String>,
    memory_limit: MemoryLimit,
    suite: Vec<Table>,
    command: Vec<command::Definition>,
    // One suite of programs with a fixed task each.
    probe: Option<Program>,
    heap: Option<Program>,
    callgrind: Option<Program>,
    criterion: Option<Program>,
}

impl Default for File {
    fn default() -> Self {
        Self {
            records: "records".into(),
            baselines: "baselines".into(),
            reports: "reports".into(),
            anchors: Vec::new(),
            timed: Vec::new(),
            about: About::default(),
            on_demand: OnDemand::default(),
            kinds: Vec::new(),
            defaults: IgnoredAny,
            environment: Vec::new(),
            memory_limit: MemoryLimit::default(),
            suite: Vec::new(),
            command: Vec::new(),
            probe: None,
            heap: None,
            callgrind: None,
            criterion: None,
        }
    }
}

impl Default for Config {
    /// The configuration of an empty file: without a suite, there is nothing to measure.
    fn default() -> Self {
        let empty = Self::try_from(File::default());
        empty.expect("an empty file is valid")
    }
}

impl TryFrom<File> for Config {
    type Error = String;

    fn try_from(file: File) -> Result<Self, String> {
        let folders = [
            ("records", &file.records),
            ("baselines", &file.baselines),
            ("reports", &file.reports),
        ];
        for (key, folder) in folders {
            stays_inside(key, folder)?;
        }
        let mut suites = Vec::new();
        match file.probe {
            Some(probe) => {
                suites.push(Suite::of(probe, file.heap, file.callgrind, file.criterion));
            }
            None => {
                let programs = [
                    ("heap", &file.heap),
                    ("callgrind", &file.callgrind),
                    ("criterion", &file.criterion),
                ];
                if let Some((key, _)) = programs.iter().find(|(_, program)| program.is_some()) {
                    return Err(format!(
                        "`{key}` needs a `probe` beside it, which lists the workloads; name that, or move `{key}` into a [[suite]]"
                    ));
                }
            }
        }
        for table in file.suite {
            suites.push(table.try_into()?);
        }
        if !file.command.is_empty() {
            command::expand(&file.command).map_err(|error| error.to_string())?;
            suites.push(Suite::of_commands(file.command));
        }
        Ok(Self {
            records: file.records,
            baselines: file.baselines,
            reports: file.reports,
            anchors: file.anchors,
            timed: file.timed,
            about: file.about,
            on_demand: file.on_demand,
            kinds: file.kinds,
            environment: file.environment,
            memory_limit: file.memory_limit,
            suites,
        })
    }
}

/// Refuses a folder outside the project. A change from a fork may contain this file, and the harness writes and removes
/// files in its folders.
fn stays_inside(key: &str, folder: &Path) -> Result<(), String> {
    let is_name = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    match folder.components().all(is_name) && folder != Path::new("") {
        true => Ok(()),
        false => Err(format!(
            "`{key} = {folder:?}` is not a folder inside the project; write a relative path without `..`"
        )),
    }
}

impl Config {
    /// Reads a `harness.toml`.
    ///
    /// # Errors
    /// If the file cannot be read or is invalid.
    pub(super) fn read(path: &Path) -> Result<Self, ProjectError> {
        let text = fs::read_to_string(path).map_err(at("read", path))?;
        let invalid = |message: String| {
            ProjectError::Format(path.to_owned(), message.trim_end().replace('\n', " "))
        };
        toml::from_str(&text).map_err(|error| invalid(error.to_string()))
    }

    /// Returns the commands of `[[command]]`.
    pub fn commands(&self) -> &[command::Definition] {
        let mut suites = self.suites.iter().map(Suite::commands);
        suites
            .find(|commands| !commands.is_empty())
            .unwrap_or_default()
    }

    /// Returns the probe of every suite.
    pub fn probes(&self) -> impl Iterator<Item = &Program> {
        self.suites.iter().map(|suite| &suite.probe)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Result<Config, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn the_top_level_programs_are_one_suite() {
        let text = "probe = { command = ['./probe', '--fast'] }\nheap = { command = ['./heap'] }";
        let suites = config(text).expect("valid").suites;
        let [suite] = suites.as_slice() else {
            panic!("{suites:?}")
        };
        let words =
            |words: &[&str]| Program::Command(words.iter().map(|&word| word.to_owned()).collect());
        assert_eq!(suite.probe, words(&["./probe", "--fast"]));
        assert_eq!(suite.heap, Some(words(&["./heap", "--probe"])));
        assert_eq!((&suite.criterion, suite.counts_itself()), (&None, false));
    }

    #[test]
    fn folders_stay_inside_the_project() {
        assert!(config("records = 'a/b'").is_ok());
        for folder in ["/tmp/x", "../x", "a/../../x", ""] {
            for key in ["records", "baselines", "reports"] {
                let error = config(&format!("{key} = '{folder}'")).expect_err(folder);
                assert!(error.contains("inside the project"), "{error}");
            }
        }
    }

    #[test]
    fn there_may_be_several_suites() {
        let text = "probe = { command = ['a'] }\n[[suite]]\ncommand = ['b']\n[[suite]]\npackage = 'p'\nbin = 'c'";
        let config = config(text).expect("valid");
        let probes: Vec<String> = config.probes().map(ToString::to_string).collect();
        assert_eq!(probes, ["`a`", "`b`", "c of package p"]);
        assert!(Config::default().suites.is_empty());
    }

    #[test]
    fn an_instrument_needs_a_probe() {
        let error = config("heap = { command = ['./heap'] }").expect_err("refused");
        assert!(
            error.contains("`heap`") && error.contains("`probe`"),
            "{error}"
        );
    }

    #[test]
    fn kinds_of_functions_are_configured() {
        let text = "kinds = [{ name = \"hashing\", words = [\"sha*\"] }]";
        assert_eq!(
            config(text).expect("valid").kinds,
            [Kind::new("hashing", &["sha*"])]
        );
    }
}
