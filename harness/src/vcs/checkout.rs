//! Provides the programs of a revision or of the working tree, built now or stored by an earlier comparison.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use harness_record::Commit;

use crate::process;
use crate::programs::{Programs, Target};
use crate::project::{Config, Program, Project, ProjectError};
use crate::vcs::bases_folder;
use crate::vcs::build::{Build, CargoOutput};
use crate::vcs::build_cache::BuildCache;
use crate::vcs::disk_quota::{self, DiskQuota};
use crate::vcs::error::{CheckoutError, FileError, at};
use crate::vcs::key::{Toolchain, key};
use crate::vcs::lock::{Hold, Lock};
use crate::vcs::mirror::Tree;
use crate::vcs::repository::Repository;
use crate::vcs::slot::Slot;

/// The revisions whose sources and programs are kept beside a project.
#[derive(Debug, Clone)]
pub struct Checkouts {
    repository: Repository,
    /// The project that is judged, whose toolchain builds both sides.
    root: PathBuf,
    folder: PathBuf,
    disk_quota: DiskQuota,
    pub(super) cargo: OsString,
    rustc: OsString,
}

/// A revision that is unpacked and built. No other harness removes it while this lives.
#[derive(Debug)]
pub struct Checkout {
    /// The revision.
    pub commit: Commit,
    /// Its sources, with the configuration of its own `harness.toml`.
    pub project: Project,
    /// The requested programs, ready to be started.
    pub programs: Programs,
    _slot: Slot,
}

/// Programs built from the current files. No other harness removes them while this lives.
#[derive(Debug)]
pub struct WorkingTree {
    /// The requested programs, ready to be started.
    pub programs: Programs,
    _slot: Slot,
}

/// Cargo's choice of versions, at the root of a workspace.
const LOCK_FILE: &str = "Cargo.lock";

/// The name of the current files in error messages.
const WORKING_TREE: &str = "the working tree";

impl Checkouts {
    /// The checkouts of a project, in `target/harness-bases` whatever `CARGO_TARGET_DIR` is: see the module
    /// documentation.
    pub fn new(project: &Project, repository: &Repository) -> Self {
        let tool = |variable, name: &str| std::env::var_os(variable).unwrap_or_else(|| name.into());
        Self {
            repository: repository.clone(),
            root: project.root.clone(),
            folder: bases_folder::of(project),
            disk_quota: DiskQuota::default(),
            cargo: tool("CARGO", "cargo"),
            rustc: tool("RUSTC", "rustc"),
        }
    }

    /// Sets another disk quota than the default.
    #[must_use]
    pub fn with_room(self, disk_quota: DiskQuota) -> Self {
        Self { disk_quota, ..self }
    }

    /// The repository of the revisions.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The folder of all checkouts.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Provides the programs of a revision that `choose` selects from its configuration. They are built in one call of
    /// cargo unless exactly these were built together before. `notify` receives a sentence about each step that takes
    /// long; `output` selects the messages of cargo that go to standard error.
    ///
    /// # Errors
    /// If the revision has no such programs, does not build, or there is no room for it.
    pub fn checkout(
        &self,
        commit: &Commit,
        choose: impl Fn(&Config) -> Vec<&Program>,
        output: CargoOutput,
        notify: &dyn Fn(&str),
    ) -> Result<Checkout, CheckoutError> {
        let failed = |error: FileError| error.of(&commit.to_string(), &self.folder);
        let bases = bases_folder::prepare(&self.folder).map_err(failed)?;
        let toolchain = self.toolchain()?;
        let name = commit.id.get(..12).unwrap_or(&commit.id);
        // A commit without a lock file is built with the checkout's.
        let lock_file = match self.repository.file(commit, Path::new(LOCK_FILE))? {
            Some(_) => Vec::new(),
            None => fs::read(self.root.join(LOCK_FILE)).unwrap_or_default(),
        };
        let key = key(&[commit.id.as_bytes(), &lock_file].concat(), &toolchain, &bases);
        let slot = Slot::open(bases.join(format!("{name}-{key}")), notify).map_err(failed)?;
        if slot.ready() {
            let project = self.project(&slot, commit)?;
            let build_cache = build_cache(&slot, &choose(&project.config));
            if build_cache.is_full() {
                build_cache.use_runners();
                return Ok(Checkout::of(commit, project, slot, &build_cache));
            }
        }

        let lock = self.lock(&bases, notify).map_err(failed)?;
        disk_quota::make(&bases, self.disk_quota, &slot.folder, true)
            .map_err(at("make room in", &bases))
            .map_err(failed)?;
        // Another harness may have unpacked it while this one waited for the lock.
        if !slot.ready() {
            slot.unpack(&self.repository, commit, &lock).map_err(|error| error.of(&commit.to_string(), &bases))?;
        }
        let project = self.project(&slot, commit)?;
        let build_cache = build_cache(&slot, &choose(&project.config));
        if !build_cache.is_full() {
            notify(&format!("building {commit}"));
            let tree = Tree::whole(slot.source()).map_err(failed)?;
            let site = Site { bases: &bases, toolchain: &toolchain, lock: &lock, output };
            self.check_settings(&tree, commit)?;
            self.build(&site, self.with_lock_file(tree), None, &build_cache, commit.to_string())?;
        }
        drop(lock);
        Ok(Checkout::of(commit, project, slot, &build_cache))
    }

