//! `harness selftest gate`, with a script in place of the probe.

use harness::timing::pinned_core;
use harness_selftest::{Row, Trial};

use crate::project::Done;
use crate::tools::Tools;

fn gather(tools: &Tools, more: &[&str]) -> Done {
    tools.run(&[&["gate"], more].concat())
}

/// A probe that reports exactly a millisecond for every run.
fn steady() -> Tools {
    let tools = Tools::new();
    tools.probe(
        "run",
        r#"n=${line##*:}; echo "{\"reply\":\"ran\",\"reading\":{\"meter\":\"clock\",\"nanoseconds\":$((${n%\}} * 1000000)),\"tokens_at\":[]}}""#,
    );
    tools
}

#[test]
fn evidence_is_gathered_in_pieces_and_replayed_to_the_same_page() {
    let tools = steady();
    let done = gather(&tools, &["--condition", "null,inject:5", "--trials", "2"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(
        done.stdout.contains("gate of 4") && done.stdout.contains("+5 % is red"),
        "{}",
        done.stdout
    );
    let done = gather(
        &tools,
        &["--condition", "null", "--trials", "1", "--load", "each"],
    );
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(done.stdout.contains("on each core"), "{}", done.stdout);

    let trials = Trial::read_all(&tools.project.path("records/selftest/slices")).expect("kept");
    let rows: Vec<&Row> = trials.iter().map(|(_, row)| row).collect();
    assert_eq!(rows.len(), 3);
    let (slower, unchanged): (Vec<&Row>, Vec<&Row>) =
        rows.iter().partition(|row| row.is_slowdown());
    let [slower] = slower.as_slice() else {
        panic!("{slower:?}")
    };
    let estimate = slower.workloads[0].estimate.expect("pairs");
    assert!(
        slower.is_red() && (estimate.value() - 5.0).abs() < 1.0,
        "{slower:?}"
    );
    assert!(
        unchanged
            .iter()
            .all(|row| row.exit == 0 && row.steal_percent.is_some()),
        "{unchanged:?}"
    );

    let kept = |name: &str| tools.project.read(&format!("records/selftest/{name}"));
    let before = (kept("slices.md"), kept("slices.svg"), kept("slices.csv"));
    tools.script("probe", "exit 1");
    let done = gather(&tools, &["--replay", "--format", "csv"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(
        done.stdout.starts_with("table,machine,hogs,scope,asked,"),
        "{}",
        done.stdout
    );
    assert_eq!(
        (kept("slices.md"), kept("slices.svg"), kept("slices.csv")),
        before,
        "nothing was measured"
    );
    assert_eq!(before.2.lines().count(), 4, "{}", before.2);
}

#[test]
fn both_sides_are_on_the_measured_core_before_they_are_made_ready() {
    let tools = steady();
    let listed = r#"while read -r word; do case "$word" in Cpus_allowed_list:*) echo "$word" >> cores ;; esac; done < /proc/$$/status"#;
    let run = tools.project.read("probe");
    let ready = r#"*'"ask":"prepare"'*) "#;
    assert_eq!(run.matches(ready).count(), 1, "{run}");
    tools
        .project
        .write("probe", &run.replace(ready, &format!("{ready}{listed}; ")));
    let done = gather(&tools, &["--condition", "null", "--trials", "1"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let core = pinned_core(1).expect("some core may be used");
    let cores = tools.project.read("cores");
    let pinned = cores
        .lines()
        .filter(|line| line.split_whitespace().nth(1) == Some(&core.to_string()))
        .count();
    // Nine pairs at least. The probes that measure the length of a run are not pinned.
    assert!(pinned >= 18, "{cores}");
    let others = cores.lines().count() - pinned;
    assert!(others <= 2, "{cores}");
}

#[test]
fn what_cannot_be_done_is_answered_by_one_sentence() {
    let tools = steady();
    let said = tools.refused(&["gate", "--replay"]);
    assert!(said.contains("there are no trials yet"), "{said}");
    let said = tools.refused(&["gate", "--condition", "null", "--replay"]);
    assert!(said.contains("there is no evidence in"), "{said}");
    let said = tools.refused(&["gate", "--condition", "null,real"]);
    assert!(
        said.contains("`--condition real` must be the only condition"),
        "{said}"
    );
    tools
        .project
        .write("records/selftest/slices/null_none_short_1.json", "rubbish");
    let said = tools.refused(&["gate", "--replay"]);
    assert!(
        said.contains("null_none_short_1.json is not a measurement"),
        "{said}"
    );
    let done = tools.run(&["gate", "--condition", "faster"]);
    assert!(
        done.status == 2 && done.stderr.contains("\"faster\" is no condition"),
        "{}",
        done.stderr
    );
}

/// Two harnesses on one core would measure each other.
#[test]
fn a_trial_waits_for_another_harness_that_measures() {
    let tools = steady();
    let bases = tools.project.path("target/harness-bases");
    std::fs::create_dir_all(&bases).expect("made");
    let lock = std::fs::File::create(bases.join("time.lock")).expect("made");
    lock.lock().expect("free");
    std::thread::scope(|scope| {
        let trial = scope.spawn(|| gather(&tools, &["--condition", "null", "--trials", "1"]));
        std::thread::sleep(std::time::Duration::from_secs(2));
        assert!(
            !trial.is_finished(),
            "it measured although the lock was held"
        );
        lock.unlock().expect("unlocked");
        let done = trial.join().expect("no panic");
        assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
        assert!(
            done.stderr
                .contains("waiting for another harness that measures here"),
            "{}",
            done.stderr
        );
    });
}
