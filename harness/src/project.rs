//! The measured checkout and its configuration.
//!
//! The harness depends on no workload and no engine by name. `harness.toml` at the root of the checkout names the
//! package of the probe, the folders of records, baselines and reports, and the anchor phases. The defaults are those
//! of this repository.

use std::fs;
use std::path::{Path, PathBuf};

use harness_record::About;
use harness_record::json_files::json_files;
use harness_record::profile::Kind;
use serde::Deserialize;
use thiserror::Error;

use crate::command;
use crate::file_error::{FileError, at};

/// A checkout and its configuration.
#[derive(Debug, Clone)]
pub struct Project {
    /// Root: the folder with `harness.toml`, or else with the workspace's `Cargo.toml`.
    pub root: PathBuf,
    /// Content of `harness.toml`, with defaults for missing keys.
    pub config: Config,
}

/// The contents of `harness.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Folder of records, ignored by git.
    pub records: PathBuf,
    /// Returns the folder of baselines and limits.
    pub baselines: PathBuf,
    /// Returns the folder of reports.
    pub reports: PathBuf,
    /// Anchors: phases that every value is compared with, if they were measured.
    pub anchors: Vec<String>,
    /// Globs on the workloads whose time `gate --base` judges, each in its last phase.
    pub timed: Vec<String>,
    /// One line for readers of reports on workloads and phases, by name. Replaces that of the probe.
    pub about: About,
    /// Globs on the workloads of the optional sections of a report.
    pub on_demand: OnDemand,
    /// Kinds of functions and operations in profiles, besides those of every program.
    pub kinds: Vec<Kind>,
    /// Probe for timing.
    pub probe: Program,
    /// Probe that counts heap allocations.
    pub heap: Program,
    /// Bench that criterion times.
    pub criterion: Program,
    /// Bench whose instructions iai-callgrind counts.
    pub callgrind: Program,
}

/// Globs on workloads that are measured on demand only and shown in sections of a report.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OnDemand {
    /// Variants with one axis changed.
    pub ablation: String,
    /// Sweeps over sizes, threads and streams.
    pub growth: String,
    /// Every combination of model, context, threads and phase.
    pub matrix: String,
}

impl Default for OnDemand {
    fn default() -> Self {
        let [ablation, growth, matrix] = ["ablation/*", "growth/*", "matrix/*"].map(str::to_owned);
        Self {
            ablation,
            growth,
            matrix,
        }
    }
}

/// A program that measures.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Program {
    /// A binary of the workspace, built in release mode before use.
    Bin {
        /// Package name.
        package: String,
        /// Target name.
        name: String,
    },
    /// A bench of the workspace, built in release mode before use.
    Bench {
        /// Package name.
        package: String,
        /// Target name.
        name: String,
    },
    /// An existing program with its arguments; its path is relative to the root.
    Command(Vec<String>),
    /// The harness itself, which serves commands as workloads.
    #[serde(skip)]
    Commands {
        /// The commands.
        definitions: Vec<command::Definition>,
        /// The cost that it reads.
        reads: command::Reads,
    },
}

impl Default for Config {
    fn default() -> Self {
        let bench = |package: &str, name: &str| Program::Bench {
            package: package.to_owned(),
            name: name.to_owned(),
        };
        Self {
            records: "records".into(),
            baselines: "baselines".into(),
            reports: "reports".into(),
            anchors: vec!["naive".to_owned(), "reference".to_owned()],
            // Excludes `small/inference`: its weights just fill the second-level cache, so its time depends on the
            // physical pages that a process gets. It varies by 8 % between processes.
            timed: ["medium/prefill", "medium/decode@*", "kernel/*"]
                .map(str::to_owned)
                .to_vec(),
            about: About::default(),
            on_demand: OnDemand::default(),
            kinds: vec![
                Kind::new(
                    "matrix product",
                    &["product", "matmul*", "matvec*", "gemm*"],
                ),
                Kind::new("attention", &["attention", "attend*"]),
                Kind::new("normalization", &["norm", "layernorm"]),
                Kind::new("activation", &["gelu*", "softmax*", "tanh*", "exp"]),
            ],
            probe: Program::Bin {
                package: "harness-suite".to_owned(),
                name: "probe".to_owned(),
            },
            heap: bench("harness-suite", "heap"),
            criterion: bench("harness-benches", "time"),
            callgrind: bench("harness-benches", "instructions"),
        }
    }
}

/// A project that cannot be found or has an invalid configuration.
#[derive(Debug, Error)]
pub enum ProjectError {
    /// Neither the folder nor an ancestor is a root.
    #[error(
        "there is no harness.toml and no Cargo workspace in {0} or above it; run harness inside a checkout"
    )]
    NotFound(PathBuf),
    /// The configuration cannot be read.
    #[error(transparent)]
    Read(#[from] FileError),
    /// The configuration is invalid: the file, and the position and the problem.
    #[error("{0} is not a valid configuration of the harness: {1}")]
    Format(PathBuf, String),
}

