//! Keeps the inputs of a program's link, so that the program can be linked again with its functions in another order.
//!
//! LLD, the linker that comes with rustc, writes all its inputs into an archive if the variable `LLD_REPRODUCE` names
//! one (<https://lld.llvm.org/>, option `--reproduce`). With one variable for the whole build, all links would write
//! the same file. So cargo gets a wrapper of rustc that sets another value for each program. This changes neither the
//! compiler flags nor the programs. The wrapper is compiled and not a script: Debian's shell drops variables such as
//! `CARGO_BIN_EXE_my-tool`, whose names it cannot represent. Any linker other than LLD ignores the variable; then there
//! is no archive.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{fs, io};

use harness_record::atomic_file;
use itertools::Itertools;

use crate::process;
use crate::programs::linked_from;

/// Variable that names the wrapper by which cargo starts rustc for the packages of a workspace.
const WRAPPER: &str = "RUSTC_WORKSPACE_WRAPPER";

/// Folder for the archives, read by the wrapper.
const FOLDER: &str = "HARNESS_LINKS";

/// Names of the crates whose links are kept, with commas between them, read by the wrapper.
const CRATES: &str = "HARNESS_LINKED_CRATES";

/// Time limit for compiling the wrapper.
const LIMIT: Duration = Duration::from_secs(60);

/// Source of the wrapper. It starts the rustc that its first argument names, with all further arguments.
const SOURCE: &str = r#"// Written by the harness. Starts rustc; LLD keeps the inputs of the links of the programs that are timed.
use std::os::unix::process::CommandExt;

fn main() {
    let words: Vec<std::ffi::OsString> = std::env::args_os().skip(1).collect();
    let value = |place: usize| words.get(place).and_then(|word| word.to_str()).unwrap_or_default();
    let places = || 0..words.len();
    let name = places().find(|&place| value(place) == "--crate-name").map(|place| value(place + 1));
    let extra = places().find_map(|place| value(place).strip_prefix("extra-filename="));
    let mut rustc = std::process::Command::new(words.first().map_or("rustc".as_ref(), |word| word.as_os_str()));
    rustc.args(words.iter().skip(1));
    let wanted = std::env::var("HARNESS_LINKED_CRATES").unwrap_or_default();
    if let (Some(name), Some(folder)) = (name, std::env::var_os("HARNESS_LINKS")) {
        if wanted.split(',').any(|wanted| wanted == name) {
            let archive = format!("{name}{}.tar", extra.unwrap_or_default());
            rustc.env("LLD_REPRODUCE", std::path::Path::new(&folder).join(archive));
        }
    }
    let error = rustc.exec();
    eprintln!("error: cannot start rustc: {error}");
    std::process::exit(101);
}
"#;

/// The stored links of the programs that are built in one folder.
#[derive(Debug)]
pub(super) struct Links {
    folder: PathBuf,
    wrapper: PathBuf,
}

impl Links {
    /// Uses a folder for the archives, and compiles the wrapper there unless it is up to date.
    ///
    /// # Errors
    /// If the folder cannot be written, or the wrapper does not compile.
    pub(super) fn prepare(folder: PathBuf, rustc: &Path) -> io::Result<Self> {
        let (source, wrapper) = (folder.join("wrapper.rs"), folder.join("rustc-wrapper"));
        if !wrapper.is_file() || !fs::read(&source).is_ok_and(|there| there == SOURCE.as_bytes()) {
            atomic_file::write(&source, SOURCE.as_bytes())?;
            let unfinished = folder.join(format!(".unfinished-{}", std::process::id()));
            let mut command = Command::new(rustc);
            command.args([
                "--edition",
                "2021",
                "-O",
                "--crate-name",
                "rustc_wrapper",
                "-o",
            ]);
            let output = process::output(command.arg(&unfinished).arg(&source), LIMIT)
                .map_err(io::Error::other)?;
            if !output.status.success() {
                let stderr = String::from_utf8_lossy(&output.stderr);
                return Err(io::Error::other(
                    stderr.lines().next().unwrap_or("rustc failed").to_owned(),
                ));
            }
            fs::rename(&unfinished, &wrapper)?;
        }
        Ok(Self { folder, wrapper })
    }

