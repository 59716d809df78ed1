//! Gates against a revision that find something missing: a base without a harness, removed workloads, no time to judge.

use std::fs;

use crate::project::Done;
use crate::repository::{commit, executes, repository};
use crate::tools::Tools;

fn gate(tools: &Tools, more: &[&str]) -> Done {
    tools.run(&[&["gate", "--base", "HEAD"], more].concat())
}

/// Changes the list of workloads of the head.
fn offers(tools: &Tools, from: &str, to: &str) {
    let text = tools.project.read("workloads.json");
    assert!(text.contains(from), "{text}");
    tools
        .project
        .write("workloads.json", &text.replacen(from, to, 1));
}

#[test]
fn a_removed_workload_phase_or_instrument_does_not_pass_unless_it_is_allowed() {
    let cases = [
        (
            "\"id\":\"model/decode\"",
            "\"id\":\"model/renamed\"",
            "model/decode",
        ),
        (
            "[\"naive\",\"optimized\"]",
            "[\"naive\"]",
            "model/decode in phase optimized",
        ),
        (",\"dhat\"]", "]", "dhat of model/decode"),
    ];
    for (from, to, named) in cases {
        let tools = repository();
        offers(&tools, from, to);
        let sentence = gate(&tools, &["--counts-only"]).refusal(&["gate"]);
        assert!(
            sentence.contains(&format!("lacks what the base measures: {named};"))
                && sentence.contains("--allow-removed"),
            "{sentence}"
        );
        let allowed = gate(&tools, &["--counts-only", "--allow-removed"]);
        assert_eq!(allowed.status, 0, "{}{}", allowed.stdout, allowed.stderr);
        assert!(allowed.stderr.contains(named), "{}", allowed.stderr);
        // The rest is still judged.
        executes(&tools, 2000);
        let worse = gate(&tools, &["--counts-only", "--allow-removed"]);
        assert_eq!(worse.status, 1, "{}{}", worse.stdout, worse.stderr);
    }
}

#[test]
fn what_the_selection_leaves_out_is_not_missed() {
    let tools = repository();
    offers(
        &tools,
        "\"id\":\"model/decode\"",
        "\"id\":\"model/renamed\"",
    );
    let done = gate(&tools, &["--counts-only", "--filter", "kernel/*"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    offers(&tools, ",\"dhat\"]", "]");
    let done = gate(
        &tools,
        &["--times-only", "--budget=5", "--filter", "kernel/*"],
    );
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
}

/// Commits a state without a harness, then adds the harness again.
fn adopting(name: &str) -> Tools {
    let tools = repository();
    let path = tools.project.path(name);
    let kept = fs::read_to_string(&path).expect("there");
    fs::remove_file(&path).expect("removed");
    commit(&tools, "No harness");
    match name {
        "probe" => tools.probe("", ""),
        name => tools.project.write(name, &kept),
    }
    tools
}

#[test]
fn a_base_without_a_harness_passes_only_if_that_is_allowed() {
    let tools = adopting("probe");
    let refused = gate(&tools, &["--counts-only"]).refusal(&["gate"]);
    assert!(refused.contains("--allow-missing-base"), "{refused}");
    for format in ["auto", "markdown", "json"] {
        let more = ["--counts-only", "--allow-missing-base", "--format", format];
        let more = match format {
            "auto" => &more[..2],
            _ => &more[..],
        };
        let done = gate(&tools, more);
        assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
        let all = format!("{}{}", done.stdout, done.stderr);
        assert!(
            all.contains("there was nothing to compare with"),
            "{format}: {all}"
        );
    }
}

#[test]
fn a_broken_head_without_a_base_does_not_pass() {
    let tools = adopting("probe");
    tools.script("heap", "echo kaputt >&2; exit 3");
    let refused = gate(&tools, &["--counts-only", "--allow-missing-base"]);
    assert_eq!(refused.status, 2, "{}{}", refused.stdout, refused.stderr);
    assert!(refused.stderr.contains("kaputt"), "{}", refused.stderr);
    tools.script("probe", "exit 3");
    let refused = gate(&tools, &["--times-only", "--allow-missing-base"]);
    assert_eq!(refused.status, 2, "{}{}", refused.stdout, refused.stderr);
}

#[test]
fn a_base_that_exists_is_judged_although_it_may_be_missing() {
    let tools = repository();
    executes(&tools, 2000);
    let done = gate(&tools, &["--counts-only", "--allow-missing-base"]);
    assert_eq!(done.status, 1, "{}{}", done.stdout, done.stderr);
}

#[test]
fn a_gate_that_timed_nothing_does_not_pass_unless_only_counts_were_wanted() {
    let tools = repository();
    let configured = tools.project.read("harness.toml");
    let configured = configured.replace("timed = ['kernel/*']", "timed = ['other/*']");
    tools.project.write("harness.toml", &configured);
    commit(&tools, "Time nothing");
    let probe = tools.project.read("probe");
    tools.script(
        "probe",
        &format!("# changed\n{}", probe.trim_start_matches("#!/bin/sh\n")),
    );
    let done = gate(&tools, &["--budget=5"]);
    assert_eq!(done.status, 2, "{}{}", done.stdout, done.stderr);
    assert!(
        done.text().contains("NOT JUDGED: no time was judged"),
        "{}{}",
        done.stdout,
        done.stderr
    );
    assert!(done.stderr.contains("--counts-only"), "{}", done.stderr);
    assert_eq!(gate(&tools, &["--counts-only"]).status, 0);
}
