//! Builds the programs that measure, and finds the files that cargo made of them.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;
use thiserror::Error;

use crate::child::Child;
use crate::project::{Program, Project};

/// Programs that are ready to be started.
#[derive(Debug)]
pub struct Programs {
    root: PathBuf,
    built: HashMap<(String, String), PathBuf>,
    model: Option<PathBuf>,
}

/// Tells a program which folder holds the model that it is to run on.
const MODEL_VARIABLE: &str = "HARNESS_MODEL";

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
        let mut built = HashMap::new();
        // One build for each package: cargo takes its target options for all packages of a call.
        for program in programs {
            let (Program::Bin { package, name } | Program::Bench { package, name }) = program else { continue };
            let kind = if matches!(program, Program::Bin { .. }) { "bin" } else { "bench" };
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let Some(mut cargo) = build_call(&cargo, &project.root, program) else { continue };
            if quiet {
                cargo.arg("--quiet");
            }
            let (status, messages) = finish(&mut cargo).map_err(ProgramError::NoCargo)?;
            let what = format!("{name} of package {package}");
            if !status.success() {
                return Err(ProgramError::Build(what));
            }
            let mut made = executables(&messages).into_iter();
            let made = made.find(|made| made.kind == kind && made.name == *name).ok_or(ProgramError::Missing(what))?;
            built.insert((package.clone(), name.clone()), made.path);
        }
        Ok(Self { root: project.root.clone(), built, model: None })
    }

    /// The same programs, told to run on the model in a folder.
    pub fn on_model(self, folder: Option<&Path>) -> Self {
        Self { model: folder.map(Path::to_path_buf), ..self }
    }

    /// Programs of the checkout at `root` that were built before: by package and name, the file of each.
    pub fn ready(root: PathBuf, built: HashMap<(String, String), PathBuf>) -> Self {
        Self { root, built, model: None }
    }

    /// A command that starts a program that was built, or is there already.
    pub fn command(&self, program: &Program) -> Command {
        let mut command = match program {
            Program::Bin { package, name } | Program::Bench { package, name } => {
                let path = self.built.get(&(package.clone(), name.clone()));
                Command::new(path.map_or(Path::new(name), PathBuf::as_path))
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

/// Runs cargo to its end, which it may take its time for: how it ended, and its messages.
pub(crate) fn finish(cargo: &mut Command) -> io::Result<(ExitStatus, Vec<u8>)> {
    let mut child = Child::start(cargo.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()))?;
    let mut messages = Vec::new();
    if let Some(mut stdout) = child.stdout() {
        stdout.read_to_end(&mut messages)?;
    }
    child.wait(Duration::MAX);
    Ok((child.end()?, messages))
}

/// The call of cargo that builds a program in release mode, the same for every revision; none if there is nothing to
/// build.
pub(crate) fn build_call(cargo: &OsStr, root: &Path, program: &Program) -> Option<Command> {
    let (kind, package, name) = match program {
        Program::Bin { package, name } => ("--bin", package, name),
        Program::Bench { package, name } => ("--bench", package, name),
        Program::Command(_) => return None,
    };
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "--package", package, kind, name]);
    command.arg("--message-format=json-render-diagnostics").current_dir(root);
    Some(command)
}

/// A program that cargo has made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Made {
    /// `bin` or `bench`.
    pub(crate) kind: String,
    /// Its name.
    pub(crate) name: String,
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
            let (kind, name) = (text(&message["target"]["kind"][0])?, text(&message["target"]["name"])?);
            Some(Made { kind, name, path: message["executable"].as_str()?.into() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_executables_among_cargos_messages() {
        let messages = br#"{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"engine"},"executable":null}
not json
{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"probe"},"executable":"/t/release/probe"}
{"reason":"compiler-artifact","target":{"kind":["bench"],"name":"probe"},"executable":"/t/release/deps/probe-1"}
{"reason":"build-finished","success":true}"#;
        let made = |kind: &str, path: &str| Made { kind: kind.to_owned(), name: "probe".to_owned(), path: path.into() };
        assert_eq!(executables(messages), [made("bin", "/t/release/probe"), made("bench", "/t/release/deps/probe-1")]);
    }
}
