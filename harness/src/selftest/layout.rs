//! The same sources, linked in another order: every function does what it did, somewhere else.
//!
//! An edit that has nothing to do with a workload still moves its code, and code that lies elsewhere can be faster or slower:
//! it shares cache sets and branch history with other code. To have such builds without editing, the linker is told to shuffle
//! the sections, which the compiler makes one of for each function (`--shuffle-sections` of lld, the linker that
//! rustc brings on x86-64 Linux). The instructions stay the same; only addresses differ. Nothing is compiled again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use thiserror::Error;

use crate::programs::{Programs, Target, cargo, executables, finish};
use crate::project::{Program, Project};

/// Programs, and builds of them whose code lies elsewhere.
#[derive(Debug)]
pub struct Layouts {
    /// By their order.
    all: Vec<Programs>,
    folder: PathBuf,
}

/// A build that could not be made.
#[derive(Debug, Error)]
pub enum LayoutError {
    /// A program is no package of the workspace.
    #[error("harness.toml names a command in the place of a package, so its code cannot be moved")]
    NotBuilt,
    /// Cargo could not be started.
    #[error("cannot start cargo: {0}")]
    NoCargo(std::io::Error),
    /// The build failed.
    #[error(
        "a program cannot be linked in another order; cargo's own message is above. It takes lld, which rustc uses on x86-64 Linux from 1.90 on"
    )]
    Build,
    /// A program cannot be set aside.
    #[error("cannot keep {path}: {source}")]
    Keep {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Layouts {
    /// These programs as they are, and with their code in so many other orders. Cargo's progress goes to standard error unless
    /// `quiet`. What was linked from the same sources before is used again.
    ///
    /// # Errors
    /// If one cannot be built.
    pub fn build(project: &Project, programs: &[&Program], orders: u32, quiet: bool) -> Result<Self, LayoutError> {
        let targets: Option<Vec<Target>> = programs.iter().map(|program| Target::of(program)).collect();
        let linker = Linker { project, targets: targets.ok_or(LayoutError::NotBuilt)?, quiet };
        let is_as_before = linker.link(0)?;
        let mut is_moved = false;
        for order in 1..=orders {
            if !is_as_before || !linker.targets.iter().all(|target| linker.kept(order, target).is_file()) {
                linker.link(order)?;
                is_moved = true;
            }
        }
        if is_moved {
            // So that what cargo leaves behind is as it should be.
            linker.link(0)?;
        }
        Ok(Self { all: (0..=orders).map(|order| linker.programs(order)).collect(), folder: linker.folder() })
    }

    /// Programs that are built already, in no other order.
    pub fn unmoved(programs: Programs) -> Self {
        Self { all: vec![programs], folder: PathBuf::new() }
    }

    /// How many other orders there are.
    pub fn orders(&self) -> u32 {
        self.all.len() as u32 - 1
    }

    /// The programs as they are.
    pub fn plain(&self) -> &Programs {
        &self.all[0]
    }

    /// The programs of an order, 0 being the linker's own.
    pub fn order(&self, order: u32) -> &Programs {
        &self.all[order as usize]
    }

    /// Where something that was found out about the programs of an order can be kept: a file of that name is removed when they
    /// change.
    pub fn note(&self, order: u32) -> PathBuf {
        note(&self.folder, order)
    }
}

fn note(folder: &Path, order: u32) -> PathBuf {
    folder.join(format!("order-{order}.json"))
}

/// Links the programs of a project.
struct Linker<'a> {
    project: &'a Project,
    targets: Vec<Target>,
    quiet: bool,
}

impl Linker<'_> {
    fn folder(&self) -> PathBuf {
        self.project.root.join("target/harness-selftest")
    }

    /// Where a program of an order is set aside: the next one that is linked takes its place.
    fn kept(&self, order: u32, target: &Target) -> PathBuf {
        self.folder().join(format!("order-{order}")).join(format!("{}.{}.{}", target.package, target.kind, target.name))
    }

    fn programs(&self, order: u32) -> Programs {
        let kept = |target: &Target| ((target.package.clone(), target.name.clone()), self.kept(order, target));
        Programs::ready(self.project.root.clone(), self.targets.iter().map(kept).collect())
    }

    /// Links the programs in an order, 0 being the linker's own, and says whether they are what was set aside before.
    fn link(&self, order: u32) -> Result<bool, LayoutError> {
        let mut is_as_before = true;
        for target in &self.targets {
            let mut command = Command::new(cargo());
            command.args(["rustc", "--release", "--package", &target.package]);
            command.args([&format!("--{}", target.kind), target.name.as_str()]);
            command.arg("--message-format=json-render-diagnostics").current_dir(&self.project.root);
            if self.quiet {
                command.arg("--quiet");
            }
            if order > 0 {
                command.args(["--", "-C", &format!("link-arg=-Wl,--shuffle-sections=*={order}")]);
            }
            let (status, messages) = finish(&mut command).map_err(LayoutError::NoCargo)?;
            let mut made = executables(&messages).into_iter();
            let made = made.find(|made| made.target == *target);
            let made = made.filter(|_| status.success()).ok_or(LayoutError::Build)?;
            let kept = self.kept(order, target);
            is_as_before &= keep(&made.path, &kept).map_err(|source| LayoutError::Keep { path: kept, source })?;
        }
        if !is_as_before {
            // What is not there is not out of date either.
            let _ = fs::remove_file(note(&self.folder(), order));
        }
        Ok(is_as_before)
    }
}

/// Copies a program, unless the same one is there; one that is running is replaced, not written over.
fn keep(from: &Path, to: &Path) -> std::io::Result<bool> {
    let program = fs::read(from)?;
    if fs::read(to).is_ok_and(|there| there == program) {
        return Ok(true);
    }
    let folder = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let unfinished = tempfile::Builder::new().prefix(".unfinished-").tempfile_in(folder)?.into_temp_path();
    fs::copy(from, &unfinished)?;
    unfinished.persist(to).map_err(|error| error.error)?;
    Ok(false)
}
