//! `harness accept`, and the effect of acceptances on gates.

use crate::project::{Done, Project, measured, regressed};
use crate::repository::{allocates, commit, executes, repository, takes};
use crate::tools::Tools;

const COUNTS: [&str; 4] = ["gate", "--base", "HEAD", "--counts-only"];

fn gate(tools: &Tools, more: &[&str]) -> Done {
    tools.run(&[&COUNTS[..], more].concat())
}

fn accept(tools: &Tools, metric: &str, more: &[&str]) -> Done {
    let arguments = [
        &[
            "accept",
            "kernel/*",
            "--metric",
            metric,
            "--reason",
            "A fix of rounding costs this.",
        ],
        more,
    ];
    let done = tools.run(&arguments.concat());
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    done
}

#[test]
fn an_accepted_count_is_pending_until_it_is_honoured_and_a_further_loss_is_not_excused() {
    let tools = repository();
    tools.workloads(&[("kernel/gelu", false)]);
    commit(&tools, "One workload");
    executes(&tools, 1050);
    let done = gate(&tools, &[]);
    assert_eq!(done.status, 1, "{}{}", done.stdout, done.stderr);
    let done = accept(&tools, "instructions", &["--expires", "2999-12-31"]);
    insta::with_settings!({filters => vec![(r"20\d\d-\d\d-\d\d,", "TODAY,")]}, {
        insta::assert_snapshot!(done.stdout + &tools.project.read("baselines/accepted.csv"));
    });

    let done = gate(&tools, &[]);
    assert_eq!(done.status, 1, "{}{}", done.stdout, done.stderr);
    for expected in [
        "pending: kernel/gelu in phase naive: instructions 1,000 -> 1,050 (+5.0 %), because A fix of rounding costs this; added \
         by this change, counts only with --honour-new-acceptances",
        "changed rule: acceptance added: kernel/gelu in phase optimized: instructions 1,001 -> 1,051",
    ] {
        assert!(
            done.text().contains(expected),
            "{expected}: {}",
            done.stdout
        );
    }
    let done = gate(&tools, &["--honour-new-acceptances"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(
        done.text()
            .contains("PASSED: 2 counts worse and accepted, 12 within limits"),
        "{}",
        done.stdout
    );
    assert!(
        done.text()
            .contains("is accepted because A fix of rounding costs this"),
        "{}",
        done.stdout
    );

    // A line that is committed before the change is in the base, so the change may cost as much as the line accepts.
    executes(&tools, 1000);
    commit(&tools, "Accept what is to come");
    executes(&tools, 1050);
    assert_eq!(gate(&tools, &[]).status, 0);
    executes(&tools, 1060);
    assert_eq!(
        gate(&tools, &["--honour-new-acceptances"]).status,
        1,
        "more than was accepted"
    );
    executes(&tools, 1050);
    commit(&tools, "Round as the paper does");
    executes(&tools, 1103);
    assert_eq!(
        gate(&tools, &["--honour-new-acceptances"]).status,
        1,
        "the base has the loss already"
    );
}

#[test]
fn of_several_acceptances_at_once_none_is_lost() {
    const METRICS: [&str; 5] = [
        "instructions",
        "bytes-per-unit",
        "allocations-per-unit",
        "total-bytes",
        "peak-bytes",
    ];
    let project = Project::with_baseline();
    project.record("records/second.json", &regressed());
    std::thread::scope(|scope| {
        for metric in METRICS {
            let project = &project;
            scope.spawn(move || {
                let accept = [
                    "accept",
                    "medium/decode",
                    "--reason",
                    "It is worth it",
                    "--run",
                ];
                let rest = ["records/second.json", "--metric", metric];
                let done = project.run(&[&accept[..], &rest].concat());
                assert_eq!(done.status, 0, "{}", done.stderr);
            });
        }
    });
    let lines = project.read("baselines/accepted.csv");
    for metric in METRICS {
        assert!(lines.contains(&format!(",{metric},")), "{metric}: {lines}");
    }
}

#[test]
fn an_accepted_time_excuses_the_change_that_brings_it_or_that_it_came_before() {
    let tools = repository();
    takes(&tools, 52_000_000);
    let times = |more: &[&str]| {
        let base = [
            "gate",
            "--base",
            "HEAD",
            "--times-only",
            "--budget",
            "20",
            "--seed",
            "7",
        ];
        tools.run(&[&base[..], more].concat())
    };
    assert_eq!(times(&[]).status, 1);
    accept(&tools, "time", &[]);
    let line = tools.project.read("baselines/accepted.csv");
    assert!(
        line.contains("\nkernel/gelu,optimized,time,1,1.04,20"),
        "{line}"
    );
    let done = times(&[]);
    assert!(
        done.status == 1
            && done
                .text()
                .contains("pending: kernel/gelu in phase optimized: time +4.0 %"),
        "{}",
        done.stdout
    );
    let done = times(&["--honour-new-acceptances"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(
        done.text()
            .contains("PASSED: 1 of 1 timed workload slower, accepted"),
        "{}",
        done.stdout
    );
    let json = times(&["--honour-new-acceptances", "--format", "json"]);
    let tables: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(tables[0]["rows"][0]["verdict"], "accepted");
    takes(&tools, 53_500_000);
    assert_eq!(
        times(&["--honour-new-acceptances"]).status,
        1,
        "7 % is more than 4 %"
    );
    takes(&tools, 52_000_000);
    commit(&tools, "Cost 4 %");
    takes(&tools, 54_080_000);
    let done = times(&["--honour-new-acceptances"]);
    assert_eq!(done.status, 1, "the base has it");
    let expected = "the base accepts this slowdown, but its code changed since then and may already contain it";
    assert!(done.text().contains(expected), "{}", done.stdout);
    // The same with a line that is committed before the change; other changes of baselines may come between.
    takes(&tools, 52_000_000);
    tools.project.write(
        "baselines/accepted.csv",
        &line.replace("rounding costs", "rounding will cost"),
    );
    commit(&tools, "Accept what is to come");
    tools.project.write("baselines/note", "seen");
    commit(&tools, "Note that it was seen");
    takes(&tools, 54_080_000);
    let done = times(&[]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(
        done.text()
            .contains("PASSED: 1 of 1 timed workload slower, accepted"),
        "{}",
        done.stdout
    );
    takes(&tools, 57_000_000);
    assert_eq!(times(&[]).status, 1, "more than was accepted");
    takes(&tools, 52_000_000);
    tools.project.write("README.md", "It may be anything.");
    commit(&tools, "Change something else");
    takes(&tools, 54_080_000);
    assert_eq!(times(&[]).status, 1, "it may have been this");
}

#[test]
fn the_heap_is_accepted_figure_by_figure() {
    let tools = repository();
    allocates(&tools, 6);
    assert_eq!(gate(&tools, &[]).status, 1);
    let done = tools.run(&[
        "accept",
        "*",
        "--metric",
        "heap",
        "--reason",
        "It caches.",
        "--phase",
        "naive",
        "--format",
        "csv",
    ]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    insta::assert_snapshot!(done.stdout);
}

#[test]
fn an_expired_acceptance_is_complained_of_and_excuses_nothing() {
    let tools = repository();
    executes(&tools, 1050);
    gate(&tools, &[]);
    accept(&tools, "instructions", &["--expires", "2999-12-31"]);
    let expired = tools
        .project
        .read("baselines/accepted.csv")
        .replace("2999-12-31", "2026-01-01");
    tools.project.write(
        "baselines/accepted.csv",
        &expired.replace("kernel/gelu,naive", "kernel/glue,naive"),
    );
    let done = gate(&tools, &["--honour-new-acceptances"]);
    assert_eq!(done.status, 1, "{}{}", done.stdout, done.stderr);
    for expected in [
        "complaint: the acceptance of kernel/gelu in phase optimized: instructions 1,003 -> 1,053 (+5.0 %) expired on 2026-01-01; \
         fix the regression, or remove the line from accepted.csv",
        "but there is no workload `kernel/glue`; did you mean `kernel/gelu`?",
    ] {
        assert!(
            done.text().contains(expected),
            "{expected}: {}",
            done.stdout
        );
    }
}

#[test]
fn the_gate_against_the_stored_baseline_heeds_it_too() {
    let project = Project::with_baseline();
    let stored = |head: &harness_record::Record| {
        project.record("records/gate.json", head);
        project.run(&["gate", "--record", "records/gate.json"])
    };
    assert_eq!(stored(&regressed()).status, 1);
    let accept = [
        "accept",
        "medium/decode",
        "--metric",
        "instructions,heap",
        "--reason",
        "A cache pays for it.",
    ];
    let done = project.run(&accept);
    assert_eq!(done.status, 0, "{}", done.stderr);
    let done = stored(&regressed());
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    insta::assert_snapshot!(done.stdout);
    let message = project.refused(&accept);
    let expected = "did not regress in instructions according to PROJECT/records/gate.json; that gate found no regression";
    assert!(message.contains(expected), "{message}");
    assert_eq!(stored(&measured()).status, 0);
}

#[test]
fn a_changed_limit_or_baseline_is_listed_line_by_line() {
    let tools = repository();
    let limits = tools
        .project
        .read("baselines/limits.toml")
        .replacen("\"0.1 %\"", "\"50 %\"", 1);
    tools.project.write("baselines/limits.toml", &limits);
    let done = gate(&tools, &[]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(
        done.text()
            .contains("changed rule: limit: instructions of all workloads 0.1 % -> 50 %, because"),
        "{}",
        done.stdout
    );
    let counted = tools.run(&[
        "run",
        "--metric",
        "instructions,heap",
        "--no-report",
        "--out",
        "counts.json",
    ]);
    assert_eq!(counted.status, 0, "{}", counted.stderr);
    tools.run(&["baseline", "save", "--yes", "--record", "counts.json"]);
    commit(&tools, "Store counts");
    executes(&tools, 1050);
    tools.run(&[
        "run",
        "--metric",
        "instructions,heap",
        "--no-report",
        "--out",
        "counts.json",
    ]);
    tools.run(&["baseline", "save", "--yes", "--record", "counts.json"]);
    let done = gate(&tools, &["--format", "markdown"]);
    let expected = "instructions per token 1,000 -&gt; 1,050";
    assert!(
        done.text().contains("changed rule: baseline") && done.text().contains(expected),
        "{}",
        done.stdout
    );
}

#[test]
fn bad_input_is_answered_by_one_sentence() {
    let tools = repository();
    let accept = |workload: &str, metric: &str, more: &[&str]| {
        tools.refused(
            &[
                &[
                    "accept", workload, "--metric", metric, "--reason", "It pays.",
                ],
                more,
            ]
            .concat(),
        )
    };
    let mut messages = vec![accept("kernel/gelu", "instructions", &[])];
    executes(&tools, 1050);
    gate(&tools, &[]);
    messages.push(accept("kernel/glue", "instructions", &[]));
    messages.push(accept("kernel/gelu", "instruction", &[]));
    messages.push(accept("kernel/gelu", "latency-p95", &[]));
    messages.push(accept(
        "kernel/gelu",
        "instructions",
        &["--phase", "optimised"],
    ));
    messages.push(accept(
        "kernel/gelu",
        "instructions",
        &["--expires", "2020-01-01"],
    ));
    messages.push(accept(
        "kernel/gelu",
        "instructions",
        &["--run", "nowhere.json"],
    ));
    messages.push(accept(
        "kernel/gelu",
        "instructions",
        &["--run", "harness.toml"],
    ));
    messages.push(accept("kernel/gelu", "peak-bytes", &["--phase", "naive"]));
    tools.project.write("baselines/accepted.csv", "workload\n");
    messages.push(accept("kernel/gelu", "instructions", &[]));
    messages.push(tools.refused(&COUNTS));
    let filters = vec![
        (r"gates/[^ ;]*json", "gates/TIME.json"),
        (r"bases/[^/ ]*/", "bases/KEY/"),
    ];
    insta::with_settings!({filters => filters}, { insta::assert_snapshot!(messages.join("\n")) });
}

#[test]
fn a_metric_that_the_gate_did_not_measure_is_not_dropped_in_silence() {
    let tools = repository();
    takes(&tools, 52_000_000);
    allocates(&tools, 3);
    let done = tools.run(&[
        "gate",
        "--base",
        "HEAD",
        "--times-only",
        "--budget=20",
        "--seed=7",
    ]);
    assert_eq!(done.status, 1, "{}{}", done.stdout, done.stderr);
    let accept = |metric| {
        [
            "accept",
            "kernel/gelu",
            "--metric",
            metric,
            "--reason",
            "it pays",
        ]
    };
    let refused = tools.refused(&accept("time,heap"));
    assert!(
        refused.contains("nothing was accepted") && refused.contains("did not measure heap"),
        "{refused}"
    );
    assert!(!tools.project.path("baselines/accepted.csv").exists());
    assert_eq!(tools.run(&accept("time")).status, 0);
}
