//! Values of options from `harness.toml` and from variables of the environment, below those of the command line.
//!
//! A value from a file or a variable becomes the default of its option. clap can read variables itself, but counts such a
//! value as given on the command line, where it would collide with `requires` and `conflicts_with` of other options.

mod options;

use std::ffi::OsString;
use std::fmt;

use anyhow::{Result, bail};
use clap::builder::BoolishValueParser;
use clap::error::{ContextKind, ContextValue};
use clap::{ArgAction, Command};
use harness::project;
use harness_record::suggestion::{nearest, suggestion};

use options::{Role, Settable};
pub(super) use options::{has_options, is_settable};

/// A `harness.toml`, or that of a revision.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// The name for messages, such as `harness.toml` or `main:harness.toml`.
    pub(super) name: String,
    pub(super) text: String,
    /// The part of the table that counts.
    pub(super) part: Part,
}

/// The part of `[defaults]` that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    All,
    /// What decides about the output.
    Output,
    /// What is measured or judged.
    Rules,
}

/// The origin of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// A line of a file.
    File(String, usize),
    /// A variable of the environment.
    Variable(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(name, line) => write!(f, "{name}:{line}"),
            Self::Variable(name) => f.write_str(name),
        }
    }
}

/// The value of one option.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    /// The names of the command and its subcommand.
    path: Vec<String>,
    option: String,
    pub(super) values: Vec<OsString>,
    pub(super) origin: Origin,
}

/// The values of all options that a file or a variable sets.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    settings: Vec<Setting>,
    /// Sentences on variables that set nothing.
    pub(super) complaints: Vec<String>,
}

impl Settings {
    /// Reads the files, later ones first, and then the variables.
    ///
    /// # Errors
    /// If a file sets an option that does not exist, or that no file may set.
    pub(super) fn read(
        program: &Command,
        files: &[File],
        variables: &[(OsString, OsString)],
    ) -> Result<Self> {
        let options = options::settable(program);
        let mut settings = Self::default();
        for file in files {
            settings.read_file(program, &options, file)?;
        }
        for option in &options {
            let name = option.variable();
            let found = variables
                .iter()
                .find(|(known, value)| *known == *name && !value.is_empty());
            if let Some((_, value)) = found {
                settings.set(option, vec![value.clone()], Origin::Variable(name));
            }
        }
        settings.complaints = complaints(program, &options, variables);
        Ok(settings)
    }

