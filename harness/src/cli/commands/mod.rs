//! Commands on the command line: `harness run -- COMMAND` and `harness compare -- A -- B`, in any folder.

mod compare;
mod probe;
mod run;

pub(super) use compare::compare;
pub(super) use probe::CommandProbe;
pub(super) use run::{Choice, run};

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use clap::Args;
use harness::command::{Definition, ExitStatus, Line};

/// Separates commands among the words after the first `--`.
const SEPARATOR: &str = "--";

/// The id of the workload whose phases are the commands.
pub(super) const ID: &str = "commands";

/// Options on commands.
#[derive(Args)]
#[command(next_help_heading = "Commands")]
pub(super) struct CommandOptions {
    /// Measure this command; may be given several times
    #[arg(long = "command", value_name = "COMMAND")]
    commands: Vec<String>,
    /// Run a command by the shell (sh -c), for pipes and variables; by default its words are split without a shell
    #[arg(long)]
    shell: bool,
    /// Let the shell run this before each run of a command; its time does not count
    #[arg(long, value_name = "COMMAND")]
    prepare: Option<String>,
    /// Let the shell run this before the first run of each round
    #[arg(long, value_name = "COMMAND")]
    setup: Option<String>,
    /// Let the shell run this after the last run of each round
    #[arg(long, value_name = "COMMAND")]
    cleanup: Option<String>,
    /// Standard input of the commands [default: empty]
    #[arg(long, value_name = "FILE")]
    input: Option<String>,
    /// Replace {NAME} by each of these values in turn; may be given several times
    #[arg(long, value_name = "NAME=A,B,C")]
    parameter: Vec<String>,
    /// Accept every exit status
    #[arg(long)]
    ignore_failure: bool,
    /// Seconds to spend on measuring times [default: 3 for run, 60 for compare]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) budget: Option<u64>,
    /// A command with its arguments; several commands are separated by `--`
    #[arg(last = true, value_name = "COMMAND", allow_hyphen_values = true)]
    words: Vec<String>,
}

impl CommandOptions {
    /// True if the command line names a command.
    pub(super) fn is_given(&self) -> bool {
        !self.commands.is_empty() || !self.words.is_empty()
    }

    /// Refuses options that apply to commands only.
    pub(super) fn refuse(&self) -> Result<()> {
        let given = [
            (self.shell, "--shell"),
            (self.prepare.is_some(), "--prepare"),
            (self.setup.is_some(), "--setup"),
            (self.cleanup.is_some(), "--cleanup"),
            (self.input.is_some(), "--input"),
            (!self.parameter.is_empty(), "--parameter"),
            (self.ignore_failure, "--ignore-failure"),
            (self.budget.is_some(), "--budget"),
        ];
        match given.iter().find(|(is_given, _)| *is_given) {
            Some((_, option)) => bail!(
                "{option} applies to commands only: name one after `--`, as in `harness run {option} ... -- COMMAND`"
            ),
            None => Ok(()),
        }
    }

    /// The commands, one phase of one workload each. Two words alone are `two` commands or one.
    fn definitions(&self, two: bool) -> Result<Vec<Definition>> {
        let parameters = self.parameters()?;
        let mut definitions: Vec<Definition> = Vec::new();
        for line in self.lines(two)? {
            let mut phase = line.to_string();
            // A value that occurs in no word, but for example in the input, is part of the name nevertheless.
            for name in parameters.keys() {
                if !phase.contains(&format!("{{{name}}}")) {
                    phase.push_str(&format!(" ({name} = {{{name}}})"));
                }
            }
            let twins = definitions.iter().filter(|other| other.run == line).count();
            if twins > 0 {
                phase.push_str(&format!(" ({})", twins + 1));
            }
            let text = |line: &Option<String>| line.as_deref().map(Line::from);
            definitions.push(Definition {
                id: ID.to_owned(),
                phase: Some(phase),
                run: line,
                shell: self.shell,
                prepare: text(&self.prepare),
                setup: text(&self.setup),
                cleanup: text(&self.cleanup),
                input: self.input.clone(),
                parameters: parameters.clone(),
                exit_status: match self.ignore_failure {
                    true => ExitStatus::Any,
                    false => ExitStatus::default(),
                },
                ..Definition::default()
            });
        }
        Ok(definitions)
    }

