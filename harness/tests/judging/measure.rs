//! `harness run` and `harness gate`, with scripts in place of the measuring programs.

use std::fs;

use harness_probe::Instrument;
use harness_record::{Check, Record};

use crate::tools::Tools;

/// A project with a baseline of both workloads.
fn with_baseline() -> Tools {
    let tools = Tools::new();
    let counted = tools.run(&[
        "run",
        "--metric",
        "instructions,heap",
        "--no-report",
        "--out",
        "counts.json",
    ]);
    assert_eq!(counted.status, 0, "{}", counted.stderr);
    let saved = tools.run(&["baseline", "save", "--yes", "--record", "counts.json"]);
    assert_eq!(saved.status, 0, "{}", saved.stderr);
    tools
}

#[test]
fn counts_that_stay_pass_the_gate() {
    let tools = with_baseline();
    for arguments in [&["gate"][..], &["gate", "--quick"]] {
        let done = tools.run(arguments);
        assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
        assert!(done.text().contains("PASSED"), "{}", done.stdout);
    }
}

/// A workload that the short selection leaves out is not missing, but a deleted one is.
#[test]
fn a_workload_that_was_deleted_is_told_by_the_short_selection_too() {
    for (left, gone) in [
        (("kernel/gelu", true), "model/decode"),
        (("model/decode", true), "kernel/gelu"),
    ] {
        let tools = with_baseline();
        tools.workloads(&[left]);
        let done = tools.run(&["gate", "--quick"]);
        assert_eq!(done.status, 2, "{}{}", done.stdout, done.stderr);
        let expected = format!("{gone} in phase naive, and 1 other: removed");
        assert!(done.text().contains(&expected), "{}", done.stdout);
    }
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_anything_is_counted() {
    let tools = with_baseline();
    tools.probe("hello", "echo > measured");
    tools
        .project
        .write("taken", "a file where the folder should be");
    for command in [
        &["gate", "--out", "taken/counts.json"][..],
        &["run", "--out", "taken/counts.json"],
    ] {
        let sentence = tools.refused(command);
        assert!(
            sentence.starts_with("cannot write taken/counts.json, so nothing was measured: "),
            "{sentence}"
        );
    }
    fs::write(
        tools.project.path("reports"),
        "a file where the folder should be",
    )
    .expect("written");
    let sentence = tools.refused(&["run"]);
    assert!(
        sentence.starts_with("cannot write PROJECT/reports/index.html, so nothing was measured: "),
        "{sentence}"
    );
    assert!(!tools.project.path("measured").exists());
}

/// Runs one workload in one phase with exit status 2. Returns the row of the record, and standard error.
fn row_of(tools: &Tools, metric: &str) -> (harness_record::Row, String) {
    let narrow = [
        "--filter",
        "model/*",
        "--phase",
        "naive",
        "--no-report",
        "--time-limit",
        "1",
    ];
    let done = tools.run(
        &[
            &["run", "--metric", metric, "--out", "one.json"],
            &narrow[..],
        ]
        .concat(),
    );
    assert_eq!(done.status, 2, "{}", done.stderr);
    let mut record = Record::read(&tools.project.path("one.json")).expect("the record is kept");
    assert_eq!(record.rows.len(), 1);
    (record.rows.remove(0), done.stderr)
}

const WROTE: &str = "harness: wrote record one.json\n";

#[test]
fn a_run_leaves_a_record_a_report_and_its_figures() {
    let tools = Tools::new();
    let done = tools.run(&["run", "--quick"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(
        done.text().contains("model/decode") && done.text().contains("50.0 ms"),
        "{}",
        done.stdout
    );
    assert!(
        !done.text().contains("kernel/gelu"),
        "not in the short selection: {}",
        done.stdout
    );
    assert!(tools.project.path("reports/index.html").is_file());
    let records: Vec<_> = fs::read_dir(tools.project.path("records"))
        .expect("there")
        .collect();
    let path = records[0].as_ref().expect("readable").path();
    let record = Record::read(&path).expect("a record");
    let row = record.row("model/decode", "naive").expect("measured");
    let instruments = [
        Instrument::Clock,
        Instrument::Criterion,
        Instrument::Callgrind,
        Instrument::Dhat,
    ];
    assert!(
        instruments
            .into_iter()
            .all(|instrument| row.reading(instrument).is_some()),
        "{row:?}"
    );
    assert!(
        done.stderr
            .contains(&*path.file_name().expect("a name").to_string_lossy()),
        "{}",
        done.stderr
    );
}

#[test]
fn a_model_is_measured_alone_and_every_program_is_told_where_it_is() {
    let tools = Tools::new();
    tools.workloads(&[("medium/decode", true), ("checkpoint/prefill", false)]);
    tools.probe(
        "hello",
        r#"echo "$HARNESS_MODEL" > model-path; echo '{"reply":"error","message":"not today"}'"#,
    );
    fs::create_dir(tools.project.path("model")).expect("made");
    let refused = tools.run(&["run", "--model", "model"]);
    assert_eq!(
        (refused.status, refused.stderr.as_str()),
        (2, "error: not today\n")
    );
    let path = tools.project.read("model-path");
    assert!(
        path.ends_with("/model\n") && path.starts_with('/'),
        "an absolute path, wherever it runs: {path}"
    );

    tools.probe("", "");
    let done = tools.run(&["run", "--model", "model", "--metric", "time,heap"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(
        done.text().contains("checkpoint/prefill") && !done.text().contains("medium/decode"),
        "{}",
        done.stdout
    );

    let missing = tools.run(&["run", "--model", "nowhere"]);
    assert_eq!(missing.status, 2);
    assert!(
        missing
            .stderr
            .starts_with("error: cannot read the model in nowhere: "),
        "{}",
        missing.stderr
    );
}

#[test]
fn a_probe_that_fails_while_it_runs_costs_its_number_only() {
    let failing = [
        (
            "run",
            "echo out of memory >&2; exit 7",
            "the probe ended before it answered `run`: exit status 7; it printed: out of memory",
        ),
        (
            "run",
            "kill -SEGV $$",
            "the probe ended before it answered `run`: signal 11",
        ),
        (
            "prepare",
            "exec sleep 30",
            "the probe did not answer `prepare` within 1 s and was stopped; --time-limit allows more",
        ),
        (
            "run",
            "exec sleep 30",
            "the probe did not answer `run` within 1 s and was stopped; --time-limit allows more",
        ),
        (
            "run",
            "echo segfault, sort of",
            "the probe answered `run` with an invalid reply: \"segfault, sort of\"",
        ),
        (
            "run",
            r#"echo '{"reply":"error","message":"no such memory"}'"#,
            "no such memory",
        ),
    ];
    for (request, instead, sentence) in failing {
        let tools = Tools::new();
        tools.probe(request, instead);
        let (row, stderr) = row_of(&tools, "time,heap");
        assert_eq!(row.failure(Instrument::Clock), Some(sentence), "{instead}");
        assert!(
            row.reading(Instrument::Dhat).is_some(),
            "what could be read is kept: {instead}"
        );
        let place = "model/decode in phase naive";
        assert_eq!(
            stderr,
            format!("{WROTE}harness: {place} has no number from clock: {sentence}\n")
        );
    }
}

#[test]
fn a_probe_that_does_not_introduce_itself_ends_the_run() {
    let failing = [
        (
            "exit 3",
            "the probe ended before it answered `hello`: exit status 3",
        ),
        (
            "exec sleep 30",
            "the probe did not answer `hello` within 1 s and was stopped; --time-limit allows more",
        ),
        (
            "echo Hello!",
            "the probe answered `hello` with an invalid reply: \"Hello!\"",
        ),
    ];
    for (instead, sentence) in failing {
        let tools = with_baseline();
        tools.probe("hello", instead);
        for command in ["run", "gate"] {
            assert_eq!(
                tools.refused(&[command, "--time-limit", "1"]),
                sentence,
                "{command}: {instead}"
            );
        }
    }
    let tools = Tools::new();
    fs::remove_file(tools.project.path("probe")).expect("it was there");
    let sentence = tools.refused(&["run"]);
    assert!(
        sentence.starts_with("cannot start the probe PROJECT/./probe: "),
        "{sentence}"
    );
}

#[test]
fn a_wrong_answer_is_told_and_kept() {
    let tools = Tools::new();
    tools.probe(
        "check",
        r#"echo '{"reply":"checked","wrong":"token 3 is 17, not 12"}'"#,
    );
    let (row, stderr) = row_of(&tools, "time");
    assert_eq!(row.check, Check::Failed("token 3 is 17, not 12".to_owned()));
    assert_eq!(
        stderr,
        format!(
            "{WROTE}harness: model/decode in phase naive gave a wrong answer: token 3 is 17, not 12\n"
        )
    );
}

#[test]
fn counts_of_another_build_are_not_judged() {
    let tools = with_baseline();
    let home = tools.project.path("home");
    let home = home.to_str().expect("text");
    tools.project.write(
        "home/config.toml",
        "[profile.release]\nopt-level = 1\n[build]\nrustc-wrapper = \"/opt/wrapper\"\n",
    );
    let others = [
        ("CARGO_HOME", home, "profile.opt-level 3 against 1"),
        (
            "CARGO_HOME",
            home,
            "rustc-wrapper not set against /opt/wrapper",
        ),
        (
            "CARGO_PROFILE_RELEASE_LTO",
            "true",
            "profile.lto false against fat",
        ),
        ("CC", "clang", "variable.CC not set against clang"),
        (
            "MALLOC_ARENA_MAX",
            "1",
            "MALLOC_ARENA_MAX not set against 1",
        ),
        (
            "GLIBC_TUNABLES",
            "a=1",
            "GLIBC_TUNABLES not set against a=1",
        ),
    ];
    for (name, value, difference) in others {
        let done = tools.run_with(&["gate"], &[(name, value)]);
        assert_eq!(done.status, 2, "{name}: {}{}", done.stdout, done.stderr);
        let text = done.text();
        assert!(
            text.contains("not comparable") && text.contains(difference),
            "{name}: {text}"
        );
    }
    let flags = tools.run_with(&["gate"], &[("RUSTFLAGS", "-C target-cpu=native")]);
    assert_eq!(flags.status, 2, "{}{}", flags.stdout, flags.stderr);
    assert!(
        flags.stderr.contains("target-cpu=native"),
        "{}",
        flags.stderr
    );
    let same = tools.run_with(&["gate"], &[("CARGO_PROFILE_RELEASE_DEBUG", "true")]);
    assert_eq!(same.status, 0, "{}{}", same.stdout, same.stderr);
}

#[test]
fn a_baseline_that_does_not_know_its_build_is_compared_with_a_notice() {
    let tools = with_baseline();
    let file = format!("{}/environment.json", tools.project.baseline());
    let text = tools.project.read(&file);
    let mut origin: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let environment = origin["measurement"]["environment"].as_object_mut();
    let settings = environment.expect("an object").remove("settings");
    assert!(settings.is_some(), "{text}");
    tools.project.write(&file, &origin.to_string());
    let unknown = "the baseline does not record the settings of its build";
    let done = tools.run(&["gate"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(done.stderr.contains(unknown), "{}", done.stderr);
    let saved = tools.run(&["baseline", "save", "--yes"]);
    assert_eq!(saved.status, 0, "{}{}", saved.stdout, saved.stderr);
    let done = tools.run(&["gate"]);
    assert!(
        done.status == 0 && !done.stderr.contains(unknown),
        "{}",
        done.stderr
    );
}

#[test]
fn options_of_valgrind_and_gungraun_from_outside_reach_neither() {
    let tools = Tools::new();
    let strict = [
        (
            "callgrind",
            "$VALGRIND_OPTS$GUNGRAUN_CALLGRIND_ARGS$IAI_CALLGRIND_LOG",
        ),
        ("bin/valgrind", "$VALGRIND_OPTS"),
    ];
    for (script, variables) in strict {
        let text = tools.project.read(script);
        let text = text.strip_prefix("#!/bin/sh\n").expect("a script");
        let check = format!(
            "[ -z \"{variables}\" ] || exit 9\n\
             case \"$*\" in *--command-line-only=yes*) ;; *) exit 8 ;; esac\n"
        );
        tools.script(script, &(check + text));
    }
    let outside = [
        ("VALGRIND_OPTS", "--no-such-option"),
        ("GUNGRAUN_CALLGRIND_ARGS", "--toggle-collect=main"),
        ("IAI_CALLGRIND_LOG", "trace"),
    ];
    let run = [
        "run",
        "--metric",
        "instructions",
        "--no-report",
        "--out",
        "r.json",
    ];
    let done = tools.run_with(&run, &outside);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
}

#[test]
fn a_probe_that_valgrind_cannot_run_is_told_with_the_line_of_valgrind() {
    let tools = Tools::new();
    tools.script(
        "bin/valgrind",
        "if [ \"$1\" = --version ]; then echo valgrind-3.19.0; exit; fi\n\
         echo \"==7== Process terminating with default action of signal 4 (SIGILL)\" >&2\n\
         echo \"==7==  Illegal opcode at address 0x11D4F0\" >&2\n\
         echo \"==7==    at 0x11D4F0: v::main (in /v)\" >&2\nkill -ILL $$",
    );
    let (row, _) = row_of(&tools, "instructions");
    let told = row.failure(Instrument::Callgrind).expect("not counted");
    assert!(
        told.contains("does not run under valgrind")
            && told.contains("Illegal opcode at address 0x11D4F0")
            && told.contains("target-cpu=native"),
        "{told}"
    );
}

#[test]
fn without_valgrind_the_rest_is_measured_and_the_gate_does_not_judge() {
    let tools = with_baseline();
    tools.without("valgrind");
    let missing = "valgrind is missing, so instructions cannot be counted; install it (Debian, Ubuntu: apt-get install valgrind)";
    let done = tools.run(&["run", "--no-report", "--out", "rest.json"]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert_eq!(
        done.stderr,
        format!("harness: {missing}\nharness: wrote record rest.json\n")
    );
    let record = Record::read(&tools.project.path("rest.json")).expect("a record");
    assert!(
        record.rows[0].reading(Instrument::Dhat).is_some()
            && record.rows[0].reading(Instrument::Clock).is_some()
    );
    for command in [&["gate"][..], &["run", "--metric", "instructions"]] {
        assert_eq!(tools.refused(command), missing);
    }
}

#[test]
fn more_instructions_than_stored_are_a_regression() {
    let tools = with_baseline();
    let text = tools.project.read("callgrind").replace("#!/bin/sh\n", "");
    tools.script("callgrind", &text.replace("1000 + case", "1100 + case"));
    let done = tools.run(&[
        "gate", "--filter", "model/*", "--phase", "naive", "--out", "now.json", "--all",
    ]);
    assert_eq!(done.status, 1, "{}{}", done.stdout, done.stderr);
    assert!(
        done.text()
            .contains("got worse by 10 % (+100), from 1,000 to 1,100"),
        "{}",
        done.stdout
    );
    assert!(Record::read(&tools.project.path("now.json")).is_ok());
}
