//! Instruction counts by callgrind, through iai-callgrind's bench binary and runner.
//!
//! The bench registers its cases in the order of the probe's workloads and phases, and names each by its index. Only
//! this file depends on that order and on the location of the runner's summary.

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

/// Supported version of the runner's summary.
const SUMMARY_VERSION: &str = "7";

/// Arguments that make callgrind count each function separately per chain of up to 100 callers. Source lines are
/// omitted.
const APART: &str = "--separate-callers=100 --dump-line=no";

/// Counts instructions on one thread.
pub struct Callgrind<'a> {
    /// Creates the command that starts the bench.
    pub bench: &'a (dyn Fn() -> Command + Sync),
    /// All workloads of the probe, in its order. They determine the index of a case.
    pub workloads: &'a [Description],
    /// Instruction set that the kernels choose under valgrind, or the reason why it is unknown.
    pub isa: Result<String, String>,
    /// Budgets and conditions.
    pub settings: &'a Settings,
}

impl InstrumentReader for Callgrind<'_> {
    fn instrument(&self) -> Instrument {
        Instrument::Callgrind
    }

    fn expected_seconds(&self, runs: &[Option<f64>]) -> f64 {
        // Estimate: 3 s to start and prepare, and 50 times the time outside valgrind.
        runs.iter().map(|seconds| 3.0 + 50.0 * seconds.unwrap_or(0.02)).sum()
    }

    fn read(&self, workload: &Description, phases: &[String], step: &dyn Fn(&str)) -> Vec<Taken> {
        phases
            .iter()
            .map(|phase| {
                step(phase);
                let case = Case { workload: workload.id.clone(), phase: phase.clone() };
                let reading = self.isa.clone().and_then(|isa| {
                    let data = Data::Callgrind { instructions: self.count(&case, &isa)? };
                    Ok(Reading { isa, threads: 1, data })
                });
                // The bench checks the answer after counting, and fails if it is wrong.
                let check = reading.is_ok().then_some(Check::Passed);
                Taken { reading, check }
            })
            .collect()
    }
}

impl Callgrind<'_> {
    fn count(&self, case: &Case, isa: &str) -> Result<u64, String> {
        let (_folder, summary) = self.run(case, isa, None)?;
        instructions(&fs::read_to_string(summary).map_err(unreadable)?)
    }

    /// Counts the instructions of a workload in a phase per function and chain of callers.
    ///
    /// # Errors
    /// A message with the reason, if counting fails.
    pub fn graph(&self, workload: &str, phase: &str) -> Result<CallGraph, String> {
        let isa = self.isa.as_deref().map_err(Clone::clone)?;
        let case = Case { workload: workload.to_owned(), phase: phase.to_owned() };
        let (folder, _) = self.run(&case, isa, Some(SEPARATE_CALLERS))?;
        let found = find(folder.path(), &|name| name.starts_with("callgrind.") && name.ends_with(".out"));
        match found.map_err(unreadable)?.as_slice() {
            [] => Err(format!("the runner of iai-callgrind left no callgrind output for {case}")),
            [file] => {
                CallGraph::parse(&fs::read_to_string(file).map_err(unreadable)?).map_err(|error| error.to_string())
            }
            several => {
                Err(format!("callgrind counted {} threads or processes, but only one should compute", several.len()))
            }
        }
    }

    fn place(&self, workload: &str, phase: &str) -> Result<usize, String> {
        case(self.workloads, workload, phase)
            .ok_or_else(|| format!("the instruction bench has no case for {workload} in phase {phase}"))
    }

    /// Runs one case of the bench and returns the folder with the runner's output. `arguments` are passed to callgrind.
    fn run(&self, place: usize, isa: &str, arguments: Option<&str>) -> Result<TempDir, String> {
        let home = tempfile::tempdir().map_err(|error| format!("cannot make a temporary folder: {error}"))?;
        let mut command = (self.bench)();
        command.args(["--bench", "--save-summary=json", "--nosummary", "--home"]).arg(home.path());
        // The runner clears the environment, so the instruction set must be passed on explicitly.
        command.arg(format!("--envs=HARNESS_ISA={isa}"));
        if let Some(arguments) = arguments {
            command.arg(format!("--callgrind-args={arguments}"));
        }
        command.arg(format!("*::case_{place}"));
        let output = process::output(&mut command, self.settings.time_limit)
            .map_err(|error| format!("counting instructions failed: {error}"))?;
        if !output.status.success() {
            return Err(format!("counting instructions failed ({}): {}", output.status, complaint(&output.stderr)));
        }
        let summaries = find(folder.path(), &|name| name == "summary.json").map_err(unreadable)?;
        Ok(summaries.into_iter().next().map(|summary| (folder, summary)))
    }
}

/// Returns the index of a workload in a phase among the cases of the bench.
fn case(workloads: &[Description], id: &str, phase: &str) -> Option<usize> {
    workloads
        .iter()
        .filter(|workload| workload.instruments.contains(&harness_probe::Instrument::Callgrind))
        .flat_map(|workload| workload.phases.iter().map(|phase| (&workload.id, phase)))
        .position(|one| one == (&case.workload, &case.phase))
}

