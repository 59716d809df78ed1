//! Bases that a gate cannot compare with, and those that differ in their workloads.

use std::fs;
use std::process::Command;

use crate::repository::{commit, git, repository};

const GATE: [&str; 5] = ["gate", "--base", "HEAD", "--times-only", "--budget=20"];

#[test]
fn a_shallow_clone_is_told_which_depth_helps() {
    let tools = repository();
    commit(&tools, "Second");
    let origin = format!("file://{}", tools.project.path("").display());
    let clone = tools.project.path("clone");
    git(
        &tools,
        &[
            "clone",
            "--quiet",
            "--depth=1",
            &origin,
            &clone.to_string_lossy(),
        ],
    );
    let mut gate = Command::new(assert_cmd::cargo::cargo_bin!("harness"));
    let done = gate
        .args(["gate", "--base", "HEAD~1", "--times-only"])
        .current_dir(&clone)
        .output()
        .expect("started");
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{stderr}");
    assert_eq!(
        stderr,
        "error: the revision \"HEAD~1\" is not in this shallow clone; `git fetch --unshallow` brings all history, `git fetch \
         --depth=N origin BRANCH` the newest N commits of a branch (in GitHub's actions/checkout: `fetch-depth: 0`)\n"
    );
}

/// A project whose probe does not build at its only commit.
#[test]
fn a_base_that_does_not_build_is_told_with_its_first_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    fs::create_dir_all(root.join("suite/src")).expect("made");
    fs::create_dir_all(root.join("baselines")).expect("made");
    for (path, content) in [
        (
            "harness.toml",
            "probe = { bin = { package = 'suite', name = 'probe' } }\n",
        ),
        (
            "Cargo.toml",
            "[workspace]\nresolver = '3'\nmembers = ['suite']\n",
        ),
        (
            "suite/Cargo.toml",
            "[package]\nname = 'suite'\nversion = '0.1.0'\n[[bin]]\nname = 'probe'\npath = 'src/probe.rs'\n",
        ),
        (
            "suite/src/probe.rs",
            "fn main() { let nothing: u8 = \"text\"; }\n",
        ),
    ] {
        fs::write(root.join(path), content).expect("written");
    }
    for arguments in [
        &["init", "--quiet"][..],
        &["add", "--all"],
        &["commit", "--quiet", "--message", "Break it"],
    ] {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
            .args(arguments)
            .current_dir(root);
        assert!(git.status().expect("git").success());
    }
    let mut gate = Command::new(assert_cmd::cargo::cargo_bin!("harness"));
    let done = gate
        .args(["gate", "--base", "HEAD", "--times-only"])
        .current_dir(root)
        .output()
        .expect("started");
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{stderr}");
    let last = stderr.lines().last().expect("a sentence");
    assert!(
        last.starts_with("error: ")
            && last.contains("\"Break it\" does not build: building probe of package"),
        "{stderr}"
    );
    assert!(
        last.ends_with("failed with: error[E0308]: mismatched types"),
        "{stderr}"
    );
}

#[test]
fn a_base_of_another_protocol_is_told_as_such() {
    let tools = repository();
    let probe = tools.project.read("probe");
    let other = probe.replace(r#"\"protocol\":3"#, r#"\"protocol\":1"#);
    tools.script(
        "probe",
        other.strip_prefix("#!/bin/sh\n").expect("a script"),
    );
    commit(&tools, "Speak otherwise");
    tools.script(
        "probe",
        probe.strip_prefix("#!/bin/sh\n").expect("a script"),
    );
    let message = tools.refused(&GATE);
    assert!(
        message.contains(
            "\"Speak otherwise\" speaks protocol 1, this harness speaks 2 to 5: choose a base that has this harness"
        ),
        "{message}"
    );
}

#[test]
fn a_base_whose_probe_dies_or_whose_rules_make_no_sense_is_told_by_side() {
    let tools = repository();
    let probe = tools.project.read("probe");
    tools.script("probe", "echo kaputt >&2; exit 3");
    commit(&tools, "Die");
    tools.script(
        "probe",
        probe.strip_prefix("#!/bin/sh\n").expect("a script"),
    );
    let message = tools.refused(&GATE);
    assert_eq!(
        message,
        "the base side's probe does not answer: \
         the probe ended before it answered `hello`: exit status 3; it printed: kaputt; \
         if the head adopts the harness, --allow-missing-base lets the gate pass without a base"
    );
    tools.project.write("baselines/accepted.csv", "nonsense\n");
    commit(&tools, "Accept nonsense");
    let message = tools.refused(&GATE);
    assert!(
        message.ends_with(
            "accepted.csv, line 1: the first line must be `# harness acceptances, schema 1`"
        ),
        "{message}"
    );
}

#[test]
fn a_workload_that_is_defined_otherwise_is_listed_and_fails_nothing() {
    let tools = repository();
    tools.workloads(&[
        ("model/decode", true),
        ("kernel/gelu", false),
        ("kernel/new", false),
    ]);
    let changed = tools.project.read("workloads.json").replacen(
        "\"definition\":\"d\"",
        "\"definition\":\"other\"",
        1,
    );
    tools.project.write("workloads.json", &changed);
    let done = tools.run(&GATE);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    for expected in [
        "model/decode (naive, optimized) is changed: its definition differs",
        "kernel/new (naive, optimized) is new",
    ] {
        assert!(
            done.text().contains(expected),
            "{expected}: {}",
            done.stdout
        );
    }
}

#[test]
fn the_full_suite_times_what_the_named_one_does_not() {
    let tools = repository();
    let done = tools.run(&[&GATE[..], &["--suite", "full"]].concat());
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(
        done.text()
            .contains("PASSED: none of 2 timed workloads slower"),
        "{}",
        done.stdout
    );
    let named = tools.run(&GATE);
    assert!(
        named
            .stdout
            .contains("PASSED: none of 1 timed workload slower"),
        "{}",
        named.stdout
    );
}

#[test]
fn two_gates_at_once_wait_for_each_other_and_both_judge() {
    let tools = repository();
    tools.probe(
        "prepare",
        r#"sleep 0.2; echo '{"reply":"prepared","isa":"avx2"}'"#,
    );
    commit(&tools, "Take a moment");
    let start = |out: &str| {
        let mut gate = Command::new(assert_cmd::cargo::cargo_bin!("harness"));
        gate.args(GATE)
            .args(["--out", out])
            .current_dir(tools.project.path(""))
            .env("PATH", tools.project.path("bin"));
        gate.stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("started")
    };
    let both = [start("one.json"), start("two.json")]
        .map(|gate| gate.wait_with_output().expect("it ends"));
    let stderr: String = both
        .iter()
        .map(|done| String::from_utf8_lossy(&done.stderr).into_owned())
        .collect();
    assert!(
        both.iter().all(|done| done.status.code() == Some(0)),
        "{stderr}"
    );
    assert_eq!(
        stderr
            .matches("waiting for another harness that measures here")
            .count(),
        1,
        "{stderr}"
    );
    assert!(tools.project.path("one.json").is_file() && tools.project.path("two.json").is_file());
}
