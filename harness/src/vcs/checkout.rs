//! Provides the programs of a revision or of the working tree, built now or stored by an earlier comparison.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use harness_record::Commit;

use crate::file_error::{FileError, at};
use crate::process;
use crate::programs::{Programs, Target};
use crate::project::{Config, Program, Project, ProjectError};
use crate::vcs::bases_folder;
use crate::vcs::build::{Build, CargoOutput};
use crate::vcs::build_cache::BuildCache;
use crate::vcs::disk_quota::{self, DiskQuota};
use crate::vcs::error::CheckoutError;
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
    /// Its configuration, for revisions that have none.
    pub(super) config: Config,
    folder: PathBuf,
    /// The revision whose benches both sides have; without one, each has its own.
    pub(super) benches: Option<Commit>,
    pub(super) disk_quota: DiskQuota,
    pub(super) cargo: OsString,
    pub(super) rustc: OsString,
}

/// A revision that is unpacked and built. No other harness removes it while this lives.
#[derive(Debug)]
pub struct Checkout {
    /// The revision.
    pub commit: Commit,
    /// Its sources, with the configuration of its own `harness.toml`, or else of that of the checkout that is judged.
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
            config: project.config.clone(),
            folder: bases_folder::of(project),
            benches: None,
            disk_quota: DiskQuota::default(),
            cargo: tool("CARGO", "cargo"),
            rustc: tool("RUSTC", "rustc"),
        }
    }

    /// Gives both sides the benches of this revision.
    #[must_use]
    pub fn with_benches(self, commit: Option<Commit>) -> Self {
        Self {
            benches: commit,
            ..self
        }
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
        let provided =
            Session::open(self, output, notify).and_then(|session| session.commit(commit, choose));
        provided.map_err(|error| error.of(&commit.to_string(), &self.folder))
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
        let provided = Session::open(self, output, notify)
            .and_then(|session| session.current_files(project, programs));
        provided.map_err(|error| error.of(WORKING_TREE, &self.folder))
    }

    /// Refuses a commit whose cargo configuration differs from the checkout's. Cargo reads configuration in all folders
    /// above the sources, and every side is built below the checkout, so the checkout's configuration would apply to
    /// the commit, too.
    fn check_settings(&self, tree: &Tree, revision: &str) -> Result<(), CheckoutError> {
        let depth = self.repository.prefix.components().count();
        let top = self.root.ancestors().nth(depth).unwrap_or(&self.root);
        for folder in self.repository.prefix.ancestors() {
            for name in ["config.toml", "config"] {
                let file = folder.join(".cargo").join(name);
                let (here, there) = (fs::read(top.join(&file)).ok(), tree.read(&file));
                if here.is_some() && settings(here) != settings(there) {
                    let file = file.display().to_string();
                    return Err(CheckoutError::Settings(revision.to_owned(), file));
                }
            }
        }
        Ok(())
    }

    /// Adds the lock file of the checkout if the tree has none, so that both sides use the same versions. Git may ignore
    /// it, and it lies at the root of the workspace, which may be above the project.
    fn with_lock_file(&self, tree: Tree) -> Tree {
        match self.lock_file() {
            Some((place, file)) => tree.with(place, file),
            None => tree,
        }
    }

    /// The lock file of the checkout: its path in the repository, and on disk.
    fn lock_file(&self) -> Option<(PathBuf, PathBuf)> {
        let inside = self.repository.prefix.ancestors();
        let mut places = inside.zip(self.root.ancestors());
        places.find_map(|(inside, folder)| {
            let file = folder.join(LOCK_FILE);
            file.is_file().then(|| (inside.join(LOCK_FILE), file))
        })
    }

    /// The part of a key that depends on the choice of benches.
    fn benches_id(&self) -> &[u8] {
        self.benches
            .as_ref()
            .map_or(&[], |commit| commit.id.as_bytes())
    }

    fn toolchain(&self) -> Result<Toolchain, CheckoutError> {
        Toolchain::of(&self.rustc, &self.root).map_err(|error| match process::stopped() {
            true => CheckoutError::Interrupted,
            false => CheckoutError::NoTool(self.rustc.to_string_lossy().into_owned(), error),
        })
    }

    /// Finds the project among a revision's files. They lie inside the user's own project, which must not be found
    /// instead. A revision without `harness.toml`, or without a suite in it, is measured as the checkout is; a sentence
    /// about that comes with it.
    fn project(
        &self,
        slot: &Slot,
        commit: &Commit,
    ) -> Result<(Project, Option<String>), CheckoutError> {
        let source = slot.source();
        let root = self.repository.project_in(&source);
        if !root.is_dir() {
            let missing = "it has no folder of the project".to_owned();
            return Err(CheckoutError::NoHarness(commit.to_string(), missing));
        }
        match Project::find(&root) {
            Ok(mut project) if project.root.starts_with(&source) && self.benches.is_some() => {
                project.config.suites.clone_from(&self.config.suites);
                Ok((project, None))
            }
            Ok(mut project) if project.root.starts_with(&source) => {
                let needs_suites =
                    project.config.suites.is_empty() && !self.config.suites.is_empty();
                let told = needs_suites.then(|| {
                    project.config.suites.clone_from(&self.config.suites);
                    format!("{commit} names no suite in its harness.toml, so it is measured with those of the checkout")
                });
                Ok((project, told))
            }
            Ok(_) | Err(ProjectError::NotFound(_)) => {
                let told =
                    format!("{commit} has no harness.toml, so the checkout's is used for it");
                let config = self.config.clone();
                Ok((Project { root, config }, Some(told)))
            }
            Err(error) => Err(CheckoutError::Project(commit.to_string(), error)),
        }
    }
}