/// Finds the files below a folder whose names match `wanted`.
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
    format!("cannot read the output of iai-callgrind: {error}")
}

fn instructions(summary: &str) -> Result<u64, String> {
    let summary: Value =
        serde_json::from_str(summary).map_err(|error| format!("the summary of iai-callgrind is not JSON: {error}"))?;
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

/// Extracts the error message from the runner's output: a panic or an error with the next line, else the last line.
fn complaint(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_error = |line: &&&str| line.contains("panicked at") || line.contains("rror:");
    match lines.iter().position(|line| is_error(&line)) {
        Some(place) => lines[place..].iter().take(2).copied().collect::<Vec<_>>().join(" "),
        None => lines.last().copied().unwrap_or("it printed nothing").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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

    /// Answers as the runner does, with 10 instructions for workload `a` in phase `x`, 20 for `y`; 30 and 40 for `b`.
    const BY_ID: &str = r#"
for argument; do [ "$previous" = --home ] && home=$argument; previous=$argument; done
[ "$previous" = "*::by_id_0" ] || exit 0
case "$HARNESS_WORKLOAD $HARNESS_PHASE" in
  "a x") count=10 ;; "a y") count=20 ;; "b x") count=30 ;; "b y") count=40 ;;
  *) echo "error: there is no workload $HARNESS_WORKLOAD" >&2; exit 2 ;;
esac"#;

    /// The same as a bench of an older revision, which heeds no variable.
    const NUMBERED: &str = r#"
for argument; do [ "$previous" = --home ] && home=$argument; previous=$argument; done
case "$previous" in
  "*::case_0") count=10 ;; "*::case_1") count=20 ;; "*::case_2") count=30 ;; "*::case_3") count=40 ;;
  *) exit 0 ;;
esac"#;

    const SUMMARY: &str = r#"
echo "{\"version\":\"7\",\"profiles\":[{\"data\":{\"total\":{\"metrics\":{\"Ir\":{\"values\":{\"new\":$count}}}}}}]}" > "$home/summary.json""#;

    fn count(bench: &str, workloads: &[Description], id: &str, phase: &str) -> Result<u64, String> {
        let script = format!("{bench}{SUMMARY}");
        let start = || {
            let mut command = Command::new("sh");
            command.args(["-c", &script, "bench"]);
            command
        };
        let settings = Settings {
            threads: 1,
            isa: None,
            time_limit: Duration::from_secs(60),
            clock_budget: Duration::ZERO,
            slow_rounds: 1,
            criterion_budget: Duration::ZERO,
        };
        let callgrind = Callgrind { bench: &start, workloads, isa: Ok("plain".to_owned()), settings: &settings };
        callgrind.count(&Case { workload: id.to_owned(), phase: phase.to_owned() }, "plain")
    }

    fn counts(bench: &str, workloads: &[Description]) -> Vec<u64> {
        let cases = [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")];
        cases.map(|(id, phase)| count(bench, workloads, id, phase).expect("counted")).to_vec()
    }

    #[test]
    fn a_count_belongs_to_its_workload_wherever_the_workload_stands() {
        let (a, b) = (workload("a", &["x", "y"], &[On::Callgrind]), workload("b", &["x", "y"], &[On::Callgrind]));
        let new = workload("new", &["x"], &[On::Callgrind]);
        let expected = [10, 20, 30, 40];
        assert_eq!(counts(BY_ID, &[a.clone(), b.clone()]), expected);
        assert_eq!(counts(BY_ID, &[b.clone(), a.clone()]), expected);
        assert_eq!(counts(BY_ID, &[a.clone(), new.clone(), b.clone()]), expected);
        let refused = count(BY_ID, &[a, new, b], "new", "x").expect_err("the bench lacks it");
        assert!(refused.ends_with("error: there is no workload new"), "{refused}");
    }

    #[test]
    fn a_bench_of_an_older_revision_is_counted_by_position() {
        let workloads = [
            workload("a", &["x", "y"], &[On::Callgrind]),
            workload("big", &["x", "y"], &[On::Clock]),
            workload("b", &["x", "y"], &[On::Clock, On::Callgrind]),
        ];
        assert_eq!(counts(NUMBERED, &workloads), [10, 20, 30, 40]);
        let missing = "the instruction bench has no case for big in phase x; build it and the probe together";
        assert_eq!(count(NUMBERED, &workloads, "big", "x"), Err(missing.to_owned()));
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
    fn the_error_message_is_extracted() {
        let stderr = b"noise\nthread 'main' panicked at lib.rs:1:1:\nwrong answer: 3 is not 4\nnote: run with\n";
        assert_eq!(complaint(stderr), "thread 'main' panicked at lib.rs:1:1: wrong answer: 3 is not 4");
        assert_eq!(complaint(b""), "it printed nothing");
    }
}
