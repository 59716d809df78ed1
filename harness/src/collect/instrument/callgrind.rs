//! Instruction counts by callgrind: of the probe itself, or through iai-callgrind's bench binary and runner if the suite
//! has such a bench.
//!
//! The bench runs the case whose workload and phase two environment variables name, so that no count depends on the order
//! of a registry. Benches of older revisions ignore these variables and number their cases. This file is the only one that
//! knows how both kinds of bench name their cases, and where the runner leaves its summary.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use harness_probe::protocol::Description;
use harness_probe::{Case, Instrument};
use harness_record::callgraph::CallGraph;
use harness_record::{Check, Data, Reading};
use itertools::Itertools;
use serde_json::Value;
use walkdir::{DirEntry, WalkDir};

use super::counted_probe::{CountedProbe, Output};
use super::{Definition, InstrumentReader, Measurement, Settings, Taken, each_phase};
use crate::command::CommandInstructions;
use crate::file_error::FileError;
use crate::project::{Program, Suite};
use crate::scratch::Scratch;
use crate::{process, valgrind};

/// Version of the runner's summary that is understood here.
const SUMMARY_VERSION: &str = "7";

/// Makes callgrind keep separate counts of a function for every chain of up to a hundred callers; they need no lines.
const SEPARATE_CALLERS: &str = "--separate-callers=100 --dump-line=no";

/// The only case of a bench that selects its case by the environment.
const SELECTED_CASE: &str = "by_id_0";

/// Creates the command that starts a program.
type Start<'a> = &'a (dyn Fn() -> Command + Sync);

/// Counts instructions, on one thread.
pub struct Callgrind<'a> {
    /// Creates the command that starts the bench of iai-callgrind. Without one, the probe itself is counted.
    pub bench: Option<&'a (dyn Fn() -> Command + Sync)>,
    /// Creates the command that starts the timed probe.
    pub probe: &'a (dyn Fn() -> Command + Sync),
    /// Every workload of the probe, in the order of its registry. The order matters only to benches of older revisions.
    pub workloads: &'a [Description],
    /// The instruction set that kernels choose under valgrind, or the reason why it is unknown.
    pub isa: Result<String, String>,
    /// Conditions.
    pub settings: &'a Settings,
}

pub(super) const DEFINITION: Definition = Definition {
    instrument: Instrument::Callgrind,
    program: Callgrind::program,
    reader: |measurement| {
        if !measurement.commands.is_empty() {
            return Some(Box::new(CommandInstructions {
                definitions: measurement.commands,
                probe: (measurement.probe)(),
                time_limit: measurement.settings.time_limit,
            }));
        }
        Some(Box::new(Callgrind::of(measurement)?))
    },
};

impl InstrumentReader for Callgrind<'_> {
    fn instrument(&self) -> Instrument {
        Instrument::Callgrind
    }

    fn expected_seconds(&self, runs: &[Option<f64>]) -> f64 {
        // A few seconds to start, and fifty times the time on the bare machine. The time to prepare a run is unknown here.
        runs.iter()
            .map(|seconds| 3.0 + 50.0 * seconds.unwrap_or(0.02))
            .sum()
    }

    fn read(&self, workload: &Description, phases: &[String], step: &dyn Fn(&str)) -> Vec<Taken> {
        each_phase(phases, step, |phase| {
            let case = Case {
                workload: workload.id.clone(),
                phase: phase.to_owned(),
            };
            let Some(bench) = self.bench else {
                return self.count_probe(&case);
            };
            let reading = self.isa.clone().and_then(|isa| {
                let data = Data::Callgrind {
                    instructions: self.count(bench, &case, &isa)?,
                };
                Ok(Reading {
                    isa,
                    threads: 1,
                    data,
                })
            });
            // After counting, the bench checks the answer and fails if it is wrong.
            let check = reading.is_ok().then_some(Check::Passed);
            Taken { reading, check }
        })
    }
}

impl<'a> Callgrind<'a> {
    /// The program of a suite that callgrind runs: a bench, or the probe itself.
    pub(super) fn program(suite: &Suite) -> Option<&Program> {
        let itself = suite.counts_itself().then_some(&suite.probe);
        suite.callgrind.as_ref().or(itself)
    }

    /// The reader of a measurement; none if the suite has no such program.
    pub(super) fn of(measurement: &Measurement<'a>) -> Option<Self> {
        if measurement.instruction_bench.is_none() && !measurement.counts_itself {
            return None;
        }
        Some(Self {
            bench: measurement.instruction_bench,
            probe: measurement.probe,
            workloads: measurement.workloads,
            isa: measurement.counts_isa.clone(),
            settings: measurement.settings,
        })
    }

