//! Turns definitions into single commands: parameters are replaced by their values, and texts are split into words.

use std::collections::{BTreeMap, BTreeSet};

use itertools::Itertools;

use crate::command::definition::{Definition, DefinitionError, ExitStatus, Line, PHASE};

/// One command that can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The id of the workload.
    pub id: String,
    /// The phase.
    pub phase: String,
    /// One line for readers of reports.
    pub about: String,
    /// The command as a user would type it.
    pub text: String,
    /// The program and its arguments; `sh`, `-c` and the text if the shell runs it.
    pub words: Vec<String>,
    /// True if the shell runs it.
    pub shell: bool,
    /// Program and arguments that run before each run.
    pub prepare: Option<Vec<String>>,
    /// Program and arguments that run before the first run.
    pub setup: Option<Vec<String>>,
    /// Program and arguments that run after the last run.
    pub cleanup: Option<Vec<String>>,
    /// Program and arguments that build what the command needs.
    pub build: Option<Vec<String>>,
    /// The file that is its standard input.
    pub input: Option<String>,
    /// The exit status of a run that succeeded.
    pub exit_status: ExitStatus,
    /// The right output.
    pub output: Option<String>,
    /// Name and number of the units that one run processes.
    pub unit: Option<(&'static str, u64)>,
    /// Threads that it computes with.
    pub threads: Option<u32>,
    /// True if callgrind counts its instructions.
    pub instructions: bool,
}

/// Expands definitions, in order. A matrix varies its last parameter fastest.
///
/// # Errors
/// If a definition cannot be used, or two commands have one id and one phase.
pub fn expand(definitions: &[Definition]) -> Result<Vec<Call>, DefinitionError> {
    let calls: Vec<Call> = definitions
        .iter()
        .map(|definition| -> Result<Vec<Call>, DefinitionError> {
            assignments(definition)?
                .iter()
                .map(|values| call(definition, values))
                .collect()
        })
        .flatten_ok()
        .try_collect()?;
    let mut names = BTreeSet::new();
    let mut units = BTreeMap::new();
    for call in &calls {
        if !names.insert((&call.id, &call.phase)) {
            return Err(DefinitionError::Twin(call.id.clone()));
        }
        if *units.entry(&call.id).or_insert(call.unit) != call.unit {
            return Err(DefinitionError::Units(call.id.clone()));
        }
    }
    Ok(calls)
}

impl Definition {
    /// The same definition with one value for each parameter, for every combination of values, in the order of
    /// [`expand`].
    pub fn singles(&self) -> Vec<Self> {
        let single = |values: BTreeMap<&str, &str>| Self {
            parameters: values
                .into_iter()
                .map(|(name, value)| (name.to_owned(), vec![value.to_owned()]))
                .collect(),
            ..self.clone()
        };
        let all = assignments(self).unwrap_or_default();
        all.into_iter().map(single).collect()
    }
}

/// Every combination of the values of the parameters.
fn assignments(definition: &Definition) -> Result<Vec<BTreeMap<&str, &str>>, DefinitionError> {
    for (name, values) in &definition.parameters {
        let problem = |make: fn(String, String) -> DefinitionError| {
            Err(make(definition.id.clone(), name.clone()))
        };
        if values.is_empty() {
            return problem(DefinitionError::NoValue);
        }
        let named = [Some(&definition.id), definition.phase.as_ref()];
        if values.len() > 1
            && !named
                .into_iter()
                .flatten()
                .any(|text| text.contains(&placeholder(name)))
        {
            return problem(DefinitionError::NotInId);
        }
    }
    if definition.parameters.is_empty() {
        return Ok(vec![BTreeMap::new()]);
    }
    let choices = definition
        .parameters
        .iter()
        .map(|(name, values)| values.iter().map(|value| (name.as_str(), value.as_str())));
    Ok(choices
        .multi_cartesian_product()
        .map(|values| values.into_iter().collect())
        .collect())
}

fn call(definition: &Definition, values: &BTreeMap<&str, &str>) -> Result<Call, DefinitionError> {
    let fill = |text: &str| filled(text, values);
    let fill_line = |line: &Line| match line {
        Line::Text(text) => Line::Text(fill(text)),
        Line::Words(words) => Line::Words(words.iter().map(|word| fill(word)).collect()),
    };
    let (id, line) = (fill(&definition.id), fill_line(&definition.run));
    // The other lines are not timed, so a shell may always read them.
    let step = |line: &Option<Line>| {
        line.as_ref()
            .map(|line| words(&id, &fill_line(line), matches!(line, Line::Text(_))))
            .transpose()
    };
    let unit = match (definition.bytes, definition.items) {
        (None, None) => None,
        (Some(bytes @ 1..), None) => Some(("byte", bytes)),
        (None, Some(items @ 1..)) => Some(("item", items)),
        _ => return Err(DefinitionError::Unit(id)),
    };
    if definition.threads == Some(0) {
        return Err(DefinitionError::Threads(id));
    }
    Ok(Call {
        words: words(&id, &line, definition.shell)?,
        text: line.to_string(),
        phase: definition
            .phase
            .as_deref()
            .map_or_else(|| PHASE.to_owned(), fill),
        about: fill(&definition.about),
        shell: definition.shell,
        prepare: step(&definition.prepare)?,
        setup: step(&definition.setup)?,
        cleanup: step(&definition.cleanup)?,
        build: step(&definition.build)?,
        input: definition.input.as_deref().map(fill),
        exit_status: definition.exit_status,
        output: definition.output.as_deref().map(fill),
        unit,
        threads: definition.threads,
        instructions: definition.instructions,
        id,
    })
}

