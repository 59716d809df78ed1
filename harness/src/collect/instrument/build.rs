//! The time that cargo needs to build the package of the timed program again, with its dependencies built.
//!
//! The sources of the package's library and of the program get a new time of modification, so that cargo compiles both
//! again. Afterwards they get the old one back, so that the next build of the user finds nothing changed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use cargo_metadata::{Message, MetadataCommand, TargetKind};
use harness_probe::Instrument;
use harness_probe::protocol::Description;
use harness_record::metric::program::{BUILD, BUILDS};
use harness_record::{Check, Data, Reading};

use super::{BuiltProgram, Definition, InstrumentReader, Taken, each_phase};
use crate::process::run_to_end;
use crate::programs::{Target, build_call, cargo};

/// Number of builds. The shortest one counts: everything that disturbs a build makes it longer.
const REPEATS: usize = 3;

/// Times the build of a program.
struct Build<'a> {
    built: Option<BuiltProgram<'a>>,
    isa: &'a str,
}

pub(super) const DEFINITION: Definition = Definition {
    instrument: Instrument::Build,
    program: |suite| Some(&suite.probe),
    reader: |measurement| {
        Some(Box::new(Build {
            built: measurement.built,
            isa: measurement.isa,
        }))
    },
};

impl InstrumentReader for Build<'_> {
    fn instrument(&self) -> Instrument {
        Instrument::Build
    }

    fn expected_seconds(&self, runs: &[Option<f64>]) -> f64 {
        10.0 * (REPEATS * runs.len()) as f64
    }

    fn read(&self, _: &Description, phases: &[String], step: &dyn Fn(&str)) -> Vec<Taken> {
        each_phase(phases, step, |_| match self.shortest() {
            Ok(time) => Taken {
                reading: Ok(self.reading(time)),
                check: Some(Check::Unchecked),
            },
            Err(reason) => Taken::failed(reason),
        })
    }
}

impl Build<'_> {
    fn reading(&self, time: Duration) -> Reading {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let values = [(BUILD, nanoseconds), (BUILDS, REPEATS as u64)];
        let values = values.map(|(name, value)| (name.to_owned(), value));
        Reading {
            isa: self.isa.to_owned(),
            threads: 1,
            data: Data::Counts {
                counted_by: Instrument::Build,
                values: BTreeMap::from(values),
            },
        }
    }

    fn shortest(&self) -> Result<Duration, String> {
        let built = self
            .built
            .ok_or("the program is not built by the harness")?;
        let target = Target::of(built.program).ok_or("cargo does not build the program")?;
        let sources = sources(&built, &target)?;
        let mut times = Vec::new();
        for _ in 0..REPEATS {
            times.push(build(&built, &target, &sources)?);
        }
        let shortest = times.into_iter().min();
        shortest.ok_or_else(|| "nothing was built".to_owned())
    }
}

/// The main source files of the package's library and of the program.
fn sources(built: &BuiltProgram<'_>, target: &Target) -> Result<Vec<PathBuf>, String> {
    let metadata = MetadataCommand::new()
        .cargo_path(cargo())
        .current_dir(built.root)
        .no_deps()
        .exec()
        .map_err(|error| format!("cargo does not describe the package: {error}"))?;
    let package = metadata
        .packages
        .into_iter()
        .find(|package| *package.name == target.package)
        .ok_or_else(|| format!("there is no package {} in the workspace", target.package))?;
    let is_meant = |one: &cargo_metadata::Target| {
        let is_program =
            one.name == target.name && one.kind.iter().any(|kind| kind.to_string() == target.kind);
        is_program || one.kind.contains(&TargetKind::Lib)
    };
    let sources = package.targets.into_iter().filter(is_meant);
    Ok(sources.map(|one| one.src_path.into()).collect())
}

/// Builds the program once with changed sources, and returns the time that cargo needs.
fn build(
    built: &BuiltProgram<'_>,
    target: &Target,
    sources: &[PathBuf],
) -> Result<Duration, String> {
    let touched: Vec<Touched> = sources
        .iter()
        .map(|source| {
            Touched::new(source)
                .map_err(|error| format!("cannot change the time of {}: {error}", source.display()))
        })
        .collect::<Result<_, _>>()?;
    let mut call = build_call(&cargo(), built.root, std::slice::from_ref(target));
    call.arg("--quiet").stdin(Stdio::null());
    let begun = Instant::now();
    let output = output(call)?;
    let time = begun.elapsed();
    drop(touched);
    match is_compiled(&output, target) {
        true => Ok(time),
        false => Err(format!("cargo did not compile {target} again")),
    }
}

fn output(call: Command) -> Result<Vec<u8>, String> {
    let output = run_to_end(&mut { call }, |_| ())
        .map_err(|error| format!("cannot start cargo: {error}"))?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(format!("the build failed ({})", output.status)),
    }
}

/// True if cargo's messages state that it compiled the target.
fn is_compiled(messages: &[u8], target: &Target) -> bool {
    Message::parse_stream(messages).any(|message| match message {
        Ok(Message::CompilerArtifact(artifact)) => {
            artifact.target.name == target.name && artifact.executable.is_some() && !artifact.fresh
        }
        _ => false,
    })
}

/// A file whose time of modification is new until this is dropped.
struct Touched {
    file: File,
    before: SystemTime,
}

impl Touched {
    fn new(path: &PathBuf) -> std::io::Result<Self> {
        let before = fs::metadata(path)?.modified()?;
        let file = File::options().append(true).open(path)?;
        file.set_modified(SystemTime::now())?;
        Ok(Self { file, before })
    }
}

impl Drop for Touched {
    fn drop(&mut self) {
        // If it fails, the next build compiles the package once more than it had to.
        let _ = self.file.set_modified(self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Program;

    /// A package with a library and a program that uses it.
    fn package() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let manifest = "[package]\nname = 'small'\nversion = '0.1.0'\nedition = '2024'\n[workspace]\n[profile.release]\nopt-level = 0\n";
        for (path, text) in [
            ("Cargo.toml", manifest),
            ("src/lib.rs", "pub fn three() -> i32 { 3 }\n"),
            (
                "src/main.rs",
                "fn main() { println!(\"{}\", small::three()); }\n",
            ),
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
        folder
    }

    #[test]
    fn the_package_is_compiled_again_and_keeps_its_times() {
        let folder = package();
        let program: Program = toml::from_str::<BTreeMap<String, Program>>(
            "a = { bin = { package = 'small', name = 'small' } }",
        )
        .expect("valid")
        .remove("a")
        .expect("a program");
        let built = BuiltProgram {
            file: folder.path(),
            root: folder.path(),
            program: &program,
        };
        let target = Target::of(&program).expect("cargo builds it");
        let sources = sources(&built, &target).expect("two sources");
        assert_eq!(sources.len(), 2, "{sources:?}");
        let times = || -> Vec<SystemTime> {
            let time = |path: &PathBuf| {
                fs::metadata(path)
                    .expect("there")
                    .modified()
                    .expect("known")
            };
            sources.iter().map(time).collect()
        };
        let before = times();
        for _ in 0..2 {
            let time = build(&built, &target, &sources).expect("built");
            assert!(!time.is_zero());
        }
        assert_eq!(times(), before);
        fs::write(
            folder.path().join("src/lib.rs"),
            "pub fn three() -> i32 { \"\" }",
        )
        .expect("written");
        let error = build(&built, &target, &sources).expect_err("it does not compile");
        assert!(error.starts_with("the build failed"), "{error}");
    }
}
