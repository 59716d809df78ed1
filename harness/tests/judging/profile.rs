//! `harness profile`, with scripts in place of the measuring programs.

use std::process::Command;

use harness_record::profile::Summary;
use serde_json::Value;

use crate::project::Done;
use crate::tools::Tools;

fn profile(tools: &Tools, more: &[&str]) -> Done {
    tools.run(&[&["profile"], more].concat())
}

/// The output, without the table on the machine.
fn seen(done: &Done) -> String {
    let (before, machine) = done
        .stdout
        .split_once("System information")
        .expect("it comes last");
    assert!(machine.contains("conditions"), "{machine}");
    format!(
        "exit status {}\n--- stdout\n{before}--- stderr\n{}",
        done.status, done.stderr
    )
}

#[test]
fn time_instructions_and_allocations_are_told_and_drawn() {
    let tools = Tools::new();
    let done = profile(&tools, &["model/decode", "--threads", "2"]);
    insta::assert_snapshot!(seen(&done));
    assert!(
        done.stdout
            .contains("by time: 2 threads, avx2; by instructions: 1 thread, avx2"),
        "{}",
        done.stdout
    );
    for (view, frame) in [
        ("time", "layer_norm (10,000,000 ns"),
        ("instructions", "engine::product (991 Ir"),
        ("allocations", "engine::session::Pass::product (48 bytes"),
    ] {
        let svg = tools.project.read(&format!(
            "reports/profile/model-decode.optimized.{view}.svg"
        ));
        assert!(
            svg.contains(frame),
            "{frame} is not in the flame graph by {view}"
        );
    }
}

#[test]
fn a_summary_is_stored_for_the_report() {
    let tools = Tools::new();
    profile(
        &tools,
        &["model/decode", "--phase", "naive", "--by", "time"],
    );
    let path = tools
        .project
        .path("records/profiles/model-decode.naive.time.json");
    let summary = Summary::read(&path).expect("stored");
    let largest = &summary.operations[0];
    assert_eq!(
        (summary.phase.as_str(), largest.name.as_str()),
        ("naive", "head product")
    );
    assert!(
        (summary.share(largest) - 25.0 / 51.0).abs() < 1e-9,
        "{summary:?}"
    );
    // A comparison is no profile of the checkout.
    profile(
        &tools,
        &[
            "model/decode",
            "--by",
            "time",
            "--diff",
            "naive",
            "optimized",
        ],
    );
    let files = std::fs::read_dir(path.parent().expect("a folder")).expect("there");
    assert_eq!(files.count(), 1);
}

#[test]
fn every_format_has_it() {
    let tools = Tools::new();
    let arguments = [
        "kernel/gelu",
        "--phase",
        "naive",
        "--by",
        "time",
        "--format",
    ];
    let markdown = profile(&tools, &[&arguments[..], &["markdown"]].concat());
    insta::assert_snapshot!(seen(&markdown));
    let json = profile(&tools, &[&arguments[..], &["json"]].concat());
    let tables: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(tables[0]["rows"][0]["name"], "head product");
    assert_eq!(tables[0]["rows"][0]["own_seconds"], 0.625);
    assert_eq!(tables[2]["rows"][1]["depth"], 1);
    assert_eq!(tables[3]["rows"][5]["part"], "revision");
    let csv = profile(&tools, &[&arguments[..], &["csv"]].concat());
    assert!(
        csv.stdout.starts_with("table,rank,name,total_seconds,"),
        "{}",
        csv.stdout
    );
}

#[test]
fn two_phases_are_held_against_each_other() {
    let tools = Tools::new();
    let done = profile(
        &tools,
        &[
            "kernel/gelu",
            "--diff",
            "naive",
            "optimized",
            "--by",
            "instructions,time",
        ],
    );
    insta::assert_snapshot!(seen(&done));
    let svg = tools
        .project
        .read("reports/profile/kernel-gelu.naive-to-optimized.instructions.svg");
    assert!(svg.contains("engine::product (993 Ir"), "{svg}");
}

#[test]
fn a_revision_is_held_against_the_checkout() {
    let tools = Tools::new();
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(tools.project.path("")).args([
            "-c",
            "user.name=A",
            "-c",
            "user.email=a@example.org",
        ]);
        assert!(
            command
                .args(arguments)
                .status()
                .expect("git is there")
                .success(),
            "{arguments:?}"
        );
    };
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "A state"]);
    let callgrind = tools
        .project
        .read("callgrind")
        .replace("1000 + case", "1050 + case");
    tools.script(
        "callgrind",
        callgrind.strip_prefix("#!/bin/sh\n").expect("a script"),
    );
    let done = profile(
        &tools,
        &[
            "kernel/gelu",
            "--diff",
            "HEAD",
            "checkout",
            "--by",
            "instructions",
            "--format",
            "json",
        ],
    );
    assert_eq!(done.status, 0, "{}", done.stderr);
    let tables: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    let row = &tables[0]["rows"][0];
    assert_eq!(
        (
            row["from_instructions"].as_u64(),
            row["to_instructions"].as_u64()
        ),
        (Some(993), Some(1043))
    );
    assert_eq!(row["share"], 1);
}

