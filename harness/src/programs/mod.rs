//! Builds the programs that measure, and locates the executables that cargo produced.

mod environment;
mod executable;
mod target;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

use itertools::Itertools;
use thiserror::Error;

pub(crate) use self::executable::{Executable, executables, linked_from};
pub(crate) use self::target::{Target, build_call, calls, told};
use crate::command;
use crate::containment;
use crate::process::run_to_end;
use crate::project::{Program, Project};
use crate::terminal::colour;

/// Programs that are ready to start.
#[derive(Debug)]
pub struct Programs {
    root: PathBuf,
    built: Vec<Executable>,
    model: Option<PathBuf>,
    /// Names of variables that the programs get besides the usual ones.
    passed: Vec<String>,
    /// Limit of memory of each process, in bytes.
    memory: Option<u64>,
}

/// Environment variable that names the folder of a probe's model.
const MODEL_VARIABLE: &str = "HARNESS_MODEL";

/// Environment variable that enables incremental builds of local packages in cargo.
const INCREMENTAL_VARIABLE: &str = "CARGO_INCREMENTAL";

/// A program that cannot be built.
#[derive(Debug, Error)]
pub enum ProgramError {
    /// Cargo could not be started.
    #[error("cannot start cargo: {0}; the harness needs it to build the programs that it measures")]
    NoCargo(io::Error),
    /// The build failed.
    #[error("building {0} failed; cargo's own message is above")]
    Build(String),
    /// The compiler cannot build in this folder.
    #[error(
        "cannot build in {}: rustc accepts only paths that are UTF-8; move the checkout to such a folder",
        .0.display()
    )]
    NoText(PathBuf),
    /// The build produced no such program.
    #[error("building {0} produced no program of that name; harness.toml may name the wrong one")]
    Missing(String),
}

impl Programs {
    /// Builds the programs that belong to the workspace in release mode. Shows cargo's progress on standard error
    /// unless `quiet`.
    ///
    /// # Errors
    /// If cargo is missing or the build fails.
    pub fn build(
        project: &Project,
        programs: &[&Program],
        quiet: bool,
    ) -> Result<Self, ProgramError> {
        Self::build_with(project, programs, quiet, false)
    }

    /// Builds like [`Self::build`], but incrementally, unless `CARGO_INCREMENTAL` is set. The code differs slightly
    /// from that of a full build (other codegen units, other inlining), so programs of the two kinds are not
    /// comparable. Cargo keeps both kinds side by side.
    ///
    /// # Errors
    /// As for [`Self::build`].
    pub fn build_incrementally(
        project: &Project,
        programs: &[&Program],
        quiet: bool,
    ) -> Result<Self, ProgramError> {
        Self::build_with(
            project,
            programs,
            quiet,
            std::env::var_os(INCREMENTAL_VARIABLE).is_none(),
        )
    }

    fn build_with(
        project: &Project,
        programs: &[&Program],
        quiet: bool,
        incrementally: bool,
    ) -> Result<Self, ProgramError> {
        let wanted = Target::all_of(programs.iter().copied());
        let calls = calls(&wanted);
        if !calls.is_empty() && project.root.to_str().is_none() {
            return Err(ProgramError::NoText(project.root.clone()));
        }
        let mut built = Vec::new();
        if !calls.is_empty() && project.root.to_str().is_none() {
            return Err(ProgramError::NoText(project.root.clone()));
        }
        for targets in &calls {
            let mut cargo = build_call(&cargo(), &project.root, targets);
            if quiet {
                cargo.arg("--quiet");
            }
            cargo.args(colour::option_of_cargo().into_iter().flatten());
            if incrementally {
                cargo.env(INCREMENTAL_VARIABLE, "1");
            }
            let output =
                run_to_end(cargo.stdin(Stdio::null()), |_| ()).map_err(ProgramError::NoCargo)?;
            if !output.status.success() {
                return Err(ProgramError::Build(told(targets)));
            }
            let made = executables(&output.stdout, &targets[0].features);
            for target in targets {
                let found = made.iter().find(|made| made.target == *target).cloned();
                let mut found = found.ok_or_else(|| ProgramError::Missing(target.to_string()))?;
                // The next call may replace the file.
                if calls.len() > 1 {
                    found.file = linked_from(&found.file).unwrap_or(found.file);
                }
                built.push(found);
            }
        }
        Ok(Self::ready(project, built))
    }

    /// Sets the folder of the model for the programs.
    pub fn on_model(self, folder: Option<&Path>) -> Self {
        Self {
            model: folder.map(Path::to_path_buf),
            ..self
        }
    }

