//! `harness bisect` over small histories.

use std::fs;

use crate::project::Done;
use crate::repository::{commit, executes, git, repository, takes};
use crate::tools::Tools;

/// The short ids of commits, which say nothing.
const ID: (&str, &str) = (r"\b[0-9a-f]{10}\b", "0123456789");

fn bisect(tools: &Tools, metric: &str, more: &[&str]) -> Done {
    tools.run(&[&["bisect", "HEAD~5", "HEAD", "--workload", "kernel/gelu", "--metric", metric], more].concat())
}

/// Six commits; the fourth of them does what `guilty` does.
fn history(guilty: impl Fn(&Tools)) -> Tools {
    let tools = repository();
    for subject in ["one", "two", "Cost more", "four", "five"] {
        tools.project.write("news", subject);
        if subject == "Cost more" {
            guilty(&tools);
        }
        commit(&tools, subject);
    }
    tools
}

/// A probe that does not say hello, so that a commit with it cannot be told.
fn break_probe(tools: &Tools) {
    tools.script("probe", "echo broken >&2; exit 1");
}

#[test]
fn the_guilty_commit_is_found_by_its_counts() {
    let tools = history(|tools| executes(tools, 1050));
    let status = git(&tools, &["status", "--porcelain"]);
    let done = bisect(&tools, "instructions", &["--phase", "naive"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let guilty = git(&tools, &["rev-parse", "--short=10", "HEAD~2"]);
    assert!(
        done.stdout.contains(&format!("found: {guilty} \"Cost more\" by N. N. <n@example.org>, 2026-03-14")),
        "{}",
        done.stdout
    );
    insta::with_settings!({filters => [ID]}, { insta::assert_snapshot!(done.stdout) });
    assert_eq!(git(&tools, &["status", "--porcelain"]), status);
    assert_eq!(git(&tools, &["worktree", "list"]).lines().count(), 1);

    // What it says reproduces it does.
    let again = done.stdout.lines().find_map(|line| line.strip_prefix("reproduce with: cargo harness ")).expect("said");
    let again = tools.run(&again.split(' ').collect::<Vec<_>>());
    assert_eq!(again.status, 0, "{}", again.stderr);
    assert!(again.stdout.contains(&format!("found: {guilty}")), "{}", again.stdout);
}

#[test]
fn of_time_the_counts_tell_where_they_moved() {
    let tools = history(|tools| {
        executes(tools, 1050);
        takes(tools, 52_000_000);
    });
    let done = bisect(&tools, "time", &["--format", "json"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let tables: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert!(tables[0]["title"].as_str().expect("text").contains("\"Cost more\""), "{}", done.stdout);
    assert!(done.stdout.contains("instructions 1,003 -> 1,053"), "{}", done.stdout);
}

#[test]
fn where_no_count_moved_the_guilty_commit_is_found_by_time() {
    let tools = history(|tools| takes(tools, 52_000_000));
    let done = bisect(&tools, "time", &[]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(
        done.stderr.contains("no count of it got worse from GOOD to BAD, so time tells, side by side"),
        "{}",
        done.stderr
    );
    assert!(done.stdout.contains("\"Cost more\" by N. N."), "{}", done.stdout);
    assert!(done.stdout.contains("time 0 % -> +4.0 % against GOOD"), "{}", done.stdout);
}

#[test]
fn commits_that_cannot_be_told_are_stepped_around_and_told() {
    let tools = repository();
    let probe = tools.project.read("probe");
    for (subject, is_broken) in [("one", false), ("two", true), ("three", false), ("Cost more", false), ("five", false)]
    {
        tools.project.write("news", subject);
        if is_broken {
            break_probe(&tools)
        } else {
            tools.script("probe", probe.strip_prefix("#!/bin/sh\n").expect("a script"))
        }
        if subject == "Cost more" {
            executes(&tools, 1050);
        }
        commit(&tools, subject);
    }
    let done = bisect(&tools, "instructions", &[]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(done.stdout.contains("found: ") && done.stdout.contains("\"Cost more\""), "{}", done.stdout);
}

#[test]
fn where_all_between_are_skipped_the_range_is_told() {
    let tools = repository();
    let probe = tools.project.read("probe");
    break_probe(&tools);
    commit(&tools, "Broken");
    executes(&tools, 1050);
    commit(&tools, "Broken, too");
    tools.script("probe", probe.strip_prefix("#!/bin/sh\n").expect("a script"));
    commit(&tools, "Mended");
    let done = tools.run(&["bisect", "HEAD~3", "--workload", "kernel/gelu", "--metric", "instructions"]);
    assert_eq!(done.status, 2, "{}{}", done.stdout, done.stderr);
    for told in [
        "not found: kernel/gelu in phase optimized got worse with one of these 3",
        "\"Broken, too\"",
        "the probe ended while it was to say hello: exit status 1; it said: broken",
    ] {
        assert!(done.stdout.contains(told), "{told}: {}", done.stdout);
    }
}

#[test]
fn bad_input_is_answered_by_one_sentence() {
    let tools = history(|tools| executes(tools, 1050));
    let refused = |arguments: &[&str]| tools.refused(&[&["bisect"], arguments].concat());
    let of = ["--workload", "kernel/gelu", "--metric"];
    let mut said = vec![
        refused(&["nowhere", of[0], of[1], of[2], "instructions"]),
        refused(&["HEAD", "HEAD~1", of[0], of[1], of[2], "instructions"]),
        refused(&["HEAD", "HEAD", of[0], of[1], of[2], "instructions"]),
        refused(&["HEAD~1", "HEAD", of[0], of[1], of[2], "instructions"]),
        refused(&["HEAD~1", "HEAD", of[0], of[1], of[2], "heap"]),
        refused(&["HEAD~1", "HEAD", of[0], of[1], of[2], "instruction"]),
        refused(&["HEAD~1", "HEAD", of[0], of[1], of[2], "latency-p95"]),
        refused(&["HEAD~1", "HEAD", of[0], "kernel/glue", of[2], "instructions"]),
        refused(&["HEAD~1", "HEAD", of[0], of[1], of[2], "instructions", "--phase", "optimised"]),
    ];
    break_probe(&tools);
    commit(&tools, "Broken");
    said.push(refused(&["HEAD~2", "HEAD", of[0], of[1], of[2], "instructions"]));
    said.push(Tools::new().refused(&["bisect", "HEAD", of[0], of[1], of[2], "instructions"]));
    insta::with_settings!({filters => [ID]}, { insta::assert_snapshot!(said.join("\n")) });
    let done = bisect(&tools, "time", &["--budget", "0"]);
    assert_eq!(done.status, 2);
    assert!(fs::read_dir(tools.project.path("target/harness-bases")).is_ok());
}

#[test]
fn a_time_that_did_not_change_is_not_bad() {
    let tools = history(|_| ());
    let done = bisect(&tools, "time", &[]);
    assert_eq!(done.status, 2, "{}{}", done.stdout, done.stderr);
    assert!(done.stderr.contains("BAD is not bad: kernel/gelu in phase optimized at "), "{}", done.stderr);
}
