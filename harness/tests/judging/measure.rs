//! `harness run` and `harness gate` with scripts in the place of the programs that measure.

use std::fs;

use harness::record::{Check, Instrument, Record};

use crate::tools::Tools;

/// A project with a baseline of both workloads.
fn with_baseline() -> Tools {
    let tools = Tools::new();
    let counted = tools.run(&["run", "--metric", "instructions,heap", "--no-report", "--out", "counts.json"]);
    assert_eq!(counted.status, 0, "{}", counted.stderr);
    let saved = tools.run(&["baseline", "save", "--yes", "--record", "counts.json"]);
    assert_eq!(saved.status, 0, "{}", saved.stderr);
    tools
}

#[test]
fn counts_that_stay_pass_the_gate() {
    let tools = with_baseline();
    for arguments in [&["gate"][..], &["gate", "--quick"]] {
        let done = tools.run(arguments);
        assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
        assert!(done.stdout.contains("PASSED"), "{}", done.stdout);
    }
}

/// What the short selection leaves out is not missing; what is not there any more is.
#[test]
fn a_workload_that_was_deleted_is_told_by_the_short_selection_too() {
    for (left, gone) in [(("kernel/gelu", true), "model/decode"), (("model/decode", true), "kernel/gelu")] {
        let tools = with_baseline();
        tools.workloads(&[left]);
        let done = tools.run(&["gate", "--quick"]);
        assert_eq!(done.status, 2, "{}{}", done.stdout, done.stderr);
        let told = format!("{gone} in phase naive, and 1 other: removed");
        assert!(done.stdout.contains(&told), "{}", done.stdout);
    }
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_anything_is_counted() {
    let tools = with_baseline();
    tools.probe("hello", "echo > measured");
    tools.project.write("taken", "a file where the folder should be");
    for command in [&["gate", "--out", "taken/counts.json"][..], &["run", "--out", "taken/counts.json"]] {
        let sentence = tools.refused(command);
        assert!(sentence.starts_with("cannot write taken/counts.json, so nothing was measured: "), "{sentence}");
    }
    fs::write(tools.project.path("reports"), "a file where the folder should be").expect("written");
    let sentence = tools.refused(&["run"]);
    assert!(sentence.starts_with("cannot write PROJECT/reports/index.html, so nothing was measured: "), "{sentence}");
    assert!(!tools.project.path("measured").exists());
}
