//! Makes a cargo package measurable: a bench with a first workload, `harness.toml`, limits and files for CI.
//!
//! Nothing that exists is overwritten, so the command can be repeated: it adds what is missing and names the rest.

mod ci;
mod drop_in;
mod files;
mod manifest;
mod source;

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand, Package};
use itertools::Itertools;
use thiserror::Error;

pub use self::ci::Ci;
pub use self::drop_in::DropIn;
use self::files::Suite;
pub use self::source::{Source, SourceError};
use crate::file_error::{FileError, at};

/// Name of the bench, and of the dependency on `harness-bench`.
const NAME: &str = "harness";

/// The parameters of `harness init`.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Name of the package; by default that of the current folder.
    pub package: Option<String>,
    /// Measure the package's benches of this library instead of a new bench.
    pub drop_in: Option<DropIn>,
    /// The origin of `harness-bench`.
    pub source: Source,
    /// The CI system that starts the harness.
    pub ci: Ci,
}

/// A file, and what happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Path, relative to the root of the workspace.
    pub file: PathBuf,
    /// The deed.
    pub deed: Deed,
    /// Its content, in a few words.
    pub content: String,
}

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum Deed {
    /// It is new.
    Wrote,
    /// Lines were added or changed.
    Changed,
    /// It existed and is unchanged.
    Kept,
}

/// The files of a project that is ready.
#[derive(Debug)]
pub struct Done {
    /// Root of the workspace.
    pub root: PathBuf,
    /// Files, in the order in which a reader should look at them.
    pub changes: Vec<Change>,
}

/// A package that cannot be prepared.
#[derive(Debug, Error)]
pub enum InitError {
    /// Cargo does not know a package here.
    #[error("there is no cargo package here: {0}; start harness init in a package or workspace")]
    NoPackage(String),
    /// The folder belongs to several packages.
    #[error("this workspace has several packages; choose one with --package: {0}")]
    Several(String),
    /// There is no package of this name.
    #[error("there is no package {0} here; the packages are {1}")]
    Unknown(String, String),
    /// The package has no bench of the library.
    #[error(
        "package {0} has no bench that uses {1} and a dependency `{1}`; without --{1}, a new bench is written"
    )]
    NoBench(String, DropIn),
    /// The manifest has another meaning for the name.
    #[error(
        "{file} already has a {what} named `harness` that is not the one of harness-bench; rename it first"
    )]
    Taken {
        /// The manifest.
        file: PathBuf,
        /// `dependency` or `bench`.
        what: &'static str,
    },
    /// A manifest cannot be changed.
    #[error("{0} cannot be changed: {1}")]
    Manifest(PathBuf, toml_edit::TomlError),
    /// The origin of `harness-bench` cannot be used.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Prepares the package that a folder belongs to.
///
/// # Errors
/// If there is no package, its manifest cannot be changed, or a file cannot be written.
pub fn init(folder: &Path, choice: &Choice) -> Result<Done, InitError> {
    let metadata = MetadataCommand::new()
        .no_deps()
        .current_dir(folder)
        .exec()
        .map_err(|error| InitError::NoPackage(first_line(&error.to_string())))?;
    let package = package(&metadata, folder, choice.package.as_deref())?;
    let source = choice.source.resolved()?;
    let root = metadata.workspace_root.clone().into_std_path_buf();
    let mut changes = Changes {
        root: &root,
        list: Vec::new(),
    };
    let suites = match choice.drop_in {
        Some(drop_in) => drop_in::adopt(drop_in, &metadata, package, &source, &mut changes)?,
        None => {
            adopt_bench(package, &source, &mut changes)?;
            vec![Suite {
                bench: NAME.to_owned(),
                heap_feature: files::HEAP,
            }]
        }
    };
    let config = files::config(&package.name, &suites);
    changes.write("harness.toml", &config, "the suite and the folders")?;
    let limits = harness_record::limits::DEFAULT_FILE;
    changes.write("baselines/limits.toml", limits, "allowed changes of counts")?;
    for file in choice.ci.files() {
        changes.write(
            file.path,
            &file.content(&source.seen_from(&root)),
            file.about,
        )?;
    }
    changes.ignore(&["/records", "/reports", "/target"])?;
    Ok(Done {
        changes: changes.list,
        root: root.clone(),
    })
}