    /// Provides programs of the project's current files, built in the same folder and by the same call of cargo as
    /// those of a commit. Ignored files are left out, as they are from a commit. The user's target folder is not
    /// touched.
    ///
    /// # Errors
    /// If they do not build, or there is no room for them.
    pub fn working_tree(
        &self,
        project: &Project,
        programs: &[&Program],
        output: CargoOutput,
        notify: &dyn Fn(&str),
    ) -> Result<WorkingTree, CheckoutError> {
        let failed = |error: FileError| error.of(WORKING_TREE, &self.folder);
        let bases = bases_folder::prepare(&self.folder).map_err(failed)?;
        let toolchain = self.toolchain()?;
        let (folder, files) = self.repository.files()?;
        let tree = self.with_lock_file(Tree::of(folder, files));
        let digest = tree.digest().map_err(failed)?;
        let slot =
            Slot::open(bases.join(format!("tree-{}", key(&digest, &toolchain, &bases))), notify).map_err(failed)?;
        let build_cache = build_cache(&slot, programs);
        if build_cache.is_full() {
            build_cache.use_runners();
        } else {
            let lock = self.lock(&bases, notify).map_err(failed)?;
            // Keeps cargo's target folder: the other side has just been built there, and shares artefacts with this
            // one.
            disk_quota::make(&bases, self.disk_quota, &slot.folder, false)
                .map_err(at("make room in", &bases))
                .map_err(failed)?;
            notify("building the working tree");
            let site = Site { bases: &bases, toolchain: &toolchain, lock: &lock, output };
            self.build(&site, tree, Some(&digest), &build_cache, WORKING_TREE.to_owned())?;
        }
        Ok(WorkingTree { programs: on_shelf(project, &build_cache), _slot: slot })
    }

    /// Refuses a commit whose cargo configuration differs from the checkout's. Cargo reads configuration in all folders
    /// above the sources, and every side is built below the checkout, so the checkout's configuration would apply to
    /// the commit, too.
    fn check_settings(&self, tree: &Tree, commit: &Commit) -> Result<(), CheckoutError> {
        let top: PathBuf = match self.repository.prefix.components().count() {
            0 => self.root.clone(),
            depth => self.root.ancestors().nth(depth).unwrap_or(&self.root).to_owned(),
        };
        for folder in self.repository.prefix.ancestors() {
            for name in ["config.toml", "config"] {
                let file = folder.join(".cargo").join(name);
                let (here, there) = (fs::read(top.join(&file)).ok(), tree.read(&file));
                if here.is_some() && settings(here) != settings(there) {
                    let (revision, file) = (commit.to_string(), file.display().to_string());
                    return Err(CheckoutError::Settings { revision, file });
                }
            }
        }
        Ok(())
    }