    /// Configures a call of cargo to keep the links of some targets. Nothing is kept if the user has set a wrapper.
    pub(super) fn keep<'a>(&self, cargo: &mut Command, targets: impl IntoIterator<Item = &'a str>) {
        // The wrapper is set even if nothing is kept: cargo would build everything again for another one.
        if std::env::var_os(WRAPPER).is_none() {
            cargo
                .env(WRAPPER, &self.wrapper)
                .env(FOLDER, &self.folder)
                .env(CRATES, targets.into_iter().map(crate_name).join(","));
        }
    }

    /// The archive of a program's link; none if the linker wrote no archive.
    pub(super) fn of(&self, target: &str, program: &Path) -> Option<PathBuf> {
        let name = self.file_name(program)?;
        let is_of = |name: &str| {
            let rest = name.strip_prefix(&crate_name(target));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        let archive = self.folder.join(format!("{name}.tar"));
        (is_of(&name) && archive.is_file()).then_some(archive)
    }

    /// The name that rustc gave a program.
    fn file_name(&self, program: &Path) -> Option<String> {
        let file = linked_from(program);
        let file = file.as_deref().unwrap_or(program);
        Some(file.file_name()?.to_str()?.to_owned())
    }
}

/// The name of a target's crate.
fn crate_name(target: &str) -> String {
    target.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(folder: &Path) -> Links {
        Links::prepare(folder.join("links"), Path::new("rustc")).expect("it compiles")
    }

    #[test]
    fn only_programs_that_are_timed_have_their_links_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let links = links(folder.path());
        let archive = |name: &str| {
            let mut command = Command::new(&links.wrapper);
            command.args([
                "sh",
                "-c",
                "echo $LLD_REPRODUCE",
                "--crate-name",
                name,
                "--crate-type",
                "bin",
            ]);
            command
                .args(["-C", "opt-level=3", "-C", "extra-filename=-1f"])
                .env_remove("LLD_REPRODUCE");
            command.env(FOLDER, "/links").env(CRATES, "other,my_probe");
            String::from_utf8(command.output().expect("it runs").stdout).expect("text")
        };
        assert_eq!(archive("my_probe"), "/links/my_probe-1f.tar\n");
        assert_eq!(archive("probe"), "\n");
    }

    #[test]
    fn the_wrapper_passes_on_every_variable_and_the_exit_status() {
        let folder = tempfile::tempdir().expect("a folder");
        let links = links(folder.path());
        let output = Command::new(&links.wrapper)
            .arg("env")
            .env("CARGO_BIN_EXE_my-tool", "here")
            .output();
        let stdout = String::from_utf8(output.expect("it runs").stdout).expect("text");
        assert!(
            stdout
                .lines()
                .any(|line| line == "CARGO_BIN_EXE_my-tool=here"),
            "{stdout}"
        );
        assert_eq!(
            Command::new(&links.wrapper)
                .args(["sh", "-c", "exit 3"])
                .status()
                .expect("runs")
                .code(),
            Some(3)
        );
    }

    #[test]
    fn an_archive_is_found_by_the_file_that_cargo_linked_the_program_from() {
        let folder = tempfile::tempdir().expect("a folder");
        let links = links(folder.path());
        let release = folder.path().join("release");
        fs::create_dir_all(release.join("deps")).expect("made");
        let write = |path: PathBuf| fs::write(path, "").expect("written");
        write(release.join("deps/my_probe-1"));
        write(release.join("deps/my_probe-2"));
        fs::hard_link(release.join("deps/my_probe-2"), release.join("my-probe")).expect("linked");
        assert_eq!(
            links.of("my-probe", &release.join("my-probe")),
            None,
            "no archive was written"
        );
        write(links.folder.join("my_probe-1.tar"));
        write(links.folder.join("my_probe-2.tar"));
        assert_eq!(
            links.of("my-probe", &release.join("my-probe")),
            Some(links.folder.join("my_probe-2.tar"))
        );
        assert_eq!(
            links.of("my-probe", &release.join("deps/my_probe-1")),
            Some(links.folder.join("my_probe-1.tar"))
        );
        assert_eq!(links.of("probe", &release.join("my-probe")), None);
    }
}