    fn count_probe(&self, case: &Case) -> Taken {
        let counted = self
            .isa
            .clone()
            .and_then(|isa| self.counted_probe().count(case, Some(&isa)));
        match counted {
            Ok(counted) => Taken {
                reading: Ok(Reading {
                    isa: counted.isa,
                    threads: counted.threads,
                    data: Data::Callgrind {
                        instructions: counted.instructions,
                    },
                }),
                check: Some(counted.check),
            },
            Err(reason) => Taken::failed(reason),
        }
    }

    fn counted_probe(&self) -> CountedProbe<'_> {
        CountedProbe {
            probe: self.probe,
            time_limit: self.settings.time_limit,
        }
    }

    fn count(&self, bench: Start<'_>, case: &Case, isa: &str) -> Result<u64, String> {
        let (_folder, summary) = self.run(bench, case, isa, None)?;
        instructions(&fs::read_to_string(summary).map_err(unreadable)?)
    }

    /// Counts the instructions of a workload in a phase once more, function by function, separately for every chain of
    /// callers.
    ///
    /// # Errors
    /// One sentence, if they cannot be counted.
    pub fn graph(&self, workload: &str, phase: &str) -> Result<CallGraph, String> {
        let case = Case {
            workload: workload.to_owned(),
            phase: phase.to_owned(),
        };
        let output = self.output(&case, SEPARATE_CALLERS)?;
        CallGraph::parse(&output.text).map_err(|error| error.to_string())
    }

    /// Runs a case once more, with these options of callgrind.
    ///
    /// # Errors
    /// One sentence, if it cannot be counted.
    pub(super) fn output(&self, case: &Case, options: &str) -> Result<Output, String> {
        let isa = self.isa.as_deref().map_err(Clone::clone)?;
        let Some(bench) = self.bench else {
            let options: Vec<&str> = options.split(' ').collect();
            return self.counted_probe().run(case, Some(isa), &options);
        };
        let (folder, _) = self.run(bench, case, isa, Some(options))?;
        let found = find(folder.path(), |name| {
            name.starts_with("callgrind.") && name.ends_with(".out")
        });
        match found?.as_slice() {
            [] => Err(format!(
                "the runner of iai-callgrind left no callgrind output for {case}"
            )),
            [file] => Ok(Output {
                text: fs::read_to_string(file).map_err(unreadable)?,
                // After counting, the bench checks the answer and fails if it is wrong.
                check: Check::Passed,
                isa: isa.to_owned(),
                threads: 1,
            }),
            several => Err(format!(
                "{} threads or processes were counted, where one should compute",
                several.len()
            )),
        }
    }

    /// Runs one case of the bench. Returns the folder with the files of the runner, and the path of the summary in it.
    fn run(
        &self,
        bench: Start<'_>,
        case: &Case,
        isa: &str,
        callgrind_args: Option<&str>,
    ) -> Result<(Scratch, PathBuf), String> {
        if let Some(done) = self.start(bench, SELECTED_CASE, case, isa, callgrind_args)? {
            return Ok(done);
        }
        // A bench that selects by the environment has this case, or fails with the reason why it has not. So this bench
        // is of an older revision, and so is its probe: both list their workloads in the same order.
        let numbered = match position(self.workloads, case) {
            Some(position) => self.start(
                bench,
                &format!("case_{position}"),
                case,
                isa,
                callgrind_args,
            )?,
            None => None,
        };
        numbered.ok_or_else(|| {
            format!("the instruction bench has no case for {case}; build it and the probe together")
        })
    }

    /// Starts the bench for the case that the runner knows by this name; none if the bench has no such case.
    fn start(
        &self,
        bench: Start<'_>,
        name: &str,
        case: &Case,
        isa: &str,
        callgrind_args: Option<&str>,
    ) -> Result<Option<(Scratch, PathBuf)>, String> {
        let folder =
            Scratch::new().map_err(|error| format!("cannot make a temporary folder: {error}"))?;
        let mut command = bench();
        valgrind::isolate_bench(&mut command);
        command
            .args(["--bench", "--save-summary=json", "--nosummary", "--home"])
            .arg(folder.path())
            // For the runner's temporary files, which it leaves behind if it is killed.
            .env("TMPDIR", folder.path());
        // The runner clears the environment, so that counts depend on nothing in it but these.
        command.arg(format!("--envs=HARNESS_ISA={isa}"));
        for (variable, value) in [
            (Case::WORKLOAD_VARIABLE, &case.workload),
            (Case::PHASE_VARIABLE, &case.phase),
        ] {
            command
                .env(variable, value)
                .arg(format!("--envs={variable}"));
        }
        if let Some(callgrind_args) = callgrind_args {
            command.arg(format!("--callgrind-args={callgrind_args}"));
        }
        command.arg(format!("*::{name}"));
        let output = process::output(&mut command, self.settings.time_limit)
            .map_err(|error| format!("counting instructions failed: {error}"))?;
        if !output.status.success() {
            return Err(format!(
                "counting instructions failed ({}): {}",
                output.status,
                complaint(&output.stderr, folder.path())
            ));
        }
        let summaries = find(folder.path(), |name| name == "summary.json")?;
        Ok(summaries
            .into_iter()
            .next()
            .map(|summary| (folder, summary)))
    }
}

