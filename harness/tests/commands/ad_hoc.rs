//! `harness run -- COMMAND`.

use harness_probe::Instrument;
use harness_record::Record;

use crate::folder::Folder;

const SHORT: [&str; 7] = [
    "run",
    "--budget",
    "1",
    "--metric",
    "time,process",
    "--format",
    "json",
];

fn with<'a>(options: &[&'a str]) -> Vec<&'a str> {
    [&SHORT, options].concat()
}

#[test]
fn a_command_is_measured_in_a_folder_without_a_project() {
    let folder = Folder::new();
    folder.write("input.txt", "foo\nbar\nfoo\n");
    let rows = folder.rows(&with(&["--", "grep", "-c", "foo", "input.txt"]));
    assert_eq!(rows[0]["command"], "grep -c foo input.txt");
    for key in ["time_seconds", "peak_rss_bytes", "page_faults"] {
        assert!(
            rows[0][key].as_f64().is_some_and(|value| value > 0.0),
            "{key}: {rows:?}"
        );
    }
    assert_eq!(rows[0]["exit_status"], 0);
    assert!(
        rows[1]["command"]
            .as_str()
            .is_some_and(|name| name.contains("empty program"))
    );
    assert_eq!(folder.files(), ["input.txt"], "a file was left behind");
}

#[test]
fn several_commands_alternate_and_are_compared_with_the_first() {
    let folder = Folder::new();
    let rows = folder.rows(&with(&["--", "true", "--", "sleep", "0.02"]));
    let commands: Vec<&str> = rows
        .iter()
        .filter_map(|row| row["command"].as_str())
        .collect();
    assert_eq!(&commands[..2], ["true", "sleep 0.02"]);
    assert_eq!(rows[0]["ratio_to_first"], 1);
    assert!(
        rows[1]["ratio_to_first"]
            .as_f64()
            .is_some_and(|ratio| ratio > 1.0),
        "{rows:?}"
    );
}

#[test]
fn the_lines_around_a_command_run_in_order_and_parameters_make_a_matrix() {
    let folder = Folder::new();
    let rows = folder.rows(&with(&[
        "--shell",
        "--setup",
        "echo setup {n} >> log",
        "--prepare",
        "echo prepare {n} >> log",
        "--cleanup",
        "echo cleanup {n} >> log",
        "--input",
        "log",
        "--parameter",
        "n=1,2",
        "--",
        "cat > copy; echo run {n} >> log",
    ]));
    let commands: Vec<&str> = rows
        .iter()
        .filter_map(|row| row["command"].as_str())
        .collect();
    assert_eq!(
        &commands[..2],
        [
            "cat > copy; echo run 1 >> log",
            "cat > copy; echo run 2 >> log"
        ]
    );
    let log = folder.read("log");
    let first: Vec<&str> = log.lines().filter(|line| line.ends_with(" 1")).collect();
    assert_eq!(first[..3], ["setup 1", "prepare 1", "run 1"]);
    assert_eq!(first[first.len() - 1], "cleanup 1");
    let count = |name: &str| first.iter().filter(|line| **line == name).count();
    assert_eq!(count("prepare 1"), count("run 1"));
    assert_eq!(count("setup 1"), count("cleanup 1"));
    assert!(
        folder.read("copy").starts_with("setup 1"),
        "the input was not read"
    );
}

#[test]
fn output_of_any_length_is_taken() {
    let folder = Folder::new();
    let rows = folder.rows(&with(&["--", "head", "-c", "20000000", "/dev/zero"]));
    assert!(rows[0]["time_seconds"].as_f64().is_some(), "{rows:?}");
}

/// `grep` stops at the first match if it writes to `/dev/null`.
#[test]
fn a_command_cannot_tell_that_nobody_reads_its_output() {
    let folder = Folder::new();
    folder.rows(&with(&["--shell", "--", "test -p /dev/stdout"]));
}

#[test]
fn a_record_is_written_where_it_is_wanted_and_has_every_instrument() {
    let folder = Folder::new();
    let done = folder.run(&[
        "run",
        "--budget",
        "1",
        "--metric",
        "time,process,instructions",
        "--out",
        "one.json",
        "--",
        "true",
    ]);
    if done.stderr.contains("valgrind is missing") {
        return assert_eq!(done.status, Some(2));
    }
    assert_eq!(done.status, Some(0), "{}{}", done.stdout, done.stderr);
    let record = Record::read(&folder.path().join("one.json")).expect("a record");
    let row = record.row("commands", "true").expect("measured");
    for instrument in [
        Instrument::Clock,
        Instrument::Process,
        Instrument::Callgrind,
    ] {
        assert!(row.reading(instrument).is_some(), "{instrument:?}: {row:?}");
    }
}

#[test]
fn options_of_the_other_kind_are_refused_by_name() {
    let folder = Folder::new();
    for (arguments, word) in [
        (&["run", "--quick", "--", "true"][..], "--quick"),
        (&["run", "--filter", "a", "--", "true"], "--filter"),
        (&["run", "--metric", "heap", "--", "true"], "--metric"),
        (&["run", "--prepare", "true"], "no harness.toml"),
        (&["run", "--parameter", "n", "--", "true"], "NAME=A,B,C"),
        (&["run", "--", "true", "--"], "no command"),
        (&["run", "--", "it's"], "quote is not closed"),
        (&["run", "--", ""], "empty"),
    ] {
        let done = folder.run(arguments);
        assert_eq!(done.status, Some(2), "{arguments:?}");
        assert!(done.stderr.contains(word), "{arguments:?}: {}", done.stderr);
        assert_eq!(done.stderr.lines().count(), 1, "{}", done.stderr);
    }
}