    fn lines(&self, two: bool) -> Result<Vec<Line>> {
        let texts = self.commands.iter().map(|text| Line::Text(text.clone()));
        let mut lines: Vec<Line> = texts.collect();
        let groups: Vec<&[String]> = match self.words.as_slice() {
            [] => Vec::new(),
            [a, b] if two && ![a, b].contains(&&SEPARATOR.to_owned()) => {
                vec![std::slice::from_ref(a), std::slice::from_ref(b)]
            }
            words => words.split(|word| word == SEPARATOR).collect(),
        };
        for group in groups {
            lines.push(match group {
                [] => {
                    bail!("there is no command before or after one of the `--`: remove that `--`")
                }
                // One word is a whole command line, as a user quotes it.
                [text] => Line::Text(text.clone()),
                words if self.shell => Line::Text(words.join(" ")),
                words => Line::Words(words.to_vec()),
            });
        }
        Ok(lines)
    }

    fn parameters(&self) -> Result<BTreeMap<String, Vec<String>>> {
        let mut parameters = BTreeMap::new();
        for given in &self.parameter {
            let (name, values) = match given.split_once('=') {
                Some((name, values)) if !name.is_empty() && !values.is_empty() => (name, values),
                _ => bail!("`--parameter {given}` has no name or no value; write it as NAME=A,B,C"),
            };
            let values = values.split(',').map(str::to_owned).collect();
            if parameters.insert(name.to_owned(), values).is_some() {
                bail!("the parameter `{name}` is given twice; write its values as {name}=A,B,C");
            }
        }
        Ok(parameters)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Words {
        #[command(flatten)]
        options: CommandOptions,
    }

    fn lines(arguments: &[&str], two: bool) -> Vec<String> {
        let arguments = [&["harness"], arguments].concat();
        let parsed = Words::try_parse_from(arguments).expect("valid");
        let definitions = parsed.options.definitions(two).expect("valid");
        definitions
            .iter()
            .map(|definition| match &definition.run {
                Line::Text(text) => text.clone(),
                Line::Words(words) => words.join("|"),
            })
            .collect()
    }

    #[test]
    fn words_after_the_dashes_are_one_command_or_several() {
        assert_eq!(lines(&["--", "grep", "-c", "a b"], false), ["grep|-c|a b"]);
        assert_eq!(lines(&["--", "grep -c 'a b'"], false), ["grep -c 'a b'"]);
        assert_eq!(lines(&["--", "a b", "--", "c", "d"], false), ["a b", "c|d"]);
        assert_eq!(lines(&["--command", "a b", "--", "c"], false), ["a b", "c"]);
        assert_eq!(lines(&["--shell", "--", "a", "|", "b"], false), ["a | b"]);
    }

    #[test]
    fn a_comparison_takes_two_words_for_two_commands() {
        assert_eq!(lines(&["--", "a b", "c d"], true), ["a b", "c d"]);
        assert_eq!(lines(&["--", "a", "--", "c", "d"], true), ["a", "c|d"]);
        assert_eq!(lines(&["--", "a", "b"], false), ["a|b"]);
    }

    #[test]
    fn equal_commands_and_values_that_no_word_shows_have_names_of_their_own() {
        let parsed = Words::try_parse_from([
            "harness",
            "--input",
            "{n}",
            "--parameter",
            "n=1,2",
            "--",
            "a",
            "--",
            "a",
        ])
        .expect("valid");
        let definitions = parsed.options.definitions(false).expect("valid");
        let calls = harness::command::expand(&definitions).expect("valid");
        let phases: Vec<&str> = calls.iter().map(|call| call.phase.as_str()).collect();
        assert_eq!(
            phases,
            ["a (n = 1)", "a (n = 2)", "a (n = 1) (2)", "a (n = 2) (2)"]
        );
    }

    #[test]
    fn a_parameter_without_a_value_is_refused() {
        for wrong in ["n", "n=", "=1"] {
            let parsed = Words::try_parse_from(["harness", "--parameter", wrong, "--", "a"]);
            let options = parsed.expect("valid").options;
            assert!(options.definitions(false).is_err(), "{wrong}");
        }
    }
}
