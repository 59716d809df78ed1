//! Builds the programs that measure, and finds the files that cargo made of them.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;
use std::{fmt, fs};

use harness_record::distinct::distinct;
use serde_json::Value;
use thiserror::Error;

use crate::process::Child;
use crate::project::{Program, Project};

/// Programs that are ready to be started.
#[derive(Debug)]
pub struct Programs {
    root: PathBuf,
    built: HashMap<(String, String), PathBuf>,
    links: HashMap<(String, String), PathBuf>,
    model: Option<PathBuf>,
}

/// Tells a program which folder holds the model that it is to run on.
const MODEL_VARIABLE: &str = "HARNESS_MODEL";

/// Tells cargo whether local packages are built incrementally.
const INCREMENTAL_VARIABLE: &str = "CARGO_INCREMENTAL";

/// A program that cannot be had.
#[derive(Debug, Error)]
pub enum ProgramError {
    /// Cargo could not be started.
    #[error("cannot start cargo: {0}; the harness builds what it measures with it")]
    NoCargo(std::io::Error),
    /// The build failed.
    #[error("building {0} failed; cargo's own message is above")]
    Build(String),
    /// The build made no such program.
    #[error("building {0} made no program of that name; harness.toml may name the wrong one")]
    Missing(String),
}

impl Programs {
    /// Builds those of the programs that are packages of the workspace, in release mode. Cargo's progress goes to
    /// standard error, unless `quiet`.
    ///
    /// # Errors
    /// If cargo is missing or the build fails.
    pub fn build(project: &Project, programs: &[&Program], quiet: bool) -> Result<Self, ProgramError> {
        Self::build_with(project, programs, quiet, |_| ())
    }

    /// Builds them as [`Self::build`] does, incrementally unless the user's environment says otherwise: what a change does
    /// not reach is taken from the last such build. The code differs a little from that of a build as a whole (other
    /// units, other inlining), so the two are not to be held against each other; cargo keeps both side by side.
    ///
    /// # Errors
    /// As [`Self::build`].
    pub fn build_incrementally(project: &Project, programs: &[&Program], quiet: bool) -> Result<Self, ProgramError> {
        Self::build_with(project, programs, quiet, |cargo| {
            if std::env::var_os(INCREMENTAL_VARIABLE).is_none() {
                cargo.env(INCREMENTAL_VARIABLE, "1");
            }
        })
    }

    fn build_with(
        project: &Project,
        programs: &[&Program],
        quiet: bool,
        prepare: impl FnOnce(&mut Command),
    ) -> Result<Self, ProgramError> {
        let mut built = HashMap::new();
        let wanted: Vec<Target> = programs.iter().copied().filter_map(Target::of).collect();
        if let Some(mut cargo) = build_call(&cargo(), &project.root, &wanted) {
            if quiet {
                cargo.arg("--quiet");
            }
            prepare(&mut cargo);
            let (status, messages) = finish(&mut cargo).map_err(ProgramError::NoCargo)?;
            if !status.success() {
                return Err(ProgramError::Build(told(&wanted)));
            }
            let made = executables(&messages);
            for target in wanted {
                let made = made.iter().find(|made| made.target == target);
                let path = made.ok_or_else(|| ProgramError::Missing(target.to_string()))?.path.clone();
                built.insert((target.package, target.name), path);
            }
        }
        Ok(Self::ready(project.root.clone(), built))
    }

    /// The same programs, told to run on the model in a folder.
    pub fn on_model(self, folder: Option<&Path>) -> Self {
        Self { model: folder.map(Path::to_path_buf), ..self }
    }

    /// Programs of the checkout at `root` that were built before: by package and name, the file of each.
    pub fn ready(root: PathBuf, built: HashMap<(String, String), PathBuf>) -> Self {
        Self { root, built, links: HashMap::new(), model: None }
    }

    /// The same programs, with the archives of their links: by package and name, the file of each.
    pub fn with_links(self, links: HashMap<(String, String), PathBuf>) -> Self {
        Self { links, ..self }
    }

    /// The file of a program, if it was built.
    pub fn file(&self, program: &Program) -> Option<&Path> {
        self.built.get(&key(program)?).map(PathBuf::as_path)
    }

