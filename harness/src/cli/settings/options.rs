//! The options that a file or a variable can set, with their names there.
//!
//! Options that select one measurement or write to a place, such as `--filter`, `--base` or `--out`, are not among them: a
//! value that nobody sees on the command line would surprise there. Neither are those that excuse a gate, such as
//! `--allow-removed`.

use clap::{Arg, ArgAction, Command};

/// The layers that may set an option, besides the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Habit of one person: the environment only.
    Personal,
    /// The output only: any file.
    Output,
    /// What is measured or judged. In a gate against a revision, the file is that of the base: a change must not weaken
    /// its own gate.
    Rule,
}

const OPTIONS: [(&str, Role); 21] = [
    ("color", Role::Personal),
    ("quiet", Role::Personal),
    ("verbose", Role::Personal),
    ("format", Role::Output),
    ("all", Role::Output),
    ("phases", Role::Output),
    ("cost", Role::Output),
    ("by", Role::Output),
    ("no-report", Role::Output),
    ("no-chart", Role::Output),
    ("png", Role::Output),
    ("metric", Role::Rule),
    ("threads", Role::Rule),
    ("isa", Role::Rule),
    ("time-limit", Role::Rule),
    ("budget", Role::Rule),
    ("suite", Role::Rule),
    ("strict", Role::Rule),
    ("minimum-effect", Role::Rule),
    ("margin", Role::Rule),
    ("layout-limit", Role::Rule),
];

/// Options of these names that apply to commands of the command line only, which belong to no project.
const OF_COMMANDS: [(&str, &str); 2] = [("run", "budget"), ("compare", "budget")];

/// An option of a command.
pub(super) struct Settable<'a> {
    /// The names of the command and its subcommand; empty for an option of the whole program.
    pub(super) path: Vec<&'a str>,
    /// The option without its dashes.
    pub(super) name: &'a str,
    pub(super) role: Role,
    pub(super) arg: &'a Arg,
}

impl Settable<'_> {
    /// The name of its variable, such as `HARNESS_GATE_MINIMUM_EFFECT`.
    pub(super) fn variable(&self) -> String {
        let words = ["harness"].into_iter().chain(self.path.iter().copied());
        let words: Vec<&str> = words.chain([self.name]).collect();
        words.join("_").replace('-', "_").to_uppercase()
    }

    pub(super) fn is_switch(&self) -> bool {
        is_switch(self.arg)
    }
}

/// True for an option without a value.
pub(super) fn is_switch(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::SetTrue)
}

/// All options of a program that a file or a variable can set, in the order of the help.
pub(super) fn settable(program: &Command) -> Vec<Settable<'_>> {
    let mut found = Vec::new();
    collect(program, &[], &mut found);
    found
}

/// Returns true if a file can set an option of the command.
pub(in crate::cli) fn has_options(program: &Command, path: &[&str]) -> bool {
    let command = path
        .iter()
        .try_fold(program, |command, name| command.find_subcommand(name));
    !path.is_empty()
        && command.is_some_and(|command| {
            !command.is_hide_set() && command.get_arguments().any(|arg| is_settable(path, arg))
        })
}

/// Returns true if a file or a variable can set the option of the command.
pub(in crate::cli) fn is_settable(path: &[&str], arg: &Arg) -> bool {
    role(path, arg).is_some()
}

fn role(path: &[&str], arg: &Arg) -> Option<Role> {
    let name = arg.get_long()?;
    let is_of_commands = OF_COMMANDS
        .iter()
        .any(|(command, option)| path == [*command] && name == *option);
    let known = OPTIONS.iter().find(|(known, _)| *known == name);
    let role = known.map(|(_, role)| *role);
    role.filter(|_| !is_of_commands && !arg.is_required_set())
}

fn collect<'a>(command: &'a Command, path: &[&'a str], found: &mut Vec<Settable<'a>>) {
    for arg in command.get_arguments() {
        let Some(name) = arg.get_long() else { continue };
        if let Some(role) = role(path, arg) {
            found.push(Settable {
                path: path.to_vec(),
                name,
                role,
                arg,
            });
        }
    }
    for inner in command.get_subcommands() {
        if !inner.is_hide_set() {
            collect(inner, &[path, &[inner.get_name()]].concat(), found);
        }
    }
}
