//! Instruction counts by callgrind, through iai-callgrind's bench binary and runner.
//!
//! The bench registers its cases in the order of the probe's workloads and phases and names them by their place in it;
//! this file is the only one that knows that, and where the runner leaves its summary.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use harness_probe::Instrument;
use harness_probe::protocol::Description;
use harness_record::callgraph::CallGraph;
use harness_record::{Check, Data, Reading};
use serde_json::Value;
use tempfile::TempDir;

use crate::collect::instrument::{InstrumentReader, Settings, Taken};
use crate::process;

/// Version of the runner's summary that is understood here.
const SUMMARY_VERSION: &str = "7";

/// What makes callgrind keep a function apart for every chain of up to a hundred callers; lines are not needed then.
const APART: &str = "--separate-callers=100 --dump-line=no";

/// Counts instructions, on one thread.
pub struct Callgrind<'a> {
    /// Starts the bench binary.
    pub bench: &'a (dyn Fn() -> Command + Sync),
    /// Every workload of the probe, in its order: the place of a case is found among them.
    pub workloads: &'a [Description],
    /// The instruction set that kernels choose under valgrind, or why there is no valgrind to ask.
    pub isa: Result<String, String>,
    /// Conditions.
    pub settings: &'a Settings,
}

impl InstrumentReader for Callgrind<'_> {
    fn instrument(&self) -> Instrument {
        Instrument::Callgrind
    }

    fn expected_seconds(&self, runs: &[Option<f64>]) -> f64 {
        // A second to start, and about fifty times the bare machine's time; what prepares a run is not known here.
        runs.iter().map(|seconds| 3.0 + 50.0 * seconds.unwrap_or(0.02)).sum()
    }

    fn read(&self, workload: &Description, phases: &[String], step: &dyn Fn(&str)) -> Vec<Taken> {
        phases
            .iter()
            .map(|phase| {
                step(phase);
                let reading = self.isa.clone().and_then(|isa| {
                    let place = self.place(&workload.id, phase)?;
                    let data = Data::Callgrind { instructions: self.count(place, &isa)? };
                    Ok(Reading { isa, threads: 1, data })
                });
                // The bench checks the answer when it has counted, and fails if it is wrong.
                let check = reading.is_ok().then_some(Check::Passed);
                Taken { reading, check }
            })
            .collect()
    }
}

impl Callgrind<'_> {
    fn count(&self, place: usize, isa: &str) -> Result<u64, String> {
        let home = self.run(place, isa, None)?;
        let found = find(home.path(), &|name| name == "summary.json").map_err(unreadable)?;
        let summary = found.first().ok_or_else(|| no_case(place))?;
        instructions(&fs::read_to_string(summary).map_err(unreadable)?)
    }

    /// Counts the instructions of a workload in a phase once more, function by function, each apart for every chain of
    /// callers.
    ///
    /// # Errors
    /// One sentence, if they cannot be counted.
    pub fn graph(&self, workload: &str, phase: &str) -> Result<CallGraph, String> {
        let isa = self.isa.as_deref().map_err(Clone::clone)?;
        let place = self.place(workload, phase)?;
        let home = self.run(place, isa, Some(APART))?;
        let found = find(home.path(), &|name| name.starts_with("callgrind.") && name.ends_with(".out"));
        match found.map_err(unreadable)?.as_slice() {
            [] => Err(no_case(place)),
            [file] => {
                CallGraph::parse(&fs::read_to_string(file).map_err(unreadable)?).map_err(|error| error.to_string())
            }
            several => Err(format!("{} threads or processes were counted, where one should compute", several.len())),
        }
    }

    fn place(&self, workload: &str, phase: &str) -> Result<usize, String> {
        case(self.workloads, workload, phase)
            .ok_or_else(|| format!("{workload} in phase {phase} is no case of the bench"))
    }

    /// Runs one case of the bench, and returns the folder with what its runner left. `told` is passed on to callgrind.
    fn run(&self, place: usize, isa: &str, told: Option<&str>) -> Result<TempDir, String> {
        let home = tempfile::tempdir().map_err(|error| format!("cannot make a temporary folder: {error}"))?;
        let mut command = (self.bench)();
        command.args(["--bench", "--save-summary=json", "--nosummary", "--home"]).arg(home.path());
        // The runner clears the environment, so that counts depend on nothing in it: also not on what chose the probe's.
        command.arg(format!("--envs=HARNESS_ISA={isa}"));
        if let Some(told) = told {
            command.arg(format!("--callgrind-args={told}"));
        }
        command.arg(format!("*::case_{place}"));
        let output = process::output(&mut command, self.settings.time_limit)
            .map_err(|error| format!("counting instructions failed: {error}"))?;
        if !output.status.success() {
            return Err(format!("counting instructions failed ({}): {}", output.status, complaint(&output.stderr)));
        }
        Ok(home)
    }
}

