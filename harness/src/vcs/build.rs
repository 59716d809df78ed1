//! Builds the programs of a side in the folder that all sides share, and stores them.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;

use cargo_metadata::Metadata;
use flate2::Compression;
use flate2::write::GzEncoder;
use harness_record::atomic_file;
use itertools::Itertools;

use crate::file_error::{FileError, at};
use crate::process;
use crate::programs::{Target, build_call, calls, executables, told};
use crate::terminal::colour;
use crate::vcs::build_cache::BuildCache;
use crate::vcs::checkout::Session;
use crate::vcs::error::{CheckoutError, tells_full_disk};
use crate::vcs::key::hash;
use crate::vcs::links::Links;
use crate::vcs::lock::Lock;
use crate::vcs::mirror::Tree;

/// The messages of cargo that are passed on to standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CargoOutput {
    /// All of them.
    Progress,
    /// Nothing. Errors are reported by [`CheckoutError::Build`] alone.
    Nothing,
}

/// Maximum number of lock files whose bench runners are kept.
const RUNNERS: usize = 8;

/// A build of one side.
pub(super) struct Build<'a> {
    /// The tools, and the folder of all bases.
    pub(super) session: &'a Session<'a>,
    /// The files of the side.
    pub(super) tree: &'a Tree,
    /// Their hash, if they may change during the build.
    pub(super) digest: Option<&'a [u8]>,
    /// The programs to build, and the folder that stores them.
    pub(super) build_cache: &'a BuildCache,
    /// Those of the programs that are timed; the others only count.
    pub(super) timed: &'a [Target],
    /// The name of the side in errors.
    pub(super) revision: &'a str,
    /// Cargo holds it, too.
    pub(super) lock: &'a Lock,
}

