//! From the words of the command line, the variables and `harness.toml` to the chosen command.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result};
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches, ValueEnum};
use harness::project::{self, Project};
use harness::terminal::colour::{self, When};
use harness::terminal::problem;
use harness::verbosity::Verbosity;

use super::Arguments;
use super::settings::{File, Part, Settings, has_options};

/// The command line with everything that sets its options.
pub(super) struct Parsed {
    /// The program, with the values of files and variables as defaults.
    pub(super) program: Command,
    pub(super) settings: Settings,
    pub(super) matches: ArgMatches,
}

/// Parses the command line of this process, and exits if it is wrong or requests help.
///
/// # Errors
/// If `harness.toml` or a variable sets an option to an invalid value.
pub(crate) fn arguments() -> Result<Arguments> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let here = std::env::current_dir().context("cannot find the current folder")?;
    let parsed = parsed(&words, &here, None)?;
    parsed
        .settings
        .complaints
        .iter()
        .for_each(|complaint| problem(complaint));
    verbosity(&parsed.matches).set();
    Ok(Arguments::from_arg_matches(&parsed.matches).unwrap_or_else(|error| error.exit()))
}

/// Parses words as the command line of this program, in a folder. The rules of a gate come from `base`, if it is given.
///
/// # Errors
/// If `harness.toml` or a variable sets an option to an invalid value.
pub(super) fn parsed(words: &[OsString], here: &Path, base: Option<File>) -> Result<Parsed> {
    let program = Arguments::command().color(colour::choose(wanted_colour(words)));
    let used = Used::of(&program, words);
    let mut files = Vec::new();
    let path: Vec<&str> = used.path.iter().map(String::as_str).collect();
    // Commands without such options, also the probe of commands, must work whatever the file contains.
    let reads_files = !used.measures_commands && has_options(&program, &path);
    let root = Project::root(here).filter(|_| reads_files);
    // A file that cannot be read is reported by the command, if it needs one.
    let text = root.and_then(|root| std::fs::read_to_string(root.join(project::FILE)).ok());
    if let Some(text) = text {
        let part = match used.has_base || base.is_some() {
            true => Part::Output,
            false => Part::All,
        };
        files.push(File {
            name: project::FILE.to_owned(),
            text,
            part,
        });
    }
    files.extend(base);
    let variables: Vec<_> = match used.measures_commands {
        true => std::env::vars_os()
            .filter(|(name, _)| is_general(name))
            .collect(),
        false => std::env::vars_os().collect(),
    };
    let settings = Settings::read(&program, &files, &variables)?;
    let program = settings.apply(program);
    let matches = match program.clone().try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(error) => match settings.blamed(&path, &error) {
            Some(origin) => {
                let text = error.to_string();
                let line = text.lines().next().unwrap_or_default();
                anyhow::bail!("{origin}: {}", line.trim_start_matches("error: "));
            }
            None => error.exit(),
        },
    };
    Ok(Parsed {
        program,
        settings,
        matches,
    })
}

/// True for variables that are no options of one command.
fn is_general(name: &OsString) -> bool {
    ["HARNESS_COLOR", "HARNESS_QUIET", "HARNESS_VERBOSE"]
        .iter()
        .any(|known| name == known)
}

/// The value of `--color` or of its variable, before everything else, because it decides about messages of the parser.
fn wanted_colour(words: &[OsString]) -> Option<When> {
    let mut words = words.iter().map_while(|word| match word.to_str() {
        Some("--") => None,
        text => Some(text.unwrap_or_default()),
    });
    let mut given = None;
    while let Some(word) = words.next() {
        match word.strip_prefix("--color") {
            Some("") => given = words.next().map(str::to_owned),
            Some(rest) => given = rest.strip_prefix('=').map(str::to_owned).or(given),
            None => {}
        }
    }
    let given = given.or_else(|| std::env::var("HARNESS_COLOR").ok())?;
    When::from_str(&given, false).ok()
}

fn verbosity(matches: &ArgMatches) -> Verbosity {
    let from = |name| {
        let is_on = matches.get_flag(name);
        matches.value_source(name).filter(|_| is_on)
    };
    match (from("quiet"), from("verbose")) {
        (None, None) => Verbosity::Normal,
        // The command line comes before a variable. Two variables: the one with fewer messages.
        (None, Some(_)) | (Some(ValueSource::DefaultValue), Some(ValueSource::CommandLine)) => {
            Verbosity::Verbose
        }
        (Some(_), _) => Verbosity::Quiet,
    }
}

/// The parts of a command line that decide which values of files count, before it is parsed.
struct Used {
    /// The command and its subcommand.
    path: Vec<String>,
    /// True if commands of the command line are measured, which belong to no project.
    measures_commands: bool,
    /// True for a gate against a revision.
    has_base: bool,
}

impl Used {
    fn of(program: &Command, words: &[OsString]) -> Self {
        let mut path: Vec<String> = Vec::new();
        let mut command = program;
        let mut rest = words.iter().skip(1);
        for word in rest.by_ref() {
            let name = word.to_str().unwrap_or_default();
            if let Some(inner) = command.find_subcommand(name) {
                path.push(inner.get_name().to_owned());
                command = inner;
            }
            if name == "--" || !command.has_subcommands() {
                break;
            }
        }
        let is = |name: &str| path.first().is_some_and(|first| first == name);
        let has = |option: &str| {
            let mut before = rest.clone().take_while(|word| *word != "--");
            before.any(|word| {
                let word = word.to_string_lossy();
                word.strip_prefix(option)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
            })
        };
        let has_dashes = rest.clone().any(|word| word == "--");
        Self {
            measures_commands: (is("run") || is("compare")) && (has_dashes || has("--command")),
            has_base: is("gate") && has("--base"),
            path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(line: &str) -> Used {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        Used::of(&Arguments::command(), &words)
    }

    #[test]
    fn the_command_is_found_before_the_line_is_parsed() {
        assert_eq!(
            used("harness --color never baseline --quiet list").path,
            ["baseline", "list"]
        );
        assert_eq!(used("harness").path, [""; 0]);
        assert!(used("harness gate --base=main").has_base);
        assert!(used("harness gate --strict --base main").has_base);
        assert!(!used("harness gate --record base").has_base);
        assert!(used("harness run --shell -- a b").measures_commands);
        assert!(used("harness compare --command a --command b").measures_commands);
        assert!(!used("harness run --quick").measures_commands);
    }

    #[test]
    fn the_colour_is_read_before_the_line_is_parsed() {
        let of =
            |line: &str| wanted_colour(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(of("harness --color always list"), Some(When::Always));
        assert_eq!(of("harness list --color=never"), Some(When::Never));
        assert_eq!(of("harness run -- ls --color=never"), None);
        assert_eq!(of("harness list --color rubbish"), None);
    }
}
