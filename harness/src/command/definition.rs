//! The definition of command workloads, as `harness.toml` and the command line give it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// The phase of a command that names none.
pub const PHASE: &str = "command";

/// One command, or a matrix of commands if it has parameters. `{NAME}` stands for the value of a parameter in every
/// text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Definition {
    /// The id of the workload.
    pub id: String,
    /// The phase. Commands with one id and several phases alternate and are compared with each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// One line for readers of reports.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The command.
    pub run: Line,
    /// True if the shell runs the command; otherwise its text is split into words as a shell splits it, without
    /// expansion.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shell: bool,
    /// Runs before each run of the command, and is not timed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prepare: Option<Line>,
    /// Runs before the first run of a process of the harness that measures the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<Line>,
    /// Runs after the last run of such a process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleanup: Option<Line>,
    /// Runs once for each side, in its checkout, before anything is measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<Line>,
    /// The file that the command reads as its standard input; an empty input if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// The values of each parameter.
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "texts"
    )]
    pub parameters: BTreeMap<String, Vec<String>>,
    /// The exit status of a run that succeeded.
    #[serde(default)]
    pub exit_status: ExitStatus,
    /// The right output: its text, or its SHA-256 in hex. Any output is right if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// Bytes that one run processes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Items that one run processes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<u64>,
    /// Threads that the command computes with. A command of one thread is timed on one core; by default, a command may
    /// use every core.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// True if callgrind counts the instructions of the command.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub instructions: bool,
}

/// A command: one text, or a list of words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// One text.
    Text(String),
    /// The program and its arguments.
    Words(Vec<String>),
}

/// The exit status of a run that succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// This status.
    Code(i32),
    /// Every status. A command that a signal ended fails nevertheless.
    Any,
}

/// A definition that cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum DefinitionError {
    /// There is no word.
    #[error("the command `{0}` is empty: give a program to run")]
    Empty(String),
    /// A quote has no end.
    #[error("the command `{0}` cannot be split into words: a quote is not closed")]
    Quote(String),
    /// A list of words has no shell.
    #[error(
        "the command `{0}` is a list of words, which no shell reads: write it as one text, or remove `shell = true`"
    )]
    ShellWords(String),
    /// A parameter has no value.
    #[error("the parameter `{1}` of the command `{0}` has no value")]
    NoValue(String, String),
    /// The parameter does not occur in the id, so several commands would have the same id.
    #[error("the id `{0}` does not contain `{{{1}}}`, so several commands would have the same id")]
    NotInId(String, String),
    /// Two commands share id and phase.
    #[error("two commands are called `{0}`: give one of them another id or another phase")]
    Twin(String),
    /// The phases of one id have different units.
    #[error(
        "the phases of the command `{0}` process different numbers of bytes or items: give each the same"
    )]
    Units(String),
    /// A run processes both bytes and items, or none of either.
    #[error("the command `{0}` needs `bytes` or `items`, at least 1, and not both")]
    Unit(String),
    /// The command computes with no thread.
    #[error("the command `{0}` computes with 0 threads: give at least 1")]
    Threads(String),
}

impl Default for Line {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl fmt::Display for Line {
    /// The command as a user would type it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Words(words) => {
                let words = words.iter().map(String::as_str);
                // A word with a null byte cannot be quoted, and cannot be started either.
                f.write_str(&shlex::try_join(words).unwrap_or_default())
            }
        }
    }
}

impl Default for ExitStatus {
    fn default() -> Self {
        Self::Code(0)
    }
}

impl Serialize for ExitStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Code(code) => serializer.serialize_i32(*code),
            Self::Any => serializer.serialize_str("any"),
        }
    }
}

impl<'de> Deserialize<'de> for ExitStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(
            untagged,
            expecting = "an exit status is a number from 0 to 255, or \"any\""
        )]
        enum Written {
            Code(u8),
            Any(Any),
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "kebab-case")]
        enum Any {
            Any,
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::Code(code) => Self::Code(code.into()),
            Written::Any(Any::Any) => Self::Any,
        })
    }
}

/// Reads the values of parameters. Numbers become texts.
fn texts<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a value of a parameter is a text or a number")]
    enum Value {
        Text(String),
        Whole(i64),
        Fraction(f64),
    }
    let text = |value| match value {
        Value::Text(text) => text,
        Value::Whole(number) => number.to_string(),
        Value::Fraction(number) => number.to_string(),
    };
    let values = BTreeMap::<String, Vec<Value>>::deserialize(deserializer)?;
    Ok(values
        .into_iter()
        .map(|(name, values)| (name, values.into_iter().map(text).collect()))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_can_be_written_in_toml_and_survives_the_way_to_the_probe() {
        let text = r#"
            id = "grep/{size}"
            phase = "fixed"
            about = "counts lines"
            run = ["grep", "-c", "foo", "input-{size}.txt"]
            prepare = "sync"
            setup = ["touch", "a b"]
            cleanup = "rm 'a b'"
            build = "make"
            input = "file"
            parameters = { size = [10, 100], name = ["a", "b"], share = [0.5] }
            exit-status = 1
            output = "3"
            bytes = 10
            threads = 2
            instructions = true
        "#;
        let definition: Definition = toml::from_str(text).expect("valid");
        assert_eq!(definition.parameters["size"], ["10", "100"]);
        assert_eq!(definition.parameters["share"], ["0.5"]);
        assert_eq!(definition.exit_status, ExitStatus::Code(1));
        let json = serde_json::to_string(&definition).expect("plain data");
        assert_eq!(
            serde_json::from_str::<Definition>(&json).expect("the same"),
            definition
        );
    }

    #[test]
    fn a_failing_command_can_be_allowed_and_other_words_cannot() {
        let read = |status: &str| {
            toml::from_str::<Definition>(&format!("id = 'a'\nrun = 'b'\nexit-status = {status}"))
                .map(|definition| definition.exit_status)
        };
        assert_eq!(read("'any'"), Ok(ExitStatus::Any));
        for wrong in ["'some'", "-1", "256", "true"] {
            let error = read(wrong).expect_err(wrong).to_string();
            assert!(error.contains("a number from 0 to 255"), "{error}");
        }
    }

    #[test]
    fn words_are_shown_as_a_user_types_them() {
        let words = ["grep", "a b", "it's"].map(str::to_owned).to_vec();
        assert_eq!(Line::Words(words).to_string(), r#"grep 'a b' "it's""#);
    }
}
