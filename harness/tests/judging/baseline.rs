use std::fs;

use harness_record::Check;
use harness_record::baseline::Store;

use crate::project::{Project, measured, regressed};
use harness_record::sample::{callgrind, row};

#[test]
fn saving_shows_the_difference_first() {
    let project = Project::new();
    project.record("records/first.json", &measured());
    insta::assert_snapshot!(
        "first_save",
        project.run(&["baseline", "save", "--yes"]).seen()
    );
    project.record("records/second.json", &regressed());
    insta::assert_snapshot!(
        "second_save",
        project.run(&["baseline", "save", "--yes"]).seen()
    );
    let again = project.run(&["baseline", "save", "--yes"]);
    assert_eq!(again.status, 0);
    assert!(
        again.stderr.contains("there is nothing to save"),
        "{}",
        again.stderr
    );
}

#[test]
fn without_a_terminal_nothing_is_saved_unless_asked_for() {
    let project = Project::with_baseline();
    let counts = format!("{}/counts.csv", project.baseline());
    let before = project.read(&counts);
    project.record("records/second.json", &regressed());
    assert_eq!(
        project.refused(&["baseline", "save"]),
        "nothing was saved: there is no terminal for a confirmation; `harness baseline save --yes` needs none"
    );
    assert_eq!(project.read(&counts), before);
    assert_eq!(project.run(&["baseline", "save", "--yes"]).status, 0);
    assert_ne!(project.read(&counts), before);
}

#[test]
fn a_record_that_lacks_rows_does_not_drop_them_in_passing() {
    let project = Project::with_baseline();
    let before = project.read(&format!("{}/counts.csv", project.baseline()));
    let mut record = regressed();
    record.rows.truncate(2);
    project.record("records/second.json", &record);
    insta::assert_snapshot!(project.refused(&["baseline", "save", "--yes"]));
    assert_eq!(
        project.read(&format!("{}/counts.csv", project.baseline())),
        before
    );
    assert_eq!(
        project
            .run(&["baseline", "save", "--yes", "--drop-missing"])
            .status,
        0
    );
    assert!(
        !project
            .read(&format!("{}/counts.csv", project.baseline()))
            .contains("kernel")
    );
}

#[test]
fn a_wrong_answer_is_never_promoted() {
    let project = Project::new();
    let mut record = measured();
    record.rows[1].check = Check::Failed("token 3 is 17, not 12".to_owned());
    project.record("records/first.json", &record);
    assert_eq!(
        project.refused(&["baseline", "save", "--yes"]),
        "the record cannot become a baseline: medium/decode in phase optimized failed its check: token 3 is 17, not 12"
    );
    assert_eq!(
        fs::read_dir(project.path("baselines"))
            .expect("there")
            .count(),
        1,
        "only the limits"
    );
}

#[test]
fn a_folder_that_cannot_be_written_keeps_the_old_baseline() {
    let project = Project::with_baseline();
    let before = project.read(&format!("{}/counts.csv", project.baseline()));
    let mut record = measured();
    record.environment.rustc = "rustc 1.96.0".to_owned();
    project.record("records/second.json", &record);
    // A file in place of the new folder.
    project.write(&project.baseline().replace("1.95.0", "1.96.0"), "");
    let sentence = project.refused(&["baseline", "save", "--yes"]);
    assert!(
        sentence.starts_with("cannot write the baseline's "),
        "{sentence}"
    );
    fs::remove_file(project.path(&project.baseline().replace("1.95.0", "1.96.0")))
        .expect("removed");
    assert_eq!(
        project.read(&format!("{}/counts.csv", project.baseline())),
        before
    );
}

#[test]
fn list_and_show() {
    let project = Project::with_baseline();
    insta::assert_snapshot!("list", project.run(&["baseline", "list"]).seen());
    insta::assert_snapshot!("show", project.run(&["baseline", "show"]).seen());
    insta::assert_snapshot!(
        "show_as_csv",
        project.run(&["baseline", "show", "--format", "csv"]).stdout
    );
    insta::assert_snapshot!(
        "list_of_none",
        Project::new().run(&["baseline", "list"]).seen()
    );
    insta::assert_snapshot!(
        "show_unknown",
        project.refused(&["baseline", "show", "x86_64-unknown-linux-gnu"])
    );
}

