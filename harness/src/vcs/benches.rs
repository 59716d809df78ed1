//! Benches of one revision for both sides: an old base is measured with the workloads of today.
//!
//! A side then has the folder `benches` of each suite's package from that revision, its `[[bench]]` tables, and the
//! dev-dependencies that its own manifest lacks. Everything else is its own.

use std::fs;
use std::path::{Path, PathBuf};

use harness_record::{Commit, atomic_file};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table};

use crate::file_error::at;
use crate::project::{Config, Program, Project};
use crate::vcs::checkout::Session;
use crate::vcs::error::CheckoutError;
use crate::vcs::key::{hash, key};
use crate::vcs::lock::Lock;
use crate::vcs::mirror::Tree;
use crate::vcs::slot::Slot;

const MANIFEST: &str = "Cargo.toml";
const FOLDER: &str = "benches";

impl Session<'_> {
    /// Replaces the benches of a side by those of the chosen revision, if one is chosen.
    ///
    /// # Errors
    /// If that revision cannot be unpacked, has other suites than the checkout, or lacks a package of them.
    pub(super) fn with_benches(&self, tree: Tree, lock: &Lock) -> Result<Tree, CheckoutError> {
        let Some(commit) = &self.checkouts.benches else {
            return Ok(tree);
        };
        let (slot, origin) = self.origin(commit, lock)?;
        let project = Project::find(&self.checkouts.repository().project_in(&slot.source()))
            .map_err(|error| CheckoutError::Project(commit.to_string(), error))?;
        if project.config.suites != self.checkouts.config.suites {
            return Err(CheckoutError::OtherSuites(commit.to_string()));
        }
        let mut tree = tree;
        for (package, benches) in packages(&project.config) {
            tree = self.with_package(tree, &origin, commit, &package, &benches)?;
        }
        Ok(tree)
    }

    /// The files of the revision that the benches come from.
    fn origin(&self, commit: &Commit, lock: &Lock) -> Result<(Slot, Tree), CheckoutError> {
        let name = commit.id.get(..12).unwrap_or(&commit.id);
        let key = key(commit.id.as_bytes(), &self.toolchain, &self.bases);
        let slot = Slot::open(self.bases.join(format!("{FOLDER}-{name}-{key}")), &|_| ())?;
        if !slot.ready() {
            slot.unpack(self.checkouts.repository(), commit, lock)?;
        }
        let tree = Tree::whole(slot.source())?;
        Ok((slot, tree))
    }

    fn with_package(
        &self,
        tree: Tree,
        origin: &Tree,
        commit: &Commit,
        package: &str,
        benches: &[String],
    ) -> Result<Tree, CheckoutError> {
        let lacking = |side: String| CheckoutError::NoPackage(side, package.to_owned());
        let (from, theirs) =
            manifest_of(origin, package).ok_or_else(|| lacking(commit.to_string()))?;
        let (to, mut own) =
            manifest_of(&tree, package).ok_or_else(|| lacking("a side of the gate".to_owned()))?;
        adopt(&mut own, &theirs, benches);
        let text = own.to_string();
        let file = self
            .bases
            .join(FOLDER)
            .join(format!("{}.toml", hash(&[text.clone().into_bytes()])));
        if !file.is_file() {
            let folder = file.parent().unwrap_or(&self.bases);
            fs::create_dir_all(folder).map_err(at("make", folder))?;
            atomic_file::write(&file, text.as_bytes()).map_err(at("write", &file))?;
        }
        let replaced = tree
            .without(&to.join(FOLDER))
            .replacing(to.join(MANIFEST), file);
        Ok(origin
            .below(&from.join(FOLDER))
            .into_iter()
            .fold(replaced, |tree, (path, file)| {
                tree.replacing(to.join(FOLDER).join(path), file)
            }))
    }
}

