//! `harness import` as a user types it, and what other commands do with imports.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::project::{Project, measured};

/// A file of hyperfine whose runs take these seconds.
fn hyperfine(times: &[f64]) -> String {
    let all = || times.iter().copied();
    json!({ "results": [{
        "command": "sort words",
        "mean": all().sum::<f64>() / times.len() as f64,
        "stddev": 0.1,
        "median": times[0],
        "user": 0.25,
        "system": 0.0,
        "min": all().fold(f64::INFINITY, f64::min),
        "max": all().fold(0.0, f64::max),
        "times": times,
        "exit_codes": times.iter().map(|_| 0).collect::<Vec<_>>(),
    }] })
    .to_string()
}

/// A summary of gungraun with these instructions.
fn gungraun(instructions: u64) -> String {
    json!({
        "version": "7", "module_path": "bench::group::sort", "id": "short",
        "started_at": "2026-01-05T00:00:00Z",
        "profiles": [{ "tool": "Callgrind", "data": { "parts": [], "total": {
            "metrics": { "Ir": { "values": { "new": instructions } } }, "regressions": [] } } }],
    })
    .to_string()
}

/// The records of imports, in the order of their names.
fn imports(project: &Project) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(project.path("records/imports")) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths
}

/// Imports a text with these options, and returns the path of the record.
fn import(project: &Project, text: &str, options: &[&str]) -> String {
    project.write("results.json", text);
    let done = project.run(&[&["import", "results.json", "--output", "json"], options].concat());
    assert_eq!(done.status, 0, "{}", done.stderr);
    let path = &rows(&done.stdout)[0]["record"];
    path.as_str().expect("a path").to_owned()
}

fn named(day: u32) -> [String; 4] {
    [
        "--environment",
        "ci",
        "--time",
        &format!("2026-01-0{day}T00:00:00Z"),
    ]
    .map(str::to_owned)
}

fn import_named(project: &Project, text: &str, day: u32) -> String {
    let options = named(day);
    import(project, text, &options.each_ref().map(String::as_str))
}

fn rows(stdout: &str) -> Vec<Value> {
    let tables: Value = serde_json::from_str(stdout).expect("JSON");
    tables[0]["rows"].as_array().expect("rows").clone()
}