/// The place of a workload in a phase among the cases of the bench.
fn case(workloads: &[Description], id: &str, phase: &str) -> Option<usize> {
    workloads
        .iter()
        .filter(|workload| workload.instruments.contains(&harness_probe::Instrument::Callgrind))
        .flat_map(|workload| workload.phases.iter().map(|phase| (workload.id.as_str(), phase.as_str())))
        .position(|case| case == (id, phase))
}

/// The files in a folder and below whose names are wanted.
fn find(folder: &Path, wanted: &dyn Fn(&str) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(find(&path, wanted)?);
        } else if path.file_name().is_some_and(|name| wanted(&name.to_string_lossy())) {
            found.push(path);
        }
    }
    Ok(found)
}

fn unreadable(error: io::Error) -> String {
    format!("cannot read what the runner of iai-callgrind left: {error}")
}

fn no_case(place: usize) -> String {
    format!("the instruction bench has no case {place}; build it and the probe together")
}

fn instructions(summary: &str) -> Result<u64, String> {
    let summary: Value =
        serde_json::from_str(summary).map_err(|error| format!("the summary of iai-callgrind is no JSON: {error}"))?;
    if summary["version"] != SUMMARY_VERSION {
        return Err(format!(
            "the summary of iai-callgrind has version {}, expected {SUMMARY_VERSION}",
            summary["version"]
        ));
    }
    summary["profiles"][0]["data"]["total"]["metrics"]["Ir"]["values"]["new"]
        .as_u64()
        .filter(|&count| count > 0)
        .ok_or_else(|| "the summary of iai-callgrind has no instruction count".to_owned())
}

/// The line of the runner's complaint that says what happened.
fn complaint(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let telling = |line: &&&str| line.contains("panicked at") || line.contains("rror:");
    match lines.iter().position(|line| telling(&line)) {
        Some(place) => lines[place..].iter().take(2).copied().collect::<Vec<_>>().join(" "),
        None => lines.last().copied().unwrap_or("it said nothing").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use harness_probe::{Instrument as On, Selection, Unit};

    use super::*;

    fn workload(id: &str, phases: &[&str], instruments: &[On]) -> Description {
        Description {
            id: id.to_owned(),
            unit: Unit { name: "call".to_owned(), per_run: 1 },
            definition: String::new(),
            answer: String::new(),
            phases: phases.iter().map(|&phase| phase.to_owned()).collect(),
            instruments: instruments.to_vec(),
            selection: Selection::Quick,
        }
    }

    #[test]
    fn cases_are_counted_over_the_workloads_that_callgrind_can_take() {
        let workloads = [
            workload("a", &["x", "y"], &[On::Callgrind]),
            workload("big", &["x", "y"], &[On::Clock]),
            workload("b", &["x", "y"], &[On::Clock, On::Callgrind]),
        ];
        assert_eq!(case(&workloads, "a", "y"), Some(1));
        assert_eq!(case(&workloads, "b", "x"), Some(2));
        assert_eq!(case(&workloads, "big", "x"), None);
    }

    #[test]
    fn reads_the_total_of_a_summary() {
        let summary =
            r#"{"version": "7", "profiles": [{"data": {"total": {"metrics": {"Ir": {"values": {"new": 427}}}}}}]}"#;
        assert_eq!(instructions(summary), Ok(427));
        assert!(instructions(&summary.replace("\"7\"", "\"8\"")).is_err_and(|error| error.contains("version \"8\"")));
        assert!(instructions(&summary.replace("427", "0")).is_err());
        assert!(instructions("{").is_err());
    }

    #[test]
    fn the_telling_line_of_a_complaint_is_found() {
        let stderr = b"noise\nthread 'main' panicked at lib.rs:1:1:\nwrong answer: 3 is not 4\nnote: run with\n";
        assert_eq!(complaint(stderr), "thread 'main' panicked at lib.rs:1:1: wrong answer: 3 is not 4");
        assert_eq!(complaint(b""), "it said nothing");
    }
}
