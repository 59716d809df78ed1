//! `harness run --resume`: a run that was killed continues, and measures nothing again that it had.

use std::fs;

use harness_probe::Instrument;
use harness_record::{Data, Record};

use crate::interrupted::{RUN, journals, kill, logging, unblock, waiting};
use crate::repository::git;
use crate::tools::Tools;

/// The only record of a project.
fn record(tools: &Tools) -> Record {
    let files = harness_record::json_files::json_files(&tools.project.path("records"));
    assert_eq!(files.len(), 1, "{files:?}");
    Record::read(&files[0]).expect("whole")
}

/// The counts of a record, by row and instrument.
fn counts(record: &Record) -> Vec<(String, Instrument, Data)> {
    let of_row = |row: &harness_record::Row| {
        let place = row.place();
        let readings = row.readings.iter().map(|one| one.data.clone());
        let named = readings.map(move |data| (place.clone(), data.instrument(), data));
        named.collect::<Vec<_>>()
    };
    let mut all: Vec<_> = record.rows.iter().flat_map(of_row).collect();
    all.retain(|(_, instrument, _)| *instrument != Instrument::Clock);
    all
}

#[test]
fn a_killed_run_continues_and_measures_nothing_again() {
    let tools = logging();
    // All jobs but one: two of the clock, four of dhat, three of callgrind.
    kill(waiting(&tools, "callgrind", &RUN, 9));
    assert_eq!(journals(&tools).len(), 1);
    unblock(&tools);

    let done = tools.run(&[&RUN[..], &["--resume"]].concat());
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let expected = "kept 11 of 12 readings of the run of ";
    assert!(done.stderr.contains(expected), "{}", done.stderr);
    assert_eq!(
        tools.project.read("log"),
        "callgrind kernel/gelu optimized\n",
        "only what was missing is measured"
    );
    assert!(journals(&tools).is_empty(), "the journal is removed");

    let resumed = record(&tools);
    let [resumption] = resumed.resumed.as_slice() else {
        panic!("{:?}", resumed.resumed)
    };
    assert_eq!(resumption.kept, 11);
    assert!(resumed.created <= resumption.at);
    assert!(resumed.machine.is_some(), "that of the first part");
    let whole = tools.run(&[&RUN[..], &["--out", "whole.json"]].concat());
    assert_eq!(whole.status, 0, "{}", whole.stderr);
    let whole = Record::read(&tools.project.path("whole.json")).expect("whole");
    assert_eq!(counts(&resumed), counts(&whole));
    assert!(whole.resumed.is_empty());
    for (row, other) in resumed.rows.iter().zip(&whole.rows) {
        assert_eq!((row.place(), &row.check), (other.place(), &other.check));
        assert!(row.reading(Instrument::Clock).is_some());
    }
    assert_eq!(resumed.spent.len(), whole.spent.len());
}

/// Phases that are timed in the same rounds come from one part of the run.
#[test]
fn times_that_an_interruption_met_are_measured_anew_together() {
    let tools = logging();
    let child = waiting(&tools, "clock", &RUN, 1);
    let terminate = std::process::Command::new("kill")
        .arg(child.id().to_string())
        .status();
    assert!(terminate.expect("sent").success());
    let output = child.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.contains("error: interrupted; 2 of 12 readings are kept, and `"),
        "{stderr}"
    );
    assert!(stderr.contains("--resume` measures the rest"), "{stderr}");
    assert_eq!(
        harness_record::json_files::json_files(&tools.project.path("records")).len(),
        0
    );
    unblock(&tools);

    let done = tools.run(&[&RUN[..], &["--resume"]].concat());
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let log = tools.project.read("log");
    assert!(
        !log.lines()
            .any(|line| line.starts_with("clock") && line.contains("decode")),
        "{log}"
    );
    let record = record(&tools);
    let gelu = ["naive", "optimized"].map(|phase| {
        let row = record.row("kernel/gelu", phase).expect("measured");
        match &row.reading(Instrument::Clock).expect("timed").data {
            Data::Clock { session, runs } => {
                let rounds: Vec<u32> = runs.iter().map(|run| run.round).collect();
                (session.clone(), rounds)
            }
            other => panic!("{other:?}"),
        }
    });
    assert_eq!(gelu[0], gelu[1], "one session, and the same rounds");
    assert_eq!(gelu[0].1[0], 0, "from the first round on");
    assert!(gelu[0].0.starts_with(&record.resumed[0].at), "{gelu:?}");
}