/// The packages of all suites, each with the names of its benches.
fn packages(config: &Config) -> Vec<(String, Vec<String>)> {
    let mut packages: Vec<(String, Vec<String>)> = Vec::new();
    let programs = config.suites.iter().flat_map(|suite| {
        let others = [&suite.heap, &suite.callgrind, &suite.criterion];
        std::iter::once(&suite.probe).chain(others.into_iter().flatten())
    });
    for program in programs {
        let (built, is_bench) = match program {
            Program::Bench(built) => (built, true),
            Program::Bin(built) => (built, false),
            Program::Command(_) | Program::Commands { .. } => continue,
        };
        let index = packages
            .iter()
            .position(|(package, _)| *package == built.package);
        let index = index.unwrap_or_else(|| {
            packages.push((built.package.clone(), Vec::new()));
            packages.len() - 1
        });
        let benches = &mut packages[index].1;
        if is_bench && !benches.contains(&built.name) {
            benches.push(built.name.clone());
        }
    }
    packages
}

/// The folder and the manifest of a package among the files of a tree.
fn manifest_of(tree: &Tree, package: &str) -> Option<(PathBuf, DocumentMut)> {
    let manifests = tree
        .paths()
        .filter(|path| path.file_name().is_some_and(|name| name == MANIFEST));
    manifests.into_iter().find_map(|path| {
        let text = String::from_utf8(tree.read(path)?).ok()?;
        let document: DocumentMut = text.parse().ok()?;
        let name = document.get("package")?.get("name")?.as_str()?;
        (name == package).then(|| {
            let folder = path.parent().unwrap_or(Path::new(""));
            (folder.to_owned(), document.clone())
        })
    })
}

/// Adds the dev-dependencies that a manifest lacks, and replaces its tables of these benches.
fn adopt(own: &mut DocumentMut, theirs: &DocumentMut, benches: &[String]) {
    const DEPENDENCIES: &str = "dev-dependencies";
    if let Some(dependencies) = theirs.get(DEPENDENCIES).and_then(Item::as_table_like) {
        let table = own.entry(DEPENDENCIES).or_insert(Item::Table(Table::new()));
        if let Some(table) = table.as_table_like_mut() {
            for (name, dependency) in dependencies.iter() {
                if !table.contains_key(name) {
                    table.insert(name, dependency.clone());
                }
            }
        }
    }
    let chosen = |bench: &Table| {
        let name = bench.get("name").and_then(Item::as_str);
        name.is_some_and(|name| benches.iter().any(|bench| bench == name))
    };
    let tables = |document: &DocumentMut| -> Vec<Table> {
        let tables = document.get("bench").and_then(Item::as_array_of_tables);
        tables
            .into_iter()
            .flat_map(ArrayOfTables::iter)
            .cloned()
            .collect()
    };
    let kept = tables(own).into_iter().filter(|bench| !chosen(bench));
    let all: ArrayOfTables = kept
        .chain(tables(theirs).into_iter().filter(|bench| chosen(bench)))
        .collect();
    if !all.is_empty() {
        own.insert("bench", Item::ArrayOfTables(all));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_gets_what_its_benches_need_and_keeps_its_own() {
        let mut own: DocumentMut =
            "[package]\nname = 'a'\n[dev-dependencies]\nb = '1'\n\n[[bench]]\nname = 'old'\n"
                .parse()
                .expect("valid");
        let theirs: DocumentMut = "[package]\nname = 'a'\n[dev-dependencies]\nb = '2'\nc = '1'\n\n\
             [[bench]]\nname = 'new'\nharness = false\n\n[[bench]]\nname = 'other'\n"
            .parse()
            .expect("valid");
        adopt(&mut own, &theirs, &["new".to_owned()]);
        let text = own.to_string();
        assert!(
            text.contains("b = '1'") && text.contains("c = '1'"),
            "{text}"
        );
        assert!(text.contains("'old'") && text.contains("'new'"), "{text}");
        assert!(!text.contains("'other'"), "{text}");
    }
}
