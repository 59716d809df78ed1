//! `harness bisect` over small histories.

use std::fs;

use crate::project::Done;
use crate::repository::{allocates, commit, executes, git, repository, takes};
use crate::tools::Tools;

/// Filter for the short ids of commits, which differ from run to run.
const ID: (&str, &str) = (r"\b[0-9a-f]{10}\b", "0123456789");

fn bisect(tools: &Tools, metric: &str, more: &[&str]) -> Done {
    tools.run(
        &[
            &[
                "bisect",
                "HEAD~5",
                "HEAD",
                "--workload",
                "kernel/gelu",
                "--metric",
                metric,
            ],
            more,
        ]
        .concat(),
    )
}

/// Six commits; `guilty` makes the change of the fourth one.
fn history(guilty: impl Fn(&Tools)) -> Tools {
    commits(
        ["one", "two", "Cost more", "four", "five"],
        |tools, subject| {
            if subject == "Cost more" {
                guilty(tools);
            }
        },
    )
}

/// A first commit and five more; `change` makes the change of each, by its subject.
fn commits(subjects: [&str; 5], change: impl Fn(&Tools, &str)) -> Tools {
    let tools = repository();
    for subject in subjects {
        tools.project.write("news", subject);
        change(&tools, subject);
        commit(&tools, subject);
    }
    tools
}

/// Makes the probe end before its greeting, so that a commit with it cannot be measured.
fn break_probe(tools: &Tools) {
    tools.script("probe", "echo broken >&2; exit 1");
}

