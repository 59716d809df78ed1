//! `--export`: the results of a command in other formats.

use std::fs;

use crate::project::{Done, Project, measured, regressed};

/// A gate on a regression, with these options.
fn gate(options: &[&str]) -> (Project, Done) {
    let project = Project::with_baseline();
    project.record("head.json", &regressed());
    let arguments = [&["gate", "--record", "head.json"], options].concat();
    let done = project.run(&arguments);
    (project, done)
}

#[test]
fn a_gate_writes_every_export_beside_its_output_and_keeps_its_status() {
    let options = [
        "--export",
        "junit=out/junit.xml",
        "--export",
        "github-annotations=out/annotations",
        "--export",
        "json=out/results.json",
        "--export",
        "markdown=out/comment.md",
    ];
    let (project, done) = gate(&options);
    let (_, plain) = gate(&[]);
    // The last line is the command.
    let verdict = |done: &Done| {
        done.stdout
            .split("reproduce with")
            .next()
            .map(str::to_owned)
    };
    assert_eq!(
        (done.status, verdict(&done)),
        (plain.status, verdict(&plain))
    );
    assert_eq!(done.status, 1);
    assert!(
        done.stderr.contains("wrote junit to out/junit.xml"),
        "{}",
        done.stderr
    );
    let junit = project.read("out/junit.xml");
    assert!(
        junit.contains("<failure ") && junit.contains("name=\"instructions\""),
        "{junit}"
    );
    assert!(
        project
            .read("out/annotations")
            .starts_with("::error title=harness::")
    );
    assert!(
        project
            .read("out/results.json")
            .contains("\"outcome\": \"regressed\"")
    );
    let (_, markdown) = gate(&["--format", "markdown"]);
    let comment = project.read("out/comment.md");
    let without = |text: &str| {
        let lines = text.lines().filter(|line| !line.contains("gate --record"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(without(&comment), without(&markdown.stdout));
    let left = fs::read_dir(project.path("out")).expect("there").count();
    assert_eq!(left, 4, "no unfinished file is left");
}

#[test]
fn an_export_to_standard_output_replaces_the_table() {
    let (_, done) = gate(&["--export", "csv=-"]);
    assert_eq!(done.status, 1);
    assert!(
        done.stdout.starts_with("workload,phase,metric,"),
        "{}",
        done.stdout
    );
    assert!(done.stderr.contains("REGRESSED: "), "{}", done.stderr);
}

#[test]
fn a_wrong_destination_is_named_before_anything_is_measured() {
    let options: [&[&str]; 6] = [
        &["--export", "juint=a.xml"],
        &["--export", "junit"],
        &["--export", "junit=harness.toml/a.xml"],
        &["--export", "junit=baselines"],
        &["--export", "junit=a", "--export", "csv=a"],
        &["--export", "junit=-", "--export", "csv=-"],
    ];
    let messages = options.map(|options| {
        let (project, done) = gate(options);
        assert_eq!((done.status, done.stdout.as_str()), (2, ""), "{options:?}");
        assert!(!project.path("a").exists());
        let line = done.stderr.lines().next().unwrap_or_default();
        format!("{}: {line}\n", options.join(" "))
    });
    insta::assert_snapshot!(messages.concat());
}

#[test]
fn a_gate_that_ends_with_an_error_replaces_the_file_of_an_earlier_one() {
    let project = Project::with_baseline();
    project.write("junit.xml", "green");
    let arguments = [
        "gate",
        "--record",
        "nowhere.json",
        "--export",
        "junit=junit.xml",
    ];
    let done = project.run(&arguments);
    assert_eq!(done.status, 2);
    let junit = project.read("junit.xml");
    assert!(
        junit.contains("errors=\"1\"") && junit.contains("<error message=\"Not judged: "),
        "{junit}"
    );
    assert!(done.stderr.contains("error: "), "{}", done.stderr);
}

#[test]
fn compare_and_report_export_what_they_show() {
    let project = Project::new();
    project.record("records/first.json", &measured());
    project.record("second.json", &regressed());
    let arguments = [
        "compare",
        "records/first.json",
        "second.json",
        "--export",
        "json=both.json",
    ];
    assert_eq!(project.run(&arguments).status, 0);
    let both = project.read("both.json");
    assert!(
        both.contains("\"kind\": \"compare\"") && both.contains("\"outcome\": \"measured\""),
        "{both}"
    );
    let arguments = [
        "report",
        "--record",
        "second.json",
        "--export",
        "bencher=bmf.json",
    ];
    let done = project.run(&arguments);
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert!(project.read("bmf.json").contains("\"latency\""));
}
