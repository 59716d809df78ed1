//! The measurement of commands on many records.

use serde_json::Value;

use super::program;

/// A small checkout, and limits of time that a loaded machine keeps.
const SMALL: [&str; 9] = [
    "scale",
    "--records",
    "3",
    "--workloads",
    "50",
    "--slack",
    "1000",
    "--format",
    "json",
];

/// The rows of the table, and the exit status.
fn rows(arguments: &[&str]) -> (Vec<Value>, Option<i32>) {
    let ended = program()
        .args(SMALL)
        .args(arguments)
        .output()
        .expect("it runs");
    let stderr = String::from_utf8_lossy(&ended.stderr);
    let table: Value =
        serde_json::from_slice(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {stderr}"));
    let rows = table[0]["rows"].as_array();
    (rows.expect("rows").clone(), ended.status.code())
}

#[test]
fn every_command_has_its_figures_and_keeps_its_limits() {
    let (rows, status) = rows(&[]);
    let commands: Vec<&str> = rows
        .iter()
        .filter_map(|row| row["command"].as_str())
        .collect();
    assert_eq!(
        commands,
        [
            "list",
            "compare FIRST NEWEST",
            "gate --record NEWEST",
            "report",
            "history",
            "history --metric time"
        ]
    );
    for row in &rows {
        assert!(row["memory_megabytes"].as_f64() > Some(1.0), "{row}");
        assert!(row["cpu_seconds"].as_f64() > Some(0.0), "{row}");
        assert_eq!(row["within"], "yes", "{row}");
    }
    assert_eq!(status, Some(0));
}

#[test]
fn a_limit_that_is_exceeded_is_named_and_the_status_is_1() {
    let (rows, status) = rows(&["--memory", "1"]);
    assert!(
        rows.iter().all(|row| row["within"] == "no: memory"),
        "{rows:?}"
    );
    assert_eq!(status, Some(1));
}

#[test]
fn a_program_that_is_missing_is_named() {
    let ended = program()
        .args(["scale", "--program", "/nowhere/harness"])
        .output()
        .expect("it runs");
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert!(stderr.contains("/nowhere/harness"), "{stderr}");
    assert_eq!(ended.status.code(), Some(2));
}