/// The number of a case in a bench that numbers its cases: its position among all cases that callgrind can count.
fn position(workloads: &[Description], case: &Case) -> Option<usize> {
    let counted = workloads
        .iter()
        .filter(|workload| workload.instruments.contains(&Instrument::Callgrind));
    let mut cases =
        counted.flat_map(|workload| workload.phases.iter().map(|phase| (&workload.id, phase)));
    cases.position(|one| one == (&case.workload, &case.phase))
}

/// The files in a folder and its subfolders whose names are wanted.
fn find(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>, String> {
    let is_wanted =
        |file: &DirEntry| !file.file_type().is_dir() && wanted(&file.file_name().to_string_lossy());
    let files = WalkDir::new(folder)
        .into_iter()
        .filter_ok(is_wanted)
        .map_ok(DirEntry::into_path);
    files
        .try_collect()
        .map_err(|error| unreadable(FileError::from(error).source))
}

fn unreadable(error: io::Error) -> String {
    format!("cannot read what the runner of iai-callgrind left: {error}")
}

/// Reads the summary of the runner of iai-callgrind.
///
/// # Errors
/// One sentence, if it has no count.
pub fn instructions(summary: &str) -> Result<u64, String> {
    let summary: Value = serde_json::from_str(summary)
        .map_err(|error| format!("the summary of iai-callgrind is no JSON: {error}"))?;
    if summary["version"] != SUMMARY_VERSION {
        return Err(format!(
            "the summary of iai-callgrind has version {}, expected {SUMMARY_VERSION}",
            summary["version"]
        ));
    }
    let profile = match summary["profiles"].as_array().map(Vec::as_slice) {
        Some([only]) if only["tool"] == "Callgrind" => only,
        _ => {
            return Err("the summary of iai-callgrind has not one profile of callgrind".to_owned());
        }
    };
    let data = &profile["data"];
    let count = |place: &Value| place["metrics"]["Ir"]["values"]["new"].as_u64();
    let total = count(&data["total"])
        .filter(|&count| count > 0)
        .ok_or("the summary of iai-callgrind has no instruction count")?;
    let parts = data["parts"].as_array().map_or(&[][..], Vec::as_slice);
    let sum = parts
        .iter()
        .map(count)
        .try_fold(0_u64, |sum, part| sum.checked_add(part?));
    match sum {
        Some(sum) if parts.is_empty() || sum == total => Ok(total),
        _ => Err("the summary of iai-callgrind contradicts itself: its total is not the sum of its parts".to_owned()),
    }
}

/// The line of valgrind with the reason for a failure, in the error output of the runner or in a log that it left in the
/// folder; else the two lines of the runner with the reason; without such lines, the last one.
fn complaint(stderr: &[u8], folder: &Path) -> String {
    let text = String::from_utf8_lossy(stderr);
    let logs = find(folder, |name| name.ends_with(".log")).unwrap_or_default();
    let logs = logs.iter().filter_map(|log| fs::read(log).ok());
    let logs = logs.map(|log| String::from_utf8_lossy(&log).into_owned());
    let of_valgrind = std::iter::once(text.clone().into_owned())
        .chain(logs)
        .find_map(|text| valgrind::complaint(&text));
    if let Some(complaint) = of_valgrind {
        return complaint;
    }
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let has_reason = |line: &&&str| line.contains("panicked at") || line.contains("rror:");
    match lines.iter().position(|line| has_reason(&line)) {
        Some(first) => lines[first..].iter().take(2).join(" "),
        None => lines
            .last()
            .copied()
            .unwrap_or("it printed no reason")
            .to_owned(),
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
            about: String::new(),
            unit: Unit {
                name: "call".to_owned(),
                per_run: 1,
            },
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
echo "{\"version\":\"7\",\"profiles\":[{\"tool\":\"Callgrind\",\"data\":{\"total\":{\"metrics\":{\"Ir\":{\"values\":{\"new\":$count}}}}}}]}" > "$home/summary.json""#;

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
            rounds: 1,
            slow_rounds: 1,
            criterion_budget: Duration::ZERO,
        };
        let callgrind = Callgrind {
            bench: Some(&start),
            probe: &start,
            workloads,
            isa: Ok("plain".to_owned()),
            settings: &settings,
        };
        callgrind.count(
            &start,
            &Case {
                workload: id.to_owned(),
                phase: phase.to_owned(),
            },
            "plain",
        )
    }

    fn counts(bench: &str, workloads: &[Description]) -> Vec<u64> {
        let cases = [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")];
        cases
            .map(|(id, phase)| count(bench, workloads, id, phase).expect("counted"))
            .to_vec()
    }

    #[test]
    fn a_count_belongs_to_its_workload_wherever_the_workload_stands() {
        let (a, b) = (
            workload("a", &["x", "y"], &[On::Callgrind]),
            workload("b", &["x", "y"], &[On::Callgrind]),
        );
        let new = workload("new", &["x"], &[On::Callgrind]);
        let expected = [10, 20, 30, 40];
        assert_eq!(counts(BY_ID, &[a.clone(), b.clone()]), expected);
        assert_eq!(counts(BY_ID, &[b.clone(), a.clone()]), expected);
        assert_eq!(
            counts(BY_ID, &[a.clone(), new.clone(), b.clone()]),
            expected
        );
        let refused = count(BY_ID, &[a, new, b], "new", "x").expect_err("the bench lacks it");
        assert!(
            refused.ends_with("error: there is no workload new"),
            "{refused}"
        );
    }

    #[test]
    fn a_bench_of_an_older_revision_is_counted_by_position() {
        let workloads = [
            workload("a", &["x", "y"], &[On::Callgrind]),
            workload("big", &["x", "y"], &[On::Clock]),
            workload("b", &["x", "y"], &[On::Clock, On::Callgrind]),
        ];
        assert_eq!(counts(NUMBERED, &workloads), [10, 20, 30, 40]);
        let missing =
            "the instruction bench has no case for big in phase x; build it and the probe together";
        assert_eq!(
            count(NUMBERED, &workloads, "big", "x"),
            Err(missing.to_owned())
        );
    }

    #[test]
    fn reads_the_total_of_a_summary() {
        let summary = r#"{"version": "7", "profiles": [{"tool": "Callgrind", "data": {"parts": [{"metrics": {"Ir": {"values": {"new": 427}}}}], "total": {"metrics": {"Ir": {"values": {"new": 427}}}}}}]}"#;
        assert_eq!(instructions(summary), Ok(427));
        assert!(
            instructions(&summary.replace("\"7\"", "\"8\""))
                .is_err_and(|error| error.contains("version \"8\""))
        );
        for (from, to) in [
            ("427", "0"),
            ("427", "-427"),
            ("427", "427.5"),
            ("Callgrind", "DHAT"),
        ] {
            assert!(instructions(&summary.replace(from, to)).is_err(), "{to}");
        }
        let contradicting = summary.replacen("427", "400", 1);
        assert!(
            instructions(&contradicting)
                .is_err_and(|error| error.contains("is not the sum of its parts"))
        );
        assert!(instructions("{").is_err());
    }

    proptest::proptest! {
        /// A summary with any value in the place of its counts is refused, or has a count above zero.
        #[test]
        fn any_value_is_refused_or_a_count(
            part in "[0-9]{1,21}|-[0-9]{1,4}|[0-9]\\.[0-9]|null|\"7\"|\\[\\]",
            total in "[0-9]{1,21}|-[0-9]{1,4}|[0-9]\\.[0-9]|null|\"7\"|\\{\\}",
        ) {
            let metrics = |count: &str| format!(r#"{{"metrics":{{"Ir":{{"values":{{"new":{count}}}}}}}}}"#);
            let summary = format!(
                r#"{{"version":"7","profiles":[{{"tool":"Callgrind","data":{{"parts":[{}],"total":{}}}}}]}}"#,
                metrics(&part),
                metrics(&total),
            );
            if let Ok(count) = instructions(&summary) {
                proptest::prop_assert!(count > 0 && part == total && total.parse() == Ok(count));
            }
        }
    }

    #[test]
    fn the_reason_of_a_failure_is_found() {
        let empty = Scratch::new().expect("a folder");
        let stderr = b"noise\nthread 'main' panicked at lib.rs:1:1:\nwrong answer: 3 is not 4\nnote: run with\n";
        assert_eq!(
            complaint(stderr, empty.path()),
            "thread 'main' panicked at lib.rs:1:1: wrong answer: 3 is not 4"
        );
        assert_eq!(complaint(b"", empty.path()), "it printed no reason");
        fs::write(
            empty.path().join("callgrind.log"),
            "==7== noise\n==7==  Illegal opcode at address 0x1\n",
        )
        .expect("written");
        let told = complaint(stderr, empty.path());
        assert!(told.starts_with("Illegal opcode at address 0x1"), "{told}");
    }
}
