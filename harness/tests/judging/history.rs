//! `harness history` in a git repository, with scripts in place of the measuring programs.

use std::fs;
use std::path::PathBuf;

use harness_record::Record;
use serde_json::{Value, json};

use crate::project::{Project, measured};
use crate::repository::{commit, git, repository};
use crate::tools::Tools;

/// Adds this many instructions to the counts, and commits that.
fn change(tools: &Tools, more: u32, subject: &str) {
    let script = tools.project.read("callgrind");
    let (before, _) = script
        .split_once("$((1000")
        .expect("it counts from a thousand");
    let (_, after) = script.split_once("case))").expect("it counts cases");
    let script = format!("{before}$((1000 + {more} + case)){after}");
    tools.script(
        "callgrind",
        script.strip_prefix("#!/bin/sh\n").expect("a script"),
    );
    commit(tools, subject);
}

/// Counts, saves the counts as the baseline, and commits it.
fn save(tools: &Tools, subject: &str) {
    let counted = tools.run(&[
        "run",
        "--metric",
        "instructions,heap",
        "--no-report",
        "--out",
        "records/counts.json",
    ]);
    assert_eq!(counted.status, 0, "{}", counted.stderr);
    let saved = tools.run(&[
        "baseline",
        "save",
        "--yes",
        "--record",
        "records/counts.json",
    ]);
    assert_eq!(saved.status, 0, "{}", saved.stderr);
    commit(tools, subject);
}

fn points(stdout: &str) -> Vec<Value> {
    let tables: Value = serde_json::from_str(stdout).expect("JSON");
    tables[0]["rows"].as_array().expect("rows").clone()
}

#[test]
fn committed_baselines_are_followed_to_the_commit_that_changed_them() {
    let tools = repository();
    save(&tools, "Count for the first time");
    change(&tools, 40, "Do more");
    save(&tools, "Accept that it does more");
    let done = tools.run(&["history", "--filter", "kernel/*", "--format", "json"]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    let points = points(&done.stdout);
    let rows: Vec<Value> = points
        .iter()
        .map(|row| json!([row["value"], row["change_point"], row["subject"]]))
        .collect();
    let base = points[0]["value"].as_u64().expect("a count");
    assert_eq!(
        rows,
        [
            json!([base, false, "Count for the first time"]),
            json!([base + 40, true, "Accept that it does more"])
        ]
    );
    let done = tools.run(&["history", "--filter", "kernel/*"]);
    for expected in ["▁█", "Change points", "Accept that it does more", "+4.0 %"] {
        assert!(
            done.stdout.contains(expected),
            "{expected}: {}",
            done.stdout
        );
    }
    let chart = tools.project.read("reports/history/instructions.svg");
    assert!(
        chart.contains("kernel/gelu: instructions per token rose by 4.0 %"),
        "{chart}"
    );
    let refused = tools.refused(&["history", "--key", "x"]);
    assert!(
        refused.starts_with("the history has no baseline x; "),
        "{refused}"
    );
}

#[test]
fn commits_without_counts_are_counted_and_those_that_cannot_be_are_skipped() {
    let tools = repository();
    change(&tools, 0, "Change nothing");
    tools.probe("hello", "exit 3");
    commit(&tools, "Break the probe");
    tools.probe("", "");
    change(&tools, 100, "Mend it, and do more");
    let arguments = [
        "history",
        "--measure",
        "HEAD~3..HEAD",
        "--filter",
        "kernel/*",
        "--format",
        "json",
        "--no-chart",
    ];
    let done = tools.run(&arguments);
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert!(
        done.stderr.contains("\"Break the probe\" is skipped: "),
        "{}",
        done.stderr
    );
    let rows = |stdout: &str| -> Vec<Value> {
        points(stdout)
            .iter()
            .map(|row| json!([row["subject"], row["change_point"]]))
            .collect()
    };
    let expected = [
        json!(["A state", false]),
        json!(["Change nothing", false]),
        json!(["Mend it, and do more", true]),
    ];
    assert_eq!(rows(&done.stdout), expected);
    // Without valgrind nothing can be counted again, so the stored counts are used.
    tools.without("valgrind");
    let done = tools.run(&[
        "history",
        "--filter",
        "kernel/*",
        "--format",
        "json",
        "--no-chart",
    ]);
    assert_eq!(rows(&done.stdout), expected, "{}", done.stderr);
}

/// The counts of commits that were counted afterwards, by file name.
fn counted(tools: &Tools) -> Vec<(PathBuf, Record)> {
    let files = fs::read_dir(tools.project.path("records/history")).expect("counted");
    let mut paths: Vec<PathBuf> = files.map(|file| file.expect("readable").path()).collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| (path.clone(), Record::read(&path).expect("a record")))
        .collect()
}