/// The program and the arguments of a line.
fn words(id: &str, line: &Line, shell: bool) -> Result<Vec<String>, DefinitionError> {
    let words = match line {
        Line::Words(_) if shell => return Err(DefinitionError::ShellWords(id.to_owned())),
        Line::Words(words) => words.clone(),
        Line::Text(text) if text.trim().is_empty() => Vec::new(),
        Line::Text(text) if shell => ["sh", "-c", text].map(str::to_owned).to_vec(),
        Line::Text(text) => {
            shlex::split(text).ok_or_else(|| DefinitionError::Quote(text.clone()))?
        }
    };
    match words.first().is_none_or(String::is_empty) {
        true => Err(DefinitionError::Empty(id.to_owned())),
        false => Ok(words),
    }
}

fn placeholder(name: &str) -> String {
    format!("{{{name}}}")
}

/// Replaces the parameters from left to right, so that a value that looks like a parameter stays as it is.
fn filled(text: &str, values: &BTreeMap<&str, &str>) -> String {
    let mut full = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        full.push_str(&rest[..start]);
        rest = &rest[start..];
        let value = rest
            .find('}')
            .and_then(|end| Some((end, values.get(&rest[1..end])?)));
        match value {
            Some((end, value)) => {
                full.push_str(value);
                rest = &rest[end + 1..];
            }
            None => {
                full.push('{');
                rest = &rest[1..];
            }
        }
    }
    full + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(text: &str) -> Definition {
        toml::from_str(text).expect("valid")
    }

    fn refused(text: &str) -> DefinitionError {
        expand(&[definition(text)]).expect_err("refused")
    }

    #[test]
    fn a_text_is_split_as_a_shell_splits_it_without_expansion() {
        let calls = expand(&[definition(
            r#"id = "a"
run = "grep 'a b' \"c\" *.txt $HOME"
prepare = "x && y""#,
        )])
        .expect("one");
        assert_eq!(calls[0].words, ["grep", "a b", "c", "*.txt", "$HOME"]);
        assert_eq!(calls[0].phase, PHASE);
        assert_eq!(
            calls[0].prepare.as_deref().expect("given"),
            ["sh", "-c", "x && y"]
        );
        let shell = expand(&[definition("id = 'a'\nrun = 'a | b'\nshell = true")]).expect("one");
        assert_eq!(shell[0].words, ["sh", "-c", "a | b"]);
    }

    #[test]
    fn parameters_make_a_matrix_and_other_braces_stay() {
        let calls = expand(&[definition(
            r#"id = "awk/{size}/{name}"
run = ["awk", "{print {size}}", "{name}"]
input = "{size}.txt"
parameters = { size = [1, 2], name = ["a", "{size}"] }"#,
        )])
        .expect("four");
        let ids: Vec<&str> = calls.iter().map(|call| call.id.as_str()).collect();
        assert_eq!(ids, ["awk/1/a", "awk/2/a", "awk/1/{size}", "awk/2/{size}"]);
        assert_eq!(calls[1].words, ["awk", "{print 2}", "a"]);
        assert_eq!(calls[1].input.as_deref(), Some("2.txt"));
    }

    #[test]
    fn a_definition_that_cannot_be_used_is_refused() {
        let owned = str::to_owned;
        assert_eq!(
            refused("id = 'a'\nrun = ' '"),
            DefinitionError::Empty(owned("a"))
        );
        assert_eq!(
            refused("id = 'a'\nrun = ['']"),
            DefinitionError::Empty(owned("a"))
        );
        assert_eq!(
            refused("id = 'a'\nrun = \"x 'y\""),
            DefinitionError::Quote(owned("x 'y"))
        );
        assert_eq!(
            refused("id = 'a'\nrun = ['b']\nshell = true"),
            DefinitionError::ShellWords(owned("a"))
        );
        assert_eq!(
            refused("id = 'a'\nrun = 'b'\nparameters = { n = [1, 2] }"),
            DefinitionError::NotInId(owned("a"), owned("n"))
        );
        assert_eq!(
            refused("id = '{n}'\nrun = 'b'\nparameters = { n = [] }"),
            DefinitionError::NoValue(owned("{n}"), owned("n"))
        );
        assert_eq!(
            refused("id = 'a'\nrun = 'b'\nbytes = 1\nitems = 1"),
            DefinitionError::Unit(owned("a"))
        );
        assert_eq!(
            refused("id = 'a'\nrun = 'b'\nthreads = 0"),
            DefinitionError::Threads(owned("a"))
        );
    }

    #[test]
    fn one_id_may_have_several_phases_and_no_twins() {
        let with = |phase: &str| definition(&format!("id = 'a'\nrun = 'b'\nphase = '{phase}'"));
        assert_eq!(
            expand(&[with("x"), with("y")]).map(|calls| calls.len()),
            Ok(2)
        );
        assert_eq!(
            expand(&[with("x"), with("x")]),
            Err(DefinitionError::Twin("a".to_owned()))
        );
        let bytes = Definition {
            bytes: Some(1),
            ..with("y")
        };
        assert_eq!(
            expand(&[with("x"), bytes]),
            Err(DefinitionError::Units("a".to_owned()))
        );
    }
}
