//! `harness gate --base` in a git repository, with scripts in place of the measuring programs.

use std::fs;
use std::path::PathBuf;

use harness_abtest::Verdict;
use harness_judge::gate::{GateVerdict, TimeOutcome};
use harness_record::session::Session;

use crate::project::Done;
use crate::repository::{allocates, commit, executes, git, repository, takes};
use crate::tools::Tools;

fn gate(tools: &Tools, more: &[&str]) -> Done {
    tools.run(
        &[
            &["gate", "--base", "HEAD", "--budget", "20s", "--seed", "7"],
            more,
        ]
        .concat(),
    )
}

/// The files in the folder of gates.
fn gates(tools: &Tools) -> Vec<PathBuf> {
    let files = fs::read_dir(tools.project.path("records/gates")).expect("kept");
    files.map(|file| file.expect("readable").path()).collect()
}

/// The session of the gate, and its verdict.
fn kept(tools: &Tools) -> (Session, GateVerdict) {
    let session = gates(tools).into_iter().find(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    let session = Session::read(&session.expect("one session")).expect("a session");
    let gate_verdict = GateVerdict::of(&session).expect("limits that make sense");
    (session, gate_verdict)
}

#[test]
fn unchanged_code_passes_and_what_was_measured_is_kept() {
    let tools = repository();
    let done = gate(&tools, &[]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    for expected in [
        "PASSED: none of 1 timed workload slower",
        "reproduce with: harness gate --base ",
        "--seed 7",
    ] {
        assert!(
            done.text().contains(expected),
            "{expected}: {}",
            done.stdout
        );
    }
    let (session, gate_verdict) = kept(&tools);
    assert_eq!(
        (
            session.measured.len(),
            session.terms.seed,
            session.head.dirty
        ),
        (1, 7, false)
    );
    let counted = session.counted.as_ref().expect("counted");
    assert_eq!(
        counted.base.environment.revision.as_deref(),
        Some(session.base.commit.as_str())
    );
    assert_eq!(counted.base.environment.dirty, Some(false));
    assert_eq!(
        gate_verdict.times[0].outcome,
        TimeOutcome::Verdict(Verdict::NotSlower)
    );
    let again = tools.project.path("again.json");
    session.write(&again).expect("written");
    assert_eq!(Session::read(&again).expect("read"), session);
    assert!(
        done.text().contains(&gate_verdict.summary()),
        "the file leads to the printed summary"
    );
    for line in gate_verdict.circumstances(&session) {
        assert!(done.text().contains(&line), "{line}: {}", done.stdout);
    }
    assert!(session.floor[0].pairs.len() > 1 && session.machine.is_some());
}

#[test]
fn the_head_is_judged_against_each_of_several_bases_and_the_worst_decides() {
    let tools = repository();
    executes(&tools, 2000);
    commit(&tools, "more instructions");
    let two = |more: &[&str]| {
        let bases = [
            "gate",
            "--base",
            "HEAD",
            "--base",
            "HEAD~1",
            "--counts-only",
        ];
        tools.run(&[&bases[..], more].concat())
    };
    let done = two(&[]);
    assert_eq!(done.status, 1, "{}{}", done.stdout, done.stderr);
    let text = done.text();
    let [equal, worse] = ["against HEAD\n", "against HEAD~1\n"].map(|title| text.find(title));
    assert!(equal < worse && equal.is_some(), "{text}");
    assert!(
        text.contains("PASSED") && text.contains("REGRESSED"),
        "{text}"
    );
    for refused in [&["--format", "json"][..], &["--out", "one.json"]] {
        assert_eq!(two(refused).status, 2, "{refused:?}");
    }
}

#[test]
fn a_file_from_before_the_noise_floor_is_still_read() {
    let tools = repository();
    let done = tools.run(&[
        "gate",
        "--base",
        "HEAD",
        "--budget",
        "1",
        "--times-only",
        "--out",
        "kept.json",
    ]);
    assert!(done.stderr.contains("wrote"), "{}", done.stderr);
    let mut kept: serde_json::Value =
        serde_json::from_str(&tools.project.read("kept.json")).expect("JSON");
    for (path, name) in [("", "floor"), ("", "machine"), ("/terms", "floor_seconds")] {
        let fields = kept
            .pointer_mut(path)
            .and_then(|value| value.as_object_mut())
            .expect("an object");
        assert!(fields.remove(name).is_some(), "{name}");
    }
    tools.project.write("old.json", &kept.to_string());
    let session = Session::read(&tools.project.path("old.json")).expect("read");
    let gate_verdict = GateVerdict::of(&session).expect("limits that make sense");
    let lines = gate_verdict.circumstances(&session).join("\n");
    assert!(
        !lines.contains("noise floor") && gate_verdict.floor.is_none(),
        "{lines}"
    );
}

#[test]
fn more_work_that_takes_longer_is_a_regression() {
    let tools = repository();
    takes(&tools, 52_000_000);
    executes(&tools, 1050);
    let done = gate(&tools, &[]);
    assert_eq!(done.status, 1, "{}{}", done.stdout, done.stderr);
    assert!(
        done.text()
            .contains("Ir +5.0 %, time +4.0 %: the code does more"),
        "{}",
        done.stdout
    );
    let after = &done.stdout[done.stdout.find("REGRESSED: ").expect("a summary")..];
    let row = after
        .lines()
        .find(|line| line.starts_with("engine::product"))
        .expect("the function that changed");
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(
        cells[1..],
        [
            "bench::run",
            "990",
            "1040",
            "+50",
            "+5.1",
            "%",
            "100",
            "%",
            "2",
            "2"
        ],
        "{row}"
    );
    let pictures: Vec<PathBuf> = gates(&tools)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "svg"))
        .collect();
    assert_eq!(pictures.len(), 4, "{pictures:?}");
    for picture in pictures {
        let name = picture
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        assert!(after.contains(&name), "{name} is not named in {after}");
        assert!(
            fs::read_to_string(&picture)
                .expect("there")
                .contains("engine::product"),
            "{name}"
        );
    }
    let (session, gate_verdict) = kept(&tools);
    assert!(session.head.dirty && gate_verdict.times[0].is_red);
}

