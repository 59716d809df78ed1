//! Folders and files whose names are not UTF-8.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::project::Project;
use crate::repository::{commit, git};
use crate::tools::Tools;

const NAME: &[u8] = b"caf\xe9";

/// Runs a command in a project, and returns its exit status and output.
fn run(tools: &Tools, arguments: &[&OsStr]) -> (i32, String) {
    let mut command = crate::program();
    command
        .current_dir(tools.project.path(""))
        .env("PATH", tools.project.path("bin"))
        .args(arguments);
    let output = command.output().expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    (output.status.code().expect("not killed"), text)
}

#[test]
fn a_checkout_and_files_may_have_any_bytes_in_their_names() {
    let tools = Tools::in_project(Project::named(OsStr::from_bytes(NAME)));
    git(&tools, &["init", "--quiet", "--initial-branch=main"]);
    commit(&tools, "A state");
    let file = OsStr::from_bytes(b"records/caf\xe9.json");
    let words = |text: &'static str| text.split(' ').map(OsStr::new).collect::<Vec<_>>();
    let with_file = |text| [&words(text)[..], &[file]].concat();
    for (command, status) in [
        (with_file("run --metric time,instructions,heap --out"), 0),
        ([&with_file("compare")[..], &[file]].concat(), 0),
        (with_file("baseline save --yes --record"), 0),
        (with_file("gate --record"), 0),
        (words("gate"), 0),
        (with_file("report --record"), 0),
        (words("list"), 0),
        (words("profile kernel/gelu"), 0),
        (words("gate --base HEAD --counts-only"), 0),
        (words("bisect HEAD HEAD --workload kernel/gelu"), 2),
        // Only a committed baseline is part of the history.
        (words("history"), 2),
        (words("triage --since HEAD"), 0),
    ] {
        let (found, text) = run(&tools, &command);
        assert_eq!(found, status, "{command:?}: {text}");
        assert!(!text.contains("panicked"), "{command:?}: {text}");
    }
    let record = harness_record::Record::read(&tools.project.path("").join(Path::new(file)));
    let command = record.expect("a record").command;
    assert!(command.ends_with(r"$'records/caf\xe9.json'"), "{command}");
}

#[test]
fn what_rustc_cannot_build_is_told_before_it_is_tried() {
    let project = Project::named(OsStr::from_bytes(NAME));
    project.write(
        "harness.toml",
        "probe = { bin = { package = \"a\", name = \"a\" } }\n",
    );
    let refused = project.refused(&["list"]);
    assert!(
        refused.contains("rustc accepts only paths that are UTF-8"),
        "{refused}"
    );
}
