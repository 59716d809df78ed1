//! What a user sets once: defaults in `harness.toml`, variables, colour, the amount of messages, completions, manual pages.

use std::fs;

use crate::project::{Done, Project, measured, regressed};
use crate::repository::{commit, repository};
use crate::tools::Tools;

/// A comparison with a coloured cell.
fn compared(variables: &[(&str, &str)], more: &[&str]) -> String {
    let project = Project::new();
    project.record("old.json", &measured());
    project.record("new.json", &regressed());
    let arguments = [more, &["compare", "old.json", "new.json"]].concat();
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (*name, std::ffi::OsStr::new(*value)))
        .collect();
    let done = project.run_with(&arguments, &variables);
    assert_eq!(done.status, 0, "{}", done.stderr);
    done.stdout
}

#[test]
fn the_option_and_the_variables_decide_about_colour_in_their_order() {
    type Case = (
        &'static [(&'static str, &'static str)],
        &'static [&'static str],
        bool,
    );
    let cases: [Case; 12] = [
        // The output is no terminal.
        (&[], &[], false),
        (&[], &["--color", "auto"], false),
        (&[], &["--color=always"], true),
        (&[("HARNESS_COLOR", "always")], &[], true),
        (&[("HARNESS_COLOR", "always")], &["--color", "never"], false),
        (&[("CLICOLOR_FORCE", "1")], &[], true),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &[], false),
        (&[("NO_COLOR", "1")], &["--color", "always"], true),
        (&[("CARGO_TERM_COLOR", "always")], &[], true),
        (
            &[("CARGO_TERM_COLOR", "always"), ("NO_COLOR", "1")],
            &[],
            false,
        ),
        (
            &[("CARGO_TERM_COLOR", "never"), ("CLICOLOR_FORCE", "1")],
            &[],
            true,
        ),
        (
            &[("CARGO_TERM_COLOR", "always")],
            &["--color", "auto"],
            false,
        ),
    ];
    for (variables, more, is_coloured) in cases {
        let output = compared(variables, more);
        assert_eq!(
            output.contains('\u{1b}'),
            is_coloured,
            "{variables:?} {more:?}\n{output}"
        );
    }
}

#[test]
fn messages_of_the_parser_are_coloured_as_well() {
    let project = Project::new();
    let stderr = |more: &[&str]| project.run(&[more, &["lsit"]].concat()).stderr;
    assert!(stderr(&["--color=always"]).contains('\u{1b}'));
    let plain = stderr(&[]);
    assert!(
        !plain.contains('\u{1b}') && plain.contains("'list'"),
        "{plain}"
    );
}