/// One call of [`Checkouts`].
pub(super) struct Session<'a> {
    pub(super) checkouts: &'a Checkouts,
    /// The folder of all bases.
    pub(super) bases: PathBuf,
    /// The toolchain for both sides.
    pub(super) toolchain: Toolchain,
    pub(super) output: CargoOutput,
    notify: &'a dyn Fn(&str),
}

impl<'a> Session<'a> {
    fn open(
        checkouts: &'a Checkouts,
        output: CargoOutput,
        notify: &'a dyn Fn(&str),
    ) -> Result<Self, CheckoutError> {
        let bases = bases_folder::prepare(&checkouts.folder)?;
        Ok(Self {
            checkouts,
            bases,
            toolchain: checkouts.toolchain()?,
            output,
            notify,
        })
    }

    fn commit(
        &self,
        commit: &Commit,
        choose: impl Fn(&Config) -> Vec<&Program>,
    ) -> Result<Checkout, CheckoutError> {
        let Self {
            checkouts,
            bases,
            toolchain,
            notify,
            ..
        } = self;
        let name = commit.id.get(..12).unwrap_or(&commit.id);
        // A commit without a lock file is built with the checkout's.
        let lock_file = match checkouts.lock_file() {
            Some((place, file)) if !checkouts.repository.has(commit, &place)? => {
                fs::read(file).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let key = key(
            &[commit.id.as_bytes(), &lock_file, checkouts.benches_id()].concat(),
            toolchain,
            bases,
        );
        let slot = Slot::open(bases.join(format!("{name}-{key}")), notify)?;
        let stored = || -> Result<_, CheckoutError> {
            let (project, told) = checkouts.project(&slot, commit)?;
            let targets = Target::all_of(choose(&project.config));
            let build_cache = BuildCache::among(&slot.programs(), targets);
            Ok((project, told, build_cache))
        };
        if slot.ready() {
            let (project, told, build_cache) = stored()?;
            if build_cache.is_full() {
                told.iter().for_each(|told| notify(told));
                build_cache.use_runners();
                return Ok(Checkout::of(commit, project, slot, &build_cache));
            }
        }
        let lock = self.lock(&slot, true)?;
        // Another harness may have unpacked it while this one waited for the lock.
        if !slot.ready() {
            slot.unpack(&checkouts.repository, commit, &lock)?;
        }
        let (project, told, build_cache) = stored()?;
        told.iter().for_each(|told| notify(told));
        if !build_cache.is_full() {
            let revision = &commit.to_string();
            notify(&format!("building {revision}"));
            let tree = Tree::whole(slot.source())?;
            checkouts.check_settings(&tree, revision)?;
            let tree = &self.with_benches(checkouts.with_lock_file(tree), &lock)?;
            Build {
                session: self,
                tree,
                digest: None,
                build_cache: &build_cache,
                timed: &Target::all_of(project.config.probes()),
                revision,
                lock: &lock,
            }
            .run()?;
        }
        drop(lock);
        Ok(Checkout::of(commit, project, slot, &build_cache))
    }

    fn current_files(
        &self,
        project: &Project,
        programs: &[&Program],
    ) -> Result<WorkingTree, CheckoutError> {
        let Self {
            checkouts,
            bases,
            toolchain,
            notify,
            ..
        } = self;
        let (folder, files) = checkouts.repository.files()?;
        let tree = checkouts.with_lock_file(Tree::of(folder, files));
        let tree = &match checkouts.benches {
            Some(_) => {
                let lock = self.build_lock()?;
                self.with_benches(tree, &lock)?
            }
            None => tree,
        };
        let digest = tree.digest()?;
        let slot = Slot::open(
            bases.join(format!("tree-{}", key(&digest, toolchain, bases))),
            notify,
        )?;
        let build_cache =
            BuildCache::among(&slot.programs(), Target::all_of(programs.iter().copied()));
        if build_cache.is_full() {
            build_cache.use_runners();
        } else {
            // Keeps cargo's target folder: the other side has just been built there, and shares artefacts with this
            // one.
            let lock = &self.lock(&slot, false)?;
            notify("building the working tree");
            let (digest, build_cache) = (Some(digest.as_slice()), &build_cache);
            Build {
                session: self,
                tree,
                digest,
                build_cache,
                timed: &Target::all_of(project.config.probes()),
                revision: WORKING_TREE,
                lock,
            }
            .run()?;
        }
        Ok(WorkingTree {
            programs: build_cache.programs(project),
            _slot: slot,
        })
    }

    /// Waits until no other harness builds here.
    fn build_lock(&self) -> Result<Lock, FileError> {
        let waiting = || (self.notify)("waiting for another harness that builds a base here");
        Lock::wait(&self.bases.join("build.lock"), Hold::Alone, &waiting)
    }

    /// Waits until no other harness builds here, and makes room for the slot: see [`disk_quota::make`].
    fn lock(&self, slot: &Slot, all: bool) -> Result<Lock, FileError> {
        let lock = self.build_lock()?;
        let quota = self.checkouts.disk_quota;
        disk_quota::make(&self.bases, quota, &slot.folder, all)
            .map_err(at("make room in", &self.bases))?;
        Ok(lock)
    }
}

impl Checkout {
    fn of(commit: &Commit, project: Project, slot: Slot, build_cache: &BuildCache) -> Self {
        let programs = build_cache.programs(&project);
        Self {
            commit: commit.clone(),
            project,
            programs,
            _slot: slot,
        }
    }
}

/// Tables of cargo's configuration that do not affect a build.
const NO_SETTINGS: [&str; 6] = [
    "alias",
    "cargo-new",
    "doc",
    "future-incompat-report",
    "http",
    "term",
];

/// The settings in a cargo configuration file that can affect a build; its bytes if it cannot be parsed.
fn settings(file: Option<Vec<u8>>) -> Result<toml::Table, Vec<u8>> {
    let Some(bytes) = file else {
        return Ok(toml::Table::new());
    };
    let table = std::str::from_utf8(&bytes)
        .ok()
        .and_then(|text| text.parse::<toml::Table>().ok());
    let mut table = table.ok_or(bytes)?;
    NO_SETTINGS
        .iter()
        .for_each(|name| drop(table.remove(*name)));
    Ok(table)
}