#[test]
fn a_part_that_was_counted_is_not_taken_for_the_whole() {
    let tools = repository();
    change(&tools, 100, "Do more");
    let measure = |more: &[&str]| {
        let done = tools.run(
            &[
                &[
                    "history",
                    "--measure",
                    "HEAD~1..HEAD",
                    "--no-chart",
                    "--format",
                    "json",
                ],
                more,
            ]
            .concat(),
        );
        assert_eq!(done.status, 0, "{}", done.stderr);
        counted(&tools)
    };
    let workloads = |counts: &[(PathBuf, Record)]| counts[0].1.workloads().len();
    let part = measure(&["--filter", "kernel/*"]);
    assert_eq!((part.len(), workloads(&part)), (2, 1));
    assert_eq!(
        measure(&["--filter", "kernel/*"]),
        part,
        "it is not counted again"
    );
    // Counts of one glob are not taken for those of another.
    let other = measure(&["--filter", "*gelu"]);
    assert_eq!(other[0].1.asked.len(), 2);
    let whole = measure(&[]);
    assert_eq!((workloads(&whole), whole[0].1.asked.len()), (2, 3));
    assert_eq!(measure(&[]), whole);
    // A record of an older schema, without the scope of its run, can be read but is counted again on request.
    let old = |text: String| {
        let mut old: Value = serde_json::from_str(&text).expect("JSON");
        old["schema"] = json!(1);
        old.as_object_mut().expect("an object").remove("asked");
        old.to_string()
    };
    fs::write(
        &whole[0].0,
        old(fs::read_to_string(&whole[0].0).expect("there")),
    )
    .expect("written");
    let done = tools.run(&[
        "history",
        "--no-chart",
        "--filter",
        "kernel/*",
        "--format",
        "json",
    ]);
    assert_eq!(points(&done.stdout).len(), 2, "{}", done.stderr);
    assert_eq!(counted(&tools)[0].1.asked.len(), 0);
    assert_eq!(measure(&[])[0].1.asked.len(), 1);
}

#[test]
fn what_another_toolchain_has_counted_is_told_and_counted_again() {
    let tools = repository();
    let first = tools.project.path(&format!(
        "records/history/{}.json",
        git(&tools, &["rev-parse", "HEAD"])
    ));
    change(&tools, 100, "Do more");
    let measure = [
        "history",
        "--measure",
        "HEAD~1..HEAD",
        "--no-chart",
        "--filter",
        "kernel/*",
        "--format",
        "json",
    ];
    assert_eq!(tools.run(&measure).status, 0);
    let mut older = Record::read(&first).expect("counted");
    let here = older.environment.rustc.clone();
    older.environment.rustc = "rustc 1.70.0".to_owned();
    older.write(&first).expect("written");

    let done = tools.run(&[
        "history",
        "--no-chart",
        "--filter",
        "kernel/*",
        "--format",
        "json",
    ]);
    assert_eq!(points(&done.stdout).len(), 1, "{}", done.stderr);
    let expected =
        "\"A state\" left out: counted by another toolchain only, and such counts do not compare";
    assert!(done.stderr.contains(expected), "{}", done.stderr);
    let done = tools.run(&measure);
    assert_eq!(points(&done.stdout).len(), 2, "{}", done.stderr);
    assert!(!done.stderr.contains("toolchain"), "{}", done.stderr);
    assert_eq!(
        Record::read(&first)
            .expect("counted again")
            .environment
            .rustc,
        here
    );
}

#[test]
fn times_are_held_against_the_anchor_of_their_record() {
    let project = Project::new();
    let mut later = measured();
    later.created = "2026-01-04T00:00:00Z".to_owned();
    project.record("records/first.json", &measured());
    project.record("records/second.json", &later);
    let done = project.run(&["history", "--metric", "time", "--no-chart"]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    insta::assert_snapshot!(done.stdout);
}

#[test]
fn what_cannot_be_answered_is_told_in_one_sentence() {
    let tools = repository();
    for (arguments, expected) in [
        (
            &["history", "--metric", "instruction"][..],
            "there is no metric `instruction`; ",
        ),
        (
            &["history"],
            "the history has no instructions per unit for this selection; commit a baseline",
        ),
        (
            &["history", "--metric", "time"],
            "the history has no total runtime for this selection; `harness run` writes",
        ),
        (
            &["history", "--measure", "HEAD"],
            "`HEAD` is no range of revisions; write for example v1..HEAD",
        ),
        (
            &["history", "--metric", "time", "--measure", "HEAD~1..HEAD"],
            "--measure takes counts only, and times of two commits",
        ),
    ] {
        let message = tools.refused(arguments);
        assert!(message.starts_with(expected), "{arguments:?}: {message}");
    }
}

#[test]
fn the_site_lists_the_commit_that_changed_a_baseline() {
    let tools = repository();
    save(&tools, "Count for the first time");
    change(&tools, 40, "Do more");
    save(&tools, "Accept that it does <more>");
    let drawn = tools.run(&["report", "--site", "public"]);
    assert_eq!(drawn.status, 0, "{}", drawn.stderr);
    let list = tools.project.read("public/regressions.html");
    let of_baselines = list
        .split("<tr>")
        .find(|row| row.contains(">baseline<") && row.contains("kernel&#x2f;gelu"))
        .expect("a change of the baseline");
    assert!(
        of_baselines.contains("Accept that it does &lt;more&gt;"),
        "{of_baselines}"
    );
    assert!(
        tools
            .project
            .read("public/workloads/kernel-gelu.html")
            .contains("(baselines)")
    );
}

/// The library for Parquet is built on request only.
#[test]
fn readings_are_exported_or_the_missing_feature_is_named() {
    let tools = repository();
    save(&tools, "counts");
    let done = tools.run(&["history", "--export", "parquet=readings.parquet"]);
    if cfg!(feature = "parquet") {
        assert_eq!(done.status, 0, "{}", done.stderr);
        let file = std::fs::read(tools.project.path("readings.parquet")).expect("written");
        assert_eq!(
            (&file[..4], &file[file.len() - 4..]),
            (&b"PAR1"[..], &b"PAR1"[..])
        );
    } else {
        assert_eq!(done.status, 2);
        assert!(
            done.stderr.contains(
                "this harness was built without Parquet; build it with `--features parquet`"
            ),
            "{}",
            done.stderr
        );
    }
    for (value, expected) in [
        ("parquet=", "write parquet=FILE"),
        ("csv=x", "there is no format `csv`"),
    ] {
        let done = tools.run(&["history", "--export", value]);
        assert!(
            done.status == 2 && done.stderr.contains(expected),
            "{}",
            done.stderr
        );
    }
}