#[test]
fn bad_input_is_answered_by_one_sentence() {
    let tools = Tools::new();
    let refusals = [
        tools.refused(&["profile", "model/decod"]),
        tools.refused(&["profile", "model/decode", "--diff", "naive", "optimised"]),
        tools.refused(&[
            "profile",
            "model/decode",
            "--diff",
            "naive",
            "optimized",
            "--phase",
            "naive",
        ]),
        tools.refused(&["profile", "--model", "nowhere"]),
    ];
    insta::assert_snapshot!(refusals.join("\n"));
    tools.without("valgrind");
    let refused = tools.refused(&["profile", "--by", "instructions"]);
    assert!(refused.starts_with("valgrind is missing"), "{refused}");
    let done = profile(&tools, &[]);
    assert!(
        done.status == 0 && done.stderr.contains("valgrind is missing"),
        "{}",
        done.stderr
    );
}

#[test]
fn profiles_are_exported_for_other_viewers() {
    let tools = Tools::new();
    let both = ["--export", "speedscope=a.json", "--export", "pprof=a.pb.gz"];
    let done = profile(&tools, &[&["model/decode"][..], &both].concat());
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert!(done.stderr.contains("wrote a.json"), "{}", done.stderr);
    let file: Value = serde_json::from_str(&tools.project.read("a.json")).expect("JSON");
    assert_eq!(
        file["profiles"].as_array().map(Vec::len),
        Some(3),
        "a profile for each view"
    );
    let gzip = std::fs::read(tools.project.path("a.pb.gz")).expect("written");
    assert_eq!(gzip[..2], [0x1f, 0x8b]);
    let sides = [
        "model/decode",
        "--by",
        "time",
        "--diff",
        "naive",
        "optimized",
        "--export",
        "speedscope=b.json",
    ];
    assert_eq!(profile(&tools, &sides).status, 0);
    let file: Value = serde_json::from_str(&tools.project.read("b.json")).expect("JSON");
    assert_eq!(
        file["profiles"][1]["name"],
        "model/decode in phase optimized by time (optimized)"
    );
    let one_side = tools.refused(&[
        "profile",
        "model/decode",
        "--diff",
        "naive",
        "optimized",
        "--export",
        "pprof=c",
    ]);
    assert!(
        one_side.starts_with("a file of pprof has one side"),
        "{one_side}"
    );
    for (value, expected) in [
        ("pprof", "write FORMAT=FILE"),
        ("speedscop=x", "did you mean `speedscope`?"),
    ] {
        let done = profile(&tools, &["--export", value]);
        assert!(
            done.status == 2 && done.stderr.contains(expected),
            "{}",
            done.stderr
        );
    }
}

#[test]
fn what_cannot_be_looked_into_is_told_and_the_rest_is_shown() {
    let tools = Tools::new();
    let reports = |done: &Done, sentence: &str| {
        assert_eq!(done.status, 2, "{}", done.stderr);
        assert!(
            done.stderr.contains(sentence),
            "{sentence} is not in {}",
            done.stderr
        );
    };
    tools.probe(
        "profile",
        r#"echo '{"reply":"error","message":"not today"}'"#,
    );
    let done = profile(&tools, &["kernel/gelu"]);
    reports(&done, "checkout cannot be shown by time: not today");
    assert!(done.stdout.contains("Top allocators"), "{}", done.stdout);

    tools.probe(
        "check",
        r#"echo '{"reply":"checked","wrong":"value 3 is 17, not 12"}'"#,
    );
    reports(
        &profile(&tools, &["kernel/gelu"]),
        "kernel/gelu in phase optimized gave a wrong answer: value 3 is 17, not 12",
    );

    tools.probe("", "");
    reports(
        &profile(&tools, &["kernel/gelu", "--phase", "optimised"]),
        "no phase `optimised`; did you mean `optimized`?",
    );

    let old = tools
        .project
        .read("probe")
        .replace("\\\"protocol\\\":3", "\\\"protocol\\\":2");
    assert!(old.contains("protocol\\\":2"), "{old}");
    tools.script("probe", old.strip_prefix("#!/bin/sh\n").expect("a script"));
    reports(
        &profile(&tools, &["kernel/gelu", "--by", "time"]),
        "the probe speaks protocol 2, which has no profile by time; it came with protocol 3, this harness speaks 5",
    );
}
