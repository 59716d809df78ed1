//! Budgets: values that a figure must not exceed, in gates against the stored baseline and against a revision.

use harness_record::limits::Limits;
use harness_record::session::Session;

use crate::project::{Done, Project, measured, regressed};
use crate::repository::{commit, executes, repository};
use harness_record::Record;
use harness_record::sample::{callgrind, row};

/// An entry of `limits.toml` with a budget.
fn budget(metric: &str, max: &str) -> String {
    format!(
        "\n[[limit]]\nmetric = \"{metric}\"\nmax = \"{max}\"\nworkload = \"medium/*\"\nreason = \"the device has no more\"\n"
    )
}

fn project(entry: &str) -> Project {
    let project = Project::with_baseline();
    let limits = project.read("baselines/limits.toml");
    project.write("baselines/limits.toml", &format!("{limits}{entry}"));
    project
}

fn gate(project: &Project, head: &Record, more: &[&str]) -> Done {
    project.record("head.json", head);
    project.run(&[&["gate", "--record", "head.json"], more].concat())
}

#[test]
fn a_count_above_its_budget_is_red_although_it_did_not_change() {
    let project = project(&budget("peak-bytes", "2 KB"));
    insta::assert_snapshot!(gate(&project, &measured(), &[]).seen());
    let csv = gate(&project, &measured(), &["--format", "csv"]);
    assert_eq!(csv.status, 1, "{}", csv.stderr);
    let over = csv
        .stdout
        .lines()
        .filter(|line| line.contains("over budget"));
    let over: Vec<&str> = over.collect();
    assert!(
        over.len() == 1 && over[0].contains("max 2 KB"),
        "{}",
        csv.stdout
    );
}

#[test]
fn a_count_within_its_budget_is_judged_by_its_limit() {
    let project = project(&budget("peak-bytes", "4 KiB"));
    assert_eq!(gate(&project, &measured(), &[]).status, 0);
    let worse = gate(&project, &regressed(), &[]);
    assert_eq!(worse.status, 1);
    assert!(!worse.stdout.contains("over budget"), "{}", worse.stdout);
}

#[test]
fn a_new_workload_above_its_budget_is_red() {
    let project = project(&budget("instructions", "2e6"));
    let mut head = measured();
    head.rows
        .push(row("medium/new", "naive", vec![callgrind(3_000_000)]));
    let done = gate(&project, &head, &[]);
    assert_eq!(done.status, 1, "{}", done.stdout);
    assert!(
        done.text()
            .contains("above its budget of 2,000,000 instructions"),
        "{}",
        done.stdout
    );
}

#[test]
fn a_regression_above_its_budget_can_be_accepted_up_to_its_level() {
    let project = project(&budget("instructions", "50500"));
    // Naive decoding is far above a budget for all phases, so only the other one is judged.
    let narrow = ["--phase", "optimized"];
    let done = gate(&project, &regressed(), &narrow);
    assert_eq!(done.status, 1, "{}", done.stdout);
    assert!(done.text().contains("over budget"), "{}", done.stdout);
    let accept = [
        "accept",
        "medium/decode",
        "--metric",
        "instructions,heap",
        "--phase",
        "optimized",
        "--reason",
        "it pays",
        "--run",
        "head.json",
    ];
    let accepted = project.run(&accept);
    assert_eq!(accepted.status, 0, "{}", accepted.stderr);
    let done = gate(&project, &regressed(), &narrow);
    assert_eq!(done.status, 0, "{}", done.stdout);
}

#[test]
fn a_wrong_budget_is_refused_in_one_sentence() {
    for (metric, max) in [
        ("peak-bytes", "64 ms"),
        ("time", "fast"),
        ("latency-p95", "2 ms"),
    ] {
        let project = project(&budget(metric, max));
        project.record("head.json", &measured());
        let sentence = project.refused(&["gate", "--record", "head.json"]);
        assert!(sentence.contains("limits.toml, line "), "{sentence}");
    }
}

#[test]
fn a_glob_that_matches_no_workload_is_a_complaint() {
    let project = project(&budget("peak-bytes", "64 MB").replace("medium/*", "medum/*"));
    let done = gate(&project, &measured(), &[]);
    assert_eq!(done.status, 0, "{}", done.stdout);
    assert!(
        done.text()
            .contains("complaint: limits.toml has a rule for peak-bytes of `medum/*`"),
        "{}",
        done.stdout
    );
}

#[test]
fn the_budgets_of_the_base_hold_for_the_head() {
    let tools = repository();
    let limits = tools.project.read("baselines/limits.toml");
    let narrow = budget("peak-bytes", "32 bytes").replace("medium", "model");
    tools
        .project
        .write("baselines/limits.toml", &format!("{limits}{narrow}"));
    commit(&tools, "A budget");
    executes(&tools, 1001);
    // The head cannot raise the budget for itself.
    tools.project.write("baselines/limits.toml", &limits);
    let run = |more: &[&str]| {
        let gate = ["gate", "--base", "HEAD", "--counts-only"];
        tools.run(&[&gate[..], more].concat())
    };
    let done = run(&[]);
    assert_eq!(done.status, 1, "{}{}", done.stdout, done.stderr);
    let text = done.text();
    assert!(
        text.contains("above its budget of 32 bytes") && text.contains("changed rule: budget: "),
        "{text}"
    );
}

#[test]
fn a_gate_that_times_keeps_the_budgets_of_time() {
    let tools = repository();
    let limits = tools.project.read("baselines/limits.toml");
    let of_time = budget("time", "1 s").replace("medium", "model");
    let with_budget = format!("{limits}{of_time}");
    tools.project.write("baselines/limits.toml", &with_budget);
    commit(&tools, "A budget");
    let gate = ["gate", "--base", "HEAD", "--times-only", "--budget", "5"];
    tools.run(&[&gate[..], &["--out", "kept.json"]].concat());
    let session = Session::read(&tools.project.path("kept.json")).expect("a session");
    assert_eq!(session.limits.as_deref(), Some(with_budget.as_str()));
    Limits::parse(&with_budget, "limits.toml".as_ref()).expect("valid");
}
