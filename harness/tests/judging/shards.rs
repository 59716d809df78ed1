//! `--shard` and `harness merge`, with scripts in place of the measuring programs.

use std::fs;

use harness_judge::gate::GateVerdict;
use harness_record::Record;
use harness_record::session::Session;
use harness_record::shard::Sharding;

use crate::project::Done;
use crate::repository::{allocates, commit, executes, repository, takes};
use crate::tools::Tools;

/// Counts of a run are enough, and quick.
const COUNTS: [&str; 4] = ["run", "--metric", "instructions,heap", "--no-report"];

pub(crate) fn four_workloads(tools: &Tools) {
    tools.workloads(&[
        ("model/decode", true),
        ("kernel/gelu", false),
        ("kernel/norm", false),
        ("kernel/softmax", false),
    ]);
}

/// Runs one shard into a file.
fn shard(tools: &Tools, command: &[&str], shard: &str, file: &str) -> Done {
    let done = tools.run(&[command, &["--shard", shard, "--out", file]].concat());
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    done
}

pub(crate) fn record(tools: &Tools, file: &str) -> Record {
    Record::read(&tools.project.path(file)).expect(file)
}

fn session(tools: &Tools, file: &str) -> Session {
    Session::read(&tools.project.path(file)).expect(file)
}

/// The rows without what differs from run to run.
fn places(record: &Record) -> Vec<String> {
    record.rows.iter().map(harness_record::Row::place).collect()
}

