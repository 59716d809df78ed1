//! Defaults of a gate against a revision. A change must not weaken its own gate, so they come from the base, as the limits
//! do: from the table `[defaults.gate]` of its `harness.toml`.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result};
use clap::FromArgMatches;
use harness::project::{self, Project};
use harness::vcs::Repository;

use super::Gate;
use crate::cli::settings::{File, Part};
use crate::cli::{Arguments, Command, parse};

/// The gate of this command line with the defaults of the base; none if the base has none.
pub(super) fn with_rules_of(base: &str, project: &Project) -> Result<Option<Gate>> {
    let Some(file) = file_of(base, project)? else {
        return Ok(None);
    };
    let words: Vec<OsString> = std::env::args_os().collect();
    let parsed = parse::parsed(&words, &project.root, Some(file))?;
    let arguments = Arguments::from_arg_matches(&parsed.matches)?;
    Ok(match arguments.command {
        Command::Gate(gate) => Some(gate),
        _ => None,
    })
}

/// The defaults of the base that the words of a gate name, if there is one.
pub(in crate::cli) fn base_defaults(words: &[OsString], folder: &Path) -> Result<Option<File>> {
    let parsed = parse::parsed(words, folder, None)?;
    let base = match parsed.matches.subcommand() {
        Some(("gate", gate)) => gate
            .get_many::<String>("base")
            .and_then(|mut all| all.next()),
        _ => None,
    };
    match base {
        Some(base) => file_of(base, &Project::find(folder)?),
        None => Ok(None),
    }
}

fn file_of(base: &str, project: &Project) -> Result<Option<File>> {
    let repository = Repository::open(project)?;
    let commit = repository.resolve(base)?;
    let text = repository.file(&commit, Path::new(project::FILE))?;
    let has_defaults = |text: &String| project::defaults(text).map_or(true, |all| !all.is_empty());
    Ok(text.filter(has_defaults).map(|text| File {
        name: format!("{base}:{}", project::FILE),
        text,
        part: Part::Rules,
    }))
}

/// A sentence on each default of the gate that the head changes, so that a reviewer sees it. The base's is in force.
pub(super) fn amended(base: &Project, head: &Project) -> Result<Vec<String>> {
    let read = |project: &Project| -> Result<Vec<project::DefaultValue>> {
        let text = std::fs::read_to_string(project.root.join(project::FILE)).unwrap_or_default();
        let found = project::defaults(&text).map_err(anyhow::Error::msg);
        let mut found = found.context(project::FILE)?;
        found.retain(|one| one.keys.first().is_some_and(|command| command == "gate"));
        Ok(found)
    };
    let (base, head) = (read(base)?, read(head)?);
    let of = |all: &[project::DefaultValue], key: &str| {
        let found = all.iter().find(|one| one.keys.join(".") == key);
        found.map_or("none".to_owned(), |one| one.values.join(","))
    };
    let mut keys: Vec<String> = [&base, &head]
        .into_iter()
        .flatten()
        .map(|one| one.keys.join("."))
        .collect();
    keys.sort();
    keys.dedup();
    Ok(keys
        .into_iter()
        .filter(|key| of(&base, key) != of(&head, key))
        .map(|key| {
            let (base, head) = (of(&base, &key), of(&head, &key));
            format!(
                "default of {key}: {base} in the base, {head} in the head; for what is judged, that of the base applies"
            )
        })
        .collect())
}