#[test]
fn one_rule_judges_time_with_and_without_counts() {
    let tools = repository();
    takes(&tools, 50_750_000);
    // The probe is a script, whose layouts cannot be averaged. A slowdown up to the limit may be due to its layout.
    for (more, status, outcome) in [
        (&[][..], 0, "layout"),
        (&["--layout-limit", "1"], 1, "regressed"),
    ] {
        let done = gate(&tools, more);
        assert_eq!(done.status, status, "{}{}", done.stdout, done.stderr);
        assert!(
            done.text()
                .contains("Ir and heap equal, time +1.5 %: the same instructions"),
            "{}",
            done.stdout
        );
        assert!(
            done.text()
                .contains("layout not averaged: the probe is a command"),
            "{}",
            done.stdout
        );
        let done = gate(
            &tools,
            &[more, &["--times-only", "--format", "json"]].concat(),
        );
        assert_eq!(done.status, status, "{}{}", done.stdout, done.stderr);
        assert!(
            !done.text().contains("Functions of"),
            "nothing was counted: {}",
            done.stdout
        );
        let tables: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
        assert_eq!(tables[0]["rows"][0]["verdict"], outcome);
    }
}

/// Simulates a machine that counts with AVX2 and measures time with AVX-512; a run takes these numbers of nanoseconds.
fn wide(tools: &Tools, avx512: u64, avx2: u64) {
    let valgrind = "if [ \"$1\" = --version ]; then echo valgrind-3.19.0; exit; fi\n\
                    while [ \"${1#--}\" != \"$1\" ]; do shift; done\nCOUNTED=1 exec \"$@\"\n";
    tools.script("bin/valgrind", valgrind);
    tools.probe("prepare", r#"case "$line" in *avx2*) n=AVX2; i=avx2 ;; *) n=AVX512; i=avx512 ;; esac; echo "{\"reply\":\"prepared\",\"isa\":\"$i\"}""#);
    let probe = tools.project.read("probe");
    let probe = probe
        .replace("AVX2", &avx2.to_string())
        .replace("AVX512", &avx512.to_string());
    let probe = probe.replace("\"nanoseconds\":50000000", "\"nanoseconds\":'$n'");
    let probe = probe.replacen(
        "while read",
        "isa=avx512; [ -z \"$COUNTED\" ] || isa=avx2\nwhile read",
        1,
    );
    let probe = probe.replace(
        "\\\"isa\\\":\\\"avx2\\\",\\\"workloads",
        "\\\"isa\\\":\\\"$isa\\\",\\\"workloads",
    );
    tools.script(
        "probe",
        probe.strip_prefix("#!/bin/sh\n").expect("a script"),
    );
}

#[test]
fn code_that_valgrind_cannot_count_is_named_where_its_counts_are_equal() {
    let tools = repository();
    wide(&tools, 50_000_000, 60_000_000);
    commit(&tools, "Two instruction sets");
    for (avx512, status) in [(50_750_000, 0), (51_500_000, 1)] {
        wide(&tools, avx512, 60_000_000);
        let done = gate(&tools, &[]);
        assert_eq!(done.status, status, "{}{}", done.stdout, done.stderr);
        assert!(
            done.text().contains("Ir and heap equal with avx2, time +"),
            "{}",
            done.stdout
        );
        assert!(
            done.text()
                .contains("in code for avx512, which valgrind cannot count"),
            "{}",
            done.stdout
        );
    }
    let (session, _) = kept(&tools);
    let again = tools.project.path("again.json");
    session.write(&again).expect("written");
    assert_eq!(Session::read(&again).expect("read"), session);
}

#[test]
fn counts_alone_are_judged_by_the_limits_of_the_base() {
    let tools = repository();
    executes(&tools, 1050);
    let limits = tools
        .project
        .read("baselines/limits.toml")
        .replace("\"0.1 %\"", "\"50 %\"");
    tools.project.write("baselines/limits.toml", &limits);
    let done = tools.run(&["gate", "--base", "HEAD", "--counts-only", "--all"]);
    assert_eq!(done.status, 1, "{}{}", done.stdout, done.stderr);
    assert!(
        done.text()
            .contains("got worse by 5 % (+50), from 1,000 to 1,050; the limit is 0.1 %"),
        "{}",
        done.stdout
    );
    assert!(kept(&tools).0.measured.is_empty());
}

#[test]
fn one_loss_that_shows_in_many_figures_is_told_once_for_each_workload() {
    let tools = repository();
    executes(&tools, 1050);
    allocates(&tools, 3);
    let done = tools.run(&["gate", "--base", "HEAD", "--counts-only"]);
    assert_eq!(done.status, 1, "{}{}", done.stdout, done.stderr);
    for expected in [
        "regressed: model/decode in phase optimized, and in 1 more phase: Ir +5.0 %, allocations 2 -> 3 per token",
        "regressed: kernel/gelu in phase optimized, and in 1 more phase: Ir +5.0 %, allocations 2 -> 3 per token",
    ] {
        assert!(
            done.text().contains(expected),
            "{expected}: {}",
            done.stdout
        );
    }
    assert_eq!(
        done.stdout.matches("regressed: ").count(),
        2,
        "{}",
        done.stdout
    );
    let done = tools.run(&["gate", "--base", "HEAD~0", "--counts-only", "--all"]);
    assert_eq!(
        done.stdout.matches("regressed: ").count(),
        2 + 12,
        "{}",
        done.stdout
    );
    let base = &kept(&tools).0.base.commit[..12];
    let command = format!("reproduce with: harness gate --base {base} --counts-only --all\n");
    assert!(done.stdout.ends_with(&command), "{}", done.stdout);
}

#[test]
fn what_only_one_side_has_is_told_and_fails_nothing() {
    let tools = repository();
    tools.workloads(&[("kernel/gelu", false), ("kernel/young", false)]);
    // CSV has no room for notes, so they are on standard error.
    for format in ["table", "json", "markdown", "csv"] {
        let done = gate(&tools, &["--format", format, "--allow-removed"]);
        assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
        let output = if format == "csv" {
            &done.stderr
        } else {
            &done.stdout
        };
        for expected in [
            "kernel/young (naive, optimized) is new: the base does not have it",
            "model/decode (naive, optimized) is removed: the head does not have it",
            "noise floor: ",
        ] {
            assert!(output.contains(expected), "{format}, {expected}: {output}");
        }
    }
}

#[test]
fn a_pair_that_cannot_be_measured_is_not_judged() {
    let tools = repository();
    tools.probe(
        "check",
        r#"echo '{"reply":"checked","wrong":"token 3 is 17, not 12"}'"#,
    );
    let done = gate(&tools, &["--times-only"]);
    assert_eq!(done.status, 2, "{}{}", done.stdout, done.stderr);
    let expected = "kernel/gelu in phase optimized could not be measured: head side: wrong answer: token 3 is 17, not 12";
    assert!(done.text().contains(expected), "{}", done.stdout);
}

#[test]
fn a_workload_that_stays_inconclusive_fails_only_the_strict() {
    let tools = Tools::new();
    let configured = tools.project.read("harness.toml").replace("kernel/*", "*");
    tools.project.write("harness.toml", &configured);
    tools.probe(
        "prepare",
        r#"case "$line" in *gelu*) sleep 0.5 ;; esac; echo '{"reply":"prepared","isa":"avx2"}'"#,
    );
    git(&tools, &["init", "--quiet"]);
    commit(&tools, "A state");
    // With this seed, the quick workload is measured first.
    for (more, status) in [
        (&["--times-only"][..], 0),
        (&["--times-only", "--strict"], 2),
    ] {
        let done = tools.run(
            &[
                &["gate", "--base", "HEAD", "--budget", "4", "--seed", "1"],
                more,
            ]
            .concat(),
        );
        assert_eq!(done.status, status, "{}{}", done.stdout, done.stderr);
        assert!(
            done.text()
                .contains("kernel/gelu in phase optimized is inconclusive"),
            "{}",
            done.stdout
        );
    }
}

#[test]
fn where_no_time_can_be_told_there_is_no_verdict() {
    let tools = repository();
    tools.probe(
        "prepare",
        r#"sleep 0.5; echo '{"reply":"prepared","isa":"avx2"}'"#,
    );
    let done = tools.run(&["gate", "--base", "HEAD", "--budget", "1", "--times-only"]);
    assert_eq!(done.status, 2, "{}{}", done.stdout, done.stderr);
    assert!(
        done.text()
            .contains("NOT JUDGED: 1 of 1 timed workload inconclusive"),
        "{}",
        done.stdout
    );
}

#[test]
fn without_valgrind_what_is_lost_elsewhere_is_seen_and_nothing_passes() {
    let tools = repository();
    tools.without("valgrind");
    let done = gate(&tools, &[]);
    assert_eq!(done.status, 2, "{}{}", done.stdout, done.stderr);
    assert!(
        done.stderr.contains("valgrind is missing"),
        "{}",
        done.stderr
    );
    let expected = "NOT JUDGED: instructions were not counted, valgrind is missing; none of 1 timed workload slower";
    assert!(done.text().contains(expected), "{}", done.stdout);
    assert_eq!(
        kept(&tools).1.conclusion(),
        harness_judge::counts::SuiteVerdict::Unjudged
    );
    let done = gate(&tools, &["--times-only"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let message = tools.refused(&["gate", "--base", "HEAD", "--counts-only"]);
    assert!(message.starts_with("valgrind is missing"), "{message}");
    allocates(&tools, 3);
    let done = gate(&tools, &[]);
    assert_eq!(done.status, 1, "{}{}", done.stdout, done.stderr);
    assert!(
        done.text().contains("allocations 2 -> 3 per token"),
        "{}",
        done.stdout
    );
}

/// The cores that a process may run on, as the system lists them.
fn cores(status: &str) -> Vec<&str> {
    status
        .lines()
        .filter_map(|line| line.strip_prefix("Cpus_allowed_list:"))
        .map(str::trim)
        .collect()
}

#[test]
fn a_workload_with_threads_of_its_own_has_all_cores_and_others_have_one() {
    let tools = repository();
    // Shell builtins only: there is no other program on the path.
    let note = r#"while read -r key cores; do [ "$key" = Cpus_allowed_list: ] && echo "$key $cores"; done < /proc/$$/status >> cores
      echo '{"reply":"checked","wrong":null}'"#;
    let ours = fs::read_to_string("/proc/self/status").expect("there");
    for (threads, is_alone) in [
        ("", true),
        (r#","threads":1"#, true),
        (r#","threads":2"#, false),
    ] {
        tools.probe("check", note);
        let answer = format!(r#"{{"reply":"prepared","isa":"avx2"{threads}}}"#);
        let probe = tools
            .project
            .read("probe")
            .replace(r#"{"reply":"prepared","isa":"avx2"}"#, &answer);
        tools.script(
            "probe",
            probe.strip_prefix("#!/bin/sh\n").expect("a script"),
        );
        commit(&tools, "Note the cores");
        let done = gate(&tools, &["--times-only"]);
        assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
        let noted = tools.project.read("cores");
        let noted = cores(&noted);
        assert!(!noted.is_empty());
        match is_alone {
            true => assert!(
                noted.iter().all(|one| one.parse::<usize>().is_ok()),
                "{noted:?}"
            ),
            false => assert_eq!(noted, vec![cores(&ours)[0]; noted.len()]),
        }
        fs::remove_file(tools.project.path("cores")).expect("there");
    }
}

#[test]
fn bad_bases_are_answered_by_one_sentence() {
    let outside = Tools::new();
    let message = outside.refused(&["gate", "--base", "HEAD"]);
    assert!(message.contains("is not in a git repository"), "{message}");
    let tools = repository();
    let message = tools.refused(&["gate", "--base", "nowhere"]);
    assert!(
        message.starts_with("there is no revision \"nowhere\" in this repository"),
        "{message}"
    );
    git(&tools, &["rm", "--quiet", "--cached", "harness.toml"]);
    git(
        &tools,
        &["commit", "--quiet", "--message", "Before the harness"],
    );
    let done = tools.run(&["gate", "--base", "HEAD"]);
    assert!(
        done.status == 0 && done.stderr.contains("has no harness.toml"),
        "{}",
        done.stderr
    );
    let done = tools.run(&["gate", "--counts-only"]);
    assert!(
        done.status == 2 && done.stderr.contains("--base"),
        "{}",
        done.stderr
    );
}

/// A fork edits whatever its author likes. The base decides what is judged, by which limits, and what the programs see.
#[test]
fn the_rules_of_a_fork_do_not_count() {
    let tools = repository();
    executes(&tools, 1000);
    tools.script(
        "heap",
        &format!("env > environment\n{}", tools.script_of("heap")),
    );
    commit(&tools, "The base");
    executes(&tools, 2000);
    let done = tools.run(&["gate", "--base", "HEAD", "--counts-only"]);
    assert_eq!(done.status, 1, "{}{}", done.stdout, done.stderr);
    for workload in ["kernel/gelu", "model/decode"] {
        let accept = [
            "accept",
            workload,
            "--metric",
            "instructions",
            "--reason",
            "mine",
        ];
        assert_eq!(tools.run(&accept).status, 0);
    }
    let limits = tools.project.read("baselines/limits.toml");
    let generous = limits.replace("\"0.1 %\"", "\"900 %\"");
    assert_ne!(limits, generous);
    tools.project.write("baselines/limits.toml", &generous);
    let configuration = tools.project.read("harness.toml");
    let greedy = configuration.replace("timed = ['kernel/*']", "timed = ['none/*']");
    assert_ne!(greedy, configuration);
    let greedy = format!("environment = ['CI_TOKEN']\nmemory_limit = 'none'\n{greedy}");
    tools.project.write("harness.toml", &greedy);
    let git_id = commit(&tools, "More instructions, and rules that allow them");
    let gate = ["gate", "--base", "HEAD~1", "--counts-only"];
    let done = tools.run_with(&gate, &[("CI_TOKEN", "secret-of-ci")]);
    assert_eq!(done.status, 1, "{}{}", done.stdout, done.stderr);
    let amended = done.text();
    for expected in ["limit", "accept"] {
        assert!(amended.contains(expected), "{expected}: {amended}");
    }
    let seen = tools.project.read("environment");
    assert!(
        seen.contains("PATH=") && !seen.contains("secret-of-ci"),
        "{git_id}: {seen}"
    );

    // Without the instrument, the count is missing, which is no pass.
    let blind = tools
        .project
        .read("harness.toml")
        .replace("callgrind = ", "# ");
    tools.project.write("harness.toml", &blind);
    commit(&tools, "Count nothing");
    let done = tools.run(&["gate", "--base", "HEAD~2", "--counts-only"]);
    assert_eq!(done.status, 2, "{}{}", done.stdout, done.stderr);
    assert!(
        done.stderr.contains("no program for callgrind"),
        "{}",
        done.stderr
    );
}

/// A misspelled filter costs the build of the head, not that of both sides.
#[test]
fn a_filter_that_matches_nothing_is_reported_before_the_base_is_built() {
    let tools = repository();
    let log = tools.project.path("target/log");
    tools.project.write("target/log", "");
    let folder = tools.project.path("");
    let hello = format!(
        r#"echo "$(pwd)" >> {}; echo "{{\"reply\":\"hello\",\"protocol\":3,\"meter\":\"clock\",\"isa\":\"avx2\",\"workloads\":$(cat workloads.json)}}""#,
        log.display()
    );
    tools.probe("hello", &hello);
    commit(&tools, "Logs each greeting");
    let gate = ["gate", "--base", "HEAD", "--counts-only", "--filter"];
    let sentence = tools.refused(&[&gate[..], &["kernal/*"]].concat());
    assert!(
        sentence.starts_with("no workload matches `kernal/*`; "),
        "{sentence}"
    );
    let greeted = std::fs::read_to_string(&log).expect("there");
    assert_eq!(
        greeted.lines().count(),
        1,
        "the base's probe did not start in {}: {greeted}",
        folder.display()
    );
    let done = tools.run(&[&gate[..], &["kernel/*"]].concat());
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
}
