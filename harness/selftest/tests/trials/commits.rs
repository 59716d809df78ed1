//! `harness selftest gate --condition real`: commits in a clone, judged by the whole program.

use harness_abtest::Verdict;
use harness_judge::gate::TimeOutcome;
use harness_selftest::{COMMITS, Role, Row, log};

use crate::project::Done;
use crate::repository::{commit, git, repository};
use crate::tools::Tools;

const CHANGES: &str = r##"
[[change]]
name = "comment"
kind = "comment"
[[change.edit]]
file = "probe"
find = "while read -r line; do"
replace = "# a comment\nwhile read -r line; do"

[[change]]
name = "empty"
kind = "empty"
force = true

[[change]]
name = "slow"
kind = "slowdown"
percent = [4]
slows = ["kernel/*"]
filter = ["kernel/*"]
[[change.edit]]
file = "probe"
find = '"nanoseconds":50000000'
replace = '"nanoseconds":5{percent}000000'
"##;

/// A repository with this file of changes.
fn with(changes: &str) -> Tools {
    let tools = repository();
    tools.project.write("baselines/selftest.toml", changes);
    commit(&tools, "List the changes to try");
    tools
}

fn gather(tools: &Tools, more: &[&str]) -> Done {
    let done = tools.run(
        &[
            &["gate", "--condition", "real", "--gate-budget", "20"],
            more,
        ]
        .concat(),
    );
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    done
}

fn rows(tools: &Tools) -> Vec<Row> {
    log::read(&tools.project.path("reports/selftest").join(COMMITS.rows)).expect("readable")
}

#[test]
fn each_change_is_a_commit_that_the_gate_judges_by_its_exit_status() {
    let tools = with(CHANGES);
    let before = (
        git(&tools, &["rev-parse", "HEAD"]),
        git(&tools, &["status", "--porcelain"]),
    );
    let done = gather(&tools, &[]);
    assert!(
        done.stdout
            .contains("no timed gate on unchanged code is red"),
        "{}",
        done.stdout
    );
    let rows = rows(&tools);
    let [comment, empty, slow] = rows.as_slice() else {
        panic!("{rows:?}")
    };
    assert_eq!(
        (comment.change.as_str(), comment.exit, comment.percent),
        ("comment", 0, None)
    );
    assert_eq!(
        (empty.exit, empty.forced, empty.workloads.len()),
        (0, true, 1)
    );
    assert_eq!(
        (slow.change.as_str(), slow.exit, slow.percent),
        ("slow", 1, Some(4.0))
    );
    assert_eq!(slow.base, before.0[..12]);
    let [timed] = slow.workloads.as_slice() else {
        panic!("{slow:?}")
    };
    assert_eq!(
        (timed.workload.as_str(), timed.verdict, timed.role),
        (
            "kernel/gelu",
            TimeOutcome::Verdict(Verdict::Regressed),
            Role::Slowed
        )
    );
    assert!(
        timed
            .estimate
            .is_some_and(|estimate| (estimate.value() - 8.0).abs() < 0.5),
        "{timed:?}"
    );
    assert!(slow.measuring_seconds.0 > 0 && slow.seconds.0 > 0);
    assert_eq!(
        (
            git(&tools, &["rev-parse", "HEAD"]),
            git(&tools, &["status", "--porcelain"])
        ),
        before
    );
    let left = std::fs::read_dir(tools.project.path("target/harness-selftest")).expect("there");
    let left: Vec<_> = left
        .map(|entry| entry.expect("readable").file_name())
        .collect();
    assert_eq!(
        left.len(),
        3,
        "the clone and two files that mark the folder: {left:?}"
    );
}

