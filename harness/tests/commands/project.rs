//! `[[command]]` in `harness.toml`: commands as workloads of a project.

use std::process::Command;

use harness_probe::Instrument;
use harness_record::{Check, Record};

use crate::folder::Folder;

fn git(folder: &Folder, arguments: &[&str]) {
    let done = Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .expect("git");
    assert!(done.status.success(), "{arguments:?}: {done:?}");
}

/// A repository whose command runs a script.
fn project(script: &str, more: &str) -> Folder {
    let folder = Folder::new();
    folder.write("work.sh", script);
    folder.write(
        "harness.toml",
        &format!("[[command]]\nid = 'work/{{n}}'\nrun = 'sh work.sh {{n}}'\nparameters = {{ n = [1, 2] }}\n{more}"),
    );
    folder.write(".gitignore", "records\nreports\ntarget\nbuilt\n");
    git(&folder, &["init", "--quiet"]);
    git(&folder, &["add", "--all"]);
    git(&folder, &["commit", "--quiet", "--message", "One"]);
    folder
}

#[test]
fn commands_are_listed_and_measured_with_their_answers() {
    let folder = project(
        "sleep 0.01; echo $1",
        "output = '{n}'\nbuild = 'touch built'\n",
    );
    let rows = folder.rows(&["list", "--format", "json"]);
    let ids: Vec<&str> = rows
        .iter()
        .filter_map(|row| row["workload"].as_str())
        .collect();
    assert_eq!(ids, ["work/1", "work/2"]);
    let done = folder.run(&["run", "--quick", "--out", "one.json", "--no-report"]);
    assert_eq!(done.status, Some(0), "{}{}", done.stdout, done.stderr);
    assert!(
        done.stdout.contains("work/2") && done.stdout.contains("peak rss"),
        "{}",
        done.stdout
    );
    let record = Record::read(&folder.path().join("one.json")).expect("a record");
    for row in &record.rows {
        assert_eq!(row.check, Check::Passed);
        assert!(
            row.reading(Instrument::Clock).is_some() && row.reading(Instrument::Process).is_some()
        );
    }
    assert!(
        folder.files().contains(&"built".to_owned()),
        "the build did not run"
    );
}

#[test]
fn a_wrong_output_or_status_is_told() {
    let folder = project("echo $1", "output = '1'\n");
    let done = folder.run(&["run", "--quick", "--metric", "time", "--no-report"]);
    assert_eq!(done.status, Some(2), "{}", done.stderr);
    let sentence = "`sh work.sh 2` printed \"2\", expected \"1\"";
    assert!(done.stderr.contains(sentence), "{}", done.stderr);
    assert!(
        !done.stderr.contains("`sh work.sh 1` printed"),
        "{}",
        done.stderr
    );
}

#[test]
fn a_gate_finds_the_command_that_became_slower() {
    let folder = project("test -f built && sleep 0.02", "build = 'touch built'\n");
    folder.write("work.sh", "test -f built && sleep 0.0$((2 + 2 * ($1 - 1)))");
    let done = folder.run(&["gate", "--base", "HEAD", "--times-only", "--budget", "60"]);
    // On a noisy machine the gate refuses to judge, but it never lets the change pass.
    assert_ne!(done.status, Some(0), "{}{}", done.stdout, done.stderr);
    assert!(done.stdout.contains("work/2"), "{}", done.stdout);
    let same = folder.run(&[
        "gate",
        "--base",
        "HEAD",
        "--times-only",
        "--filter",
        "work/1",
        "--budget",
        "60",
    ]);
    assert_ne!(same.status, Some(1), "{}{}", same.stdout, same.stderr);
}

#[test]
fn a_definition_that_makes_no_sense_is_one_sentence() {
    let folder = Folder::new();
    for (text, word) in [
        ("id = 'a'\nrun = ''", "is empty"),
        ("id = 'a'\nrun = 'b'\nparameters = { n = [1, 2] }", "{n}"),
        ("id = 'a'\nrun = 'b'\nshel = true", "shel"),
    ] {
        folder.write("harness.toml", &format!("[[command]]\n{text}\n"));
        let done = folder.run(&["list"]);
        assert_eq!(done.status, Some(2), "{text}");
        assert!(done.stderr.contains(word), "{text}: {}", done.stderr);
        assert_eq!(done.stderr.lines().count(), 1, "{}", done.stderr);
    }
}