    fn read_file(
        &mut self,
        program: &Command,
        options: &[Settable<'_>],
        file: &File,
    ) -> Result<()> {
        let name = &file.name;
        let found = match project::defaults(&file.text) {
            Ok(found) => found,
            Err(message) => bail!("{name}, {message}"),
        };
        for one in found {
            let line = one.line;
            let key = one.keys.join(".");
            let Some((option, path)) = one.keys.split_last() else {
                continue;
            };
            let of_command: Vec<&Settable<'_>> = options
                .iter()
                .filter(|known| known.role != Role::Personal && known.path == *path)
                .collect();
            if path.is_empty() {
                bail!(
                    "{name}:{line}: `defaults.{key}` belongs to no command; write it in a table such as [defaults.gate]"
                );
            }
            if of_command.is_empty() {
                let known = options.iter().filter(|known| known.role != Role::Personal);
                let mut commands: Vec<String> = known.map(|known| known.path.join(".")).collect();
                commands.dedup();
                bail!(
                    "{name}:{line}: `defaults.{key}` belongs to no command with such options; {}",
                    suggestion(&path.join("."), commands.iter().map(String::as_str))
                );
            }
            let Some(known) = of_command.iter().find(|known| known.name == *option) else {
                if has_option(program, path, option) {
                    bail!(
                        "{name}:{line}: `defaults.{key}`: --{option} can be given on the command line only"
                    );
                }
                let names = of_command.iter().map(|known| known.name);
                bail!(
                    "{name}:{line}: `defaults.{key}` is no option of the command; {}",
                    suggestion(option, names)
                );
            };
            if known.is_switch() != one.is_switch {
                let wanted = match known.is_switch() {
                    true => "true or false",
                    false => "a value, not true or false",
                };
                bail!("{name}:{line}: `defaults.{key}` needs {wanted}");
            }
            let counts = match (file.part, known.role) {
                (Part::All, _) | (Part::Output, Role::Output) | (Part::Rules, Role::Rule) => true,
                // Of another command, every value counts, but only one file is read for them.
                (Part::Output, _) => path != ["gate"],
                (Part::Rules, _) => false,
            };
            if counts {
                let values = one.values.into_iter().map(OsString::from).collect();
                self.set(known, values, Origin::File(name.clone(), line));
            }
        }
        Ok(())
    }

    fn set(&mut self, option: &Settable<'_>, values: Vec<OsString>, origin: Origin) {
        self.settings
            .retain(|known| known.option != option.name || known.path != option.path);
        self.settings.push(Setting {
            path: option.path.iter().map(|&name| name.to_owned()).collect(),
            option: option.name.to_owned(),
            values,
            origin,
        });
    }

    /// The value of an option of a command, if a file or a variable sets it.
    pub(super) fn of(&self, path: &[&str], option: &str) -> Option<&Setting> {
        self.settings
            .iter()
            .find(|one| one.option == option && one.path == path)
    }

    /// Makes the values the defaults of their options.
    pub(super) fn apply(&self, program: Command) -> Command {
        self.applied(program, &[])
    }

    fn applied(&self, command: Command, path: &[&str]) -> Command {
        let own = command.mut_args(|arg| {
            let setting = arg.get_long().and_then(|name| self.of(path, name));
            let Some(setting) = setting else { return arg };
            let arg = arg.default_values(setting.values.clone());
            if !options::is_switch(&arg) {
                return arg;
            }
            // A switch that is on by default can be turned off: `--strict=false`.
            arg.action(ArgAction::Set)
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true")
                .value_parser(BoolishValueParser::new())
                .hide_possible_values(true)
        });
        own.mut_subcommands(|inner| {
            let name = inner.get_name().to_owned();
            self.applied(inner, &[path, &[&name]].concat())
        })
    }

    /// The origin of a value that clap refused, if it does not come from the command line.
    pub(super) fn blamed(&self, path: &[&str], error: &clap::Error) -> Option<&Origin> {
        let text = |kind| match error.get(kind) {
            Some(ContextValue::String(text)) => Some(text.as_str()),
            _ => None,
        };
        let (option, value) = (
            text(ContextKind::InvalidArg)?,
            text(ContextKind::InvalidValue)?,
        );
        let name = option.strip_prefix("--")?;
        let name = name.split([' ', '[', '=']).next().unwrap_or_default();
        let setting = [path, &[]]
            .into_iter()
            .find_map(|path| self.of(path, name))?;
        let is_value = setting.values.iter().any(|one| {
            one.to_str()
                .is_some_and(|text| text.split(',').any(|part| part == value) || text == value)
        });
        is_value.then_some(&setting.origin)
    }
}

/// Returns true if the command of this path has the option.
fn has_option(program: &Command, path: &[String], option: &str) -> bool {
    let command = path
        .iter()
        .try_fold(program, |command, name| command.find_subcommand(name));
    command.is_some_and(|command| {
        command
            .get_arguments()
            .any(|arg| arg.get_long() == Some(option))
    })
}

/// Sentences on variables that look like one of an option, but are none.
fn complaints(
    program: &Command,
    options: &[Settable<'_>],
    variables: &[(OsString, OsString)],
) -> Vec<String> {
    let known: Vec<String> = options.iter().map(Settable::variable).collect();
    let prefixes: Vec<String> = program
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .map(|command| format!("HARNESS_{}_", command.get_name().to_uppercase()))
        .collect();
    let names = variables.iter().filter_map(|(name, _)| name.to_str());
    let stray = names.filter(|name| {
        prefixes
            .iter()
            .any(|prefix| name.starts_with(prefix.as_str()))
            && !known.iter().any(|one| one == name)
    });
    let sentence = |name: &str| {
        // Every name begins alike, so that the nearest one is always near.
        let hint = nearest(name, known.iter().map(String::as_str));
        let hint = hint.map_or(String::new(), |hint| format!("; did you mean {hint}?"));
        format!("the variable {name} sets no option{hint}")
    };
    stray.map(sentence).collect()
}

#[cfg(test)]
mod tests;
