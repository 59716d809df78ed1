//! `harness triage` in a git repository, with scripts in place of the measuring programs.

use harness_record::session::Revision;
use serde_json::Value;

use crate::repository::{commit, executes, git, repository};
use crate::tools::Tools;

const ROADMAP: &str = "schema = 1\nsource = 's'\nworkload = 'w'\nagainst = 'naive'\n\
    [[phase]]\nname = 'naive'\ntitle = 'Start'\nwhen = 'now'\nweek = 0 # a comment\n";

/// Counts, saves the counts as the baseline, and commits it.
fn save(tools: &Tools, subject: &str) -> String {
    let run = |arguments: &[&str]| {
        let done = tools.run(arguments);
        assert_eq!(done.status, 0, "{arguments:?}: {}", done.stderr);
    };
    let metrics = ["run", "--metric", "instructions,heap", "--no-report"];
    run(&[&metrics[..], &["--out", "records/counts.json"]].concat());
    run(&[
        "baseline",
        "save",
        "--yes",
        "--record",
        "records/counts.json",
    ]);
    commit(tools, subject)
}

/// A repository with a roadmap, whose last commit stores more instructions than the one before.
fn regressed() -> (Tools, String) {
    let tools = repository();
    tools.project.write("baselines/roadmap.toml", ROADMAP);
    save(&tools, "Count for the first time");
    executes(&tools, 1100);
    let last = save(&tools, "Do more");
    (tools, last)
}

fn json(tools: &Tools, arguments: &[&str]) -> Vec<Value> {
    let done = tools.run(&[&["triage", "--format", "json"], arguments].concat());
    assert_eq!(done.status, 0, "{}", done.stderr);
    let tables: Value = serde_json::from_str(&done.stdout).expect("JSON");
    tables[0]["rows"].as_array().expect("rows").clone()
}

#[test]
fn a_regression_comes_back_until_it_is_decided() {
    let (tools, last) = regressed();
    let figures = json(&tools, &["--since", "HEAD~1"]);
    assert_eq!(figures.len(), 4, "two workloads in two phases: {figures:?}");
    for figure in &figures {
        assert_eq!(figure["commit"], last.as_str());
        assert_eq!(figure["kind"], "regression");
        assert_eq!(figure["state"], "undecided");
        assert_eq!(figure["source"], "stored counts");
    }
    // Nothing has changed since then, but it is still undecided.
    assert_eq!(json(&tools, &["--since", "HEAD"]), figures);
    let shown = tools.run(&["triage", "--since", "HEAD", "--format", "markdown"]);
    for expected in [
        "### Regressions: 1, undecided: 1",
        "**undecided**",
        "Do more",
        "--decide",
    ] {
        assert!(
            shown.stdout.contains(expected),
            "{expected}: {}",
            shown.stdout
        );
    }

    let one = [
        "triage",
        "--decide",
        &last[..8],
        "kernel/gelu",
        "--reason",
        "exact now",
    ];
    let done = tools.run(&one);
    assert_eq!(done.status, 0, "{}", done.stderr);
    let text = tools.project.read("baselines/roadmap.toml");
    assert!(text.starts_with(ROADMAP), "{text}");
    let undecided = json(&tools, &["--undecided"]);
    let states = |figures: &[Value], state: &str| {
        figures
            .iter()
            .filter(|figure| figure["state"] == state)
            .count()
    };
    assert_eq!(
        (
            states(&undecided, "undecided"),
            states(&undecided, "decided")
        ),
        (2, 2)
    );

    let rest = [
        "triage",
        "--decide",
        &last[..8],
        "--reason",
        "kept",
        "--by",
        "owner",
    ];
    assert_eq!(tools.run(&rest).status, 0);
    let done = tools.run(&["triage", "--undecided"]);
    assert!(
        done.stdout.starts_with("No undecided regression since "),
        "{}",
        done.stdout
    );
    let figures = json(&tools, &["--since", "HEAD~1"]);
    assert!(
        figures.iter().all(|figure| figure["decision"]
            .as_str()
            .expect("text")
            .starts_with("kept (owner, ")),
        "the last decision counts: {figures:?}"
    );
    assert_eq!(json(&tools, &["--since", "HEAD"]), Vec::<Value>::new());
}