    fn build(
        &self,
        site: &Site<'_>,
        tree: Tree,
        digest: Option<&[u8]>,
        build_cache: &BuildCache,
        revision: String,
    ) -> Result<(), CheckoutError> {
        let build = Build {
            cargo: &self.cargo,
            rustc: &self.rustc,
            digest,
            toolchain: site.toolchain,
            tree: &tree,
            prefix: &self.repository.prefix,
            build_cache,
            revision,
            bases: site.bases,
            lock: site.lock,
            output: site.output,
        };
        build.run()
    }

    /// Adds the project's lock file if the tree has none, so that both sides use the same versions.
    fn with_lock_file(&self, tree: Tree) -> Tree {
        tree.with(self.repository.prefix.join(LOCK_FILE), self.root.join(LOCK_FILE))
    }

    fn toolchain(&self) -> Result<Toolchain, CheckoutError> {
        Toolchain::of(&self.rustc, &self.root).map_err(|source| match process::stopped() {
            true => CheckoutError::Interrupted,
            false => CheckoutError::NoTool { program: self.rustc.to_string_lossy().into_owned(), source },
        })
    }

    /// Waits until no other harness builds here.
    fn lock(&self, bases: &Path, notify: &dyn Fn(&str)) -> Result<Lock, FileError> {
        let path = bases.join("build.lock");
        let waiting = || notify("waiting for another harness that builds a base here");
        Lock::wait(&path, Hold::Alone, &waiting).map_err(at("lock", &path))
    }

    /// Finds the project among a revision's files. They lie inside the user's own project, which must not be found
    /// instead.
    fn project(&self, slot: &Slot, commit: &Commit) -> Result<Project, CheckoutError> {
        let source = slot.source();
        // Joined component by component: an empty prefix would leave a slash at the end.
        let root: PathBuf = source.components().chain(self.repository.prefix.components()).collect();
        let nothing = || CheckoutError::NoHarness {
            revision: commit.to_string(),
            missing: "there is no harness.toml and no Cargo workspace".to_owned(),
        };
        match Project::find(&root) {
            Ok(project) if project.root.starts_with(&source) && root.is_dir() => Ok(project),
            Ok(_) | Err(ProjectError::NotFound(_)) => Err(nothing()),
            Err(source) => Err(CheckoutError::Project { revision: commit.to_string(), source }),
        }
    }
}

impl Checkout {
    fn of(commit: &Commit, project: Project, slot: Slot, build_cache: &BuildCache) -> Self {
        let programs = on_shelf(&project, build_cache);
        Self { commit: commit.clone(), project, programs, _slot: slot }
    }
}

/// Tables of cargo's configuration that do not affect a build.
const NO_SETTINGS: [&str; 6] = ["alias", "cargo-new", "doc", "future-incompat-report", "http", "term"];

/// The settings in a cargo configuration file that can affect a build; its bytes if it cannot be parsed.
fn settings(file: Option<Vec<u8>>) -> Result<toml::Table, Vec<u8>> {
    let Some(bytes) = file else { return Ok(toml::Table::new()) };
    let table = std::str::from_utf8(&bytes).ok().and_then(|text| text.parse::<toml::Table>().ok());
    let mut table = table.ok_or(bytes)?;
    NO_SETTINGS.iter().for_each(|name| drop(table.remove(*name)));
    Ok(table)
}

/// The folder and the tools for building a side.
struct Site<'a> {
    bases: &'a Path,
    toolchain: &'a Toolchain,
    lock: &'a Lock,
    output: CargoOutput,
}

/// The stored programs of a build cache, as programs that are started in a project.
fn on_shelf(project: &Project, build_cache: &BuildCache) -> Programs {
    let named = |target: &Target, file: PathBuf| ((target.package.clone(), target.name.clone()), file);
    let built: HashMap<_, _> =
        build_cache.targets.iter().map(|target| named(target, build_cache.program(target))).collect();
    let links = build_cache.targets.iter().map(|target| named(target, build_cache.link(target)));
    Programs::ready(project.root.clone(), built).with_links(links.filter(|(_, file)| file.is_file()).collect())
}

/// The build cache for those of the programs that cargo builds.
fn build_cache(slot: &Slot, programs: &[&Program]) -> BuildCache {
    slot.build_cache(programs.iter().copied().filter_map(Target::of).collect())
}
