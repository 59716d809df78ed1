//! Sizes and build times of programs, and the instruments that run on demand only.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use harness_probe::Instrument;
use harness_record::{Data, Record};

use crate::project::Done;
use crate::tools::Tools;

fn run(tools: &Tools, more: &[&str]) -> Done {
    let run = ["run", "--no-report", "--out", "records/a.json"];
    tools.run(&[&run[..], more].concat())
}

fn instruments(tools: &Tools) -> Vec<Instrument> {
    let record = Record::read(&tools.project.path("records/a.json")).expect("written");
    let readings = record.rows.iter().flat_map(|row| &row.readings);
    let mut found: Vec<Instrument> = readings.map(|one| one.data.instrument()).collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn misses_are_simulated_only_if_they_are_named() {
    let tools = Tools::new();
    let callgrind = tools.project.read("callgrind");
    let simulated = callgrind
        .replace("events: Ir", "events: Ir Bcm Bim D1mr D1mw ILmr DLmr DLmw")
        .replace("totals: $count", "totals: $count 30 12 4 3 2 1");
    let simulated = simulated.strip_prefix("#!/bin/sh\n").expect("a script");
    tools.script("callgrind", simulated);
    let done = run(&tools, &["--metric", "misses", "--format", "json"]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert_eq!(instruments(&tools), [Instrument::Misses]);
    assert!(
        done.stdout.contains("simulated_branch_misses_per_unit"),
        "{}",
        done.stdout
    );
    let record = Record::read(&tools.project.path("records/a.json")).expect("written");
    let Data::Counts { values, .. } = &record.rows[0].readings[0].data else {
        panic!("{:?}", record.rows[0])
    };
    assert_eq!((values["Bcm"], values["Bim"], values["DLmw"]), (30, 12, 0));
    let done = run(&tools, &["--metric", "heap,instructions"]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    let counting = [Instrument::Callgrind, Instrument::Dhat];
    assert_eq!(instruments(&tools), counting);
}

#[test]
fn misses_that_callgrind_does_not_report_are_a_failure() {
    let tools = Tools::new();
    let done = run(&tools, &["--metric", "misses", "--filter", "kernel/gelu"]);
    assert_eq!(done.status, 2, "{}", done.stdout);
    assert!(
        done.stderr.contains("callgrind left no misses of"),
        "{}",
        done.stderr
    );
    tools.without("valgrind");
    let refused = tools.refused(&["run", "--metric", "misses"]);
    assert!(refused.contains("valgrind"), "{refused}");
}

#[test]
fn counters_are_read_or_their_absence_is_explained() {
    let tools = Tools::new();
    let counters = ["--metric", "counters"];
    match harness::hardware::available() {
        Ok(()) => {
            let done = run(&tools, &counters);
            assert_eq!(done.status, 0, "{}", done.stderr);
            assert_eq!(instruments(&tools), [Instrument::Counters]);
        }
        Err(reason) => {
            let refused = tools.refused(&[&["run"][..], &counters].concat());
            assert!(
                refused.starts_with("the counters of the processor cannot be read here: ")
                    && refused.ends_with(&reason),
                "{refused}"
            );
        }
    }
}

/// A probe without dependencies, with one workload.
const PROBE: &str = r#"
use std::io::BufRead;
fn main() {
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        let reply = if line.contains("hello") {
            r'{"reply":"hello","protocol":5,"meter":"clock","isa":"x86_64","workloads":[{"id":"work","unit":{"name":"call","per_run":1},"definition":"d","answer":"a","phases":["now"],"instruments":["clock"],"selection":"quick"}]}'
        } else if line.contains("prepare") {
            r'{"reply":"prepared","isa":"x86_64"}'
        } else if line.contains("check") {
            r'{"reply":"checked","wrong":null}'
        } else {
            r'{"reply":"ran","reading":{"meter":"clock","nanoseconds":50000000,"tokens_at":[]}}'
        };
        println!("{reply}");
    }
}
"#;

/// A package whose binary is the probe.
fn package(folder: &Path) {
    let manifest = "[package]\nname = 'small'\nversion = '0.1.0'\nedition = '2021'\n[workspace]\n[profile.release]\nopt-level = 0\n";
    let configuration = "probe = { bin = { package = 'small', name = 'small' } }\n";
    let probe = PROBE.replace("r'{", "r#\"{").replace("}'\n", "}\"#\n");
    for (path, text) in [
        ("Cargo.toml", manifest),
        ("harness.toml", configuration),
        (".gitignore", "/target\n/records\n/reports\n"),
        ("src/main.rs", &probe),
    ] {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
    for arguments in [
        &["init", "--quiet"][..],
        &["add", "--all"],
        &["commit", "--quiet", "--message", "A state"],
    ] {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
            .args(arguments)
            .current_dir(folder);
        assert!(git.status().expect("git").success());
    }
}

fn harness(folder: &Path, arguments: &[&str]) -> Output {
    let mut harness = Command::new(assert_cmd::cargo::cargo_bin!("harness"));
    harness.args(arguments).current_dir(folder);
    harness.output().expect("started")
}

fn text(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8_lossy(&both).into_owned()
}

#[test]
fn a_program_that_grows_is_a_regression_of_its_size() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    package(root);
    let ran = harness(
        root,
        &[
            "run",
            "--metric",
            "size,build",
            "--no-report",
            "--out",
            "a.json",
        ],
    );
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran));
    let record = Record::read(&root.join("a.json")).expect("written");
    let [row] = record.rows.as_slice() else {
        panic!("{:?}", record.rows)
    };
    assert_eq!(row.place(), "program/small/small in phase release");
    let read: Vec<Instrument> = row
        .readings
        .iter()
        .map(|one| one.data.instrument())
        .collect();
    assert_eq!(read, [Instrument::Size, Instrument::Build]);
    assert!(
        text(&ran).contains("build of the package"),
        "{}",
        text(&ran)
    );

    let gate = ["gate", "--base", "HEAD", "--counts-only"];
    let main = root.join("src/main.rs");
    let larger = fs::read_to_string(&main).expect("there")
        + "#[used] static SPACE: [u8; 1 << 17] = [7; 1 << 17];\n";
    fs::write(&main, larger).expect("written");
    let grown = harness(root, &gate);
    assert_eq!(grown.status.code(), Some(1), "{}", text(&grown));
    let table = text(&grown);
    assert!(
        table.contains("program/small/small") && table.contains("program in memory"),
        "{table}"
    );
    assert!(table.contains("the limit is 1 %"), "{table}");
}