#[test]
fn a_spoilt_baseline_is_named_in_the_list_and_can_be_saved_over() {
    let project = Project::with_baseline();
    let counts = format!("{}/counts.csv", project.baseline());
    let text = project.read(&counts);
    project.write(&counts, &text[..text.len() / 2]);
    insta::assert_snapshot!(project.run(&["baseline", "list"]).seen());
    assert_eq!(project.run(&["baseline", "save", "--yes"]).status, 0);
    assert_eq!(project.read(&counts), text);
}

#[test]
fn a_row_that_is_new_is_shown_as_new() {
    let project = Project::with_baseline();
    let mut record = measured();
    record.created = "2026-01-03T00:00:00Z".to_owned();
    record
        .rows
        .push(row("kernel/softmax", "naive", vec![callgrind(5)]));
    project.record("records/second.json", &record);
    insta::assert_snapshot!(project.run(&["baseline", "save", "--yes"]).seen());
}

/// Kills twenty saves, each a little later.
#[test]
fn a_save_that_is_killed_leaves_the_old_baseline_or_the_new_one() {
    let project = Project::with_baseline();
    project.record("records/second.json", &regressed());
    let store = Store::new(project.path("baselines"));
    let [key] = store
        .keys()
        .expect("a list")
        .try_into()
        .expect("one baseline");
    let (old, new) = (measured().created, regressed().created);
    // The delays cover a whole save, which is timed first.
    let began = std::time::Instant::now();
    assert_eq!(
        project
            .run(&[
                "baseline",
                "save",
                "--yes",
                "--record",
                "records/first.json"
            ])
            .status,
        0
    );
    let step = began.elapsed() / 16;
    for delay in 0..20 {
        let mut save = std::process::Command::new(assert_cmd::cargo::cargo_bin!("harness"))
            .args(["baseline", "save", "--yes"])
            .current_dir(project.path(""))
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("started");
        std::thread::sleep(step * delay);
        save.kill().expect("killed, or over already");
        save.wait().expect("gone");
        let there = store.read(&key).expect("a baseline that can be read");
        assert!(
            there.record.created == old || there.record.created == new,
            "{}",
            there.record.created
        );
        let counts = if there.record.created == old {
            measured()
        } else {
            regressed()
        };
        assert_eq!(
            there,
            harness_record::baseline::Baseline::promote(&counts).expect("promotable")[0]
        );
        // Restore the old baseline for the next save.
        let command = [
            "baseline",
            "save",
            "--yes",
            "--record",
            "records/first.json",
        ];
        assert_eq!(project.run(&command).status, 0);
    }
}

/// A run with one count that improved, one that improved by less than its limit, and one that got worse.
fn mixed() -> harness_record::Record {
    let mut record = measured();
    record.created = "2026-01-04T00:00:00Z".to_owned();
    record.rows[0].readings[1] = callgrind(900_000);
    record.rows[1].readings[1] = callgrind(49_990);
    record.rows[2].readings[1] = callgrind(8000);
    record
        .rows
        .push(row("kernel/new", "naive", vec![callgrind(5)]));
    record
}

#[test]
fn improved_only_lowers_what_improved_and_leaves_the_rest() {
    let project = Project::with_baseline();
    let counts = format!("{}/counts.csv", project.baseline());
    let before = project.read(&counts);
    project.record("records/second.json", &mixed());
    let save = ["baseline", "save", "--improved-only"];
    assert!(
        project
            .refused(&save)
            .contains("there is no terminal for a confirmation"),
        "it is confirmed like any other save"
    );
    assert_eq!(project.read(&counts), before);
    let save = [&save[..], &["--yes"]].concat();
    insta::assert_snapshot!(project.run(&save).seen());
    let lowered = before.replace(",1000000,", ",900000,");
    // The checksum at the end of the row differs, too.
    let fields = |line: &str| line.rsplit_once(',').map(|(fields, _)| fields.to_owned());
    let rows = |text: &str| text.lines().skip(1).map(fields).collect::<Vec<_>>();
    assert_eq!(rows(&project.read(&counts)), rows(&lowered));
    let again = project.run(&save);
    assert_eq!(again.status, 0, "{}", again.stderr);
    assert!(
        again.stderr.contains("nothing is lowered"),
        "{}",
        again.stderr
    );
}

#[test]
fn improved_only_needs_a_baseline_to_lower() {
    let project = Project::new();
    project.record("records/first.json", &measured());
    let sentence = project.refused(&["baseline", "save", "--improved-only", "--yes"]);
    assert!(sentence.starts_with("nothing was lowered: "), "{sentence}");
    let both = project.run(&["baseline", "save", "--improved-only", "--drop-missing"]);
    assert_eq!(both.status, 2, "{}", both.stderr);
}