#[test]
fn the_record_of_an_import_knows_its_file_and_nothing_of_this_machine() {
    let project = Project::new();
    project.write("results.json", &hyperfine(&[0.5, 0.6, 0.55]));
    let done = project.run(&["import", "results.json", "--output", "json"]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    let unknown = "results.json does not state the time of the run (--time); the revision (--commit); the machine";
    assert!(done.stderr.contains(unknown), "{}", done.stderr);
    let row = &rows(&done.stdout)[0];
    assert_eq!(
        (&row["tool"], &row["rows"]),
        (&json!("hyperfine"), &json!(1))
    );
    let [path] = &imports(&project)[..] else {
        panic!("one record")
    };
    let record: Value =
        serde_json::from_str(&fs::read_to_string(path).expect("a record")).expect("JSON");
    let environment = &record["environment"];
    for key in ["cpu", "os", "kernel", "rustc", "target", "isa"] {
        assert_eq!(environment[key], "unknown", "{key}");
    }
    assert_eq!(environment["import"]["tool"], "hyperfine");
    assert_eq!(record["created"], "unknown");
    // A second import of the file replaces the first.
    assert_eq!(project.run(&["import", "results.json"]).status, 0);
    assert_eq!(imports(&project).len(), 1);
}

#[test]
fn nothing_is_written_if_one_file_is_refused_or_a_row_is_impossible() {
    let project = Project::new();
    let good = hyperfine(&[0.5, 0.6, 0.55]);
    project.write("good.json", &good);
    project.write("cut.json", &good[..good.len() - 20]);
    project.write(
        "next.json",
        &good.replacen('{', "{\"schema_version\": 3, ", 1),
    );
    project.write("negative.json", &good.replacen("0.6,", "-0.6,", 1));
    let two = good.replacen("[{", "[{\"command\":\"other\",\"mean\":1,\"min\":1,\"max\":1,\"user\":0,\"system\":0,\"times\":[-1]},{", 1);
    project.write("two.json", &two);
    for (name, reason) in [
        ("cut.json", "cut.json has no known format (it is cut"),
        (
            "next.json",
            "has schema version 3; this harness reads 1 and 2",
        ),
        (
            "negative.json",
            "negative.json has impossible or ambiguous rows, so nothing was written",
        ),
        ("missing.json", "cannot read missing.json"),
    ] {
        let done = project.run(&["import", "good.json", name]);
        assert_eq!(done.status, 2, "{name}");
        assert!(done.stderr.contains(reason), "{}", done.stderr);
        assert!(imports(&project).is_empty(), "{name}");
    }
    let done = project.run(&["import", "two.json"]);
    assert_eq!(done.status, 2, "{}", done.stderr);
    assert!(
        done.stderr.contains("impossible: other: has a time of -"),
        "{}",
        done.stderr
    );
    let done = project.run(&["import", "two.json", "--skip-invalid"]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert_eq!(imports(&project).len(), 1);
    // Without a row there is nothing to write.
    let done = project.run(&["import", "negative.json", "--skip-invalid"]);
    assert_eq!(
        (done.status, imports(&project).len()),
        (2, 1),
        "{}",
        done.stderr
    );
}

#[test]
fn times_of_imports_compare_within_a_named_environment_only() {
    let project = Project::new();
    project.record("records/2026-01-02T000000Z.json", &measured());
    let first = import_named(&project, &hyperfine(&[0.5, 0.6, 0.55]), 1);
    let second = import_named(&project, &hyperfine(&[0.7, 0.8, 0.75]), 2);
    let state = |base: &str, head: &str| {
        let done = project.run(&[
            "compare", base, head, "--metric", "time", "--format", "json",
        ]);
        assert_eq!(done.status, 0, "{}", done.stderr);
        let row = rows(&done.stdout)[0].clone();
        (
            row["state"].clone(),
            row["base"].is_number(),
            row["reason"].to_string(),
        )
    };
    let (word, shown, _) = state(&first, &second);
    assert_eq!((word, shown), (json!("not-side-by-side"), true));
    let other = import(
        &project,
        &hyperfine(&[0.5, 0.61]),
        &["--environment", "laptop", "--time", "2026-01-09T00:00:00Z"],
    );
    let (word, shown, reason) = state(&first, &other);
    assert_eq!((word, shown), (json!("not-comparable"), false));
    assert!(
        reason.contains("environment `ci` against environment `laptop`"),
        "{reason}"
    );
    let unnamed = import(
        &project,
        &hyperfine(&[0.5, 0.62]),
        &["--time", "2026-01-10T00:00:00Z"],
    );
    let again = import(
        &project,
        &hyperfine(&[0.5, 0.63]),
        &["--time", "2026-01-11T00:00:00Z"],
    );
    let (word, _, reason) = state(&unnamed, &again);
    assert_eq!(word, json!("not-comparable"));
    assert!(
        reason.contains("harness import --environment NAME"),
        "{reason}"
    );
}

#[test]
fn counts_of_a_named_environment_compare_exactly() {
    let project = Project::new();
    let [first, second] =
        [1000, 1100].map(|count| import(&project, &gungraun(count), &["--environment", "ci"]));
    let done = project.run(&[
        "compare",
        &first,
        &second,
        "--metric",
        "instructions",
        "--format",
        "json",
    ]);
    let row = rows(&done.stdout)[0].clone();
    assert_eq!(row["state"], "comparable", "{row}");
    let ratio = row["ratio"].as_f64().expect("a ratio");
    assert!((ratio - 1.1).abs() < 1e-9, "{ratio}");
}

#[test]
fn an_import_never_passes_for_a_measured_record() {
    let project = Project::with_baseline();
    let path = import(&project, &gungraun(1000), &["--environment", "ci"]);
    for command in [
        &["gate", "--record", &path][..],
        &["baseline", "save", "--yes", "--record", &path],
        &["compare", "baseline", &path],
    ] {
        let refused = project.refused(command);
        assert!(
            refused.contains("it was imported from gungraun"),
            "{refused}"
        );
    }
    // Neither the newest record nor the history of measured ones is an import.
    project.record("records/2026-01-02T000000Z.json", &measured());
    let shown = project.run(&[
        "compare",
        "newest#naive",
        "newest#optimized",
        "--format",
        "json",
    ]);
    assert!(!shown.stdout.contains("bench::group"), "{}", shown.stdout);
    let history = project.run(&[
        "history",
        "--metric",
        "time",
        "--no-chart",
        "--format",
        "json",
    ]);
    assert!(!history.stdout.contains("imported"), "{}", history.stdout);
}

#[test]
fn imports_are_drawn_as_history_and_reported() {
    let project = Project::new();
    let mut last = String::new();
    for day in 1..=6 {
        let factor = if day < 4 { 1.0 } else { 1.5 };
        let times = [0.5, 0.51, 0.52].map(|time| time * factor + f64::from(day) * 1e-5);
        last = import_named(&project, &hyperfine(&times), day);
    }
    import(
        &project,
        &hyperfine(&[0.1, 0.2]),
        &["--time", "2026-01-01T00:00:00Z"],
    );
    let done = project.run(&[
        "history",
        "--imports",
        "--metric",
        "time",
        "--format",
        "json",
    ]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    let points = rows(&done.stdout);
    assert_eq!(points.len(), 6);
    let steps: Vec<bool> = points
        .iter()
        .map(|point| point["change_point"] == true)
        .collect();
    assert_eq!(steps, [false, false, false, true, false, false]);
    assert!(
        done.stderr.contains("left out: 1 import of another tool"),
        "{}",
        done.stderr
    );
    assert!(project.path("reports/history/time.svg").exists());
    let report = project.run(&["report", "--record", &last]);
    assert_eq!(report.status, 0, "{}", report.stderr);
    let summary = project.read("reports/summary.md");
    assert!(summary.contains("no answer checked"), "{summary}");
    assert!(
        summary.contains("origin: imported from hyperfine (schema 1), file results.json"),
        "{summary}"
    );
    let unknown = project.run(&["history", "--imports=asv", "--metric", "time"]);
    assert_eq!(unknown.status, 2);
    assert!(
        unknown.stderr.contains("there is no import"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn a_single_record_may_go_anywhere_and_bad_options_are_refused() {
    let project = Project::new();
    project.write("results.json", &hyperfine(&[0.5, 0.6]));
    let done = project.run(&["import", "results.json", "--out", "here.json"]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert!(project.path("here.json").exists() && imports(&project).is_empty());
    for (options, reason) in [
        (
            &["--out", "x.json", "results.json"][..],
            "--out names one file",
        ),
        (&["--environment", " "], "--environment needs a name"),
        (&["--time", "yesterday"], "invalid value 'yesterday'"),
        (&["--format", "xml"], "invalid value 'xml'"),
        (&["--format", "asv"], "as a file of asv"),
    ] {
        let done = project.run(&[&["import", "results.json"], options].concat());
        assert_eq!(done.status, 2, "{options:?}");
        assert!(done.stderr.contains(reason), "{}", done.stderr);
    }
    let folder = project.run(&["import", "."]);
    assert!(
        folder
            .stderr
            .contains("is a folder without results of criterion or gungraun"),
        "{}",
        folder.stderr
    );
}

#[test]
fn the_path_of_a_record_stays_whole_in_a_narrow_terminal() {
    let project = Project::new();
    project.write("go.txt", include_str!("../../import/fixtures/go.txt"));
    let columns = [("COLUMNS", std::ffi::OsStr::new("80"))];
    let done = project.run_with(&["import", "go.txt"], &columns);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let mut lines = done.stdout.lines();
    let path = lines.find_map(|line| line.strip_prefix("record of go.txt: "));
    let path = path.unwrap_or_else(|| panic!("no path: {}", done.stdout));
    assert!(project.path(path).is_file(), "{path}");
}