#[test]
fn quiet_prints_results_and_errors_only() {
    let tools = Tools::new();
    let run = |more: &[&str]| tools.run(&[&["run", "--no-report"], more].concat());
    let (normal, quiet) = (run(&[]), run(&["--quiet"]));
    assert!(normal.stderr.contains("wrote record"), "{}", normal.stderr);
    assert_eq!((quiet.status, quiet.stderr.as_str()), (0, ""));
    assert!(quiet.stdout.contains("kernel/gelu"), "{}", quiet.stdout);
    let by_variable = tools.run_with(&["run", "--no-report"], &[("HARNESS_QUIET", "1")]);
    assert_eq!(by_variable.stderr, "");
    // What went wrong is printed in any case.
    tools.probe(
        "check",
        r#"echo '{"reply":"checked","wrong":"token 3 is 17"}'"#,
    );
    let wrong = run(&["-q"]);
    assert!(
        wrong.status == 2 && wrong.stderr.contains("token 3 is 17"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn verbose_adds_the_programs_that_are_started() {
    let tools = Tools::new();
    let done = tools.run(&[
        "run",
        "--no-report",
        "--verbose",
        "--metric",
        "instructions",
    ]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    for part in ["started: ", "/callgrind", "ended after ", "exit status: 0"] {
        assert!(done.stderr.contains(part), "{part}: {}", done.stderr);
    }
    // The command line comes before a variable.
    let both = tools.run_with(&["list", "-v"], &[("HARNESS_QUIET", "1")]);
    assert!(both.stderr.contains("started: "), "{}", both.stderr);
    assert_eq!(tools.run(&["list", "-q", "-v"]).status, 2);
}

#[test]
fn a_file_a_variable_and_the_command_line_set_an_option_in_this_order() {
    let project = Project::new();
    let configuration = project.read("harness.toml");
    project.write(
        "harness.toml",
        &format!("{configuration}\n[defaults.compare]\nformat = 'csv'\n"),
    );
    project.record("a.json", &measured());
    project.record("b.json", &regressed());
    let run = |variables: &[(&str, &std::ffi::OsStr)], more: &[&str]| {
        let done = project.run_with(
            &[&["compare", "a.json", "b.json"], more].concat(),
            variables,
        );
        assert_eq!(done.status, 0, "{}", done.stderr);
        done.stdout
    };
    assert!(run(&[], &[]).starts_with("workload,"));
    let variable = [("HARNESS_COMPARE_FORMAT", "markdown".as_ref())];
    assert!(run(&variable, &[]).contains("| workload |"));
    assert!(run(&variable, &["--format", "json"]).starts_with('['));
}

#[test]
fn the_effective_configuration_names_the_origin_of_each_value() {
    let project = Project::new();
    let configuration = project.read("harness.toml");
    project.write(
        "harness.toml",
        &format!("{configuration}\n[defaults.gate]\nbudget = '2m'\nstrict = true\n[defaults.run]\nmetric = ['time', 'heap']\n"),
    );
    let variables = [
        ("HARNESS_GATE_MARGIN", "2".as_ref()),
        ("HARNESS_COLOR", "never".as_ref()),
    ];
    let all = project.run_with(&["config"], &variables);
    assert_eq!(all.status, 0, "{}", all.stderr);
    let lines: Vec<&str> = all
        .stdout
        .lines()
        .filter(|line| !line.trim_end().ends_with("default"))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
    let one = project.run_with(
        &["config", "gate", "--minimum-effect", "1", "--base", "HEAD"],
        &variables,
    );
    assert_eq!(one.status, 2, "no repository: {}", one.stderr);
    let json = project.run_with(&["config", "--format", "json", "gate", "--all"], &variables);
    let tables: serde_json::Value = serde_json::from_str(&json.stdout).expect("valid JSON");
    let rows = tables[0]["rows"].as_array().expect("rows");
    let of = |option: &str| {
        let row = rows.iter().find(|row| row["option"] == option);
        let row = row.unwrap_or_else(|| panic!("{option} in {rows:?}"));
        format!(
            "{} from {}",
            row["value"].as_str().unwrap_or("nothing"),
            row["from"].as_str().unwrap_or_default()
        )
    };
    assert_eq!(of("all"), "true from --all");
    assert_eq!(of("margin"), "2 from HARNESS_GATE_MARGIN");
    assert_eq!(of("strict"), "true from harness.toml:11");
    assert_eq!(of("minimum-effect"), "0.5 from default");
    assert_eq!(of("threads"), "nothing from default");
}

#[test]
fn a_value_that_is_refused_is_named_by_its_origin() {
    let project = Project::new();
    project.record("a.json", &measured());
    let compare = ["compare", "a.json", "a.json"];
    let refused = |variables: &[(&str, &std::ffi::OsStr)]| {
        project.run_with(&compare, variables).refusal(&compare)
    };
    let error = refused(&[("HARNESS_COMPARE_FORMAT", "jsno".as_ref())]);
    assert!(
        error.starts_with("HARNESS_COMPARE_FORMAT: invalid value 'jsno'"),
        "{error}"
    );
    project.write("harness.toml", "[defaults.compare]\nformat = 'jsno'\n");
    let error = refused(&[]);
    assert!(
        error.starts_with("harness.toml:2: invalid value 'jsno'"),
        "{error}"
    );
    project.write("harness.toml", "[defaults.compare]\nfromat = 'json'\n");
    let error = refused(&[]);
    // What needs no such option works.
    assert_eq!(project.run(&["--version"]).status, 0);
    assert_eq!(project.run(&["run", "--", "true"]).status, 0);
    assert!(
        error.contains("harness.toml:2") && error.contains("did you mean `format`?"),
        "{error}"
    );
}

/// A gate against the first commit, whose `harness.toml` has these defaults; the head has others.
fn gate(base: &str, head: &str, more: &[&str]) -> Done {
    let tools = repository();
    let configuration = tools.project.read("harness.toml");
    for defaults in [base, head] {
        let text = format!("{configuration}\n[defaults.gate]\n{defaults}\n");
        tools.project.write("harness.toml", &text);
        commit(&tools, defaults);
    }
    tools.run(&[&["gate", "--base", "HEAD~1", "--counts-only"], more].concat())
}

#[test]
fn a_change_cannot_set_the_defaults_of_its_own_gate() {
    // A minimum effect that is no percentage would be refused if it was read.
    let done = gate(
        "minimum-effect = 1",
        "minimum-effect = 50\nformat = 'markdown'",
        &[],
    );
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert!(
        done.stdout.starts_with("<!--") || done.stdout.contains("**"),
        "{}",
        done.stdout
    );
    let told = done.stdout.replace('\n', " ");
    assert!(told.contains("minimum-effect"), "{told}");
    let refused = gate("minimum-effect = 500", "minimum-effect = 1", &[]);
    assert_eq!(refused.status, 2);
    assert!(
        refused.stderr.contains("HEAD~1:harness.toml:") && refused.stderr.contains("500"),
        "{}",
        refused.stderr
    );
}

#[test]
fn completions_and_manual_pages_come_from_the_same_definitions() {
    let project = Project::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = project.run(&["completions", shell]).stdout;
        for word in ["gate", "minimum-effect", "triage", "markdown"] {
            assert!(script.contains(word), "{word} in {shell}");
        }
        assert!(!script.contains("command-probe"), "hidden in {shell}");
    }
    let fixed = [("SOURCE_DATE_EPOCH", "0".as_ref())];
    let page = project.run_with(&["man"], &fixed).stdout;
    assert!(page.contains(".TH harness 1 1970-01-01"), "{page}");
    assert!(
        page.contains(".SH NAME") && page.contains(r"harness\-gate(1)"),
        "{page}"
    );
    let done = project.run(&["man", "pages"]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    let pages = fs::read_dir(project.path("pages")).expect("made").count();
    assert!(pages > 15, "{pages}");
    assert!(
        project
            .read("pages/harness-gate.1")
            .contains("minimum\\-effect")
    );
}

#[test]
fn misspelled_names_are_answered_with_the_nearest() {
    let project = Project::new();
    let cases: [(&[&str], &str); 8] = [
        (&["gtae"], "'gate'"),
        (&["gate", "--bugdet", "3"], "'--budget'"),
        (&["run", "--metric", "tmie"], "'time'"),
        (&["gate", "--format", "jsno"], "'json'"),
        (&["completions", "bahs"], "'bash'"),
        (&["--color", "nevr", "list"], "'never'"),
        (&["config", "gaet"], "'gate'"),
        (&["history", "--metric", "instrutcions"], "`instructions`"),
    ];
    for (arguments, nearest) in cases {
        let done = project.run(arguments);
        assert_eq!(done.status, 2, "{arguments:?}");
        assert!(
            done.stderr.contains(nearest),
            "{arguments:?}: {}",
            done.stderr
        );
    }
}