impl Project {
    /// Finds the project that a folder belongs to.
    ///
    /// # Errors
    /// If there is no project, or if its configuration cannot be read.
    pub fn find(start: &Path) -> Result<Self, ProjectError> {
        for folder in start.ancestors() {
            let file = folder.join("harness.toml");
            if file.is_file() {
                return Ok(Self {
                    root: folder.to_owned(),
                    config: Config::read(&file)?,
                });
            }
            if is_workspace(&folder.join("Cargo.toml")) {
                return Ok(Self {
                    root: folder.to_owned(),
                    config: Config::default(),
                });
            }
        }
        Err(ProjectError::NotFound(start.to_owned()))
    }

    /// Returns the name of the project for titles: that of its folder.
    pub fn name(&self) -> String {
        let name = self.root.file_name().unwrap_or(self.root.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// Returns the folder of records.
    pub fn records(&self) -> PathBuf {
        self.root.join(&self.config.records)
    }

    /// Returns the folder of baselines and limits.
    pub fn baselines(&self) -> PathBuf {
        self.root.join(&self.config.baselines)
    }

    /// Returns the folder of reports.
    pub fn reports(&self) -> PathBuf {
        self.root.join(&self.config.reports)
    }

    /// Returns the newest record by the time in its file name. A record with a custom name is returned only if no other
    /// exists.
    pub fn newest_record(&self) -> Option<PathBuf> {
        json_files(&self.records()).into_iter().max_by_key(|path| {
            let name = path.file_name().unwrap_or_default().to_owned();
            (name.to_str().is_some_and(is_time), name)
        })
    }
}

impl Config {
    fn read(path: &Path) -> Result<Self, ProjectError> {
        let text = fs::read_to_string(path).map_err(at("read", path))?;
        let invalid = |message: String| {
            ProjectError::Format(path.to_owned(), message.trim_end().replace('\n', " "))
        };
        toml::from_str(&text).map_err(|error| invalid(error.to_string()))
    }
}

/// Returns true for default names of records, such as `2026-03-14T150926Z.json`.
fn is_time(name: &str) -> bool {
    let shape: String = name
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    shape == "0000-00-00T000000Z.json"
}

fn is_workspace(manifest: &Path) -> bool {
    fs::read_to_string(manifest)
        .is_ok_and(|text| text.lines().any(|line| line.trim() == "[workspace]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_root_above_wins() {
        let outer = tempfile::tempdir().expect("a folder");
        let inner = outer.path().join("a/b");
        fs::create_dir_all(&inner).expect("folders");
        assert!(matches!(
            Project::find(&inner),
            Err(ProjectError::NotFound(_))
        ));
        fs::write(outer.path().join("Cargo.toml"), "[workspace]\n").expect("written");
        assert_eq!(
            Project::find(&inner).expect("the workspace").root,
            outer.path()
        );
        fs::write(outer.path().join("a/harness.toml"), "records = \"here\"\n").expect("written");
        let project = Project::find(&inner).expect("the configured root");
        assert_eq!(project.records(), outer.path().join("a/here"));
        assert_eq!(project.config.anchors, ["naive", "reference"]);
    }

    #[test]
    fn the_newest_record_is_the_last_by_the_time_in_its_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let project = Project {
            root: folder.path().to_owned(),
            config: Config::default(),
        };
        assert_eq!(project.newest_record(), None);
        fs::create_dir(project.records()).expect("a folder");
        for name in [
            "2026-03-14T150926Z.json",
            "2020-01-01T000000Z.json",
            "before.json",
            "2027.json",
        ] {
            fs::write(project.records().join(name), "").expect("written");
        }
        assert_eq!(
            project.newest_record(),
            Some(project.records().join("2026-03-14T150926Z.json"))
        );
    }

    #[test]
    fn a_command_takes_the_place_of_a_package() {
        let config: Config =
            toml::from_str("probe = { command = [\"./probe\", \"--fast\"] }").expect("valid");
        assert_eq!(
            config.probe,
            Program::Command(vec!["./probe".to_owned(), "--fast".to_owned()])
        );
    }

    #[test]
    fn kinds_of_functions_are_configured() {
        let text = "kinds = [{ name = \"hashing\", words = [\"sha*\"] }]";
        let config: Config = toml::from_str(text).expect("valid");
        assert_eq!(config.kinds, [Kind::new("hashing", &["sha*"])]);
    }

    #[test]
    fn a_misspelled_key_is_refused_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("harness.toml"), "record = \"here\"\n").expect("written");
        let error = Project::find(folder.path())
            .expect_err("refused")
            .to_string();
        assert!(
            error.contains("harness.toml") && error.contains("`record`"),
            "{error}"
        );
    }
}
