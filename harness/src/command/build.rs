//! Builds what commands need, once for each side, in its checkout.

use std::path::Path;
use std::process::{Command, Stdio};

use itertools::Itertools;
use thiserror::Error;

use crate::command::definition::{Definition, DefinitionError};
use crate::command::expand::expand;
use crate::process::run_to_end;

/// The folder of cargo's output, if the user set one for all builds.
const TARGET_VARIABLE: &str = "CARGO_TARGET_DIR";
/// Number of last lines of a failed build that are shown.
const SHOWN: usize = 20;

/// A build that failed.
#[derive(Debug, Error)]
pub enum BuildError {
    /// A definition cannot be used.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// The build cannot be started.
    #[error("cannot start the build of commands, `{0}`: {1}")]
    Start(String, std::io::Error),
    /// The build failed: its text, the folder, the exit status, and the end of what it printed.
    #[error("the build of commands, `{text}`, failed in {folder} ({status}):\n{printed}")]
    Failed {
        /// The build.
        text: String,
        /// The checkout.
        folder: String,
        /// The exit status or signal.
        status: String,
        /// The end of its standard error.
        printed: String,
    },
}

/// Runs the builds of these commands in a checkout, each different one once. `notify` gets a sentence about each.
///
/// # Errors
/// If a build fails.
pub fn build(
    definitions: &[Definition],
    folder: &Path,
    notify: &dyn Fn(&str),
) -> Result<(), BuildError> {
    let builds = expand(definitions)?
        .into_iter()
        .filter_map(|call| call.build);
    for words in builds.unique() {
        let text = match words.as_slice() {
            [shell, flag, text] if shell == "sh" && flag == "-c" => text.clone(),
            words => words.join(" "),
        };
        notify(&format!("running `{text}` in {}", folder.display()));
        let (program, arguments) = words
            .split_first()
            .map_or(("", &[][..]), |(first, rest)| (first, rest));
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            // With one folder for all builds, the second side would replace the programs of the first.
            .env_remove(TARGET_VARIABLE);
        let output = run_to_end(&mut command, |_| ())
            .map_err(|error| BuildError::Start(text.clone(), error))?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            let lines = stderr.trim_end().lines().collect_vec();
            return Err(BuildError::Failed {
                text,
                folder: folder.display().to_string(),
                status: output.status.to_string(),
                printed: lines[lines.len().saturating_sub(SHOWN)..].join("\n"),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_build(id: &str, build: &str) -> Definition {
        Definition {
            id: id.to_owned(),
            run: "true".into(),
            build: Some(build.into()),
            ..Definition::default()
        }
    }

    #[test]
    fn equal_builds_run_once_and_in_the_checkout() {
        let folder = tempfile::tempdir().expect("a folder");
        let definitions = ["a", "b"].map(|id| with_build(id, "echo built >> log"));
        let told = std::cell::RefCell::new(Vec::new());
        build(&definitions, folder.path(), &|line| {
            told.borrow_mut().push(line.to_owned())
        })
        .expect("built");
        let log = std::fs::read_to_string(folder.path().join("log")).expect("built here");
        assert_eq!(log, "built\n");
        assert_eq!(told.into_inner().len(), 1);
    }

    #[test]
    fn a_build_that_fails_shows_what_it_printed() {
        let folder = tempfile::tempdir().expect("a folder");
        let failing = with_build("a", "echo no compiler >&2; exit 3");
        let error = build(&[failing], folder.path(), &|_| ())
            .expect_err("it fails")
            .to_string();
        assert!(
            error.contains("exit status: 3") && error.ends_with("no compiler"),
            "{error}"
        );
    }
}