    /// Wraps programs of a project that were built before.
    pub(crate) fn ready(project: &Project, built: Vec<Executable>) -> Self {
        Self {
            root: project.root.clone(),
            built,
            model: None,
            passed: project.config.environment.clone(),
            memory: project.config.memory_limit.bytes(),
        }
    }

    /// Returns the executable of a program, if it was built.
    pub fn file(&self, program: &Program) -> Option<&Path> {
        Some(&self.executable(program)?.file)
    }

    /// Returns the archive with the linker inputs of a program, if there is one.
    pub fn link(&self, program: &Program) -> Option<&Path> {
        self.executable(program)?.link.as_deref()
    }

    fn executable(&self, program: &Program) -> Option<&Executable> {
        let target = Target::of(program)?;
        self.built.iter().find(|built| built.target == target)
    }

    /// Returns the built executables, sorted.
    pub fn files(&self) -> Vec<&Path> {
        self.built
            .iter()
            .map(|built| built.file.as_path())
            .sorted_unstable()
            .collect()
    }

    /// Copies the programs into a folder, where a later build cannot replace them.
    ///
    /// # Errors
    /// If a program cannot be copied.
    pub fn set_aside(mut self, folder: &Path) -> io::Result<Self> {
        for (place, built) in self.built.iter_mut().enumerate() {
            let kept = folder.join(format!("{place}-{}", built.target.name));
            fs::copy(&built.file, &kept)?;
            built.file = kept;
        }
        Ok(self)
    }

    /// Creates the command that starts a built or an existing program, without the variables of the environment that do
    /// not pass.
    pub fn command(&self, program: &Program) -> Command {
        let mut command = match program {
            Program::Bin(built) | Program::Bench(built) => {
                let file = self.file(program).unwrap_or(Path::new(&built.name));
                let mut command = Command::new(file);
                command.args(&built.arguments);
                command
            }
            Program::Command(words) => {
                let program = words.first().map(String::as_str).unwrap_or_default();
                // A name with a slash is relative to the root; another name is searched in `PATH`.
                let program = if program.contains('/') {
                    self.root.join(program)
                } else {
                    program.into()
                };
                let mut command = Command::new(program);
                command.args(words.iter().skip(1));
                command
            }
            Program::Commands { definitions, reads } => command::start(definitions, *reads),
        };
        command.current_dir(&self.root);
        environment::restrict(&mut command, &self.passed);
        containment::mark(&mut command, self.memory);
        if let Some(model) = &self.model {
            command.env(MODEL_VARIABLE, model);
        }
        command
    }
}

/// Returns a command that starts another program in the folder, with the arguments and the environment of a command.
pub(crate) fn with_program(command: &Command, program: impl AsRef<OsStr>) -> Command {
    let mut copy = Command::new(program);
    copy.args(command.get_args());
    conditions_of(command, &mut copy);
    copy
}

/// Gives a command the folder and the changes of the environment that another one has.
pub(crate) fn conditions_of(command: &Command, copy: &mut Command) {
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => copy.env(name, value),
            None => copy.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        copy.current_dir(folder);
    }
}

/// Returns the cargo executable: the one that started the harness, if any.
pub(crate) fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::{CargoProgram, Config};

    #[test]
    fn a_copied_program_does_not_change_with_a_later_build() {
        let folder = tempfile::tempdir().expect("a folder");
        let probe = folder.path().join("probe");
        fs::write(&probe, "then").expect("written");
        let program = Program::Bin(CargoProgram {
            package: "a".to_owned(),
            name: "probe".to_owned(),
            features: Vec::new(),
            arguments: vec!["--probe".to_owned()],
        });
        let target = Target::of(&program).expect("cargo builds it");
        let built = vec![Executable {
            target,
            file: probe.clone(),
            link: None,
        }];
        let kept_build = tempfile::tempdir().expect("a folder");
        let project = Project {
            root: folder.path().to_owned(),
            config: Config::default(),
        };
        let programs = Programs::ready(&project, built)
            .set_aside(kept_build.path())
            .expect("copied");
        fs::write(&probe, "now").expect("written");
        let command = programs.command(&program);
        assert_eq!(
            fs::read_to_string(command.get_program()).expect("there"),
            "then"
        );
        assert_eq!(command.get_current_dir(), Some(folder.path()));
        assert_eq!(command.get_args().collect::<Vec<_>>(), ["--probe"]);
    }
}