#[test]
fn a_run_with_another_condition_is_not_resumed() {
    let tools = logging();
    kill(waiting(&tools, "callgrind", &RUN, 9));
    unblock(&tools);
    let refused = |arguments: &[&str], what: &str| {
        let sentence = tools.refused(&[&["run"], arguments, &["--resume"]].concat());
        assert!(
            sentence.starts_with("cannot resume the run of 2"),
            "{sentence}"
        );
        assert!(sentence.contains(what), "{sentence}");
    };
    let same = &RUN[1..];
    refused(
        &[same, &["--filter", "kernel/*"]].concat(),
        ": --filter was not given and is now kernel/*;",
    );
    refused(&[same, &["--threads", "1"]].concat(), ": --threads was ");
    refused(
        &["--metric", "clock", "--no-report"],
        ": the list of instruments (--metric) was ",
    );
    let changed = |file: &str, text: &str, what: &str| {
        let before = tools.project.read(file);
        fs::write(tools.project.path(file), text).expect("written");
        refused(same, what);
        fs::write(tools.project.path(file), before).expect("written");
    };
    let heap = format!("{}# other\n", tools.project.read("heap"));
    changed("heap", &heap, ": the digest of the file ");
    let other = tools
        .project
        .read("workloads.json")
        .replace("\"d\"", "\"e\"");
    changed(
        "workloads.json",
        &other,
        ": the digest of the workload model/decode was ",
    );
    let toml = format!("{}# other\n", tools.project.read("harness.toml"));
    changed("harness.toml", &toml, ": the digest of harness.toml was ");
    let valgrind = tools
        .project
        .read("bin/valgrind")
        .replace("3.19.0", "3.20.0");
    changed(
        "bin/valgrind",
        &valgrind,
        ": the version of valgrind was valgrind 3.19.0 and is now valgrind 3.20.0;",
    );
    assert!(!tools.project.path("log").exists(), "nothing was measured");
    let done = tools.run(&[&RUN[..], &["--resume"]].concat());
    assert_eq!(
        done.status, 0,
        "a refusal keeps the journal: {}",
        done.stderr
    );
}

#[test]
fn a_run_of_other_sources_is_not_resumed() {
    let tools = logging();
    let project = &tools.project;
    project.write(".gitignore", "bin\nblock\nblocked\nlog\n");
    git(&tools, &["init", "--quiet"]);
    git(&tools, &["add", "--all"]);
    git(&tools, &["commit", "--quiet", "--message", "One"]);
    kill(waiting(&tools, "callgrind", &RUN, 9));
    unblock(&tools);
    let status = || {
        let mut status = std::process::Command::new("git");
        status
            .args(["status", "--porcelain"])
            .current_dir(project.path(""));
        String::from_utf8(status.output().expect("git runs").stdout).expect("text")
    };
    assert_eq!(status(), "", "a journal is no change of the checkout");
    let resume = [&RUN[..], &["--resume"]].concat();
    project.write("notes.txt", "new");
    let sentence = tools.refused(&resume);
    assert!(
        sentence.contains(": the digest of the uncommitted changes was none and"),
        "{sentence}"
    );
    git(&tools, &["add", "--all"]);
    git(&tools, &["commit", "--quiet", "--message", "Two"]);
    let sentence = tools.refused(&resume);
    assert!(sentence.contains(": the revision was "), "{sentence}");
    git(&tools, &["reset", "--quiet", "--hard", "HEAD~1"]);
    assert_eq!(tools.run(&resume).status, 0);
}

#[test]
fn without_an_interrupted_run_there_is_nothing_to_resume() {
    let tools = logging();
    let resume = [&RUN[..], &["--resume"]].concat();
    let sentence = tools.refused(&resume);
    assert!(
        sentence.starts_with("there is no interrupted run to resume in PROJECT/records;"),
        "{sentence}"
    );
    let sentence = tools.refused(&["run", "--resume", "--", "true"]);
    assert!(
        sentence.starts_with("--resume applies to the workloads of a project"),
        "{sentence}"
    );
    assert!(!tools.project.path("log").exists(), "nothing was measured");
}

/// Two runs at once have a journal each, and nobody takes that of a living process.
#[test]
fn a_journal_belongs_to_its_process_while_it_lives() {
    let tools = logging();
    let resume = [&RUN[..], &["--resume"]].concat();
    let first = waiting(&tools, "callgrind", &RUN, 9);
    let second = waiting(&tools, "callgrind", &RUN, 9);
    assert_eq!(journals(&tools).len(), 2);
    let sentence = tools.refused(&resume);
    assert!(
        sentence.contains(", only one that still goes on;"),
        "{sentence}"
    );
    kill(first);
    kill(second);
    unblock(&tools);
    for left in [1, 0] {
        let done = tools.run(&resume);
        assert_eq!(done.status, 0, "{}", done.stderr);
        assert_eq!(journals(&tools).len(), left);
    }
    tools.refused(&resume);
}

#[test]
fn a_run_without_the_option_names_the_interrupted_one_and_replaces_it() {
    let tools = logging();
    kill(waiting(&tools, "callgrind", &RUN, 9));
    unblock(&tools);
    // It ends before it has a reading.
    let failed = tools.run(&["run", "--filter", "no-such-workload"]);
    assert!(
        failed
            .stderr
            .contains("was interrupted, and 11 of its 12 readings are kept"),
        "{}",
        failed.stderr
    );
    assert_eq!(journals(&tools).len(), 1, "the user still has the choice");
    let done = tools.run(&RUN);
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert!(
        done.stderr.contains("--resume` measures the rest instead"),
        "{}",
        done.stderr
    );
    assert!(journals(&tools).is_empty());
    assert!(record(&tools).resumed.is_empty());
}

/// A resumed run can be interrupted and resumed again.
#[test]
fn a_run_is_resumed_twice() {
    let tools = logging();
    let resume = [&RUN[..], &["--resume"]].concat();
    kill(waiting(&tools, "clock", &RUN, 1));
    unblock(&tools);
    let child = waiting(&tools, "callgrind", &resume, 10);
    kill(child);
    unblock(&tools);
    let done = tools.run(&resume);
    assert_eq!(done.status, 0, "{}", done.stderr);
    let kept: Vec<usize> = record(&tools).resumed.iter().map(|one| one.kept).collect();
    assert_eq!(kept, [2, 11]);
}
