//! Builds a revision's programs in the shared target folder and sets them aside.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::error::{CheckoutError, FileError, at, tells_full_disk};
use super::held;
use super::lock::Lock;
use super::shelf::Shelf;
use super::slot::{Slot, removed};
use crate::child;
use crate::programs::{Target, build_call, executables, told};
use crate::project::Project;

/// What of cargo's messages is passed on to standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CargoOutput {
    /// All of them.
    Progress,
    /// What is wrong.
    Errors,
    /// Nothing; errors are told by [`CheckoutError::Build`] alone.
    Nothing,
}

/// A build of one revision.
pub(super) struct Build<'a> {
    pub(super) cargo: &'a OsStr,
    /// The toolchain for both sides, if rustup has a name for it.
    pub(super) toolchain: Option<OsString>,
    pub(super) slot: &'a Slot,
    /// What is built, and where it is set aside.
    pub(super) shelf: &'a Shelf,
    pub(super) project: &'a Project,
    /// How the revision is called in errors.
    pub(super) revision: String,
    /// The folder of all bases.
    pub(super) bases: &'a Path,
    /// Held by cargo, too.
    pub(super) lock: &'a Lock,
    pub(super) output: CargoOutput,
}

impl Build<'_> {
    /// Builds the programs and sets them aside, after making sure that the revision has them all.
    pub(super) fn run(&self) -> Result<(), CheckoutError> {
        let wanted = &self.shelf.targets;
        self.find(wanted)?;
        claim(&self.bases.join("build"), self.slot).map_err(|error| self.failed(error))?;
        self.build(wanted)
    }

    /// Asks cargo whether the revision has the programs, which tells a revision without them from one that does not build.
    fn find(&self, wanted: &[Target]) -> Result<(), CheckoutError> {
        if wanted.is_empty() {
            return Ok(());
        }
        let mut cargo = Command::new(self.cargo);
        cargo.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(&self.project.root);
        let said = self.cargo(&mut cargo, "its workspace")?;
        let workspace: Value = serde_json::from_slice(&said.stdout).unwrap_or_default();
        let has = |target: &Target| {
            let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
            list(&workspace["packages"]).iter().filter(|package| package["name"] == target.package.as_str()).any(
                |package| {
                    list(&package["targets"]).iter().any(|found| {
                        found["name"] == target.name.as_str()
                            && list(&found["kind"]).iter().any(|kind| kind == target.kind.as_str())
                    })
                },
            )
        };
        match wanted.iter().find(|target| !has(target)) {
            Some(target) => Err(CheckoutError::NoHarness {
                revision: self.revision.clone(),
                missing: format!("there is no {} {}", target.kind, target),
            }),
            None => Ok(()),
        }
    }

    fn build(&self, wanted: &[Target]) -> Result<(), CheckoutError> {
        let Some(mut cargo) = build_call(self.cargo, &self.project.root, wanted) else { return Ok(()) };
        cargo.arg("--target-dir").arg(self.bases.join("build"));
        match self.output {
            CargoOutput::Progress if io::stderr().is_terminal() => cargo.args(["--color", "always"]),
            CargoOutput::Progress => &mut cargo,
            CargoOutput::Errors | CargoOutput::Nothing => cargo.arg("--quiet"),
        };
        let made = executables(&self.cargo(&mut cargo, &told(wanted))?.stdout);
        // The binaries that a bench starts were built with it. They are there before the bench is, and for good: the next
        // revision puts its own where cargo has put them.
        for companion in made.iter().filter(|made| made.target.kind == "bin" && !wanted.contains(&made.target)) {
            self.set_aside(&companion.path, &self.shelf.companion(&companion.target.name))?;
        }
        wanted.iter().try_for_each(|target| {
            let found = made.iter().find(|made| made.target == *target);
            let missing = || CheckoutError::Missing { revision: self.revision.clone(), what: target.to_string() };
            self.set_aside(&found.ok_or_else(missing)?.path, &self.shelf.program(target))
        })
    }

    /// Runs cargo, and tells what it complains of.
    fn cargo(&self, cargo: &mut Command, what: &str) -> Result<held::Said, CheckoutError> {
        // Not the user's repository, which lies around the sources but is at another revision.
        cargo.env("GIT_CEILING_DIRECTORIES", &self.slot.folder);
        // Where a user keeps intermediate artefacts elsewhere, those of another revision must not be taken from there.
        cargo.env("CARGO_BUILD_BUILD_DIR", self.bases.join("build"));
        if let Some(toolchain) = &self.toolchain {
            cargo.env("RUSTUP_TOOLCHAIN", toolchain);
        }
        // A bench of gungraun (iai-callgrind) is built with the path of its runner in it. By default that is where cargo puts the
        // newest one, which may be another revision's by the time the bench runs.
        if std::env::var_os("GUNGRAUN_RUNNER").is_none() {
            cargo.env("GUNGRAUN_RUNNER", self.shelf.companion("gungraun-runner"));
        }
        let said = held::run(cargo, self.lock, self.output != CargoOutput::Nothing);
        if child::stopped() {
            return Err(CheckoutError::Interrupted);
        }
        let program = || self.cargo.to_string_lossy().into_owned();
        let said = said.map_err(|source| CheckoutError::NoTool { program: program(), source })?;
        if said.status.success() {
            return Ok(said);
        }
        if tells_full_disk(&said.stderr) {
            return Err(CheckoutError::Full { revision: self.revision.clone(), folder: self.bases.to_owned() });
        }
        Err(CheckoutError::Build {
            revision: self.revision.clone(),
            what: what.to_owned(),
            complaint: complaint(&said.stderr).unwrap_or_else(|| said.status.to_string()),
            said: last_lines(&said.stderr),
        })
    }

    /// Copies a program, whole or not at all.
    fn set_aside(&self, from: &Path, to: &Path) -> Result<(), CheckoutError> {
        let folder = to.parent().unwrap_or(Path::new("."));
        let copied = fs::create_dir_all(folder).and_then(|()| {
            let unfinished = tempfile::Builder::new().prefix(".unfinished-").tempfile_in(folder)?.into_temp_path();
            fs::copy(from, &unfinished)?;
            unfinished.persist(to).map_err(|error| error.error)
        });
        copied.map_err(|error| self.failed(at("write", to)(error)))
    }

    fn failed(&self, error: FileError) -> CheckoutError {
        error.of(&self.revision, self.bases)
    }
}

