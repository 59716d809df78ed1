//! Files that are refused, and rows that are left out.

use super::*;
use crate::{Kind, by_name};

/// A fixture in which a text was replaced once.
fn changed(name: &str, from: &str, to: &str) -> Result<Results, ImportError> {
    let text = String::from_utf8(bytes(name).to_vec()).expect("text");
    assert!(text.contains(from), "{name} has no {from}");
    read_text(text.replacen(from, to, 1))
}

fn refusal(name: &str, from: &str, to: &str) -> String {
    changed(name, from, to).expect_err(from).to_string()
}

/// The reasons of the rows that are impossible.
fn invalid(name: &str, from: &str, to: &str) -> String {
    let results = changed(name, from, to).expect(name);
    let groups = results
        .left_out
        .iter()
        .filter(|group| group.kind == Kind::Invalid);
    let sentences: Vec<String> = groups.map(|group| group.sentence()).collect();
    assert!(!sentences.is_empty(), "{name}: {to} is accepted");
    sentences.join("; ")
}

#[test]
fn another_version_is_refused_with_both_numbers() {
    for (name, from, to, versions) in [
        (
            "hyperfine-2.json",
            "\"schema_version\": 2",
            "\"schema_version\": 3",
            "3; this harness reads 1 and 2",
        ),
        (
            "gungraun-7.jsonl",
            "\"version\":\"7\"",
            "\"version\":\"8\"",
            "8; this harness reads 6 and 7",
        ),
        (
            "asv.json",
            "\"version\": 2",
            "\"version\": 1",
            "1; this harness reads 2",
        ),
        (
            "google-benchmark.json",
            "\"json_schema_version\": 1",
            "\"json_schema_version\": 2",
            "2; this harness reads 1",
        ),
        (
            "codspeed.json",
            "walltime",
            "cpu-simulation",
            "cpu-simulation; this harness reads walltime",
        ),
    ] {
        let refused = refusal(name, from, to);
        assert!(refused.contains(versions), "{refused}");
    }
}

#[test]
fn a_cut_file_is_refused() {
    for (name, bytes) in FILES.iter().filter(|(name, _)| name.ends_with(".json")) {
        for part in [2, 3, 10] {
            let cut = &bytes[..bytes.len() - bytes.len() / part];
            let refused = read_text(cut).expect_err(name).to_string();
            assert!(refused.contains("is cut"), "{name}: {refused}");
        }
    }
    let go = bytes("go.txt");
    for end in [go.len() - 60, go.len() / 2] {
        let refused = read_text(&go[..end]).expect_err("cut").to_string();
        assert!(refused.contains("so it is cut"), "{refused}");
    }
}

#[test]
fn impossible_numbers_leave_out_their_row() {
    let mut others = Vec::new();
    for (name, from, to, reason) in [
        (
            "hyperfine-1.json",
            "0.000845671",
            "-0.000845671",
            "min of -",
        ),
        (
            "hyperfine-1.json",
            "0.03082152,\n        ",
            "NaN,\n        ",
            "is NaN",
        ),
        (
            "hyperfine-1.json",
            "\"mean\": 0.00",
            "\"mean\": 9.00",
            "above its maximum",
        ),
        (
            "hyperfine-2.json",
            "\"unit\": \"second\"",
            "\"unit\": \"millisecond\"",
            "in several units",
        ),
        (
            "google-benchmark.json",
            "\"time_unit\": \"us\"",
            "\"time_unit\": \"ms\"",
            "in several units",
        ),
        (
            "google-benchmark.json",
            "\"repetition_index\": 1",
            "\"repetition_index\": 0",
            "occurs more than once",
        ),
        (
            "google-benchmark.json",
            "\"iterations\": ",
            "\"iterations\": 0, \"was\": ",
            "no iterations",
        ),
        (
            "pytest-benchmark.json",
            "\"rounds\": 5",
            "\"rounds\": 6",
            "5 times of 6 rounds",
        ),
        (
            "pytest-benchmark.json",
            "\"min\": ",
            "\"min\": Infinity, \"was\": ",
            "is Infinity",
        ),
        ("asv.json", "[5.69", "[-5.69", "result of -"),
        (
            "asv.json",
            "[\"10\", \"100\"]",
            "[\"10\"]",
            "number of combinations",
        ),
        (
            "codspeed.json",
            "\"q1_ns\": 118.74",
            "\"q1_ns\": 1180.74",
            "above its median",
        ),
        (
            "codspeed.json",
            "\"rounds\": 99",
            "\"rounds\": 0",
            "no samples",
        ),
        ("bmf.json", "71.5", "-71.5", "outside its bounds"),
        ("bmf.json", "1090.25", "-1090.25", "time of -1090.25"),
        (
            "go.txt",
            "31.38 ns/op",
            "31.38 ns/op 2 ns/op",
            "two values in ns/op",
        ),
        ("go.txt", "31.38 ns/op", "NaN ns/op", "ns/op of NaN"),
        ("go.txt", "31.38 ns/op", "-31.38 ns/op", "ns/op of -31.38"),
        (
            "go.txt",
            "\t      64 B/op",
            "",
            "lines with different units",
        ),
        (
            "cargo-criterion.jsonl",
            "\"unit\":\"ns\"",
            "\"unit\":\"cycles\"",
            "no unit of time",
        ),
        (
            "gungraun-7.jsonl",
            "\"total\":{\"metrics\":{\"Bc\":{\"change\":{\"diff_pct\":\"0\",\"factor\":\"1\"},\"values\":{\"new\":",
            "\"total\":{\"metrics\":{\"Bc\":{\"change\":{\"diff_pct\":\"0\",\"factor\":\"1\"},\"values\":{\"new\":-1,\"was\":",
            "is -1",
        ),
    ] {
        let reasons = invalid(name, from, to);
        if !reasons.contains(reason) {
            others.push(format!("{name}, {to}: {reasons}"));
        }
    }
    assert!(others.is_empty(), "{}", others.join("\n"));
}