#[test]
fn two_shards_of_a_run_are_the_whole_run() {
    let tools = Tools::new();
    four_workloads(&tools);
    let first = shard(&tools, &COUNTS, "1/2", "1.json");
    assert!(first.stderr.contains("there is no baselines/costs.csv, so every workload has the same weight; `harness list --cost --save`"), "{}", first.stderr);
    assert!(
        first
            .stderr
            .contains("shard 1/2: 2 of 4 workloads, split by equal weights"),
        "{}",
        first.stderr
    );
    shard(&tools, &COUNTS, "2/2", "2.json");
    let done = tools.run(&["merge", "2.json", "1.json", "--out", "merged.json"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(
        done.stdout.contains("2 shards") && done.stdout.contains("1/2"),
        "{}",
        done.stdout
    );
    let whole = tools.run(&[&COUNTS[..], &["--out", "whole.json"]].concat());
    assert_eq!(whole.status, 0, "{}", whole.stderr);
    let (merged, whole) = (record(&tools, "merged.json"), record(&tools, "whole.json"));
    assert_eq!(places(&merged), places(&whole));
    assert!(merged.is_whole() && !record(&tools, "1.json").is_whole());
    assert_eq!(
        merged.environment, whole.environment,
        "shards of one machine are of that machine"
    );
    assert_eq!(
        merged.command,
        whole.command.replace(" --out whole.json", "")
    );
    assert_eq!(merged.spent.len(), 16, "two instruments on eight rows");
}

#[test]
fn stored_costs_decide_and_their_file_is_written_from_a_record() {
    let tools = Tools::new();
    four_workloads(&tools);
    let none = tools.refused(&["list", "--cost", "--save"]);
    assert!(
        none.starts_with("there is no record to take costs from; "),
        "{none}"
    );
    let done = tools.run(&COUNTS);
    assert_eq!(done.status, 0, "{}", done.stderr);
    let done = tools.run(&["list", "--cost", "--save"]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    let text = tools.project.read("baselines/costs.csv");
    assert!(
        text.starts_with("# harness costs, schema 1, measured 20"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 2 + 16, "{text}");
    let head: Vec<&str> = text.lines().take(2).collect();
    let costs = [
        "model/decode,naive,dhat,900",
        "kernel/gelu,naive,dhat,100",
        "kernel/norm,naive,dhat,200",
        "kernel/softmax,naive,dhat,300",
    ];
    tools.project.write(
        "costs.csv",
        &format!("{}\n{}\n", head.join("\n"), costs.join("\n")),
    );
    let command = [&COUNTS[..], &["--costs", "costs.csv"]].concat();
    let first = shard(&tools, &command, "1/2", "1.json");
    assert!(
        first
            .stderr
            .contains("shard 1/2: 1 of 4 workloads, split by costs.csv of 20"),
        "{}",
        first.stderr
    );
    assert_eq!(record(&tools, "1.json").workloads(), ["model/decode"]);
    // The other shard was split by other costs.
    shard(&tools, &COUNTS, "2/2", "2.json");
    let refused = tools.refused(&["merge", "1.json", "2.json"]);
    assert!(
        refused.starts_with("the splits differ: 1.json has split "),
        "{refused}"
    );
    tools.project.write("costs.csv", "what is this");
    let refused = tools.refused(&[&command[..], &["--shard", "2/2"]].concat());
    assert!(
        refused.starts_with("costs.csv, line 1: the first line must be "),
        "{refused}"
    );
}

#[test]
fn a_shard_without_workloads_is_fine_and_a_filter_skips() {
    let tools = Tools::new();
    let command = [&COUNTS[..], &["--filter", "kernel/*"]].concat();
    for number in 1..=3 {
        let done = shard(
            &tools,
            &command,
            &format!("{number}/3"),
            &format!("{number}.json"),
        );
        assert_eq!(
            done.stderr.contains(": 1 of 1 workloads"),
            number == 1,
            "{}",
            done.stderr
        );
    }
    let done = tools.run(&["merge", "1.json", "2.json", "3.json"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(
        done.stderr
            .contains("skipped, because the selection left them out: model/decode"),
        "{}",
        done.stderr
    );
    // The default files: shards apart from whole records.
    let done = tools.run(&[&command[..], &["--shard", "1/3"]].concat());
    assert!(done.stderr.contains(".1-of-3.json"), "{}", done.stderr);
    let files = fs::read_dir(tools.project.path("records/shards")).expect("written");
    assert_eq!(files.count(), 1);
}

#[test]
fn shards_that_are_missing_or_of_other_sources_are_named() {
    let tools = repository();
    for number in ["1", "2"] {
        shard(
            &tools,
            &COUNTS,
            &format!("{number}/2"),
            &format!("records/{number}.json"),
        );
    }
    let missing = tools.refused(&["merge", "records/1.json"]);
    assert_eq!(
        missing,
        "shard 2/2 is missing, which measures model/decode; nothing was merged"
    );
    let twice = tools.refused(&["merge", "records/1.json", "records/1.json"]);
    assert_eq!(
        twice,
        "records/1.json and records/1.json are both shard 1/2; nothing was merged"
    );
    for (file, expected) in [
        (
            "workloads.json",
            "workloads.json is neither a record nor a gate, so nothing was merged",
        ),
        ("none.json", "cannot read none.json: "),
    ] {
        let refused = tools.refused(&["merge", "records/1.json", file]);
        assert!(refused.starts_with(expected), "{refused}");
    }
    executes(&tools, 2000);
    commit(&tools, "more instructions");
    shard(&tools, &COUNTS, "2/2", "records/other.json");
    let other = tools.refused(&["merge", "records/1.json", "records/other.json"]);
    assert!(
        other.starts_with("the revisions differ: records/1.json has "),
        "{other}"
    );
    let mut dropped = record(&tools, "records/2.json");
    dropped.rows.pop();
    tools.project.record("records/2.json", &dropped);
    let done = tools.run(&["merge", "records/1.json", "records/2.json"]);
    assert_eq!(done.status, 2, "{}", done.stdout);
    assert!(
        done.stderr.contains(
            "model/decode in phase optimized was dropped: shard 2/2 should have measured it"
        ),
        "{}",
        done.stderr
    );
    let bad = tools.run(&["run", "--shard", "3/2"]);
    assert_eq!(bad.status, 2);
    assert!(
        bad.stderr
            .contains("`3/2` is no shard; write K/N with K from 1 to N"),
        "{}",
        bad.stderr
    );
}

#[test]
fn counts_of_all_shards_pass_the_gate_against_the_baseline() {
    let tools = Tools::new();
    four_workloads(&tools);
    let done = tools.run(&COUNTS);
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert_eq!(tools.run(&["baseline", "save", "--yes"]).status, 0);
    for number in ["1", "2"] {
        let done = shard(
            &tools,
            &["gate"],
            &format!("{number}/2"),
            &format!("{number}.json"),
        );
        // The other shard's workloads are neither judged nor removed.
        assert!(
            done.text().contains("PASSED") && !done.text().contains("removed"),
            "{}",
            done.stdout
        );
        assert!(
            done.stderr
                .contains("`harness merge FILE...` judges the whole"),
            "{}",
            done.stderr
        );
    }
    let merged = tools.run(&["merge", "1.json", "2.json", "--out", "merged.json"]);
    assert_eq!(merged.status, 0, "{}", merged.stderr);
    let judged = tools.run(&["gate", "--record", "merged.json"]);
    assert_eq!(judged.status, 0, "{}{}", judged.stdout, judged.stderr);
    assert!(judged.text().contains("PASSED"), "{}", judged.stdout);
}

/// A gate against a revision in two shards, merged.
fn gate_in_shards(tools: &Tools, more: &[&str]) -> Done {
    for number in ["1", "2"] {
        let command = [&["gate", "--base", "HEAD~1"], more].concat();
        let file = format!("records/{number}.json");
        shard(tools, &command, &format!("{number}/2"), &file);
    }
    let files = ["records/1.json", "records/2.json"];
    tools.run(&[&["merge"], &files[..], &["--out", "records/merged.json"]].concat())
}

#[test]
fn a_gate_in_shards_has_the_verdict_and_the_error_rate_of_the_whole() {
    let tools = repository();
    takes(&tools, 80_000_000);
    commit(&tools, "slower");
    let done = gate_in_shards(
        &tools,
        &["--budget", "12s", "--seed", "7", "--suite", "full"],
    );
    assert_eq!(done.status, 1, "{}{}", done.stdout, done.stderr);
    assert!(
        done.text().contains("REGRESSED") || done.text().contains("FAILED"),
        "{}",
        done.stdout
    );
    let merged = session(&tools, "records/merged.json");
    assert_eq!(merged.measured.len(), 2);
    assert_eq!(
        merged.floor.len(),
        2,
        "each machine has its own noise floor"
    );
    assert_eq!(merged.terms.suite, None);
    assert!((merged.terms.budget_seconds - 12.0).abs() < 1e-9);
    for number in ["1", "2"] {
        let part = session(&tools, &format!("records/{number}.json"));
        assert_eq!(
            (part.measured.len(), part.suite_size()),
            (1, 2),
            "the level of both workloads"
        );
        assert!((part.terms.budget_seconds - 6.0).abs() < 1e-9);
        let of_part = &GateVerdict::of(&part).expect("limits").times[0];
        let verdict = GateVerdict::of(&merged).expect("limits");
        let of_whole = verdict
            .times
            .iter()
            .find(|time| time.workload == of_part.workload)
            .expect("merged");
        assert_eq!(
            (of_part.outcome, of_part.pairs),
            (of_whole.outcome, of_whole.pairs)
        );
    }
    let counted = merged.counted.as_ref().expect("counted");
    assert_eq!((counted.base.rows.len(), counted.head.rows.len()), (4, 4));
    assert_eq!(
        merged
            .sharding
            .as_ref()
            .map(Sharding::origins)
            .map(<[_]>::len),
        Some(2)
    );
    let explained = tools.run(&["explain", "records/merged.json"]);
    assert_eq!(explained.status, 0, "{}", explained.stderr);
    assert!(
        explained.stdout.contains("kernel/gelu"),
        "{}",
        explained.stdout
    );
}

#[test]
fn a_regression_of_counts_in_one_shard_fails_the_whole() {
    let tools = repository();
    allocates(&tools, 3);
    commit(&tools, "allocates");
    let done = gate_in_shards(&tools, &["--counts-only"]);
    assert_eq!(done.status, 1, "{}{}", done.stdout, done.stderr);
    let mut dropped = session(&tools, "records/2.json");
    let counted = dropped.counted.as_mut().expect("counted");
    counted.base.rows.clear();
    counted.head.rows.clear();
    dropped
        .write(&tools.project.path("records/2.json"))
        .expect("written");
    let done = tools.run(&["merge", "records/1.json", "records/2.json"]);
    assert!(
        done.stderr
            .contains("was dropped: shard 2/2 should have measured it"),
        "{}",
        done.stderr
    );
    assert_ne!(done.status, 0);
}

#[test]
fn several_bases_or_commands_have_no_shards() {
    let tools = repository();
    let bases = tools.refused(&[
        "gate", "--base", "HEAD", "--base", "HEAD~0", "--shard", "1/2",
    ]);
    assert!(
        bases.starts_with("a shard is measured against one base"),
        "{bases}"
    );
    let commands = tools.refused(&["run", "--shard", "1/2", "--", "true"]);
    assert!(
        commands.starts_with("--shard applies to the workloads of a project"),
        "{commands}"
    );
    let mixed = {
        shard(&tools, &COUNTS, "1/2", "records/1.json");
        shard(
            &tools,
            &["gate", "--base", "HEAD", "--counts-only"],
            "2/2",
            "records/2.json",
        );
        tools.refused(&["merge", "records/1.json", "records/2.json"])
    };
    assert!(
        mixed.starts_with(
            "records/1.json is a shard of a run, records/2.json one of a gate with --base;"
        ),
        "{mixed}"
    );
}

#[test]
fn shards_of_a_head_without_a_base_are_merged_too() {
    let tools = repository();
    fs::remove_file(tools.project.path("probe")).expect("there");
    commit(&tools, "No harness");
    tools.probe("", "");
    let command = [
        "gate",
        "--base",
        "HEAD",
        "--counts-only",
        "--allow-missing-base",
    ];
    for number in ["1", "2"] {
        let file = format!("records/{number}.json");
        let done = shard(&tools, &command, &format!("{number}/2"), &file);
        assert!(
            done.stderr.contains(": 1 of 2 workloads"),
            "{}",
            done.stderr
        );
    }
    let files = ["records/1.json", "records/2.json"];
    let done = tools.run(&[&["merge"], &files[..], &["--out", "records/whole.json"]].concat());
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert_eq!(record(&tools, "records/whole.json").rows.len(), 4);
}
