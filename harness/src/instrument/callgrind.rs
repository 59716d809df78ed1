//! Instruction counts by callgrind, through iai-callgrind's bench binary and runner.
//!
//! The bench registers its cases in the order of the probe's workloads and phases and names them by their place in it;
//! this file is the only one that knows that, and where the runner leaves its summary.

use std::path::Path;
use std::process::Command;
use std::{fs, io};

use harness_probe::protocol::Description;
use serde_json::Value;

use super::{Gauge, Settings, Taken};
use crate::child;
use crate::record::{Check, Data, Instrument, Reading};

/// Version of the runner's summary that is understood here.
const SUMMARY_VERSION: &str = "7";

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

impl Gauge for Callgrind<'_> {
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
                    let place = case(self.workloads, &workload.id, phase)
                        .ok_or_else(|| format!("{} in phase {phase} is no case of the bench", workload.id))?;
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
        let home = tempfile::tempdir().map_err(|error| format!("cannot make a temporary folder: {error}"))?;
        let mut command = (self.bench)();
        command.args(["--bench", "--save-summary=json", "--nosummary", "--home"]).arg(home.path());
        // The runner clears the environment, so that counts depend on nothing in it: also not on what chose the probe's.
        command.arg(format!("--envs=HARNESS_ISA={isa}"));
        command.arg(format!("*::case_{place}"));
        let output = child::output(&mut command, self.settings.time_limit)
            .map_err(|error| format!("counting instructions failed: {error}"))?;
        if !output.status.success() {
            return Err(format!("counting instructions failed ({}): {}", output.status, complaint(&output.stderr)));
        }
        let summary = find_summary(home.path())
            .map_err(|error| format!("cannot read what the runner of iai-callgrind left: {error}"))?
            .ok_or_else(|| format!("the instruction bench has no case {place}; build it and the probe together"))?;
        instructions(&summary)
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

fn find_summary(folder: &Path) -> io::Result<Option<String>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if let Some(text) = find_summary(&path)? {
                return Ok(Some(text));
            }
        } else if path.file_name().is_some_and(|name| name == "summary.json") {
            return fs::read_to_string(&path).map(Some);
        }
    }
    Ok(None)
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
