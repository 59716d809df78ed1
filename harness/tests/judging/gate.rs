use harness_probe::Instrument;
use harness_record::{Check, Failure, Record};

use crate::project::{Done, Project, measured, regressed};
use harness_record::sample::{callgrind, row};

fn gate(project: &Project, head: &Record, more: &[&str]) -> Done {
    project.record("head.json", head);
    let mut arguments = vec!["gate", "--record", "head.json"];
    arguments.extend(more);
    project.run(&arguments)
}

#[test]
fn equal_counts_leave_with_0() {
    insta::assert_snapshot!(gate(&Project::with_baseline(), &measured(), &[]).seen());
}

#[test]
fn a_regression_leaves_with_1_and_says_what_and_by_how_much() {
    insta::assert_snapshot!(gate(&Project::with_baseline(), &regressed(), &[]).seen());
}

#[test]
fn every_format_ends_with_the_same_status() {
    let project = Project::with_baseline();
    for format in ["json", "csv", "markdown"] {
        let done = gate(
            &project,
            &regressed(),
            &[
                "--filter",
                "medium/*",
                "--phase",
                "optimized",
                "--format",
                format,
            ],
        );
        assert_eq!(done.status, 1, "{}", done.stderr);
        insta::assert_snapshot!(format!("gate_as_{format}"), done.stdout);
    }
}

#[test]
fn a_missing_number_leaves_with_2() {
    let mut head = measured();
    head.rows[2].readings.clear();
    let message = "the probe crashed with signal 11".to_owned();
    head.rows[2].failures.push(Failure {
        instrument: Instrument::Callgrind,
        message,
    });
    insta::assert_snapshot!(gate(&Project::with_baseline(), &head, &[]).seen());
}

#[test]
fn a_regression_outranks_what_was_not_judged() {
    let mut head = regressed();
    head.rows.remove(3);
    head.rows[2].definition.push_str(" changed");
    head.rows
        .push(row("kernel/new", "naive", vec![callgrind(1)]));
    insta::assert_snapshot!(gate(&Project::with_baseline(), &head, &[]).seen());
}

#[test]
fn a_failed_check_leaves_with_2() {
    let mut head = measured();
    head.rows[0].check = Check::Failed("token 3 is 17, not 12".to_owned());
    let done = gate(&Project::with_baseline(), &head, &[]);
    assert_eq!(done.status, 2);
    assert!(
        done.text().contains("token 3 is 17, not 12"),
        "{}",
        done.stdout
    );
}

#[test]
fn a_filter_narrows_the_baseline_too() {
    let project = Project::with_baseline();
    let mut head = measured();
    head.rows.truncate(2);
    let done = gate(&project, &head, &[]);
    assert_eq!(
        (done.status, done.stderr.as_str()),
        (2, ""),
        "the kernels are gone"
    );
    head.quick = true;
    let done = gate(&project, &head, &[]);
    assert_eq!(
        done.status, 2,
        "the record does not state if the kernels were left out on purpose"
    );
    assert!(
        done.stderr.contains("the record is of a quick run"),
        "{}",
        done.stderr
    );
    assert_eq!(gate(&project, &head, &["--filter", "medium/*"]).status, 0);
    assert_eq!(
        gate(&project, &regressed(), &["--phase", "naive"]).status,
        0
    );
}