/// Makes a slot's sources newer than whatever was built for another one, and notes in the target folder whose build is
/// next.
fn claim(build: &Path, slot: &Slot) -> Result<(), FileError> {
    let last = build.join("built-for");
    let name = slot.folder.as_os_str().as_encoded_bytes();
    if fs::read(&last).is_ok_and(|built_for| built_for == name) {
        return Ok(());
    }
    // Until all sources are newer nobody's name is there: if it were this one's, the next build after an interruption
    // would take another revision's artefacts for fresh.
    removed(fs::remove_file(&last)).map_err(at("remove", &last))?;
    slot.refresh()?;
    // Written before the build: whatever that leaves behind when it is interrupted is this revision's.
    crate::whole_file::write(&last, name).map_err(at("write", &last))
}

/// The first error that cargo or the compiler tells, without colour.
fn complaint(stderr: &str) -> Option<String> {
    let plain = anstream::adapter::strip_str(stderr).to_string();
    let line = plain.lines().map(str::trim).find(|line| line.starts_with("error"))?;
    Some(line.to_owned())
}

fn last_lines(stderr: &str) -> String {
    let plain = anstream::adapter::strip_str(stderr).to_string();
    let lines: Vec<&str> = plain.trim_end().lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn whoever_could_not_make_its_sources_newer_is_not_taken_for_the_last_that_was_built() {
        let bases = tempfile::tempdir().expect("a folder");
        let build = bases.path().join("build");
        let slot = |name: &str| Slot::open(bases.path().join(name), &|_| {}).expect("free");
        let (one, other) = (slot("one"), slot("other"));
        let built_for = || fs::read_to_string(build.join("built-for")).ok();
        fs::create_dir_all(other.source()).expect("made");
        claim(&build, &other).expect("claimed");
        assert_eq!(built_for().as_deref(), other.folder.to_str());
        // Its sources are not there.
        claim(&build, &one).expect_err("nothing to make newer");
        assert_eq!(built_for(), None);

        let (file, old) = (one.source().join("file"), SystemTime::UNIX_EPOCH);
        fs::create_dir_all(one.source()).expect("made");
        let age = || fs::File::create(&file).and_then(|file| file.set_modified(old)).expect("written");
        let changed = || fs::metadata(&file).and_then(|file| file.modified()).expect("there");
        age();
        claim(&build, &one).expect("claimed");
        assert_ne!(changed(), old, "what failed before is made up for");
        assert_eq!(built_for().as_deref(), one.folder.to_str());
        age();
        claim(&build, &one).expect("claimed");
        assert_eq!(changed(), old, "what was built for it is still fresh");
    }

    #[test]
    fn the_first_error_is_told_and_the_last_lines_are_kept() {
        let said =
            format!("   Compiling a\n\u{1b}[31merror[E0425]\u{1b}[0m: no x\n{}error: could not\n", "l\n".repeat(30));
        assert_eq!(complaint(&said).as_deref(), Some("error[E0425]: no x"));
        assert_eq!(complaint("killed"), None);
        assert!(last_lines(&said).lines().count() == 20 && last_lines(&said).ends_with("error: could not"));
    }
}
