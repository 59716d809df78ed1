//! `harness compare -- A B`.

use crate::folder::Folder;

#[test]
fn the_slower_of_two_commands_is_named_and_the_exit_status_is_fine() {
    let folder = Folder::new();
    let done = folder.run(&["compare", "--", "true", "sleep 0.03"]);
    assert_eq!(done.status, Some(0), "{}{}", done.stdout, done.stderr);
    assert!(
        done.stdout.contains("`sleep 0.03` is slower than `true`"),
        "{}",
        done.stdout
    );
    assert_eq!(folder.files(), [""; 0], "a file was left behind");
}

#[test]
fn the_verdict_is_there_for_programs() {
    let folder = Folder::new();
    let rows = folder.rows(&[
        "compare", "--format", "json", "--", "sleep", "0.03", "--", "true",
    ]);
    assert_eq!(rows[0]["base"], "sleep 0.03");
    assert_eq!(rows[0]["head"], "true");
    assert_eq!(rows[0]["verdict"], "improved");
    assert!(
        rows[0]["ratio"].as_f64().is_some_and(|ratio| ratio < 1.0),
        "{rows:?}"
    );
}

#[test]
fn two_values_of_a_parameter_are_two_commands() {
    let folder = Folder::new();
    let rows = folder.rows(&[
        "compare",
        "--format",
        "json",
        "--parameter",
        "n=0,0.03",
        "--command",
        "sleep {n}",
    ]);
    assert_eq!(rows[0]["base"], "sleep 0");
    assert_eq!(rows[0]["verdict"], "regressed");
}

#[test]
fn a_short_budget_ends_without_a_verdict_and_is_no_failure() {
    let folder = Folder::new();
    let done = folder.run(&["compare", "--budget", "1", "--", "sleep 0.2", "sleep 0.2"]);
    assert_eq!(done.status, Some(0), "{}{}", done.stdout, done.stderr);
    assert!(done.stdout.contains("--budget"), "{}", done.stdout);
}

#[test]
fn what_cannot_be_compared_is_one_sentence() {
    let folder = Folder::new();
    for (arguments, word) in [
        (&["compare", "--", "true"][..], "two commands, not 1"),
        (&["compare", "--", "a", "--", "b", "--", "c"], "not 3"),
        (
            &["compare", "--", "true", "false"],
            "`false` ended with exit status 1",
        ),
        (
            &["compare", "newest", "--", "true", "true"],
            "`newest` is a record",
        ),
    ] {
        let done = folder.run(arguments);
        assert_eq!(done.status, Some(2), "{arguments:?}: {}", done.stderr);
        assert!(done.stderr.contains(word), "{arguments:?}: {}", done.stderr);
        assert_eq!(done.stderr.lines().count(), 1, "{}", done.stderr);
    }
}

#[test]
fn records_compare_without_a_project() {
    let folder = Folder::new();
    for out in ["a.json", "b.json"] {
        let done = folder.run(&["run", "--budget", "1", "--out", out, "--", "true"]);
        assert_eq!(done.status, Some(0), "{}", done.stderr);
    }
    let done = folder.run(&["compare", "a.json", "b.json"]);
    assert_eq!(done.status, Some(0), "{}", done.stderr);
    let done = folder.run(&["compare", "a.json", "newest"]);
    assert_eq!(done.status, Some(2));
    assert!(done.stderr.contains("harness.toml"), "{}", done.stderr);
}
