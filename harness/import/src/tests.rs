//! Tests over all formats: fixtures, bad input, arbitrary damage, and generated files with known values.

mod bad_input;
mod damage;
mod fixtures;
mod generated;

use harness_record::{Record, Row, metric};

use crate::{Given, ImportError, Results, Source, SourceFile, read};

/// A fixture: its name and its bytes.
type Fixture = (&'static str, &'static [u8]);

macro_rules! fixture {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../fixtures/", $name)))
    };
}

/// The fixtures that are one file.
const FILES: &[Fixture] = &[
    fixture!("asv.json"),
    fixture!("bmf.json"),
    fixture!("cargo-criterion.jsonl"),
    fixture!("codspeed.json"),
    fixture!("go.txt"),
    fixture!("go-failed.txt"),
    fixture!("google-benchmark.json"),
    fixture!("google-benchmark-aggregates.json"),
    fixture!("gungraun-6.json"),
    fixture!("gungraun-7.jsonl"),
    fixture!("hyperfine-1.json"),
    fixture!("hyperfine-2.json"),
    fixture!("pytest-benchmark.json"),
];

/// The files of criterion's folder.
const CRITERION: &[Fixture] = &[
    fixture!("criterion/copy/new/benchmark.json"),
    fixture!("criterion/copy/new/estimates.json"),
    fixture!("criterion/copy/new/sample.json"),
    fixture!("criterion/sum/range/10/new/benchmark.json"),
    fixture!("criterion/sum/range/10/new/estimates.json"),
    fixture!("criterion/sum/range/10/new/sample.json"),
];

/// The bytes of a fixture that is one file.
fn bytes(name: &str) -> &'static [u8] {
    let found = FILES.iter().find(|(known, _)| *known == name);
    found.expect("a fixture").1
}

/// The folder of criterion, after `change` was applied to each file: none leaves it out.
fn criterion(change: impl Fn(&str, &[u8]) -> Option<Vec<u8>>) -> Source {
    let files = CRITERION.iter().filter_map(|(name, bytes)| {
        let path = name.trim_start_matches("criterion/").to_owned();
        let bytes = change(&path, bytes)?;
        Some(SourceFile { path, bytes })
    });
    Source {
        name: "criterion".to_owned(),
        files: files.collect(),
    }
}

/// Reads a text in the format that recognizes it.
fn read_text(text: impl Into<Vec<u8>>) -> Result<Results, ImportError> {
    read(&Source::file("results", text), None)
}

/// The record of results, without anything from the user.
fn record(results: Results) -> Record {
    let record = results.record(&Given::default()).expect("no contradiction");
    record.consistent().expect("a consistent record");
    record
}

/// Name and value of a metric, and the ends of its interval.
type Shown = (&'static str, f64, Option<(f64, f64)>);

/// The values of all metrics of a row, each with its interval.
fn figures(row: &Row) -> Vec<Shown> {
    let figures = metric::all().iter().filter_map(|metric| {
        let figure = metric.figure(row)?;
        let ends = figure.interval.map(|ends| (ends.low, ends.high));
        Some((metric.name(), figure.value, ends))
    });
    figures.collect()
}

/// The value of one metric of the only row with this name.
fn value(results: &Results, row: &str, metric: &str) -> Option<f64> {
    let row = results.rows.iter().find(|one| one.workload == row)?;
    let found = figures(row).into_iter().find(|(name, ..)| *name == metric);
    found.map(|(_, value, _)| value)
}