#[test]
fn bad_input_is_answered_by_one_sentence() {
    let project = Project::with_baseline();
    project.record("head.json", &measured());
    let mut other = measured();
    other.environment.rustc = "rustc 1.96.0".to_owned();
    project.record("other.json", &other);
    let mut flags = measured();
    flags.environment.rustflags = "-C target-cpu=native".to_owned();
    project.record("flags.json", &flags);
    let mut timed = measured();
    timed
        .rows
        .iter_mut()
        .for_each(|row| row.readings.truncate(1));
    project.record("timed.json", &timed);
    let mut messages = Vec::new();
    let mut refused = |name: &str, arguments: &[&str]| {
        messages.push(format!("{name}: {}", project.refused(arguments)));
    };
    refused("no such record", &["gate", "--record", "nowhere.json"]);
    refused("another toolchain", &["gate", "--record", "other.json"]);
    refused("other compiler flags", &["gate", "--record", "flags.json"]);
    refused("no counts", &["gate", "--record", "timed.json"]);
    refused(
        "unknown phase",
        &["gate", "--record", "head.json", "--phase", "optimised"],
    );
    refused(
        "unknown workload",
        &["gate", "--record", "head.json", "--filter", "kernel/gell"],
    );
    let counts = format!("{}/counts.csv", project.baseline());
    let text = project.read(&counts);
    project.write(&counts, &text[..text.len() / 2]);
    refused("a baseline cut off", &["gate", "--record", "head.json"]);
    project.write(&counts, &text.replacen("1000000", "1e6", 1));
    refused("a wrong number", &["gate", "--record", "head.json"]);
    project.write(&counts, &text);
    let limits = project.read("baselines/limits.toml");
    project.write(
        "baselines/limits.toml",
        &limits.replacen("peak-bytes", "pick-bytes", 1),
    );
    refused(
        "limits that make no sense",
        &["gate", "--record", "head.json"],
    );
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn without_limits_the_built_in_ones_apply_and_saving_a_baseline_writes_them() {
    let project = Project::with_baseline();
    let limits = project.path("baselines/limits.toml");
    std::fs::remove_file(&limits).expect("removed");
    let same = gate(&project, &measured(), &[]);
    assert_eq!(same.status, 0, "{}{}", same.stdout, same.stderr);
    assert!(
        same.stderr.contains("the built-in limits apply"),
        "{}",
        same.stderr
    );
    let worse = gate(&project, &regressed(), &["--all"]);
    assert_eq!(worse.status, 1, "{}{}", worse.stdout, worse.stderr);
    assert!(
        worse.text().contains("the limit is 0.2 % because"),
        "{}",
        worse.stdout
    );
    let saved = project.run(&["baseline", "save", "--yes"]);
    assert_eq!(saved.status, 0, "{}", saved.stderr);
    assert_eq!(
        project.read("baselines/limits.toml"),
        harness_record::limits::DEFAULT_FILE
    );
    let announced = gate(&project, &measured(), &[]);
    assert_eq!((announced.status, announced.stderr.as_str()), (0, ""));
    // A file of the project is never replaced.
    project.write("baselines/limits.toml", "schema = 1\n");
    assert_eq!(project.run(&["baseline", "save", "--yes"]).status, 0);
    assert_eq!(project.read("baselines/limits.toml"), "schema = 1\n");
    assert_eq!(gate(&project, &measured(), &[]).status, 0);
}

#[test]
fn the_newest_record_can_be_named() {
    let project = Project::with_baseline();
    project.record("records/2026-01-03T000000Z.json", &regressed());
    for command in [
        &["gate", "--record", "newest"][..],
        &["baseline", "save", "--yes", "--record", "newest"],
        &["report", "--record", "newest"],
    ] {
        let done = project.run(command);
        let expected = i32::from(command[0] == "gate");
        assert_eq!(done.status, expected, "{}{}", done.stdout, done.stderr);
    }
}

#[test]
fn counts_that_a_gate_kept_are_not_drawn_as_a_run() {
    let project = Project::new();
    project.record("records/2026-01-02T000000Z.json", &measured());
    let mut kept = regressed();
    kept.command = "harness gate".to_owned();
    kept.environment.revision = Some("another".to_owned());
    project.record("records/gate.json", &kept);
    let done = project.run(&["report"]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert!(
        done.stderr.contains("drew 2026-01-02T000000Z.json as"),
        "{}",
        done.stderr
    );
}

#[test]
fn without_a_baseline_nothing_is_measured() {
    assert_eq!(
        Project::new().refused(&["gate"]),
        "there is no baseline in PROJECT/baselines; `harness baseline save` makes one from a record"
    );
}