#[test]
fn the_guilty_commit_is_found_by_its_counts() {
    let tools = history(|tools| executes(tools, 1050));
    let status = git(&tools, &["status", "--porcelain"]);
    let done = bisect(&tools, "instructions", &["--phase", "naive"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let guilty = git(&tools, &["rev-parse", "--short=10", "HEAD~2"]);
    assert!(
        done.stdout.contains(&format!(
            "found: {guilty} \"Cost more\" by N. N. <n@example.org>, 2026-03-14"
        )),
        "{}",
        done.stdout
    );
    insta::with_settings!({filters => [ID]}, { insta::assert_snapshot!(done.stdout) });
    assert_eq!(git(&tools, &["status", "--porcelain"]), status);
    assert_eq!(git(&tools, &["worktree", "list"]).lines().count(), 1);

    // The printed command reproduces the result.
    let again = done
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("reproduce with: harness "))
        .expect("printed");
    let again = tools.run(&again.split(' ').collect::<Vec<_>>());
    assert_eq!(again.status, 0, "{}", again.stderr);
    assert!(
        again.stdout.contains(&format!("found: {guilty}")),
        "{}",
        again.stdout
    );
}

#[test]
fn of_time_instructions_tell_where_they_got_worse_and_it_is_said() {
    let tools = history(|tools| {
        executes(tools, 1050);
        takes(tools, 52_000_000);
    });
    let done = bisect(&tools, "time", &["--format", "json"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let tables: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert!(
        tables[0]["title"]
            .as_str()
            .expect("text")
            .contains("\"Cost more\""),
        "{}",
        done.stdout
    );
    assert!(
        done.stdout.contains("\"probability_first_bad\"")
            && done
                .stdout
                .contains("probability that this is the first bad commit: 100 %"),
        "{}",
        done.stdout
    );
    assert!(
        done.stdout.contains("instructions 1,003 -> 1,053"),
        "{}",
        done.stdout
    );
    let expected =
        "by instructions, which got worse from GOOD to BAD; time itself was not measured";
    assert!(done.stdout.contains(expected), "{}", done.stdout);
    let expected = "instructions got worse from GOOD to BAD, so they stand in for time";
    assert!(done.stderr.contains(expected), "{}", done.stderr);

    // The note on instructions is printed only if time was requested.
    let done = bisect(&tools, "instructions", &[]);
    assert!(
        !done.stdout.contains("time itself was not measured"),
        "{}",
        done.stdout
    );
}

#[test]
fn more_allocations_do_not_stand_in_for_time() {
    let tools = commits(
        ["one", "Allocate more", "three", "Cost more", "five"],
        |tools, subject| match subject {
            "Allocate more" => allocates(tools, 3),
            "Cost more" => takes(tools, 52_000_000),
            _ => (),
        },
    );
    let done = bisect(&tools, "time", &[]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(
        done.stdout.contains("\"Cost more\" by N. N."),
        "{}",
        done.stdout
    );
    assert!(
        done.stdout.contains("time 0 % -> +4.0 % against GOOD"),
        "{}",
        done.stdout
    );

    // A bisection by heap finds the other commit.
    let done = bisect(&tools, "heap", &[]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(
        done.stdout.contains("\"Allocate more\" by N. N."),
        "{}",
        done.stdout
    );
}

/// +0.9 % is "not slower" in a gate, because it is less than 1 %. Here it is more than half of the slowdown of BAD.
#[test]
fn a_commit_that_has_most_of_bads_time_is_not_called_good() {
    let tools = commits(
        ["one", "two", "Cost more", "four", "Cost more still"],
        |tools, subject| match subject {
            "Cost more" => takes(tools, 50_450_000),
            "Cost more still" => takes(tools, 50_800_000),
            _ => (),
        },
    );
    let done = bisect(&tools, "time", &[]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(
        done.stdout.contains("\"Cost more\" by N. N."),
        "{}",
        done.stdout
    );
    assert!(
        done.stdout.contains("time 0 % -> +0.90 % against GOOD"),
        "{}",
        done.stdout
    );
    let half = "a commit with at least half of that change, +0.80 %, is bad";
    assert!(done.stderr.contains(half), "{}", done.stderr);
    let rest =
        "BAD is worse still (time +0.90 % -> +1.6 % against GOOD); for the rest: harness bisect ";
    assert!(done.stdout.contains(rest), "{}", done.stdout);
    assert!(
        !done.stdout.contains("is slower already"),
        "{}",
        done.stdout
    );
}

#[test]
fn where_less_than_half_of_the_time_came_before_that_is_told() {
    let tools = commits(
        ["one", "Cost a little", "three", "Cost more", "five"],
        |tools, subject| match subject {
            "Cost a little" => takes(tools, 51_000_000),
            "Cost more" => takes(tools, 53_000_000),
            _ => (),
        },
    );
    let done = bisect(&tools, "time", &[]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(
        done.stdout.contains("\"Cost more\" by N. N."),
        "{}",
        done.stdout
    );
    assert!(
        done.stdout.contains("time +2.0 % -> +6.0 % against GOOD"),
        "{}",
        done.stdout
    );
    let before = "\"three\" is slower already (time 0 % -> +2.0 % against GOOD); for that part: harness bisect ";
    assert!(done.stdout.contains(before), "{}", done.stdout);
    assert!(
        !done.stdout.contains("BAD is worse still"),
        "{}",
        done.stdout
    );
}

#[test]
fn where_no_count_moved_the_guilty_commit_is_found_by_time() {
    let tools = history(|tools| takes(tools, 52_000_000));
    let done = bisect(&tools, "time", &[]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(
        done.stderr.contains(
            "instructions did not get worse from GOOD to BAD (instructions 1,003 (0 %)), so times are compared"
        ),
        "{}",
        done.stderr
    );
    assert!(
        done.stdout.contains("\"Cost more\" by N. N."),
        "{}",
        done.stdout
    );
    assert!(
        done.stdout.contains("time 0 % -> +4.0 % against GOOD"),
        "{}",
        done.stdout
    );
    // Two trials of times, each with odds of at most 199 to 1.
    assert!(
        done.stdout
            .contains("probability that this is the first bad commit: 98."),
        "{}",
        done.stdout
    );
    assert!(
        !done.stdout.contains("BAD is worse still"),
        "{}",
        done.stdout
    );
}

#[test]
fn commits_that_cannot_be_told_are_stepped_around_and_told() {
    // The commit in the middle is tried first.
    let tools = commits(
        ["one", "Cost more", "Broken", "Mended", "five"],
        |tools, subject| match subject {
            "Cost more" => executes(tools, 1050),
            "Broken" => break_probe(tools),
            "Mended" => tools.probe("", ""),
            _ => (),
        },
    );
    let done = bisect(&tools, "instructions", &[]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let guilty = git(&tools, &["rev-parse", "--short=10", "HEAD~3"]);
    assert!(
        done.stdout
            .contains(&format!("found: {guilty} \"Cost more\" by ")),
        "{}",
        done.stdout
    );

    let broken = git(&tools, &["rev-parse", "--short=10", "HEAD~2"]);
    let row = done
        .stdout
        .lines()
        .find(|line| line.starts_with(&broken))
        .unwrap_or_else(|| panic!("{}", done.stdout));
    let why = "the probe ended before it answered `hello`: exit status 1; it printed: broken";
    assert!(row.contains("skipped") && row.contains(why), "{row}");
    assert!(
        done.stderr.contains(&format!("skipped: {why}")),
        "{}",
        done.stderr
    );
    assert!(
        !done.stdout.contains("Mended"),
        "older commits sufficed, so that no newer one is tried: {}",
        done.stdout
    );
}

#[test]
fn where_all_between_are_skipped_the_range_is_told() {
    let tools = repository();
    let probe = tools.project.read("probe");
    break_probe(&tools);
    commit(&tools, "Broken");
    executes(&tools, 1050);
    commit(&tools, "Broken, too");
    tools.script(
        "probe",
        probe.strip_prefix("#!/bin/sh\n").expect("a script"),
    );
    commit(&tools, "Mended");
    let done = tools.run(&[
        "bisect",
        "HEAD~3",
        "--workload",
        "kernel/gelu",
        "--metric",
        "instructions",
    ]);
    assert_eq!(done.status, 2, "{}{}", done.stdout, done.stderr);
    for expected in [
        "not found: kernel/gelu in phase optimized got worse with one of these 3 commits",
        "\"Broken, too\"",
        "the probe ended before it answered `hello`: exit status 1; it printed: broken",
    ] {
        assert!(
            done.stdout.contains(expected),
            "{expected}: {}",
            done.stdout
        );
    }
}

#[test]
fn bad_input_is_answered_by_one_sentence() {
    let tools = history(|tools| executes(tools, 1050));
    let refused = |arguments: &[&str]| tools.refused(&[&["bisect"], arguments].concat());
    let of = ["--workload", "kernel/gelu", "--metric"];
    let mut messages = vec![
        refused(&["nowhere", of[0], of[1], of[2], "instructions"]),
        refused(&["HEAD", "HEAD~1", of[0], of[1], of[2], "instructions"]),
        refused(&["HEAD", "HEAD", of[0], of[1], of[2], "instructions"]),
        refused(&["HEAD~1", "HEAD", of[0], of[1], of[2], "instructions"]),
        refused(&["HEAD~1", "HEAD", of[0], of[1], of[2], "heap"]),
        refused(&["HEAD~1", "HEAD", of[0], of[1], of[2], "instruction"]),
        refused(&["HEAD~1", "HEAD", of[0], of[1], of[2], "latency-p95"]),
        refused(&[
            "HEAD~1",
            "HEAD",
            of[0],
            "kernel/glue",
            of[2],
            "instructions",
        ]),
        refused(&[
            "HEAD~1",
            "HEAD",
            of[0],
            of[1],
            of[2],
            "instructions",
            "--phase",
            "optimised",
        ]),
    ];
    break_probe(&tools);
    commit(&tools, "Broken");
    messages.push(refused(&[
        "HEAD~2",
        "HEAD",
        of[0],
        of[1],
        of[2],
        "instructions",
    ]));
    messages.push(Tools::new().refused(&["bisect", "HEAD", of[0], of[1], of[2], "instructions"]));
    insta::with_settings!({filters => [ID]}, { insta::assert_snapshot!(messages.join("\n")) });
    let done = bisect(&tools, "time", &["--budget", "0"]);
    assert_eq!(done.status, 2);
    assert!(fs::read_dir(tools.project.path("target/harness-bases")).is_ok());
}

#[test]
fn a_time_that_did_not_change_is_not_bad() {
    let tools = history(|_| ());
    let done = bisect(&tools, "time", &[]);
    assert_eq!(done.status, 2, "{}{}", done.stdout, done.stderr);
    assert!(
        done.stderr
            .contains("BAD is not bad: kernel/gelu in phase optimized at "),
        "{}",
        done.stderr
    );
}