    /// The archive of the inputs of a program's link, if the linker wrote one.
    pub fn link(&self, program: &Program) -> Option<&Path> {
        self.links.get(&key(program)?).map(PathBuf::as_path)
    }

    /// The files that cargo made, in an order that does not change.
    pub fn files(&self) -> Vec<&Path> {
        let mut files: Vec<&Path> = self.built.values().map(PathBuf::as_path).collect();
        files.sort_unstable();
        files
    }

    /// The same programs, copied into a folder: a later build cannot exchange them.
    ///
    /// # Errors
    /// If one cannot be copied.
    pub fn set_aside(self, folder: &Path) -> io::Result<Self> {
        let mut built = HashMap::new();
        for (place, (target, path)) in self.built.into_iter().enumerate() {
            let kept = folder.join(format!("{place}-{}", target.1));
            fs::copy(&path, &kept)?;
            built.insert(target, kept);
        }
        Ok(Self { built, ..self })
    }

    /// A command that starts a program that was built, or is there already.
    pub fn command(&self, program: &Program) -> Command {
        let mut command = match program {
            Program::Bin { name, .. } | Program::Bench { name, .. } => {
                Command::new(self.file(program).unwrap_or(Path::new(name)))
            }
            Program::Command(words) => {
                let program = words.first().map(String::as_str).unwrap_or_default();
                // A name with a slash in it is relative to the project; a bare one is looked up as the shell would.
                let mut command = match program.contains('/') {
                    true => Command::new(self.root.join(program)),
                    false => Command::new(program),
                };
                command.args(words.iter().skip(1));
                command
            }
        };
        command.current_dir(&self.root);
        if let Some(model) = &self.model {
            command.env(MODEL_VARIABLE, model);
        }
        command
    }
}

/// Package and name of a program that is built.
fn key(program: &Program) -> Option<(String, String)> {
    match program {
        Program::Bin { package, name } | Program::Bench { package, name } => Some((package.clone(), name.clone())),
        Program::Command(_) => None,
    }
}

/// The cargo that builds: the one that started us, if one did.
pub(crate) fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Runs cargo to its end, which it may take its time for, with its messages on our standard error: how it ended, and what it
/// printed.
pub(crate) fn finish(cargo: &mut Command) -> io::Result<(ExitStatus, Vec<u8>)> {
    printed(cargo.stderr(Stdio::inherit()))
}

/// Runs a program to its end, however long it takes: how it ended, and all that it printed.
pub(crate) fn printed(command: &mut Command) -> io::Result<(ExitStatus, Vec<u8>)> {
    let mut child = Child::start(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
    let mut said = Vec::new();
    if let Some(mut stdout) = child.stdout() {
        stdout.read_to_end(&mut said)?;
    }
    child.wait(Duration::MAX);
    Ok((child.end()?, said))
}

/// What cargo builds a program from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// Its package.
    pub(crate) package: String,
    /// `bin` or `bench`.
    pub(crate) kind: String,
    /// Its name.
    pub(crate) name: String,
}

impl Target {
    /// The target that a program is built from, if it is built at all.
    pub(crate) fn of(program: &Program) -> Option<Self> {
        let (package, kind, name) = match program {
            Program::Bin { package, name } => (package, "bin", name),
            Program::Bench { package, name } => (package, "bench", name),
            Program::Command(_) => return None,
        };
        Some(Self { package: package.clone(), kind: kind.to_owned(), name: name.clone() })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of package {}", self.name, self.package)
    }
}

/// All of them in one sentence.
pub(crate) fn told(targets: &[Target]) -> String {
    targets.iter().map(Target::to_string).collect::<Vec<_>>().join(", ")
}

/// The call of cargo that builds programs in release mode, the same for every revision; none if there is nothing to
/// build. One call for all: what they share is then built once, and with the same features.
pub(crate) fn build_call(cargo: &OsStr, root: &Path, targets: &[Target]) -> Option<Command> {
    let mut command = Command::new(cargo);
    command.args(["build", "--release"]);
    // Cargo looks for every name in every package, which may make more than was asked for, never less.
    for package in distinct(targets.iter().map(|target| &target.package)) {
        command.args(["--package", package]);
    }
    for target in targets {
        command.args([format!("--{}", target.kind), target.name.clone()]);
    }
    command.arg("--message-format=json-render-diagnostics").current_dir(root);
    (!targets.is_empty()).then_some(command)
}

