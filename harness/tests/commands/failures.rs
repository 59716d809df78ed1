//! Commands that fail, hang, are missing, or are interrupted.

use std::process::Command;

use crate::folder::Folder;
use crate::processes::{runs, until};

/// Runs a command that must fail, and returns the first line of standard error.
fn failure(folder: &Folder, arguments: &[&str]) -> String {
    let done = folder.run(arguments);
    assert_eq!(done.status, Some(2), "{}{}", done.stdout, done.stderr);
    done.stderr.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn every_failure_is_one_sentence_about_the_command() {
    let folder = Folder::new();
    let shell = |script: &str| failure(&folder, &["run", "--shell", "--", script]);
    assert_eq!(
        shell("echo first >&2; echo no luck >&2; exit 3"),
        "error: `echo first >&2; echo no luck >&2; exit 3` ended with exit status 3, expected 0; it printed: no luck"
    );
    assert_eq!(
        shell("kill -KILL $$"),
        "error: `kill -KILL $$` was ended by signal 9 (SIGKILL)"
    );
    assert_eq!(
        failure(&folder, &["run", "--", "no-such-program"]),
        "error: cannot start `no-such-program`: there is no such program in PATH"
    );
    assert!(
        failure(&folder, &["run", "--input", "nothing", "--", "cat"])
            .starts_with("error: cannot read the input nothing: ")
    );
    assert_eq!(
        failure(&folder, &["run", "--prepare", "exit 4", "--", "true"]),
        "error: prepare: `exit 4` ended with exit status 4, expected 0"
    );
}

#[test]
fn a_command_that_fails_can_be_accepted() {
    let folder = Folder::new();
    let rows = folder.rows(&[
        "run",
        "--budget",
        "1",
        "--metric",
        "time,process",
        "--format",
        "json",
        "--ignore-failure",
        "--shell",
        "--",
        "exit 3",
    ]);
    assert_eq!(rows[0]["exit_status"], 3);
}

#[test]
fn a_command_that_hangs_is_stopped_with_all_that_it_started() {
    let folder = Folder::new();
    let script = "sleep 1000 & echo $! > child; wait";
    let sentence = failure(
        &folder,
        &["run", "--time-limit", "1", "--shell", "--", script],
    );
    assert_eq!(
        sentence,
        format!(
            "error: `{script}` did not end within 1 s and was stopped; --time-limit allows more"
        )
    );
    let child = folder.read("child");
    until(1, || (!runs(child.trim())).then_some(()));
}

#[test]
fn an_interruption_leaves_nothing_running() {
    for arguments in [
        &["run", "--shell", "--"][..],
        &["compare", "--shell", "--", "true"],
    ] {
        let folder = Folder::new();
        let script = "sleep 1000 & echo $! > child; wait";
        let harness = folder
            .harness(&[arguments, &[script]].concat())
            .spawn()
            .expect("started");
        let child = until(1, || {
            Some(folder.read("child")).filter(|text| text.ends_with('\n'))
        });
        let interrupted = Command::new("kill")
            .args(["-INT", &harness.id().to_string()])
            .status()
            .expect("sent");
        assert!(interrupted.success());
        let output = harness.wait_with_output().expect("it ends");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains("interrupted"), "{stderr}");
        until(1, || (!runs(child.trim())).then_some(()));
    }
}
