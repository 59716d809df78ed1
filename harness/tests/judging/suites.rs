//! Projects with several suites, and suites that lack programs.

use crate::project::Done;
use crate::tools::Tools;

/// A project with a second suite, whose only program is another probe with the workload `parse/words`.
fn two_suites() -> Tools {
    let tools = Tools::new();
    let configuration = tools.project.read("harness.toml");
    let second = "[[suite]]\ncommand = [\"./other\"]\n";
    tools
        .project
        .write("harness.toml", &format!("{configuration}\n{second}"));
    let probe = tools.project.read("probe");
    let probe = probe.replace("workloads.json", "others.json");
    tools.script(
        "other",
        probe.strip_prefix("#!/bin/sh\n").expect("a script"),
    );
    others(&tools, "parse/words");
    tools
}

/// Gives the second suite a workload of this id.
fn others(tools: &Tools, id: &str) {
    let workloads = format!(
        r#"[{{"id":"{id}","unit":{{"name":"word","per_run":1}},"definition":"d","answer":"a","phases":["optimized"],"instruments":["clock","criterion","dhat"],"selection":"quick"}}]"#
    );
    tools.project.write("others.json", &workloads);
}

fn listed(done: &Done, id: &str) -> String {
    let line = done.stdout.lines().find(|line| line.starts_with(id));
    line.unwrap_or_else(|| panic!("{id} is not in {}", done.seen()))
        .to_owned()
}

#[test]
fn the_workloads_of_all_suites_are_listed_and_measured_together() {
    let tools = two_suites();
    let done = tools.run(&["list"]);
    assert_eq!(done.status, 0, "{}", done.seen());
    // The second suite has a program for the clock only.
    let line = listed(&done, "parse/words");
    assert!(line.contains("clock") && !line.contains("dhat"), "{line}");
    assert!(listed(&done, "model/decode").contains("dhat"));
    let done = tools.run(&["run", "--quick", "--no-report", "--metric", "clock,dhat"]);
    assert_eq!(done.status, 0, "{}", done.seen());
    assert!(
        done.stdout.contains("parse/words") && done.stdout.contains("model/decode"),
        "{}",
        done.stdout
    );
}

#[test]
fn two_suites_with_one_id_are_refused_by_name() {
    let tools = two_suites();
    others(&tools, "kernel/gelu");
    let refused = tools.refused(&["list"]);
    assert!(
        refused.contains("`kernel/gelu`")
            && refused.contains("`./probe`")
            && refused.contains("`./other`"),
        "{refused}"
    );
}

#[test]
fn a_suite_that_fails_is_named() {
    let tools = two_suites();
    tools.script("other", "exit 3\n");
    let refused = tools.refused(&["list"]);
    assert!(
        refused.contains("suite `./other`") && refused.contains("exit status 3"),
        "{refused}"
    );
}

#[test]
fn what_no_suite_has_a_program_for_is_left_out_unless_it_is_named() {
    let tools = Tools::new();
    tools
        .project
        .write("harness.toml", "probe = { command = [\"./probe\"] }\n");
    let done = tools.run(&["run", "--quick", "--no-report"]);
    assert_eq!(done.status, 0, "{}", done.seen());
    for quantity in ["heap", "instructions"] {
        let sentence = format!("{quantity} is not measured: no suite");
        let count = done.stderr.matches(&sentence).count();
        assert_eq!(count, 1, "{}", done.stderr);
    }
    let refused = tools.refused(&["run", "--quick", "--metric", "heap"]);
    assert!(refused.starts_with("heap is not measured"), "{refused}");
}

#[test]
fn without_a_program_or_a_configuration_the_error_names_init() {
    let tools = Tools::new();
    tools.project.write("harness.toml", "");
    assert!(tools.refused(&["list"]).contains("harness init"));
    std::fs::remove_file(tools.project.path("harness.toml")).expect("there");
    assert!(tools.refused(&["list"]).contains("harness init"));
}
