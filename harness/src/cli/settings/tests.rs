use clap::CommandFactory;

use super::*;
use crate::cli::Arguments;

fn file(text: &str, part: Part) -> File {
    File {
        name: "harness.toml".to_owned(),
        text: text.to_owned(),
        part,
    }
}

fn read(files: &[File], variables: &[(&str, &str)]) -> Result<Settings> {
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)))
        .collect();
    Settings::read(&Arguments::command(), files, &variables)
}

/// The value of an option of `gate` and its origin.
fn of_gate(settings: &Settings, option: &str) -> Option<String> {
    let setting = settings.of(&["gate"], option)?;
    let values: Vec<_> = setting
        .values
        .iter()
        .map(|one| one.to_string_lossy())
        .collect();
    Some(format!("{} from {}", values.join(","), setting.origin))
}

#[test]
fn a_variable_comes_before_a_file() {
    let files = [file(
        "[defaults.gate]\nbudget = '2m'\nmargin = 2\n",
        Part::All,
    )];
    let settings = read(
        &files,
        &[("HARNESS_GATE_BUDGET", "5m"), ("HARNESS_GATE_MARGIN", "")],
    );
    let settings = settings.expect("valid");
    assert_eq!(
        of_gate(&settings, "budget").as_deref(),
        Some("5m from HARNESS_GATE_BUDGET")
    );
    // An empty variable is none.
    assert_eq!(
        of_gate(&settings, "margin").as_deref(),
        Some("2 from harness.toml:3")
    );
}

#[test]
fn the_rules_of_a_gate_come_from_the_base_and_the_output_from_the_checkout() {
    let head = file(
        "[defaults]\ngate = { minimum-effect = 50, format = 'markdown' }\nrun = { threads = 1 }\n",
        Part::Output,
    );
    let mut base = file(
        "[defaults.gate]\nminimum-effect = 1\nformat = 'json'\n",
        Part::Rules,
    );
    base.name = "main:harness.toml".to_owned();
    let alone = read(std::slice::from_ref(&head), &[]).expect("valid");
    assert_eq!(of_gate(&alone, "minimum-effect"), None);
    assert!(alone.of(&["run"], "threads").is_some());
    let both = read(&[head, base], &[]).expect("valid");
    assert_eq!(
        of_gate(&both, "minimum-effect").as_deref(),
        Some("1 from main:harness.toml:2")
    );
    assert_eq!(
        of_gate(&both, "format").as_deref(),
        Some("markdown from harness.toml:2")
    );
}

#[test]
fn an_option_that_no_file_can_set_is_refused_with_the_nearest() {
    let error = |text: &str| {
        read(&[file(text, Part::All)], &[])
            .expect_err("refused")
            .to_string()
    };
    let lines = [
        "[defaults.gate]\nbudgte = '2m'\n",
        "[defaults.gate]\nallow-removed = true\n",
        "[defaults.gaet]\nbudget = '2m'\n",
        "[defaults]\nquiet = true\n",
        "[defaults.run]\nbudget = 5\n",
        "[defaults.gate]\nstrict = 'yes'\n",
        "[defaults.gate]\nmargin = true\n",
    ];
    insta::assert_snapshot!(lines.map(error).join("\n"));
}

#[test]
fn a_misspelled_variable_is_named() {
    let variables = [
        ("HARNESS_GATE_BUGDET", "1"),
        ("HARNESS_MODEL", "x"),
        ("HARNESS_THREADS", "1"),
    ];
    let settings = read(&[], &variables).expect("valid");
    assert_eq!(
        settings.complaints,
        ["the variable HARNESS_GATE_BUGDET sets no option; did you mean HARNESS_GATE_BUDGET?"]
    );
}

#[test]
fn a_switch_that_is_on_by_default_can_be_turned_off() {
    let settings = read(&[], &[("HARNESS_GATE_STRICT", "yes")]).expect("valid");
    let program = settings.apply(Arguments::command());
    let strict = |line: &str| {
        let matches = program.clone().try_get_matches_from(line.split(' '));
        let matches = matches.unwrap_or_else(|error| panic!("{line}: {error}"));
        matches.subcommand().expect("gate").1.get_flag("strict")
    };
    // A default does not need --base, which `--strict` requires.
    assert!(strict("harness gate"));
    assert!(strict("harness gate --base main --strict"));
    assert!(!strict("harness gate --base main --strict=false"));
}

#[test]
fn no_two_options_have_the_same_variable() {
    let program = Arguments::command();
    let mut names: Vec<String> = options::settable(&program)
        .iter()
        .map(Settable::variable)
        .collect();
    let all = names.len();
    // Variables that the harness sets for the programs that it starts, or that these read.
    for taken in [
        "HARNESS_TIME_LIMIT",
        "HARNESS_THREADS",
        "HARNESS_ISA",
        "HARNESS_MODEL",
        "HARNESS_WORKLOAD",
        "HARNESS_PHASE",
    ] {
        assert!(!names.iter().any(|name| name == taken), "{taken}");
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all);
}
