//! A build's program, kept when the next build takes its place.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A program with what it is started with, in a folder of its own, which is removed with it.
///
/// The names of two such folders are equally long: how long the path of a program is decides where its stack lies, and
/// with it a little of its time.
#[derive(Debug)]
pub struct Aside {
    program: OsString,
    arguments: Vec<OsString>,
    runs_in: PathBuf,
    _folder: TempDir,
}

impl Aside {
    /// Copies the program of a command, and what files it is given; it will run in the same folder. What is no file by itself, such
    /// as the name of a shell, is used as it is.
    ///
    /// # Errors
    /// If a file cannot be copied.
    pub fn of(command: &Command) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("harness-watch-").tempdir()?;
        let runs_in = command.get_current_dir().unwrap_or(Path::new(".")).to_path_buf();
        let keep = |word: &OsStr| -> io::Result<OsString> {
            let file = runs_in.join(word);
            match file.file_name() {
                Some(name) if file.is_file() => {
                    let kept = folder.path().join(name);
                    fs::copy(&file, &kept)?;
                    Ok(kept.into_os_string())
                }
                _ => Ok(word.to_owned()),
            }
        };
        // A bare name is looked for on the path, whatever lies in the folder.
        let program = command.get_program();
        let is_path = Path::new(program).components().count() > 1;
        let program = if is_path { keep(program)? } else { program.to_owned() };
        let arguments = command.get_args().map(keep).collect::<io::Result<_>>()?;
        Ok(Self { program, arguments, runs_in, _folder: folder })
    }

    /// A command that starts it.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(&self.runs_in);
        command
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn said(command: &mut Command) -> String {
        String::from_utf8(command.output().expect("it runs").stdout).expect("text")
    }

    #[test]
    fn what_was_set_aside_stays_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let script = folder.path().join("probe");
        let write = |word: &str| {
            fs::write(&script, format!("#!/bin/sh\necho {word} $1; pwd")).expect("written");
            fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("made executable");
        };
        write("one");
        let mut straight = Command::new(&script);
        straight.arg("first").current_dir(folder.path());
        let mut by_shell = Command::new("sh");
        by_shell.args(["./probe", "second"]).current_dir(folder.path());
        let kept = [straight, by_shell].map(|command| Aside::of(&command).expect("kept"));
        write("two");
        let here = folder.path().canonicalize().expect("there");
        let told = kept.each_ref().map(|one| said(&mut one.command()));
        assert_eq!(told, ["first", "second"].map(|word| format!("one {word}\n{}\n", here.display())));
        let places = kept.each_ref().map(|one| one._folder.path().to_owned());
        drop(kept);
        assert!(places.iter().all(|place| !place.exists()));
    }
}
