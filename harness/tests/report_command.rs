//! `harness report` as a user types it.

#[path = "../report/tests/synthetic/mod.rs"]
mod synthetic;

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;

/// A checkout with a configuration and, with `with_record`, a record.
fn checkout(with_record: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(
        folder.path().join("harness.toml"),
        "anchors = ['naive', 'reference']\n",
    )
    .expect("written");
    if with_record {
        let record = synthetic::record();
        record
            .write(&folder.path().join("records/2026-03-14T150926Z.json"))
            .expect("written");
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
    let older = fs::read_to_string(folder.path().join("records/2026-03-14T150926Z.json"))
        .expect("the record");
    fs::write(
        folder.path().join("records/2020-01-01T000000Z.json"),
        older.replace("2026-03-14", "2020-01-01"),
    )
    .expect("written");
    harness(folder.path())
        .assert()
        .code(0)
        .stderr(predicate::str::contains("index.html"));
    let page = fs::read_to_string(folder.path().join("reports/index.html")).expect("the page");
    assert!(page.contains("2026-03-14 15:09 UTC"), "the newest");
    assert!(
        folder
            .path()
            .join("reports/charts/tokens-per-second.svg")
            .is_file()
    );
    assert!(
        !folder
            .path()
            .join("reports/charts/tokens-per-second.png")
            .exists()
    );
}

#[test]
fn draws_the_named_record_into_the_named_folder() {
    let folder = checkout(true);
    let arguments = [
        "--record",
        "records/2026-03-14T150926Z.json",
        "--out",
        "here/and there",
        "--png",
    ];
    harness(folder.path()).args(arguments).assert().code(0);
    assert!(folder.path().join("here/and there/summary.md").is_file());
    assert!(
        folder
            .path()
            .join("here/and there/charts/tokens-per-second.png")
            .is_file()
    );
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
        .stderr(
            predicate::str::contains("taken")
                .and(predicate::str::contains("--out"))
                .and(one_line),
        );
    assert_eq!(
        fs::read_to_string(folder.path().join("taken")).expect("still there"),
        "a file"
    );
}

#[test]
fn no_record_yet_says_how_to_get_one() {
    let folder = checkout(false);
    harness(folder.path())
        .assert()
        .code(2)
        .stderr(predicate::str::contains(" run`"));
}

#[test]
fn a_record_cut_short_is_refused() {
    let folder = checkout(true);
    let path = folder.path().join("records/2026-03-14T150926Z.json");
    let text = fs::read_to_string(&path).expect("the record");
    fs::write(&path, &text[..text.len() / 2]).expect("written");
    harness(folder.path())
        .assert()
        .code(2)
        .stderr(predicate::str::contains("is not a record"));
    assert!(!folder.path().join("reports").exists());
}

const ROADMAP: &str = "schema = 1\nsource = 's'\nworkload = 'medium/inference'\nagainst = 'reference'\n\
    [[phase]]\nname = 'pooled'\ntitle = 'Pooling'\nwhen = 'week 2'\nweek = 2\n";

#[test]
fn a_roadmap_becomes_a_page_of_its_own_and_a_section() {
    let folder = checkout(true);
    let target =
        format!("{ROADMAP}targets = [{{ metric = 'tokens-per-second', change = '+20 %' }}]\n");
    fs::create_dir(folder.path().join("baselines")).expect("made");
    fs::write(folder.path().join("baselines/roadmap.toml"), target).expect("written");
    harness(folder.path()).assert().code(0);
    let page = fs::read_to_string(folder.path().join("reports/roadmap.md")).expect("the page");
    assert!(page.contains("Of 1 targets: 1 ahead."), "{page}");
    assert!(
        folder
            .path()
            .join("reports/charts/roadmap-targets.svg")
            .is_file()
    );
    // Without the roadmap, its page and its charts are removed.
    fs::remove_file(folder.path().join("baselines/roadmap.toml")).expect("removed");
    harness(folder.path()).assert().code(0);
    assert!(!folder.path().join("reports/roadmap.md").exists());
    assert!(
        !folder
            .path()
            .join("reports/charts/roadmap-targets.svg")
            .exists()
    );
}

#[test]
fn a_roadmap_that_makes_no_sense_is_one_sentence() {
    let folder = checkout(true);
    fs::create_dir(folder.path().join("baselines")).expect("made");
    let spoilt =
        format!("{ROADMAP}targets = [{{ metric = 'tokens-per-second', change = 'faster' }}]\n");
    fs::write(folder.path().join("baselines/roadmap.toml"), spoilt).expect("written");
    let is_sentence = predicate::str::contains(
        "baselines/roadmap.toml, line 5: phase `pooled`: the change `faster`",
    )
    .and(predicate::str::contains("write for example `+25 %`"))
    .and(predicate::function(|text: &str| {
        text.trim_end().lines().count() == 1
    }));
    harness(folder.path()).assert().code(2).stderr(is_sentence);
    assert!(!folder.path().join("reports").exists(), "nothing is drawn");
}

/// A measurement on demand stays in the report after a later record without it.
#[test]
fn an_older_record_fills_in_what_the_newest_lacks() {
    let folder = checkout(true);
    let mut older = synthetic::record();
    older.created = "2026-03-01T10:00:00Z".to_owned();
    for row in older
        .rows
        .iter_mut()
        .filter(|row| row.workload == "medium/decode@81")
    {
        row.workload = "sweep/late".to_owned();
    }
    older
        .write(&folder.path().join("records/2026-03-01T100000Z.json"))
        .expect("written");
    harness(folder.path()).assert().code(0);
    let page = fs::read_to_string(folder.path().join("reports/index.html")).expect("the page");
    let source = "sweep/late from 2026-03-01T100000Z.json, measured 2026-03-01 10:00 UTC";
    assert!(page.contains(source), "it names its record");
    let exact =
        fs::read_to_string(folder.path().join("reports/results.csv")).expect("exact values");
    let line = |start: &str| {
        exact
            .lines()
            .find(|line| line.starts_with(start))
            .expect("a line")
            .to_owned()
    };
    assert!(
        line("sweep/late").ends_with("2026-03-01T100000Z.json"),
        "{}",
        line("sweep/late")
    );
    assert!(line("medium/decode@57").ends_with("2026-03-14T150926Z.json"));
    // With --record, only the named records count.
    harness(folder.path())
        .args(["--record", "records/2026-03-14T150926Z.json"])
        .assert()
        .code(0);
    let page = fs::read_to_string(folder.path().join("reports/index.html")).expect("the page");
    assert!(!page.contains("sweep&#x2f;late"));
}

#[test]
fn a_site_over_all_records_leaves_other_files_in_place() {
    let folder = checkout(true);
    let mut older = synthetic::record();
    older.created = "2026-03-01T10:00:00Z".to_owned();
    older
        .write(&folder.path().join("records/2026-03-01T100000Z.json"))
        .expect("written");
    fs::create_dir(folder.path().join("public")).expect("made");
    fs::write(folder.path().join("public/CNAME"), "example.org").expect("written");
    harness(folder.path())
        .args(["--site", "public"])
        .assert()
        .code(0)
        .stderr(
            predicate::str::contains("public/index.html")
                .and(predicate::str::contains("git"))
                .and(predicate::str::contains("no counts of baselines")),
        );
    let text = |name: &str| {
        fs::read_to_string(folder.path().join("public").join(name)).expect("a file of the site")
    };
    assert!(text("index.html").contains("2 records from 2026-03-01 to 2026-03-14"));
    assert!(text("workloads/medium-inference.html").contains("time, ratio to naive"));
    assert!(text("feed.xml").contains("<feed"));
    assert!(text("regressions.html").contains("site.css") && text("site.css").contains("body"));
    assert_eq!(text("CNAME"), "example.org");
    assert!(
        !folder.path().join("reports").exists(),
        "only the site is drawn"
    );
}

#[test]
fn a_site_needs_data_and_a_folder_of_its_own() {
    let empty = checkout(false);
    harness(empty.path())
        .args(["--site", "public"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains(" run`"));
    assert!(!empty.path().join("public").exists());
    let folder = checkout(true);
    fs::write(folder.path().join("taken"), "a file").expect("written");
    harness(folder.path())
        .args(["--site", "taken"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("taken").and(predicate::str::contains("--site")));
    harness(folder.path())
        .args(["--site", "public", "--png"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("cannot be used with"));
}
