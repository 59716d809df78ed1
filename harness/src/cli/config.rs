//! `harness config`: the values that options have without being given, and the origin of each.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::Result;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command};
use harness::project::{self, Project, line_of};
use harness::terminal::{Status, colour, show};
use harness_report::render::{Cell, Column, Format, Table};

use super::parse::{self, Parsed};
use super::settings::is_settable;

/// Prints the effective configuration, and where each value is from
///
/// A value comes from the command line, or else from a variable such as HARNESS_GATE_BUDGET, or else from the table
/// [defaults.gate] of harness.toml, or else it is built in. With the words of a command, as in `harness config gate
/// --base main --budget 90s`, prints the options of that command as it would see them. In a gate against a revision, what
/// is judged comes from the harness.toml of that revision.
#[derive(Args)]
pub(crate) struct Config {
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// A command with its options
    #[arg(
        value_name = "COMMAND",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    command: Vec<OsString>,
}

/// One line of the configuration.
struct Entry {
    command: String,
    option: String,
    value: Option<String>,
    /// Unit of the value; empty if it has none or the value contains it, as in `2m`.
    unit: &'static str,
    origin: String,
}

impl Config {
    pub(crate) fn run(self, folder: &Path) -> Result<Status> {
        let own: Vec<OsString> = std::env::args_os().collect();
        let mut entries = general(&parse::parsed(&own, folder, None)?);
        if self.command.is_empty() {
            entries.extend(of_project(folder)?);
            entries.extend(of_commands(&parse::parsed(&own, folder, None)?));
        } else {
            let words: Vec<OsString> = [OsString::from("harness")]
                .into_iter()
                .chain(self.command)
                .collect();
            let base = super::gate::base_defaults(&words, folder)?;
            entries.extend(of_one(&parse::parsed(&words, folder, base)?));
        }
        show(&[table(entries)], self.format)?;
        Ok(Status::Fine)
    }
}

fn table(entries: Vec<Entry>) -> Table {
    let columns = vec![
        Column::left("command", "command"),
        Column::left("option", "option"),
        Column::left("value", "value"),
        Column::left("unit", "unit"),
        Column::left("from", "from"),
    ];
    let mut table = Table::new("", columns);
    for entry in entries {
        table.rows.push(vec![
            Cell::text(entry.command),
            Cell::text(entry.option),
            entry.value.map_or_else(Cell::missing, Cell::text),
            Cell::text(entry.unit),
            Cell::text(entry.origin),
        ]);
    }
    table
}

/// The options of the whole program.
fn general(parsed: &Parsed) -> Vec<Entry> {
    let mut entries = entries(parsed, &parsed.program, &parsed.matches, &[]);
    // Other variables decide if no option does.
    if let Some(entry) = entries.iter_mut().find(|entry| entry.option == "color")
        && let Some(name) = colour::deciding_variable()
        && entry.origin == DEFAULT
    {
        name.clone_into(&mut entry.origin);
        let value = std::env::var(name).unwrap_or_default();
        entry.value = Some(match name {
            "NO_COLOR" | "CLICOLOR" => "never".to_owned(),
            "CLICOLOR_FORCE" => "always".to_owned(),
            _ => value,
        });
    }
    entries
}

/// The keys of `harness.toml` that have a default.
fn of_project(folder: &Path) -> Result<Vec<Entry>> {
    let Some(root) = Project::root(folder) else {
        return Ok(Vec::new());
    };
    let config = Project::find(folder)?.config;
    let text = fs::read_to_string(root.join(project::FILE)).unwrap_or_default();
    let list = |values: &[String]| (!values.is_empty()).then(|| values.join(","));
    let path = |path: &Path| Some(path.display().to_string());
    let values = [
        ("records", path(&config.records)),
        ("baselines", path(&config.baselines)),
        ("reports", path(&config.reports)),
        ("anchors", list(&config.anchors)),
        ("timed", list(&config.timed)),
        ("environment", list(&config.environment)),
    ];
    let entry = |(key, value): (&str, Option<String>)| Entry {
        command: String::new(),
        option: key.to_owned(),
        value,
        unit: "",
        origin: line_of(&text, key).map_or(DEFAULT.to_owned(), |line| {
            format!("{}:{line}", project::FILE)
        }),
    };
    Ok(values.into_iter().map(entry).collect())
}

/// The options of all commands that a file or a variable can set.
fn of_commands(parsed: &Parsed) -> Vec<Entry> {
    fn add(parsed: &Parsed, command: &Command, path: &[&str], found: &mut Vec<Entry>) {
        for inner in command.get_subcommands().filter(|one| !one.is_hide_set()) {
            let path = [path, &[inner.get_name()]].concat();
            found.extend(entries(parsed, inner, &ArgMatches::default(), &path));
            add(parsed, inner, &path, found);
        }
    }
    let mut found = Vec::new();
    add(parsed, &parsed.program, &[], &mut found);
    found
}

/// The options of the command that was chosen, also those that only the command line can set, if it does.
fn of_one(parsed: &Parsed) -> Vec<Entry> {
    let (mut command, mut matches) = (&parsed.program, &parsed.matches);
    let mut path = Vec::new();
    while let Some((name, inner)) = matches.subcommand() {
        let Some(found) = command.find_subcommand(name) else {
            break;
        };
        (command, matches) = (found, inner);
        path.push(found.get_name());
    }
    entries(parsed, command, matches, &path)
}

const DEFAULT: &str = "default";

fn entries(parsed: &Parsed, command: &Command, matches: &ArgMatches, path: &[&str]) -> Vec<Entry> {
    let given = |arg: &Arg| {
        let id = arg.get_id().as_str();
        let is_known = matches.try_contains_id(id).is_ok();
        is_known && matches.value_source(id) == Some(ValueSource::CommandLine)
    };
    let mut found = Vec::new();
    for arg in command.get_arguments() {
        let Some(name) = arg.get_long() else { continue };
        let is_given = given(arg);
        if !is_given && !is_settable(path, arg) {
            continue;
        }
        let joined = |values: Vec<String>| (!values.is_empty()).then(|| values.join(","));
        let value = if is_given {
            let raw = matches.get_raw(arg.get_id().as_str()).into_iter().flatten();
            let written = raw.map(|one| one.to_string_lossy().into_owned()).collect();
            // A switch has no words.
            joined(written).or(Some("true".to_owned()))
        } else {
            let defaults = arg.get_default_values().iter();
            let written = defaults.map(|one| one.to_string_lossy().into_owned());
            let is_switch = !arg.get_action().takes_values();
            joined(written.collect()).or(is_switch.then(|| "false".to_owned()))
        };
        let origin = match parsed.settings.of(path, name) {
            _ if is_given => format!("--{name}"),
            Some(setting) => setting.origin.to_string(),
            None => DEFAULT.to_owned(),
        };
        found.push(Entry {
            command: path.join(" "),
            option: name.to_owned(),
            unit: value.as_deref().map_or("", |value| unit(arg, value)),
            value,
            origin,
        });
    }
    found
}

/// The unit of a value, by the name that the help gives it.
fn unit(arg: &Arg, value: &str) -> &'static str {
    let names = arg.get_value_names().unwrap_or_default();
    let is_bare = value.parse::<f64>().is_ok();
    match names.first().map(|name| name.as_str()) {
        // A duration may contain its unit, as in `2m`.
        Some("SECONDS" | "TIME") if is_bare => "seconds",
        Some("PERCENT") if is_bare => "percent",
        Some("N") if arg.get_id() == "threads" => "threads",
        _ => "",
    }
}
