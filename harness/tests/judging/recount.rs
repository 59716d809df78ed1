//! Counts that differ between runs of one program, and gates that count them again.

use harness_record::Record;
use harness_record::session::Session;

use crate::repository::{commit, repository};
use crate::tools::Tools;

/// Narrows every measurement to one row, so that the scripts answer in a known order.
const ONE_ROW: [&str; 4] = ["--filter", "model/decode", "--phase", "optimized"];

/// A repository whose heap probe allocates these numbers of blocks, one after the other over all runs of both sides.
/// The head has a comment more than the base, so that the programs are not identical.
fn scattering(blocks: &[u64]) -> Tools {
    let tools = repository();
    let counter = tools.project.path("records/counter");
    tools.project.write("records/counter", "0");
    let values: Vec<String> = blocks.iter().map(u64::to_string).collect();
    tools.script(
        "next",
        &format!(
            "n=$(cat {0}); echo $((n + 1)) > {0}; set -- {1}; shift $n; echo $1\n",
            counter.display(),
            values.join(" ")
        ),
    );
    let heap = tools.project.read("heap");
    let heap = heap.replace("\"total_blocks\":2,", "\"total_blocks\":'$(./next)',");
    let heap = heap.strip_prefix("#!/bin/sh\n").expect("a script");
    tools.script("heap", heap);
    commit(&tools, "Scatter");
    tools.script("heap", &format!("{heap}# changed\n"));
    tools
}

fn runs(tools: &Tools) -> u64 {
    let text = tools.project.read("records/counter");
    text.trim().parse().expect("a number")
}

fn gate(tools: &Tools, more: &[&str]) -> crate::project::Done {
    let gate = ["gate", "--base", "HEAD", "--counts-only"];
    tools.run(&[&gate[..], &ONE_ROW, more].concat())
}

#[test]
fn equal_counts_are_taken_once_on_each_side() {
    let tools = scattering(&[100, 100, 7]);
    let done = gate(&tools, &[]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert_eq!(runs(&tools), 2);
    assert!(!done.stderr.contains("taken again"), "{}", done.stderr);
}

#[test]
fn counts_that_scatter_are_named_with_their_ranges_and_fail_nothing() {
    // Base and head in turn: the second counts show that neither side repeats.
    let tools = scattering(&[100, 138, 140, 105]);
    let done = gate(&tools, &[]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert_eq!(runs(&tools), 4);
    assert!(
        done.text()
            .contains("not repeatable: base 100 to 140, head 105 to 138"),
        "{}",
        done.stdout
    );
    assert!(
        done.stderr.contains("the counts of 1 row differ"),
        "{}",
        done.stderr
    );
    let folder = std::fs::read_dir(tools.project.path("records/gates")).expect("kept");
    let file = folder.last().expect("one gate").expect("readable").path();
    let counted = Session::read(&file).expect("a session").counted;
    assert_eq!(counted.expect("counted").head.rows[0].recounts.len(), 1);
}

#[test]
fn programs_read_that_a_count_does_not_repeat() {
    let tools = scattering(&[100, 138, 140, 105]);
    let done = gate(&tools, &["--format", "json"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    for expected in [
        "\"verdict\": \"not repeatable\"",
        "base 100 to 140, head 105 to 138",
    ] {
        assert!(done.stdout.contains(expected), "{}", done.stdout);
    }
}

#[test]
fn more_of_what_repeats_stays_a_regression() {
    let tools = scattering(&[100, 101, 100, 101, 100, 101, 100, 101, 100, 101]);
    let done = gate(&tools, &[]);
    assert_eq!(done.status, 1, "{}{}", done.stdout, done.stderr);
    assert_eq!(runs(&tools), 10);
}

#[test]
fn the_head_alone_is_counted_again_if_the_base_is_stored() {
    let tools = scattering(&[100, 138, 102, 100]);
    let record = ["run", "--metric", "heap,instructions", "--no-report"];
    let ran = tools.run(&[&record[..], &["--out", "records/a.json"], &ONE_ROW].concat());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let saved = tools.run(&["baseline", "save", "--record", "records/a.json", "--yes"]);
    assert_eq!(saved.status, 0, "{}", saved.stderr);
    let done = tools.run(&[&["gate"][..], &ONE_ROW].concat());
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(
        done.text()
            .contains("not repeatable: base 100, head 102 to 138"),
        "{}",
        done.stdout
    );
    assert_eq!(runs(&tools), 3);
    let kept = Record::read(&tools.project.path("records/gate.json")).expect("kept");
    assert_eq!(kept.rows[0].recounts.len(), 1);
}
