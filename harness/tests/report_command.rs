//! `harness report` as a user types it.

mod synthetic;

// What the builders of sample records build.
use harness::record;

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;

/// A checkout with a configuration and, if wanted, a record.
fn checkout(with_record: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("harness.toml"), "").expect("written");
    if with_record {
        let record = synthetic::record();
        record.write(&folder.path().join("records/2026-03-14T150926Z.json")).expect("written");
    }
    folder
}

fn harness(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("harness").expect("the binary");
    command.current_dir(folder).arg("report");
    command
}

#[test]
fn draws_the_newest_record_into_reports() {
    let folder = checkout(true);
    let older = fs::read_to_string(folder.path().join("records/2026-03-14T150926Z.json")).expect("the record");
    fs::write(folder.path().join("records/2020-01-01T000000Z.json"), older.replace("2026-03-14", "2020-01-01"))
        .expect("written");
    harness(folder.path()).assert().code(0).stderr(predicate::str::contains("index.html"));
    let page = fs::read_to_string(folder.path().join("reports/index.html")).expect("the page");
    assert!(page.contains("2026-03-14 15:09 UTC"), "the newest");
    assert!(folder.path().join("reports/charts/tokens-per-second.png").is_file());
}

#[test]
fn draws_the_named_record_into_the_named_folder() {
    let folder = checkout(true);
    let arguments = ["--record", "records/2026-03-14T150926Z.json", "--out", "here/and there"];
    harness(folder.path()).args(arguments).assert().code(0);
    assert!(folder.path().join("here/and there/summary.md").is_file());
    assert!(!folder.path().join("reports").exists());
}

#[test]
fn a_path_that_cannot_be_written_is_one_sentence() {
    let folder = checkout(true);
    fs::write(folder.path().join("taken"), "a file").expect("written");
    let one_line = predicate::function(|text: &str| text.trim_end().lines().count() == 1);
    harness(folder.path())
        .args(["--out", "taken"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("taken").and(predicate::str::contains("--out")).and(one_line));
    assert_eq!(fs::read_to_string(folder.path().join("taken")).expect("still there"), "a file");
}

#[test]
fn no_record_yet_says_how_to_get_one() {
    let folder = checkout(false);
    harness(folder.path()).assert().code(2).stderr(predicate::str::contains("cargo harness run"));
}

#[test]
fn a_record_cut_short_is_refused() {
    let folder = checkout(true);
    let path = folder.path().join("records/2026-03-14T150926Z.json");
    let text = fs::read_to_string(&path).expect("the record");
    fs::write(&path, &text[..text.len() / 2]).expect("written");
    harness(folder.path()).assert().code(2).stderr(predicate::str::contains("is not a record"));
    assert!(!folder.path().join("reports").exists());
}
