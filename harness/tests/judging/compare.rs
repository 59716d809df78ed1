use crate::project::{Project, measured, regressed};

fn with_two_records() -> Project {
    let project = Project::with_baseline();
    project.record("records/second.json", &regressed());
    project
}

#[test]
fn two_records() {
    insta::assert_snapshot!(
        with_two_records()
            .run(&["compare", "records/first.json", "records/second.json"])
            .seen()
    );
}

#[test]
fn several_sides_stand_next_to_each_other() {
    let project = with_two_records();
    let mut third = regressed();
    third.created = "2026-01-04T00:00:00Z".to_owned();
    project.record("records/third.json", &third);
    let compared = [
        "compare",
        "baseline",
        "records/first.json",
        "records/second.json",
        "records/third.json",
        "--metric",
        "instructions,peak-bytes",
    ];
    insta::assert_snapshot!(project.run(&compared).seen());
    let phases = project.run(&["compare", "naive", "optimized", "naive"]);
    assert_eq!(phases.status, 0, "{}", phases.stderr);
    let mixed = project.refused(&["compare", "naive", "optimized", "records/first.json"]);
    assert!(mixed.contains("names a phase"), "{mixed}");
}

#[test]
fn the_newest_record_against_the_baseline_is_the_default() {
    let project = with_two_records();
    let short = project.run(&["compare", "baseline"]);
    insta::assert_snapshot!(short.seen());
    let key = project.baseline().replace("baselines/", "baseline:");
    let long = project.run(&["compare", &key, "newest"]);
    assert_eq!(
        short.stdout.lines().skip(1).collect::<Vec<_>>(),
        long.stdout.lines().skip(1).collect::<Vec<_>>()
    );
}

#[test]
fn phases_of_one_record() {
    let project = with_two_records();
    let by_name = project.run(&["compare", "phase:naive", "phase:optimized"]);
    insta::assert_snapshot!(by_name.seen());
    let by_file = project.run(&[
        "compare",
        "records/second.json#naive",
        "records/second.json#optimized",
    ]);
    let bare = project.run(&["compare", "naive", "optimized"]);
    assert_eq!(
        by_name.stdout.lines().skip(1).collect::<Vec<_>>(),
        bare.stdout.lines().skip(1).collect::<Vec<_>>(),
        "{}",
        bare.stderr
    );
    assert_eq!(
        by_name.stdout.lines().skip(1).collect::<Vec<_>>(),
        by_file.stdout.lines().skip(1).collect::<Vec<_>>()
    );
}

#[test]
fn every_format() {
    let project = with_two_records();
    for format in ["json", "csv", "markdown"] {
        let arguments = [
            "compare",
            "baseline",
            "--filter",
            "medium/*",
            "--metric",
            "instructions,peak-bytes",
            "--format",
            format,
        ];
        insta::assert_snapshot!(
            format!("compare_as_{format}"),
            project.run(&arguments).stdout
        );
    }
}

#[test]
fn what_is_equal_is_shown_on_demand() {
    let project = with_two_records();
    let rows = |arguments: &[&str]| {
        project
            .run(arguments)
            .stdout
            .lines()
            .filter(|line| line.contains("naive"))
            .count()
    };
    assert_eq!(
        rows(&["compare", "baseline", "--metric", "instructions"]),
        0
    );
    assert_eq!(
        rows(&["compare", "baseline", "--metric", "instructions", "--all"]),
        2
    );
}

#[test]
fn bad_input_is_answered_by_one_sentence() {
    let project = with_two_records();
    project.write("rubbish.json", "{");
    let messages: Vec<String> = [
        &["compare", "newest", "nowhere.json"][..],
        &["compare", "newest", "rubbish.json"],
        &["compare", "phase:naive", "phase:optimised"],
        &["compare", "phase:naive"],
        &["compare", "baseline:x86", "newest"],
        &["compare", "baseline", "--filter", "medium/decod"],
        &["compare", "baseline", "--filter", "a["],
        &["compare", "baseline", "--metric", "instruction"],
    ]
    .iter()
    .map(|arguments| format!("{}\n  {}", arguments.join(" "), project.refused(arguments)))
    .collect();
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn without_any_record_it_says_how_to_get_one() {
    let sentence = Project::new().refused(&["compare", "baseline"]);
    assert_eq!(
        sentence,
        "there is no record in PROJECT/records; `harness run` writes one"
    );
}

#[test]
fn a_record_of_another_toolchain_has_no_baseline() {
    let project = Project::with_baseline();
    let mut record = measured();
    record.environment.rustc = "rustc 1.96.0".to_owned();
    project.record("records/second.json", &record);
    insta::assert_snapshot!(project.refused(&["compare", "baseline"]));
    // Its key selects a baseline all the same, but no figure compares.
    let key = project.baseline().replace("baselines/", "baseline:");
    let done = project.run(&["compare", &key, "--filter", "kernel/*"]);
    insta::assert_snapshot!(done.seen());
}
