//! The folders with the files that the programs are built from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::Metadata;
use itertools::Itertools;

use crate::process::printed;
use crate::programs::{Target, cargo};
use crate::project::{Program, Project};

/// Files in the project's root that affect how its packages are built.
const OF_THE_ROOT: [&str; 6] = [
    "Cargo.toml",
    "Cargo.lock",
    ".cargo/config.toml",
    "rust-toolchain.toml",
    "rust-toolchain",
    "harness.toml",
];

/// The folders and files that are watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// All files in these folders that git does not ignore.
    pub(super) folders: Vec<PathBuf>,
    /// Single files; they may be missing.
    pub(super) files: Vec<PathBuf>,
    /// Folders that are left out.
    pub(super) without: Vec<PathBuf>,
}

impl Scope {
    /// The scope of programs: the local packages that cargo builds them from. It is the whole project if one of the
    /// programs is a command, whose files are unknown, or if cargo cannot list the packages because a manifest is
    /// broken.
    pub fn of(project: &Project, programs: &[&Program]) -> Self {
        let root = &project.root;
        let targets: Option<Vec<Target>> =
            programs.iter().map(|program| Target::of(program)).collect();
        let folders = targets.and_then(|targets| {
            let packages: Vec<&str> = targets
                .iter()
                .map(|target| target.package.as_str())
                .collect();
            folders(&metadata(root)?, &packages)
        });
        let mut without = vec![
            root.join("target"),
            root.join(".git"),
            project.records(),
            project.reports(),
        ];
        // The folder for temporary files holds the copies of earlier builds.
        without.extend(
            Some(std::env::temp_dir()).filter(|folder| folder != root && folder.starts_with(root)),
        );
        Self {
            folders: folders.unwrap_or_else(|| vec![root.clone()]),
            files: OF_THE_ROOT.map(|name| root.join(name)).to_vec(),
            without,
        }
    }

    /// Returns true if a change of this file may change the scope.
    pub fn depends_on(&self, path: &Path) -> bool {
        self.files.iter().any(|file| file == path)
            || path.file_name().is_some_and(|name| name == "Cargo.toml")
    }
}

/// Cargo's metadata of the packages; none if cargo fails.
fn metadata(root: &Path) -> Option<Metadata> {
    let mut command = Command::new(cargo());
    // The build reports errors in manifests.
    command
        .args(["metadata", "--format-version", "1"])
        .current_dir(root)
        .stderr(Stdio::null());
    serde_json::from_slice(&printed(&mut command).ok()?).ok()
}

/// The folders of the named packages and of all local packages that they depend on; none if a named one is missing.
fn folders(metadata: &Metadata, packages: &[&str]) -> Option<Vec<PathBuf>> {
    // A package without a source is a folder of the user's.
    let local = metadata
        .packages
        .iter()
        .filter(|package| package.source.is_none())
        .collect_vec();
    let nodes = &metadata.resolve.as_ref()?.nodes;
    let named = |name: &&str| {
        Some(
            &local
                .iter()
                .find(|package| package.name.as_str() == *name)?
                .id,
        )
    };
    let mut waiting = packages.iter().map(named).collect::<Option<Vec<_>>>()?;
    let mut found = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        let manifest = local
            .iter()
            .find(|package| package.id == *id)
            .map(|package| &package.manifest_path);
        if let Some(folder) = manifest.and_then(|manifest| manifest.parent())
            && found.insert(folder.as_std_path().to_owned())
        {
            waiting.extend(
                nodes
                    .iter()
                    .filter(|node| node.id == *id)
                    .flat_map(|node| &node.dependencies),
            );
        }
    }
    Some(found.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn dependencies_on_local_packages_are_followed() {
        let package = |id: &str, source: Value| {
            json!({"id": id, "name": id, "version": "0.1.0", "source": source, "dependencies": [], "targets": [],
                "features": {}, "manifest_path": format!("/w/{id}/Cargo.toml")})
        };
        let needs =
            |id: &str, dependencies: &[&str]| json!({"id": id, "dependencies": dependencies});
        let metadata = json!({
            "version": 1, "workspace_root": "/w", "workspace_members": [], "target_directory": "/w/target",
            "packages": [
                package("suite", Value::Null), package("engine", Value::Null), package("cli", Value::Null),
                package("serde", json!("registry")),
            ],
            "resolve": {"nodes": [
                needs("suite", &["engine", "serde"]), needs("engine", &["serde"]), needs("cli", &["suite"]),
                needs("serde", &[]),
            ]},
        });
        let metadata = serde_json::from_value(metadata).expect("as cargo writes it");
        let found = |packages: &[&str]| {
            let folders = folders(&metadata, packages)?;
            Some(
                folders
                    .iter()
                    .map(|folder| folder.display().to_string())
                    .collect::<Vec<_>>()
                    .join(" "),
            )
        };
        assert_eq!(found(&["suite"]).as_deref(), Some("/w/engine /w/suite"));
        assert_eq!(
            found(&["engine", "cli"]).as_deref(),
            Some("/w/cli /w/engine /w/suite")
        );
        assert_eq!(found(&["serde"]), None, "not ours");
        assert_eq!(found(&["nowhere"]), None);
    }

    #[test]
    fn for_a_command_the_whole_project_is_watched() {
        let folder = tempfile::tempdir().expect("a folder");
        let project = Project {
            root: folder.path().to_owned(),
            config: crate::project::Config::default(),
        };
        let scope = Scope::of(&project, &[&Program::Command(vec!["./probe".to_owned()])]);
        assert_eq!(scope.folders, [folder.path()]);
        assert!(scope.depends_on(&folder.path().join("harness.toml")));
        assert!(scope.depends_on(&folder.path().join("deep/Cargo.toml")));
        assert!(!scope.depends_on(&folder.path().join("src/lib.rs")));
    }
}
