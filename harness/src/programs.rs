//! Builds the programs that measure, and locates the executables that cargo produced.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fmt, fs, io};

use cargo_metadata::{Message, Package};
use itertools::Itertools;
use thiserror::Error;

use crate::command;
use crate::process::run_to_end;
use crate::project::{Program, Project};

/// Programs that are ready to start.
#[derive(Debug)]
pub struct Programs {
    root: PathBuf,
    built: Vec<Executable>,
    model: Option<PathBuf>,
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
        let wanted = Target::all_of(programs);
        let Some(mut cargo) = build_call(&cargo(), &project.root, &wanted) else {
            return Ok(Self::ready(project.root.clone(), Vec::new()));
        };
        if quiet {
            cargo.arg("--quiet");
        }
        if incrementally {
            cargo.env(INCREMENTAL_VARIABLE, "1");
        }
        let output =
            run_to_end(cargo.stdin(Stdio::null()), |_| ()).map_err(ProgramError::NoCargo)?;
        if !output.status.success() {
            return Err(ProgramError::Build(told(&wanted)));
        }
        let made = executables(&output.stdout);
        let find = |target: &Target| {
            let found = made.iter().find(|made| made.target == *target).cloned();
            found.ok_or_else(|| ProgramError::Missing(target.to_string()))
        };
        Ok(Self::ready(
            project.root.clone(),
            wanted.iter().unique().map(find).try_collect()?,
        ))
    }

    /// Sets the folder of the model for the programs.
    pub fn on_model(self, folder: Option<&Path>) -> Self {
        Self {
            model: folder.map(Path::to_path_buf),
            ..self
        }
    }

    /// Wraps programs that were built before. `root` is the checkout.
    pub(crate) fn ready(root: PathBuf, built: Vec<Executable>) -> Self {
        Self {
            root,
            built,
            model: None,
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

    /// Creates the command that starts a built or an existing program.
    pub fn command(&self, program: &Program) -> Command {
        let mut command = match program {
            Program::Bin { name, .. } | Program::Bench { name, .. } => {
                Command::new(self.file(program).unwrap_or(Path::new(name)))
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
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => copy.env(name, value),
            None => copy.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        copy.current_dir(folder);
    }
    copy
}

/// Returns the cargo executable: the one that started the harness, if any.
pub(crate) fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// A target of cargo: a binary or a bench of a package.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    /// Package name.
    pub(crate) package: String,
    /// `bin` or `bench`.
    pub(crate) kind: String,
    /// Target name.
    pub(crate) name: String,
}

impl Target {
    /// Returns the target of a program; `None` for an existing program.
    pub(crate) fn of(program: &Program) -> Option<Self> {
        let (package, kind, name) = match program {
            Program::Bin { package, name } => (package, "bin", name),
            Program::Bench { package, name } => (package, "bench", name),
            Program::Command(_) | Program::Commands { .. } => return None,
        };
        Some(Self {
            package: package.clone(),
            kind: kind.to_owned(),
            name: name.clone(),
        })
    }

    /// Returns the targets of those of the programs that cargo builds.
    pub(crate) fn all_of(programs: &[&Program]) -> Vec<Self> {
        programs.iter().copied().filter_map(Self::of).collect()
    }

    /// Returns all targets of a package.
    pub(crate) fn all_in(package: &Package) -> impl Iterator<Item = Self> {
        package
            .targets
            .iter()
            .filter_map(|target| Self::found(&package.name, target))
    }

    fn found(package: &str, target: &cargo_metadata::Target) -> Option<Self> {
        let kind = target.kind.first()?.to_string();
        Some(Self {
            package: package.to_owned(),
            kind,
            name: target.name.clone(),
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of package {}", self.name, self.package)
    }
}

/// Lists targets in a sentence.
pub(crate) fn told(targets: &[Target]) -> String {
    targets.iter().join(", ")
}

/// Creates the cargo command that builds the targets in release mode, or `None` if there are none. The command is the
/// same for every revision. One command for all targets builds shared packages once and with the same features.
pub(crate) fn build_call(cargo: &OsStr, root: &Path, targets: &[Target]) -> Option<Command> {
    let mut command = Command::new(cargo);
    command.args(["build", "--release"]);
    // Cargo searches every name in every package, so it may build more than requested, but never less.
    for package in targets.iter().map(|target| &target.package).unique() {
        command.args(["--package", package]);
    }
    for target in targets {
        command.args([format!("--{}", target.kind), target.name.clone()]);
    }
    command
        .arg("--message-format=json-render-diagnostics")
        .current_dir(root);
    (!targets.is_empty()).then_some(command)
}

/// An executable that cargo produced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Executable {
    /// The target of cargo.
    pub(crate) target: Target,
    /// Path of the executable.
    pub(crate) file: PathBuf,
    /// The archive with its linker inputs, if there is one.
    pub(crate) link: Option<PathBuf>,
}

/// Extracts the executables from cargo's JSON messages.
pub(crate) fn executables(messages: &[u8]) -> Vec<Executable> {
    let artifact = |message| match message {
        Message::CompilerArtifact(artifact) => Some(artifact),
        _ => None,
    };
    let artifacts = Message::parse_stream(messages).filter_map(|message| artifact(message.ok()?));
    let made = artifacts.filter_map(|artifact| {
        let target = Target::found(package_name(&artifact.package_id.repr), &artifact.target)?;
        Some(Executable {
            target,
            file: artifact.executable?.into(),
            link: None,
        })
    });
    made.collect()
}

/// Returns the package name in a package id: `path+file:///folder#name@1.0.0`, or `path+file:///folder/name#1.0.0` if
/// the folder has the name of the package.
fn package_name(id: &str) -> &str {
    let (source, fragment) = id.rsplit_once('#').unwrap_or(("", id));
    match fragment.split_once('@') {
        Some((name, _)) => name,
        None => source.rsplit('/').next().unwrap_or(source),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_the_executables_among_cargos_messages() {
        let artifact = |package: &str, kind: &str, name: &str, executable: Option<&str>| {
            let target = json!({"kind": [kind], "crate_types": [kind], "name": name, "src_path": "/w/main.rs"});
            let profile = json!({"opt_level": "3", "debug_assertions": false, "overflow_checks": false, "test": false});
            json!({"reason": "compiler-artifact", "package_id": package, "manifest_path": "/w/Cargo.toml",
                "target": target, "profile": profile, "features": [], "filenames": [], "executable": executable,
                "fresh": false})
        };
        let messages = [
            artifact("path+file:///w/engine#0.1.0", "lib", "engine", None).to_string(),
            "not json".to_owned(),
            artifact(
                "path+file:///w/suite#my-suite@0.1.0",
                "bin",
                "probe",
                Some("/t/release/probe"),
            )
            .to_string(),
            artifact(
                "path+file:///w/other#0.1.0",
                "bench",
                "probe",
                Some("/t/release/deps/probe-1"),
            )
            .to_string(),
            r#"{"reason":"build-finished","success":true}"#.to_owned(),
        ];
        let made = |package: &str, kind: &str, path: &str| Executable {
            target: Target {
                package: package.to_owned(),
                kind: kind.to_owned(),
                name: "probe".to_owned(),
            },
            file: path.into(),
            link: None,
        };
        assert_eq!(
            executables(messages.join("\n").as_bytes()),
            [
                made("my-suite", "bin", "/t/release/probe"),
                made("other", "bench", "/t/release/deps/probe-1")
            ]
        );
    }

    #[test]
    fn a_copied_program_does_not_change_with_a_later_build() {
        let folder = tempfile::tempdir().expect("a folder");
        let probe = folder.path().join("probe");
        fs::write(&probe, "then").expect("written");
        let program = Program::Bin {
            package: "a".to_owned(),
            name: "probe".to_owned(),
        };
        let target = Target::of(&program).expect("cargo builds it");
        let built = vec![Executable {
            target,
            file: probe.clone(),
            link: None,
        }];
        let kept_build = tempfile::tempdir().expect("a folder");
        let programs = Programs::ready(folder.path().to_owned(), built)
            .set_aside(kept_build.path())
            .expect("copied");
        fs::write(&probe, "now").expect("written");
        let command = programs.command(&program);
        assert_eq!(
            fs::read_to_string(command.get_program()).expect("there"),
            "then"
        );
        assert_eq!(command.get_current_dir(), Some(folder.path()));
    }

    #[test]
    fn one_command_builds_all_targets() {
        let bin = Program::Bin {
            package: "a".to_owned(),
            name: "probe".to_owned(),
        };
        let bench = |package: &str, name: &str| Program::Bench {
            package: package.to_owned(),
            name: name.to_owned(),
        };
        let programs = [
            bin,
            Program::Command(vec!["there".to_owned()]),
            bench("a", "heap"),
            bench("b", "time"),
        ];
        let targets: Vec<Target> = programs.iter().filter_map(Target::of).collect();
        let call = build_call(OsStr::new("cargo"), Path::new("/"), &targets)
            .expect("three are to be built");
        let words: Vec<&str> = call.get_args().filter_map(OsStr::to_str).collect();
        assert_eq!(
            words.join(" "),
            "build --release --package a --package b --bin probe --bench heap --bench time \
             --message-format=json-render-diagnostics"
        );
        assert!(build_call(OsStr::new("cargo"), Path::new("/"), &[]).is_none());
    }
}
