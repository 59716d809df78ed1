//! `harness explain`: a verdict from the file of a gate alone.

use std::sync::OnceLock;

use crate::repository::{executes, repository, takes};
use crate::tools::Tools;

/// A project with nothing but the file of a gate, whose head executed more instructions and took longer.
fn kept() -> Tools {
    static KEPT: OnceLock<String> = OnceLock::new();
    let kept = KEPT.get_or_init(|| {
        let tools = repository();
        takes(&tools, 52_000_000);
        executes(&tools, 1050);
        let done = tools.run(&[
            "gate",
            "--base",
            "HEAD",
            "--budget",
            "20",
            "--seed",
            "7",
            "--out",
            "kept.json",
        ]);
        assert_eq!(done.status, 1, "{}{}", done.stdout, done.stderr);
        tools.project.read("kept.json")
    });
    let tools = Tools::new();
    tools.project.write("kept.json", kept);
    tools
        .project
        .write("records/gates/2026-01-02T030405Z.json", kept);
    tools
}

fn stable(text: &str) -> String {
    // The rest differs from run to run: the time and the commits of the gate.
    let from = text.find("From ").unwrap_or(text.len());
    text[..from].to_owned()
}

#[test]
fn all_workloads_are_told_in_a_line_each_and_one_pair_by_pair() {
    let tools = kept();
    let done = tools.run(&["explain"]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    insta::assert_snapshot!(stable(&done.stdout));
    let done = tools.run(&["explain", "kept.json", "kernel/gelu"]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    // The number of blocks of a pair depends on the start time of its processes.
    insta::with_settings!({ filters => vec![(r"● +\d+", "● BLOCKS")] }, {
        insta::assert_snapshot!(stable(&done.stdout));
    });
    assert!(
        done.text().contains("From kept.json: ") && done.text().contains(" with changes against "),
        "{}",
        done.stdout
    );
}

#[test]
fn every_format_tells_the_same() {
    let tools = kept();
    let json = tools.run(&[
        "explain",
        "newest",
        "kernel/gelu",
        "--phase",
        "optimized",
        "--format",
        "json",
    ]);
    let tables: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    let rows = tables[0]["rows"].as_array().expect("pairs");
    assert!(
        rows.iter().any(|row| row["event"] == "suspected slower"),
        "{}",
        json.stdout
    );
    assert!(
        rows.last().expect("pairs")["event"]
            .as_str()
            .expect("text")
            .starts_with("confirmed slower"),
        "{}",
        json.stdout
    );
    assert_eq!(tables[1]["rows"][0]["verdict"], "regressed");
    let csv = tools.run(&["explain", "newest", "--format", "csv"]);
    assert_eq!(csv.stdout.lines().count(), rows.len() + 1, "{}", csv.stdout);
    let slices = tools.run(&[
        "explain",
        "newest",
        "kernel/gelu",
        "--pair",
        "2",
        "--format",
        "csv",
    ]);
    let count = slices.stdout.lines().count() - 1;
    assert!(
        count >= 4 && count.is_multiple_of(4),
        "a block is four slices: {}",
        slices.stdout
    );
    assert!(
        slices
            .stdout
            .lines()
            .nth(1)
            .expect("a slice")
            .ends_with(",1,0"),
        "{}",
        slices.stdout
    );
    let markdown = tools.run(&["explain", "--format", "markdown"]);
    assert!(
        markdown
            .stdout
            .starts_with("### REGRESSED: 1 of 1 timed workload slower: kernel/gelu +4.0 %"),
        "{}",
        markdown.stdout
    );
}

#[test]
fn what_was_only_counted_is_told_by_its_counts() {
    let tools = kept();
    let done = tools.run(&["explain", "newest", "model/decode"]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert!(
        done.text().contains("instructions per token") && !done.text().contains("so far"),
        "{}",
        done.stdout
    );
}

#[test]
fn bad_input_is_answered_by_one_sentence() {
    let tools = kept();
    let mut messages = vec![Tools::new().refused(&["explain"])];
    messages.push(tools.refused(&["explain", "nowhere.json"]));
    messages.push(tools.refused(&["explain", "harness.toml"]));
    messages.push(tools.refused(&["explain", "newest", "kernel/glue"]));
    messages.push(tools.refused(&["explain", "newest", "kernel/gelu", "--phase", "optimised"]));
    messages.push(tools.refused(&["explain", "newest", "kernel/gelu", "--pair", "999"]));
    tools.project.write(
        "old.json",
        &tools
            .project
            .read("kept.json")
            .replacen("\"schema\":5", "\"schema\":99", 1),
    );
    messages.push(tools.refused(&["explain", "old.json"]));
    insta::assert_snapshot!(messages.join("\n"));
}