impl Build<'_> {
    /// Builds the programs and stores them, after checking that the side has all of them.
    pub(super) fn run(&self) -> Result<(), CheckoutError> {
        let wanted = &self.build_cache.targets;
        if wanted.is_empty() {
            return Ok(());
        }
        self.mirror()?;
        self.find(wanted)?;
        // The programs of a call are stored before the next one, which may overwrite them in cargo's target folder.
        calls(wanted).iter().try_for_each(|call| self.build(call))?;
        Ok(self.build_cache.finish()?)
    }

    /// Copies the files into the folder that every side is built in. Fails if they changed after they were hashed,
    /// because the programs are stored under that hash.
    fn mirror(&self) -> Result<(), CheckoutError> {
        let source = self.workshop().join("source");
        self.tree.mirror(&source)?;
        let Some(expected) = self.digest else {
            return Ok(());
        };
        match self.tree.mirrored(&source).digest()? == expected {
            true => Ok(()),
            false => Err(CheckoutError::Changed(self.revision.to_owned())),
        }
    }

    /// The folder that every side is built in, with cargo's target folder.
    fn workshop(&self) -> PathBuf {
        self.session.bases.join("build")
    }

    /// The project's folder among the copied sources.
    fn root(&self) -> PathBuf {
        self.session
            .checkouts
            .repository()
            .project_in(&self.workshop().join("source"))
    }

    /// Checks that the side has the programs, so that a missing program and a failed build have different messages.
    fn find(&self, wanted: &[Target]) -> Result<(), CheckoutError> {
        let source = self.workshop().join("source");
        let root = self.root();
        let mut folders = root
            .ancestors()
            .take_while(|folder| folder.starts_with(&source));
        if !folders.any(|folder| folder.join("Cargo.toml").is_file()) {
            let missing = "there is no cargo package".to_owned();
            return Err(CheckoutError::NoHarness(self.revision.to_owned(), missing));
        }
        let mut cargo = Command::new(&self.session.checkouts.cargo);
        cargo
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .current_dir(root);
        let metadata = self.cargo(&mut cargo, "its workspace")?.stdout;
        let workspace: Option<Metadata> = serde_json::from_slice(&metadata).ok();
        let targets: Vec<Target> = workspace
            .iter()
            .flat_map(|workspace| &workspace.packages)
            .flat_map(Target::all_in)
            .collect();
        match wanted
            .iter()
            .find(|target| !targets.contains(&target.plain()))
        {
            Some(target) => {
                let missing = format!("there is no {} {}", target.kind, target.plain());
                Err(CheckoutError::NoHarness(self.revision.to_owned(), missing))
            }
            None => Ok(()),
        }
    }

    /// Builds the programs of one call of cargo, and stores them.
    fn build(&self, wanted: &[Target]) -> Result<(), CheckoutError> {
        let mut cargo = build_call(&self.session.checkouts.cargo, &self.root(), wanted);
        cargo
            .arg("--target-dir")
            .arg(self.workshop().join("target"));
        let links = Links::prepare(
            self.workshop().join("links"),
            Path::new(&self.session.checkouts.rustc),
        )
        .map_err(at("compile the wrapper of rustc in", self.workshop()))?;
        let timed = wanted.iter().filter(|target| self.timed.contains(target));
        links.keep(&mut cargo, timed.map(|target| target.name.as_str()));
        let runners = self.runners()?;
        // A bench of gungraun (iai-callgrind) contains the path of its runner. Both sides get the same path if they
        // lock the same version, so that equal sources make equal benches.
        if std::env::var_os("GUNGRAUN_RUNNER").is_none() {
            cargo.env("GUNGRAUN_RUNNER", runners.join("gungraun-runner"));
        }
        match self.session.output {
            CargoOutput::Progress if colour::is_on_stderr() => cargo.args(["--color", "always"]),
            CargoOutput::Progress => cargo.args(colour::option_of_cargo().into_iter().flatten()),
            CargoOutput::Nothing => cargo.arg("--quiet"),
        };
        let made = executables(
            &self.cargo(&mut cargo, &told(wanted))?.stdout,
            &wanted[0].features,
        );
        // The binaries that a bench starts were built in the same call. They are copied before the bench is: the build
        // of the next side overwrites them in cargo's target folder.
        for runner in made
            .iter()
            .filter(|made| made.target.kind == "bin" && !wanted.contains(&made.target))
        {
            set_aside(&runner.file, &runners.join(&runner.target.name))?;
            self.build_cache.note_runners(&runners)?;
        }
        wanted.iter().try_for_each(|target| {
            let found = made.iter().find(|made| made.target == *target);
            let missing = || CheckoutError::Missing(self.revision.to_owned(), target.to_string());
            let path = &found.ok_or_else(missing)?.file;
            let archive = links
                .of(&target.name, path)
                .filter(|_| self.timed.contains(target));
            if let Some(archive) = archive {
                set_link_aside(&archive, &self.build_cache.link(target))?;
            }
            Ok(set_aside(path, &self.build_cache.program(target))?)
        })
    }

    /// The folder for the programs that the benches of this lock file start.
    fn runners(&self) -> Result<PathBuf, FileError> {
        let lock = fs::read(self.root().join("Cargo.lock")).unwrap_or_default();
        let all = self.session.bases.join("runners");
        let folder = all.join(hash(&[
            lock,
            self.session.toolchain.version.clone().into_bytes(),
        ]));
        let made = || -> io::Result<()> {
            fs::create_dir_all(&folder)?;
            File::open(&folder)?.set_modified(SystemTime::now())?;
            let others = fs::read_dir(&all)?
                .flatten()
                .map(|entry| entry.path())
                .filter(|path| *path != folder);
            let used =
                others.filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path)));
            let mut surplus = used.sorted().rev().skip(RUNNERS - 1);
            surplus.try_for_each(|(_, path)| fs::remove_dir_all(path))
        };
        made().map_err(at("write", &folder))?;
        Ok(folder)
    }

    /// Runs cargo, and turns a failure into an error.
    fn cargo(&self, cargo: &mut Command, what: &str) -> Result<Output, CheckoutError> {
        // Hides the user's repository, which lies around the sources but is at another revision.
        cargo.env("GIT_CEILING_DIRECTORIES", self.workshop());
        // The user may have configured another folder for intermediate artefacts, which must not be shared with other
        // builds.
        cargo.env("CARGO_BUILD_BUILD_DIR", self.workshop().join("target"));
        if let Some(toolchain) = &self.session.toolchain.name {
            cargo.env("RUSTUP_TOOLCHAIN", toolchain);
        }
        let program = &self.session.checkouts.cargo;
        let output = self
            .lock
            .run(cargo, self.session.output != CargoOutput::Nothing);
        if process::stopped() {
            return Err(CheckoutError::Interrupted);
        }
        let output = output.map_err(|error| {
            CheckoutError::NoTool(program.to_string_lossy().into_owned(), error)
        })?;
        let revision = self.revision.to_owned();
        if output.status.success() {
            return Ok(output);
        }
        if tells_full_disk(&output.stderr) {
            return Err(CheckoutError::Full {
                revision,
                folder: self.session.bases.to_owned(),
            });
        }
        let plain = anstream::adapter::strip_bytes(&output.stderr).into_vec();
        let plain = String::from_utf8_lossy(&plain);
        let complaint = complaint(&plain).map_or_else(|| output.status.to_string(), str::to_owned);
        Err(CheckoutError::Build {
            revision,
            what: what.to_owned(),
            complaint,
            said: last_lines(&plain),
        })
    }
}

/// Copies a program atomically.
fn set_aside(from: &Path, to: &Path) -> Result<(), FileError> {
    let copy = || -> io::Result<()> {
        let unfinished = atomic_file::temporary(to)?;
        fs::copy(from, unfinished.path())?;
        unfinished.persist(to)?;
        Ok(())
    };
    copy().map_err(at("write", to))
}

/// Stores the archive of a link, compressed.
fn set_link_aside(from: &Path, to: &Path) -> Result<(), FileError> {
    let compress = || -> io::Result<()> {
        let mut unfinished = atomic_file::temporary(to)?;
        let mut packed = GzEncoder::new(
            BufWriter::new(unfinished.as_file_mut()),
            Compression::fast(),
        );
        io::copy(&mut File::open(from)?, &mut packed)?;
        packed.finish()?.into_inner()?;
        unfinished.persist(to)?;
        Ok(())
    };
    compress().map_err(at("write", to))
}

/// The first error line of cargo or the compiler.
fn complaint(stderr: &str) -> Option<&str> {
    stderr
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with("error"))
}

fn last_lines(stderr: &str) -> String {
    let lines = stderr.trim_end().lines().collect_vec();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_and_the_last_lines_are_kept() {
        let stderr = format!(
            "   Compiling a\nerror[E0425]: no x\n{}error: could not\n",
            "l\n".repeat(30)
        );
        assert_eq!(complaint(&stderr), Some("error[E0425]: no x"));
        assert_eq!(complaint("killed"), None);
        assert!(
            last_lines(&stderr).lines().count() == 20
                && last_lines(&stderr).ends_with("error: could not")
        );
    }
}