#[test]
fn an_accepted_regression_is_decided_by_its_reason() {
    let (tools, _) = regressed();
    let key = tools.project.baseline().replace("baselines/", "");
    let counts = json(&tools, &["--since", "HEAD~1"]);
    let lines: String = counts
        .iter()
        .map(|figure| {
            let text = |name: &str| figure[name].as_str().expect("text").to_owned();
            let (from, to) = (&figure["from"], &figure["to"]);
            format!(
                "{},{},{},{from},{to},2026-03-14,,it pays,{key}\n",
                text("workload"),
                text("phase"),
                text("metric")
            )
        })
        .collect();
    let head = "# harness acceptances, schema 1\nworkload,phase,metric,from,to,accepted,expires,reason,key\n";
    tools.project.write(
        "baselines/accepted.csv",
        &(head.to_owned() + &lines + "other,naive,time,1,1.2,2026-03-14,,faster later,\n"),
    );
    let accepting = commit(&tools, "Accept it");
    let figures = json(&tools, &["--since", "HEAD~2"]);
    assert_eq!(figures.len(), 5, "{figures:?}");
    assert!(
        figures.iter().all(|figure| figure["state"] == "accepted"),
        "{figures:?}"
    );
    let time = figures
        .iter()
        .find(|figure| figure["metric"] == "time")
        .expect("accepted");
    assert_eq!(
        (&time["commit"], &time["cause"]),
        (&accepting.as_str().into(), &"faster later".into())
    );
}

#[test]
fn gates_of_commits_are_listed_with_their_cause() {
    let (tools, last) = regressed();
    let revision = |commit: &str, dirty| Revision {
        commit: commit.to_owned(),
        dirty,
    };
    let first = git(&tools, &["rev-parse", "HEAD~1"]);
    let write = |name: &str, head: Revision| {
        let mut session = harness_record::sample::session(&[0.05; 30]);
        (session.base, session.head) = (revision(&first, false), head);
        let path = tools.project.path(&format!("records/gates/{name}.json"));
        session.write(&path).expect("written");
    };
    write("a", revision(&last, false));
    write("b", revision(&last, true));
    write("c", revision(&"0".repeat(40), false));
    tools.project.write("records/gates/d.json", "{}");
    let done = tools.run(&["triage", "--since", "HEAD~1", "--format", "json"]);
    for expected in [
        "uncommitted changes",
        "not in the history",
        "a gate is left out",
    ] {
        assert!(
            done.stderr.contains(expected),
            "{expected}: {}",
            done.stderr
        );
    }
    let figures = json(&tools, &["--since", "HEAD~1"]);
    let times: Vec<&Value> = figures
        .iter()
        .filter(|figure| figure["metric"] == "time")
        .collect();
    let [time] = times.as_slice() else {
        panic!("{figures:?}")
    };
    assert_eq!(
        (&time["source"], &time["base"]),
        (&"gate".into(), &first.as_str().into())
    );
    assert!(!time["cause"].as_str().expect("text").is_empty(), "{time}");
}

#[test]
fn what_cannot_be_reviewed_is_one_sentence() {
    let (tools, last) = regressed();
    for (arguments, expected) in [
        (&["--since", "nowhere"][..], "nowhere"),
        (&["--decide", "0000000", "--reason", "r"], "0000000"),
        (
            &["--decide", "somewhere", "--reason", "r"],
            "neither a phase of the roadmap nor a commit",
        ),
        (
            &["--decide", &last, "other", "--reason", "r"],
            "no change is known of ",
        ),
        (&["--decide", &last, "--reason", " "], "must be one line"),
    ] {
        let message = tools.refused(&[&["triage"], arguments].concat());
        assert!(message.contains(expected), "{arguments:?}: {message}");
    }
    let done = tools.run(&["triage", "--decide", "naive", "--reason", "enough"]);
    assert_eq!(done.status, 0, "a phase needs no change: {}", done.stderr);
    tools.project.write("baselines/limits.toml", "schema = 9\n");
    assert!(tools.refused(&["triage"]).contains("schema version 9"));
}