#[test]
fn rows_of_one_name_are_all_left_out() {
    let reasons = invalid(
        "hyperfine-1.json",
        "\"command\": \"seq 100\"",
        "\"command\": \"seq 10\"",
    );
    assert_eq!(reasons, "seq 10: occurs more than once");
    let twice = refusal("bmf.json", "\"sort/100\"", "\"sort/10\"");
    assert!(
        twice.contains("the key \"sort/10\" occurs twice"),
        "{twice}"
    );
}

#[test]
fn a_benchmark_of_criterion_without_a_file_is_left_out() {
    let folder = criterion(|path, bytes| (path != "copy/new/sample.json").then(|| bytes.to_vec()));
    let results = read(&folder, None).expect("a folder");
    assert!(results.has_invalid());
    assert_eq!(results.left_out[0].sentence(), "copy: has no sample.json");
    assert_eq!(results.rows.len(), 1);
}

#[test]
fn an_unknown_file_is_refused_with_the_known_formats() {
    for text in ["", "hello", "{}", "[1]", "{\"a\": 1}"] {
        let refused = read_text(text).expect_err(text).to_string();
        assert!(refused.contains("known are criterion, "), "{refused}");
    }
    let binary = read_text([0xff, 0xfe, 0]).expect_err("binary").to_string();
    assert!(binary.contains("is not UTF-8 text"), "{binary}");
    let named = read(&Source::file("a.json", "{}"), by_name("hyperfine")).expect_err("empty");
    assert_eq!(
        named.to_string(),
        "a.json is refused: as a file of hyperfine, it has no `results`"
    );
}

#[test]
fn results_of_two_machines_in_one_text_are_refused() {
    let text = String::from_utf8(bytes("go.txt").to_vec()).expect("text");
    let two = format!("{text}{}", text.replace("Example CPU", "Another CPU"));
    let refused = read_text(two).expect_err("two machines").to_string();
    assert!(refused.contains("2 machines"), "{refused}");
}

/// The number at the end of a name is that of the CPUs only if all names end with it.
#[test]
fn a_number_in_the_name_of_go_is_kept_where_it_is_no_number_of_cpus() {
    let line = |name: &str| format!("Benchmark{name} 10 5 ns/op\n");
    let names = |names: &[&str]| {
        let text: String = names.iter().map(|name| line(name)).collect();
        let results = read_text(text).expect("readable");
        let rows = results.rows.iter();
        let shown = rows.map(|row| (row.workload.clone(), row.readings[0].threads));
        shown.collect::<Vec<_>>()
    };
    let row = |name: &str, threads| (format!("Benchmark{name}"), threads);
    assert_eq!(names(&["A-8", "B/n=1-8"]), [row("A", 8), row("B/n=1", 8)]);
    assert_eq!(names(&["A", "B/n-100"]), [row("A", 0), row("B/n-100", 0)]);
    assert_eq!(names(&["A-2", "A-4"]), [row("A-2", 0), row("A-4", 0)]);
}

#[test]
fn the_user_may_add_and_not_contradict() {
    let results = || read_text(bytes("pytest-benchmark.json")).expect("readable");
    let given = |commit: &str, time: &str| Given {
        commit: Some(commit.to_owned()),
        time: time.parse().ok(),
        ..Given::default()
    };
    let stated = results();
    let (commit, time) = (
        stated.revision.expect("stated"),
        stated.created.expect("stated"),
    );
    assert!(results().record(&given(&commit[..10], &time)).is_ok());
    let refused = results()
        .record(&given("0123456789", &time))
        .expect_err("another");
    assert!(
        refused.to_string().contains("states the commit"),
        "{refused}"
    );
    let refused = results().record(&given(&commit, "2020-01-01T00:00:00Z"));
    assert!(
        refused
            .expect_err("another")
            .to_string()
            .contains("states the time")
    );
    let hyperfine = read_text(bytes("hyperfine-1.json")).expect("readable");
    let record = hyperfine.record(&given("0123456789", "2020-01-01T01:00:00+01:00"));
    let record = record.expect("the file states neither");
    assert_eq!(record.created, "2020-01-01T00:00:00Z");
    assert_eq!(record.environment.revision.as_deref(), Some("0123456789"));
}
