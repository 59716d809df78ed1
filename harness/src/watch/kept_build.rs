//! A build's program, kept when the next build takes its place.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// So many copies are kept, and every pair of processes draws one: each lies elsewhere in the page cache.
pub(super) const COPIES: usize = 4;

/// A program with what it is started with, copied several times to a folder of its own, which is removed with it.
///
/// The names of two such copies are equally long: the length of a program's path decides where its stack lies, and
/// with it a little of its time.
#[derive(Debug)]
pub struct KeptBuild {
    program: Word,
    arguments: Vec<Word>,
    runs_in: PathBuf,
    folder: TempDir,
}

/// A word of a command.
#[derive(Debug)]
enum Word {
    /// The name of a file that each copy has.
    Kept(OsString),
    Plain(OsString),
}

impl KeptBuild {
    /// Copies the program of a command, and the files that it is given; it will run in the same folder. A word that is no file by
    /// itself, such as the name of a shell, is used as it is.
    ///
    /// # Errors
    /// If a file cannot be copied.
    pub fn of(command: &Command) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("harness-watch-").tempdir()?;
        for number in 0..COPIES {
            fs::create_dir(copy(folder.path(), number))?;
        }
        let runs_in = command.get_current_dir().unwrap_or(Path::new(".")).to_path_buf();
        let keep = |word: &OsStr| -> io::Result<Word> {
            let file = runs_in.join(word);
            match file.file_name() {
                Some(name) if file.is_file() => {
                    for number in 0..COPIES {
                        fs::copy(&file, copy(folder.path(), number).join(name))?;
                    }
                    Ok(Word::Kept(name.to_owned()))
                }
                _ => Ok(Word::Plain(word.to_owned())),
            }
        };
        // A bare name is looked for on the path, whatever lies in the folder.
        let program = command.get_program();
        let is_path = Path::new(program).components().count() > 1;
        let program = if is_path { keep(program)? } else { Word::Plain(program.to_owned()) };
        let arguments = command.get_args().map(keep).collect::<io::Result<_>>()?;
        Ok(Self { program, arguments, runs_in, folder })
    }

    /// A command that starts the copy of this number, or the one that follows the last.
    pub fn command(&self, number: usize) -> Command {
        let word = |word: &Word| match word {
            Word::Kept(name) => copy(self.folder.path(), number % COPIES).join(name).into_os_string(),
            Word::Plain(word) => word.clone(),
        };
        let mut command = Command::new(word(&self.program));
        command.args(self.arguments.iter().map(word)).current_dir(&self.runs_in);
        command
    }
}

fn copy(folder: &Path, number: usize) -> PathBuf {
    folder.join(number.to_string())
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
        let kept = [straight, by_shell].map(|command| KeptBuild::of(&command).expect("kept"));
        write("two");
        let here = folder.path().canonicalize().expect("there");
        let told = kept.each_ref().map(|one| said(&mut one.command(1)));
        assert_eq!(told, ["first", "second"].map(|word| format!("one {word}\n{}\n", here.display())));
        let programs = [0, COPIES - 1, COPIES].map(|number| kept[0].command(number).get_program().to_owned());
        assert!(programs[0] != programs[1] && programs[0] == programs[2], "{programs:?}");
        let places = kept.each_ref().map(|one| one.folder.path().to_owned());
        drop(kept);
        assert!(places.iter().all(|place| !place.exists()));
    }
}
