//! A copy of a build's program, kept when the next build replaces it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::scratch::Scratch;

/// Number of copies. Every pair of processes draws one, because each occupies other pages of the page cache.
pub(super) const COPIES: usize = 4;

/// Copies of a program and of its argument files, in a temporary folder.
///
/// The paths of any two such copies have equal lengths: the length of a program's path shifts the address of its stack,
/// which affects its time a little.
#[derive(Debug)]
pub struct KeptBuild {
    /// The program and its arguments.
    words: Vec<Word>,
    runs_in: PathBuf,
    folder: Scratch,
}

/// A word of a command.
#[derive(Debug)]
enum Word {
    /// The name of a file that is in each copy.
    Kept(OsString),
    Plain(OsString),
}

impl KeptBuild {
    /// Copies the program of a command, and those of its arguments that are files. It will run in the same folder.
    /// Other words, such as the name of a shell, are used as they are.
    ///
    /// # Errors
    /// If a file cannot be copied.
    pub fn of(command: &Command) -> io::Result<Self> {
        let folder = Scratch::new()?;
        let runs_in = command
            .get_current_dir()
            .unwrap_or(Path::new("."))
            .to_path_buf();
        (0..COPIES).try_for_each(|number| fs::create_dir(copy(folder.path(), number)))?;
        let keep = |word: &OsStr| -> io::Result<Word> {
            let file = runs_in.join(word);
            let Some(name) = file.file_name().filter(|_| file.is_file()) else {
                return Ok(Word::Plain(word.to_owned()));
            };
            for number in 0..COPIES {
                fs::copy(&file, copy(folder.path(), number).join(name))?;
            }
            Ok(Word::Kept(name.to_owned()))
        };
        // A bare name is searched in `PATH`, whatever files the folder has.
        let program = command.get_program();
        let is_path = Path::new(program).components().count() > 1;
        let mut words = vec![if is_path {
            keep(program)?
        } else {
            Word::Plain(program.to_owned())
        }];
        for argument in command.get_args() {
            words.push(keep(argument)?);
        }
        Ok(Self {
            words,
            runs_in,
            folder,
        })
    }

    /// A command that starts the copy of this number, modulo the number of copies.
    pub fn command(&self, number: usize) -> Command {
        let word = |word: &Word| match word {
            Word::Kept(name) => copy(self.folder.path(), number % COPIES)
                .join(name)
                .into_os_string(),
            Word::Plain(word) => word.clone(),
        };
        let mut words = self.words.iter().map(word);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).current_dir(&self.runs_in);
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

    fn output(command: &mut Command) -> String {
        String::from_utf8(command.output().expect("it runs").stdout).expect("text")
    }

    #[test]
    fn a_copy_stays_unchanged_when_the_program_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let script = folder.path().join("probe");
        let write = |word: &str| {
            fs::write(&script, format!("#!/bin/sh\necho {word} $1; pwd")).expect("written");
            fs::set_permissions(&script, fs::Permissions::from_mode(0o755))
                .expect("made executable");
        };
        write("one");
        let mut straight = Command::new(&script);
        straight.arg("first").current_dir(folder.path());
        let mut by_shell = Command::new("sh");
        by_shell
            .args(["./probe", "second"])
            .current_dir(folder.path());
        let kept = [straight, by_shell].map(|command| KeptBuild::of(&command).expect("kept"));
        write("two");
        let here = folder.path().canonicalize().expect("there");
        let outputs = kept.each_ref().map(|copies| output(&mut copies.command(1)));
        assert_eq!(
            outputs,
            ["first", "second"].map(|word| format!("one {word}\n{}\n", here.display()))
        );
        let programs =
            [0, COPIES - 1, COPIES].map(|number| kept[0].command(number).get_program().to_owned());
        assert!(
            programs[0] != programs[1] && programs[0] == programs[2],
            "{programs:?}"
        );
        let places = kept
            .each_ref()
            .map(|copies| copies.folder.path().to_owned());
        drop(kept);
        assert!(places.iter().all(|place| !place.exists()));
    }
}
