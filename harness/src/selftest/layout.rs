//! The same sources, linked in another order: every function does what it did, somewhere else.
//!
//! An edit that has nothing to do with a workload still moves its code, and code that lies elsewhere can be faster or slower:
//! it shares cache sets and branch history with other code. To have such builds without editing, the linker is told to shuffle
//! the sections, which the compiler makes one of for each function (`--shuffle-sections` of lld, the linker that
//! rustc brings on x86-64 Linux). The instructions stay the same; only addresses differ. Nothing is compiled again.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use thiserror::Error;

use crate::programs::{Programs, executables, finish};
use crate::project::{Program, Project};

/// The probe, and builds of it whose code lies elsewhere.
#[derive(Debug)]
pub struct Layouts {
    /// As it is.
    pub plain: Programs,
    /// In other orders.
    pub moved: Vec<Programs>,
}

/// A build that could not be made.
#[derive(Debug, Error)]
pub enum LayoutError {
    /// The probe is no package of the workspace.
    #[error("the probe of this project is a command that is not built here, so its code cannot be moved")]
    NotBuilt,
    /// Cargo could not be started.
    #[error("cannot start cargo: {0}")]
    NoCargo(std::io::Error),
    /// The build failed.
    #[error(
        "the probe cannot be linked in another order; cargo's own message is above. It takes lld, which rustc uses on x86-64 Linux from 1.90 on"
    )]
    Build,
    /// The program cannot be set aside.
    #[error("cannot keep {path}: {source}")]
    Keep {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Layouts {
    /// The probe as it is, and with its code in this many other orders. Cargo's progress goes to standard error unless
    /// `quiet`. What was linked from the same sources before is used again.
    ///
    /// # Errors
    /// If one cannot be built.
    pub fn build(project: &Project, orders: u32, quiet: bool) -> Result<Self, LayoutError> {
        let Program::Bin { package, name } = &project.config.probe else {
            return Err(LayoutError::NotBuilt);
        };
        let linker = Linker { project, package, name, quiet };
        let is_as_before = linker.link(0)?;
        let mut is_moved = false;
        for order in 1..=orders {
            if !is_as_before || !linker.kept(order).is_file() {
                linker.link(order)?;
                is_moved = true;
            }
        }
        if is_moved {
            // So that what cargo leaves behind is the probe as it is.
            linker.link(0)?;
        }
        Ok(Self { plain: linker.programs(0), moved: (1..=orders).map(|order| linker.programs(order)).collect() })
    }
}

/// Links the probe of a project.
struct Linker<'a> {
    project: &'a Project,
    package: &'a str,
    name: &'a str,
    quiet: bool,
}

impl Linker<'_> {
    /// Where the probe of an order is set aside: the next one that is linked takes its place.
    fn kept(&self, order: u32) -> PathBuf {
        let folder = self.project.root.join("target/harness-selftest");
        folder.join(format!("order-{order}")).join(self.name)
    }

    fn programs(&self, order: u32) -> Programs {
        let built = HashMap::from([((self.package.to_owned(), self.name.to_owned()), self.kept(order))]);
        Programs::ready(self.project.root.clone(), built)
    }

    /// Links the probe in an order, 0 being the linker's own, and says whether it is what was set aside before.
    fn link(&self, order: u32) -> Result<bool, LayoutError> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["rustc", "--release", "--package", self.package, "--bin", self.name]);
        command.arg("--message-format=json-render-diagnostics").current_dir(&self.project.root);
        if self.quiet {
            command.arg("--quiet");
        }
        if order > 0 {
            command.args(["--", "-C", &format!("link-arg=-Wl,--shuffle-sections=*={order}")]);
        }
        let (status, messages) = finish(&mut command).map_err(LayoutError::NoCargo)?;
        let made =
            executables(&messages).into_iter().find(|made| made.target.kind == "bin" && made.target.name == self.name);
        let made = made.filter(|_| status.success()).ok_or(LayoutError::Build)?;
        let kept = self.kept(order);
        keep(&made.path, &kept).map_err(|source| LayoutError::Keep { path: kept, source })
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
