//! Keeps the inputs of a program's link, so that the program can be linked again with its functions in another order.
//!
//! The linker that rustc brings, LLD, writes everything that it reads into an archive if the variable `LLD_REPRODUCE` names one
//! (<https://lld.llvm.org/ELF/linker_script.html>, option `--reproduce`). One variable for a whole build would let all links of that
//! build write one file, so cargo is given a script that starts rustc with another value for each program. Neither a flag nor
//! the program changes by that. A linker that is not LLD ignores the variable; then there is no archive.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::whole_file;

/// Cargo starts rustc for the packages of a workspace by the program that this variable names.
const WRAPPER: &str = "RUSTC_WORKSPACE_WRAPPER";

/// Folder for the archives, read by the script.
const FOLDER: &str = "HARNESS_LINKS";

/// Names of the crates whose links are kept, read by the script.
const CRATES: &str = "HARNESS_LINKED_CRATES";

const SCRIPT: &str = r#"#!/bin/sh
# Written by the harness. Starts rustc; for the programs that are timed, LLD keeps the inputs of their link.
name= extra= before=
for word in "$@"; do
    case $before in
        --crate-name) name=$word ;;
        -C) case $word in extra-filename=*) extra=${word#extra-filename=} ;; esac ;;
    esac
    before=$word
done
case " $HARNESS_LINKED_CRATES " in
    *" $name "*) LLD_REPRODUCE=$HARNESS_LINKS/$name$extra.tar; export LLD_REPRODUCE ;;
esac
exec "$@"
"#;

/// The links of the programs that are built in one folder.
#[derive(Debug)]
pub(super) struct Links {
    folder: PathBuf,
    script: PathBuf,
}

impl Links {
    /// Keeps them in a folder.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn prepare(folder: PathBuf) -> io::Result<Self> {
        use std::os::unix::fs::PermissionsExt;
        let script = folder.join("rustc.sh");
        if !fs::read(&script).is_ok_and(|there| there == SCRIPT.as_bytes()) {
            whole_file::write(&script, SCRIPT.as_bytes())?;
            fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
        }
        Ok(Self { folder, script })
    }

    /// Lets a call of cargo keep the links of these targets. Where the user has a wrapper, nothing is kept.
    pub(super) fn keep<'a>(&self, cargo: &mut Command, targets: impl Iterator<Item = &'a str>) {
        if std::env::var_os(WRAPPER).is_some() {
            return;
        }
        let crates: Vec<String> = targets.map(crate_name).collect();
        cargo.env(WRAPPER, &self.script).env(FOLDER, &self.folder).env(CRATES, crates.join(" "));
    }

    /// The archive of a program's link; none if the linker wrote none.
    pub(super) fn of(&self, target: &str, program: &Path) -> Option<PathBuf> {
        let name = self.file_name(program)?;
        let is_of = |name: &str| {
            let rest = name.strip_prefix(&crate_name(target));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        let archive = self.folder.join(format!("{name}.tar"));
        (is_of(&name) && archive.is_file()).then_some(archive)
    }

    /// The name that rustc gave a program. Cargo puts a binary under its plain name beside the folder `deps`, as another link to
    /// the same file.
    fn file_name(&self, program: &Path) -> Option<String> {
        let plain = || Some(program.file_name()?.to_str()?.to_owned());
        let deps = program.parent()?.join("deps");
        let Ok(entries) = fs::read_dir(deps) else { return plain() };
        let own = fs::metadata(program).ok()?;
        let is_same =
            |path: &Path| fs::metadata(path).is_ok_and(|other| (other.dev(), other.ino()) == (own.dev(), own.ino()));
        let found = entries.filter_map(|entry| Some(entry.ok()?.path())).find(|path| is_same(path));
        found.and_then(|path| Some(path.file_name()?.to_str()?.to_owned()))
    }
}

/// The name of a target's crate.
fn crate_name(target: &str) -> String {
    target.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_program_that_is_timed_has_an_archive_of_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let links = Links::prepare(folder.path().join("links")).expect("written");
        let said = |name: &str, extra: &str| {
            let mut command = Command::new(&links.script);
            command.args(["sh", "-c", "echo $LLD_REPRODUCE", "--crate-name", name, "--crate-type", "bin"]);
            command.args(["-C", "opt-level=3", "-C", extra]).env_remove("LLD_REPRODUCE");
            command.env(FOLDER, "/links").env(CRATES, "my_probe other");
            String::from_utf8(command.output().expect("it runs").stdout).expect("text")
        };
        assert_eq!(said("my_probe", "extra-filename=-1f"), "/links/my_probe-1f.tar\n");
        assert_eq!(said("probe", "extra-filename=-1f"), "\n");
    }

    #[test]
    fn an_archive_is_found_by_the_file_that_cargo_linked_the_program_from() {
        let folder = tempfile::tempdir().expect("a folder");
        let links = Links::prepare(folder.path().join("links")).expect("written");
        let release = folder.path().join("release");
        fs::create_dir_all(release.join("deps")).expect("made");
        let write = |path: PathBuf| fs::write(path, "").expect("written");
        write(release.join("deps/my_probe-1"));
        write(release.join("deps/my_probe-2"));
        fs::hard_link(release.join("deps/my_probe-2"), release.join("my-probe")).expect("linked");
        assert_eq!(links.of("my-probe", &release.join("my-probe")), None, "no archive was written");
        write(links.folder.join("my_probe-1.tar"));
        write(links.folder.join("my_probe-2.tar"));
        assert_eq!(links.of("my-probe", &release.join("my-probe")), Some(links.folder.join("my_probe-2.tar")));
        assert_eq!(links.of("my-probe", &release.join("deps/my_probe-1")), Some(links.folder.join("my_probe-1.tar")));
        assert_eq!(links.of("probe", &release.join("my-probe")), None);
    }
}
