//! The measured checkout and its configuration.
//!
//! The harness depends on no workload and no package by name. `harness.toml` at the root of the checkout names the
//! programs with workloads, the folders of records, baselines and reports, and the anchor phases.

mod config;
mod defaults;
mod inside;
mod memory_limit;
mod suite;

use std::fs;
use std::path::{Path, PathBuf};

use harness_record::json_files::json_files;
use thiserror::Error;

pub use self::config::{Config, OnDemand};
pub use self::defaults::{DefaultValue, defaults, line_of};
use self::inside::leaving_link;
pub use self::memory_limit::MemoryLimit;
pub use self::suite::{CargoProgram, Program, Suite};
use crate::file_error::{FileError, at};

/// Name of the configuration file.
pub const FILE: &str = "harness.toml";

/// A checkout and its configuration.
#[derive(Debug, Clone)]
pub struct Project {
    /// Root: the folder with `harness.toml`.
    pub root: PathBuf,
    /// Content of `harness.toml`.
    pub config: Config,
}

/// A project that cannot be found or has an invalid configuration.
#[derive(Debug, Error)]
pub enum ProjectError {
    /// Neither the folder nor an ancestor has a configuration.
    #[error(
        "there is no harness.toml in {0} or above it; start harness in a project that has one, or write one with `harness init`"
    )]
    NotFound(PathBuf),
    /// The configuration cannot be read.
    #[error(transparent)]
    Read(#[from] FileError),
    /// The configuration is invalid: the file, and the position and the problem.
    #[error("{0} is not a valid configuration of the harness: {1}")]
    Format(PathBuf, String),
    /// A link in a folder of the harness leads outside of the project: the link, and its end.
    #[error(
        "{0} is a link to {1}, outside of the project, and the harness writes only inside; replace the link by a folder or a \
         file"
    )]
    Outside(PathBuf, PathBuf),
}

impl Project {
    /// Finds the project that a folder belongs to.
    ///
    /// # Errors
    /// If there is no project, if its configuration cannot be read, or if a link in the folder of records, baselines or
    /// reports leads outside of the project.
    pub fn find(start: &Path) -> Result<Self, ProjectError> {
        let root = Self::root(start).ok_or_else(|| ProjectError::NotFound(start.to_owned()))?;
        let config = Config::read(&root.join(FILE))?;
        for folder in [&config.records, &config.baselines, &config.reports] {
            if let Some((link, end)) = leaving_link(root, folder).map_err(at("resolve", root))? {
                return Err(ProjectError::Outside(link, end));
            }
        }
        Ok(Self {
            root: root.to_owned(),
            config,
        })
    }

    /// Returns the root of the project that a folder belongs to, or none if it belongs to none.
    pub fn root(start: &Path) -> Option<&Path> {
        for folder in start.ancestors() {
            if folder.join(FILE).is_file() {
                return Some(folder);
            }
            // A workspace inside the folder of another project is no part of that.
            if is_workspace(&folder.join("Cargo.toml")) {
                return None;
            }
        }
        None
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
            let stem = path.file_stem().unwrap_or_default().to_owned();
            (stem.to_str().is_some_and(is_time), stem)
        })
    }
}

/// Returns true for default names of records, such as `2026-03-14T150926Z`, or with a number after it if several began
/// in one second.
fn is_time(stem: &str) -> bool {
    let (time, number) = stem.split_once('.').unwrap_or((stem, "2"));
    let shape: String = time
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    shape == "0000-00-00T000000Z" && number.parse::<u32>().is_ok()
}

fn is_workspace(manifest: &Path) -> bool {
    let table = fs::read_to_string(manifest)
        .ok()
        .and_then(|text| text.parse::<toml::Table>().ok());
    table.is_some_and(|table| table.contains_key("workspace"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_configuration_above_wins() {
        let outer = tempfile::tempdir().expect("a folder");
        let inner = outer.path().join("a/b");
        fs::create_dir_all(&inner).expect("folders");
        assert!(matches!(
            Project::find(&inner),
            Err(ProjectError::NotFound(_))
        ));
        fs::write(outer.path().join("harness.toml"), "").expect("written");
        assert_eq!(Project::find(&inner).expect("above").root, outer.path());
        fs::write(outer.path().join("a/harness.toml"), "records = \"here\"\n").expect("written");
        let project = Project::find(&inner).expect("the configured root");
        assert_eq!(project.records(), outer.path().join("a/here"));
        assert!(project.config.anchors.is_empty());
    }

    #[test]
    fn a_workspace_inside_another_project_is_no_part_of_it() {
        let outer = tempfile::tempdir().expect("a folder");
        let inner = outer.path().join("inner");
        fs::create_dir_all(&inner).expect("folders");
        fs::write(outer.path().join("harness.toml"), "").expect("written");
        fs::write(inner.join("Cargo.toml"), "[workspace.package]\n").expect("written");
        let error = Project::find(&inner).expect_err("refused").to_string();
        assert!(error.contains("harness init"), "{error}");
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
            "2026-03-14T150926Z.2.json",
            "2020-01-01T000000Z.json",
            "before.json",
            "2027.json",
        ] {
            fs::write(project.records().join(name), "").expect("written");
        }
        assert_eq!(
            project.newest_record(),
            Some(project.records().join("2026-03-14T150926Z.2.json"))
        );
    }

    #[test]
    fn a_link_that_leads_outside_is_refused_by_name() {
        let outer = tempfile::tempdir().expect("a folder");
        let root = outer.path().join("root");
        for folder in [&root, &outer.path().join("outside")] {
            fs::create_dir(folder).expect("a folder");
        }
        fs::write(root.join("harness.toml"), "").expect("written");
        assert!(Project::find(&root).is_ok());
        std::os::unix::fs::symlink("../outside", root.join("baselines")).expect("linked");
        let error = Project::find(&root).expect_err("refused").to_string();
        assert!(
            error.contains("root/baselines") && error.contains("outside"),
            "{error}"
        );
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
