//! The targets of cargo that programs are built from, and the calls that build them.

use std::ffi::OsStr;
use std::fmt;
use std::path::Path;
use std::process::Command;

use cargo_metadata::Package;
use itertools::Itertools;

use crate::project::{CargoProgram, Program};

/// A target of cargo: a binary or a bench of a package, built with some features.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    /// Package name.
    pub(crate) package: String,
    /// `bin` or `bench`.
    pub(crate) kind: String,
    /// Target name.
    pub(crate) name: String,
    /// Cargo features besides the default ones.
    pub(crate) features: Vec<String>,
}

impl Target {
    /// Returns the target of a program; `None` for an existing program.
    pub(crate) fn of(program: &Program) -> Option<Self> {
        let (kind, program) = match program {
            Program::Bin(program) => ("bin", program),
            Program::Bench(program) => ("bench", program),
            Program::Command(_) | Program::Commands { .. } => return None,
        };
        let CargoProgram {
            package,
            name,
            features,
            ..
        } = program;
        Some(Self {
            package: package.clone(),
            kind: kind.to_owned(),
            name: name.clone(),
            features: features.clone(),
        })
    }

    /// Returns the targets of those of the programs that cargo builds.
    pub(crate) fn all_of<'a>(programs: impl IntoIterator<Item = &'a Program>) -> Vec<Self> {
        programs.into_iter().filter_map(Self::of).collect()
    }

    /// Returns all targets of a package, without features.
    pub(crate) fn all_in(package: &Package) -> impl Iterator<Item = Self> {
        package
            .targets
            .iter()
            .filter_map(|target| Self::found(&package.name, target))
    }

    /// Returns the target that cargo describes, without features.
    pub(super) fn found(package: &str, target: &cargo_metadata::Target) -> Option<Self> {
        let kind = target.kind.first()?.to_string();
        Some(Self {
            package: package.to_owned(),
            kind,
            name: target.name.clone(),
            features: Vec::new(),
        })
    }

    /// Returns the same target without features.
    pub(crate) fn plain(&self) -> Self {
        Self {
            features: Vec::new(),
            ..self.clone()
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of package {}", self.name, self.package)?;
        if !self.features.is_empty() {
            write!(f, " with {}", self.features.join(" and "))?;
        }
        Ok(())
    }
}

/// Lists targets in a sentence.
pub(crate) fn told(targets: &[Target]) -> String {
    targets.iter().join(", ")
}

/// Groups targets into those that one call of cargo builds. One call for all targets without features builds shared
/// packages once and with the same features. Features apply to every package of a call, so each package that needs
/// some has a call of its own.
pub(crate) fn calls(targets: &[Target]) -> Vec<Vec<Target>> {
    let call = |target: &Target| {
        let package = (!target.features.is_empty()).then(|| target.package.clone());
        (package, target.features.clone())
    };
    let mut calls: Vec<Vec<Target>> = Vec::new();
    for target in targets.iter().unique() {
        match calls
            .iter_mut()
            .find(|other| call(&other[0]) == call(target))
        {
            Some(other) => other.push(target.clone()),
            None => calls.push(vec![target.clone()]),
        }
    }
    // The programs that are timed have no features in most projects; they come first.
    calls.sort_by_key(|call| !call[0].features.is_empty());
    calls
}

/// Creates the cargo command that builds the targets of one [call](calls) in release mode. The command is the same for
/// every revision.
pub(crate) fn build_call(cargo: &OsStr, root: &Path, targets: &[Target]) -> Command {
    let mut command = Command::new(cargo);
    command.args(["build", "--release"]);
    // Cargo searches every name in every package, so it may build more than requested, but never less.
    for package in targets.iter().map(|target| &target.package).unique() {
        command.args(["--package", &member(package)]);
    }
    for target in targets {
        command.args([format!("--{}", target.kind), target.name.clone()]);
    }
    for feature in targets.iter().flat_map(|target| &target.features).unique() {
        command.args(["--features", feature]);
        if feature.ends_with("/heap") {
            for package in OF_DHAT {
                let setting = format!("profile.release.package.{package}.opt-level=0");
                command.args(["--config", &setting]);
            }
        }
    }
    command
        .arg("--message-format=json-render-diagnostics")
        .current_dir(root);
    command
}

/// The dependencies of dhat that take long to optimize. A heap build has them without optimization, because its speed is
/// no figure. If the measured crate uses one of them, that part of it is not optimized there either.
const OF_DHAT: [&str; 5] = ["addr2line", "backtrace", "gimli", "miniz_oxide", "object"];
/// Returns a pattern that matches the package of this name in the workspace. A plain name is ambiguous if a dependency
/// has it, too: `itoa` is measured and also a dependency of the probe. Cargo compares patterns with the workspace only.
fn member(package: &str) -> String {
    let mut letters = package.chars();
    letters.next().map_or_else(String::new, |first| {
        format!("[{first}]{}", letters.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(package: &str, name: &str, features: &[&str]) -> CargoProgram {
        CargoProgram {
            package: package.to_owned(),
            name: name.to_owned(),
            features: features.iter().map(|&one| one.to_owned()).collect(),
            arguments: Vec::new(),
        }
    }

    fn words(programs: &[Program]) -> Vec<String> {
        let call = |targets: &Vec<Target>| {
            let call = build_call(OsStr::new("cargo"), Path::new("/"), targets);
            let words: Vec<&str> = call.get_args().filter_map(OsStr::to_str).collect();
            words.join(" ")
        };
        calls(&Target::all_of(programs)).iter().map(call).collect()
    }

    #[test]
    fn one_command_builds_all_targets() {
        let programs = [
            Program::Bin(built("a", "probe", &[])),
            Program::Command(vec!["there".to_owned()]),
            Program::Bench(built("a", "heap", &[])),
            Program::Bench(built("b", "time", &[])),
            Program::Bench(built("b", "time", &[])),
        ];
        assert_eq!(
            words(&programs),
            [
                "build --release --package [a] --package [b] --bin probe --bench heap --bench time \
                 --message-format=json-render-diagnostics"
            ]
        );
        assert!(words(&programs[1..2]).is_empty());
    }

    #[test]
    fn features_have_a_call_of_their_own_for_each_package() {
        let programs = [
            Program::Bench(built("a", "one", &["harness/heap"])),
            Program::Bench(built("a", "one", &[])),
            Program::Bench(built("b", "two", &[])),
            Program::Bench(built("b", "two", &["harness/heap"])),
        ];
        let message = "--message-format=json-render-diagnostics";
        assert_eq!(
            words(&programs),
            [
                format!(
                    "build --release --package [a] --package [b] --bench one --bench two {message}"
                ),
                format!(
                    "build --release --package [a] --bench one --features harness/heap {message}"
                ),
                format!(
                    "build --release --package [b] --bench two --features harness/heap {message}"
                ),
            ]
        );
    }
}
