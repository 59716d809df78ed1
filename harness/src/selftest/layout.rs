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

/// Builds of the probe whose code lies elsewhere.
#[derive(Debug)]
pub struct Layouts<'a> {
    project: &'a Project,
    folder: PathBuf,
    quiet: bool,
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

impl<'a> Layouts<'a> {
    /// Builds in the project's target folder; cargo's progress goes to standard error unless `quiet`.
    pub fn new(project: &'a Project, quiet: bool) -> Self {
        Self { project, folder: project.root.join("target/harness-selftest"), quiet }
    }

    /// The probe with its code in another order for each number; 0 is the linker's own.
    ///
    /// # Errors
    /// If it cannot be built.
    pub fn build(&self, order: u32) -> Result<Programs, LayoutError> {
        let Program::Bin { package, name } = &self.project.config.probe else {
            return Err(LayoutError::NotBuilt);
        };
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["rustc", "--release", "--package", package, "--bin", name]);
        command.arg("--message-format=json-render-diagnostics").current_dir(&self.project.root);
        if self.quiet {
            command.arg("--quiet");
        }
        if order > 0 {
            command.args(["--", "-C", &format!("link-arg=-Wl,--shuffle-sections=*={order}")]);
        }
        let (status, messages) = finish(&mut command).map_err(LayoutError::NoCargo)?;
        let made = executables(&messages).into_iter().find(|made| made.kind == "bin" && made.name == *name);
        let made = made.filter(|_| status.success()).ok_or(LayoutError::Build)?;
        // The next build takes its place.
        let kept = self.folder.join(format!("order-{order}")).join(name);
        keep(&made.path, &kept).map_err(|source| LayoutError::Keep { path: kept.clone(), source })?;
        let built = HashMap::from([((package.clone(), name.clone()), kept)]);
        Ok(Programs::ready(self.project.root.clone(), built))
    }
}

/// Copies a program; one that is running is replaced, not written over.
fn keep(from: &Path, to: &Path) -> std::io::Result<()> {
    let folder = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let unfinished = tempfile::Builder::new().prefix(".unfinished-").tempfile_in(folder)?.into_temp_path();
    fs::copy(from, &unfinished)?;
    unfinished.persist(to).map_err(|error| error.error)
}