/// Adds the bench with a first workload.
fn adopt_bench(
    package: &Package,
    source: &Source,
    changes: &mut Changes<'_>,
) -> Result<(), InitError> {
    let manifest = package.manifest_path.as_std_path();
    let folder = manifest.parent().unwrap_or(Path::new("."));
    let bench = folder.join("benches").join(format!("{NAME}.rs"));
    changes.write(&bench, files::BENCH, "a first workload, to be replaced")?;
    changes.edit(manifest, "the bench and its dependency", |document| {
        let source = source.seen_from(folder);
        manifest::add_bench(document, manifest, &source, &package.edition.to_string())
    })
}

/// Chooses the package by its name, or the one that the folder belongs to, or the only one.
fn package<'a>(
    metadata: &'a Metadata,
    folder: &Path,
    name: Option<&str>,
) -> Result<&'a Package, InitError> {
    let packages = metadata.workspace_packages();
    let names = || packages.iter().map(|one| one.name.as_str()).join(", ");
    if let Some(name) = name {
        let found = packages.iter().find(|one| one.name.as_str() == name);
        return found
            .copied()
            .ok_or_else(|| InitError::Unknown(name.to_owned(), names()));
    }
    let depth = |one: &&&Package| {
        let home = one.manifest_path.parent()?.as_std_path();
        folder.starts_with(home).then(|| home.components().count())
    };
    let here = packages
        .iter()
        .filter(|one| depth(one).is_some())
        .max_by_key(|one| depth(one));
    match (here, packages.as_slice()) {
        (Some(one), _) | (None, [one]) => Ok(one),
        _ => Err(InitError::Several(names())),
    }
}

fn first_line(text: &str) -> String {
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with("error"));
    line.unwrap_or(text)
        .trim_start_matches("error: ")
        .to_owned()
}

/// Writes files below a root and keeps a list of them.
struct Changes<'a> {
    root: &'a Path,
    list: Vec<Change>,
}

impl Changes<'_> {
    /// Writes a new file; keeps one that exists.
    fn write(
        &mut self,
        file: impl AsRef<Path>,
        text: &str,
        content: &str,
    ) -> Result<(), InitError> {
        let path = self.root.join(file);
        if path.exists() {
            self.note(&path, Deed::Kept, content);
            return Ok(());
        }
        let folder = path.parent().unwrap_or(self.root);
        fs::create_dir_all(folder).map_err(at("make", folder))?;
        fs::write(&path, text).map_err(at("write", &path))?;
        self.note(&path, Deed::Wrote, content);
        Ok(())
    }

    /// Changes a manifest, and keeps its comments and its order.
    fn edit(
        &mut self,
        file: &Path,
        content: &str,
        change: impl FnOnce(&mut toml_edit::DocumentMut) -> Result<(), InitError>,
    ) -> Result<(), InitError> {
        let text = fs::read_to_string(file).map_err(at("read", file))?;
        let mut document = text
            .parse::<toml_edit::DocumentMut>()
            .map_err(|error| InitError::Manifest(file.to_owned(), error))?;
        change(&mut document)?;
        let changed = document.to_string();
        let deed = if changed == text {
            Deed::Kept
        } else {
            harness_record::atomic_file::write(file, changed.as_bytes())
                .map_err(at("write", file))?;
            Deed::Changed
        };
        self.note(file, deed, content);
        Ok(())
    }

    /// Adds lines to `.gitignore` unless it has them.
    fn ignore(&mut self, patterns: &[&str]) -> Result<(), InitError> {
        let file = self.root.join(".gitignore");
        let existed = file.exists();
        let mut text = match existed {
            true => fs::read_to_string(&file).map_err(at("read", &file))?,
            false => String::new(),
        };
        let has = |text: &str, pattern: &str| {
            let bare = |line: &str| line.trim().trim_matches('/').to_owned();
            text.lines().any(|line| bare(line) == bare(pattern))
        };
        let missing: Vec<&&str> = patterns
            .iter()
            .filter(|pattern| !has(&text, pattern))
            .collect();
        let content = "measurements stay out of git";
        if missing.is_empty() {
            self.note(&file, Deed::Kept, content);
            return Ok(());
        }
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        for pattern in missing {
            text.push_str(pattern);
            text.push('\n');
        }
        fs::write(&file, text).map_err(at("write", &file))?;
        let deed = if existed { Deed::Changed } else { Deed::Wrote };
        self.note(&file, deed, content);
        Ok(())
    }

    fn note(&mut self, path: &Path, deed: Deed, content: &str) {
        let file = path.strip_prefix(self.root).unwrap_or(path).to_owned();
        self.list.push(Change {
            file,
            deed,
            content: content.to_owned(),
        });
    }
}