#[test]
fn trials_add_up_and_the_fewest_come_first() {
    let tools = with(CHANGES);
    gather(&tools, &["--trials", "1", "--only", "slow@*"]);
    // A commit of trials does not count as another base.
    git(&tools, &["add", "--force", "reports"]);
    git(&tools, &["commit", "--quiet", "--message", "Keep a trial"]);
    gather(&tools, &["--trials", "3"]);
    let rows = rows(&tools);
    let tried: Vec<&str> = rows.iter().map(|row| row.change.as_str()).collect();
    assert_eq!(
        tried,
        ["slow", "comment", "empty", "comment"],
        "by count, then by place in the file"
    );
    assert!(
        rows.iter()
            .all(|row| row.base == rows[0].base && row.harness == rows[0].harness),
        "{rows:?}"
    );
    assert_eq!(rows[1].head, rows[3].head);

    let kept = |name: &str| tools.project.read(&format!("reports/selftest/{name}"));
    let before = (kept("gate.md"), kept("gate.svg"));
    tools.script("probe", "exit 1");
    let done = tools.run(&["gate", "--replay"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert_eq!(
        (kept("gate.md"), kept("gate.svg")),
        before,
        "nothing was measured"
    );
    assert!(
        before
            .0
            .contains("cargo harness selftest gate --condition real --replay"),
        "{}",
        before.0
    );
}

#[test]
fn a_gate_that_cannot_judge_is_a_trial_too() {
    let tools = with(
        &CHANGES
            .replace("kind = \"comment\"", "kind = \"broken\"")
            .replace("# a comment", "exit 3"),
    );
    let done = gather(&tools, &["--only", "comment"]);
    assert!(
        done.stderr.contains("ended with exit status 2"),
        "{}",
        done.stderr
    );
    let rows = rows(&tools);
    assert_eq!((rows[0].exit, rows[0].workloads.len()), (2, 0), "{rows:?}");
}

#[test]
fn every_wrong_change_is_answered_before_anything_is_measured() {
    let real = ["gate", "--condition", "real"];
    let message = repository().refused(&real);
    assert!(
        message.contains("cannot read the changes")
            && message.ends_with("name another file with --changes"),
        "{message}"
    );
    let cases = [
        (
            "\"nanoseconds\":50000000",
            "gone",
            "change `slow`: the text of `find` is not in `probe`",
        ),
        (
            "while read -r line; do\"\nreplace",
            "ask\"\nreplace",
            "is in `probe` 5 times",
        ),
        (
            "file = \"probe\"",
            "file = \"nowhere\"",
            "has no file `nowhere`",
        ),
        ("file = \"probe\"", "file = \"../probe\"", "without `..`"),
        (
            "[[change.edit]]",
            "base = \"v9\"\nhead = \"HEAD\"\n[[change.edit]]",
            "without edits",
        ),
    ];
    for (from, to, wanted) in cases {
        let message = with(&CHANGES.replace(from, to)).refused(&real);
        assert!(
            message.contains("selftest.toml, change `") && message.contains(wanted),
            "{wanted}: {message}"
        );
    }
    let two =
        "[[change]]\nname = \"two\"\nkind = \"refactoring\"\nbase = \"v9\"\nhead = \"HEAD\"\n";
    let message = with(two).refused(&real);
    assert!(
        message.contains("change `two`: there is no revision \"v9\""),
        "{message}"
    );
    let message = with(CHANGES).refused(&[&real[..], &["--only", "other"]].concat());
    assert!(
        message.contains("matches --only; there are comment, empty, slow@4"),
        "{message}"
    );
}

#[test]
fn two_revisions_are_tried_as_they_are() {
    let tools = with(
        "[[change]]\nname = \"two\"\nkind = \"refactoring\"\nbase = \"HEAD~1\"\nhead = \"HEAD\"\n",
    );
    gather(&tools, &[]);
    let rows = rows(&tools);
    let short = |revision| git(&tools, &["rev-parse", "--short=12", revision]);
    assert_eq!(
        (rows[0].base.clone(), rows[0].head.clone(), rows[0].exit),
        (short("HEAD~1"), short("HEAD"), 0)
    );
}