/// A program that cargo has made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Made {
    /// What it was made from.
    pub(crate) target: Target,
    /// Its file.
    pub(crate) path: PathBuf,
}

/// The programs that cargo's messages name.
pub(crate) fn executables(messages: &[u8]) -> Vec<Made> {
    String::from_utf8_lossy(messages)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact")
        .filter_map(|message| {
            let text = |value: &Value| value.as_str().map(str::to_owned);
            let target = Target {
                package: package_name(message["package_id"].as_str()?).to_owned(),
                kind: text(&message["target"]["kind"][0])?,
                name: text(&message["target"]["name"])?,
            };
            Some(Made { target, path: message["executable"].as_str()?.into() })
        })
        .collect()
}

/// The name in a package id: `path+file:///folder#name@1.0.0`, or `path+file:///folder/name#1.0.0` where the folder is
/// called as the package is.
fn package_name(id: &str) -> &str {
    let (source, fragment) = id.rsplit_once('#').unwrap_or(("", id));
    match fragment.split_once('@') {
        Some((name, _)) => name,
        None => source.rsplit('/').next().unwrap_or(source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_executables_among_cargos_messages() {
        let messages = br#"{"reason":"compiler-artifact","package_id":"path+file:///w/engine#0.1.0","target":{"kind":["lib"],"name":"engine"},"executable":null}
not json
{"reason":"compiler-artifact","package_id":"path+file:///w/suite#my-suite@0.1.0","target":{"kind":["bin"],"name":"probe"},"executable":"/t/release/probe"}
{"reason":"compiler-artifact","package_id":"path+file:///w/other#0.1.0","target":{"kind":["bench"],"name":"probe"},"executable":"/t/release/deps/probe-1"}
{"reason":"build-finished","success":true}"#;
        let made = |package: &str, kind: &str, path: &str| Made {
            target: Target { package: package.to_owned(), kind: kind.to_owned(), name: "probe".to_owned() },
            path: path.into(),
        };
        assert_eq!(
            executables(messages),
            [made("my-suite", "bin", "/t/release/probe"), made("other", "bench", "/t/release/deps/probe-1")]
        );
    }

    #[test]
    fn a_program_that_was_set_aside_is_what_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let probe = folder.path().join("probe");
        fs::write(&probe, "then").expect("written");
        let program = Program::Bin { package: "a".to_owned(), name: "probe".to_owned() };
        let built = HashMap::from([(("a".to_owned(), "probe".to_owned()), probe.clone())]);
        let kept_build = tempfile::tempdir().expect("a folder");
        let programs = Programs::ready(folder.path().to_owned(), built).set_aside(kept_build.path()).expect("copied");
        fs::write(&probe, "now").expect("written");
        let command = programs.command(&program);
        assert_eq!(fs::read_to_string(command.get_program()).expect("there"), "then");
        assert_eq!(command.get_current_dir(), Some(folder.path()));
    }

    #[test]
    fn one_call_builds_what_is_there_to_build() {
        let bin = Program::Bin { package: "a".to_owned(), name: "probe".to_owned() };
        let bench = |package: &str, name: &str| Program::Bench { package: package.to_owned(), name: name.to_owned() };
        let programs = [bin, Program::Command(vec!["there".to_owned()]), bench("a", "heap"), bench("b", "time")];
        let targets: Vec<Target> = programs.iter().filter_map(Target::of).collect();
        let call = build_call(OsStr::new("cargo"), Path::new("/"), &targets).expect("three are to be built");
        let words: Vec<&str> = call.get_args().filter_map(OsStr::to_str).collect();
        assert_eq!(
            words.join(" "),
            "build --release --package a --package b --bin probe --bench heap --bench time \
             --message-format=json-render-diagnostics"
        );
        assert!(build_call(OsStr::new("cargo"), Path::new("/"), &[]).is_none());
    }
}
