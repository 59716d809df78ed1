//! Time by criterion, separately for each workload and phase.
//!
//! The crate harness-import reads criterion's output files, whose format is not documented as stable.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness_import::criterion;
use harness_probe::Instrument;
use harness_probe::protocol::Description;
use harness_record::{Data, Reading};
use itertools::Itertools;
use walkdir::{DirEntry, WalkDir};

use crate::collect::instrument::{Definition, InstrumentReader, Settings, Taken, each_phase};
use crate::file_error::FileError;
use crate::process;
use crate::scratch::Scratch;

/// Number of samples: the minimum that criterion accepts.
const SAMPLES: u32 = 10;

/// Reads time by criterion.
pub(super) struct Criterion<'a> {
    /// Creates the command that starts the bench.
    pub bench: &'a (dyn Fn() -> Command + Sync),
    /// Instruction set for the kernels. It is forced, because the bench does not report its choice.
    pub isa: &'a str,
    /// Budgets and conditions.
    pub settings: &'a Settings,
}

pub(super) const DEFINITION: Definition = Definition {
    instrument: Instrument::Criterion,
    program: |suite| suite.criterion.as_ref(),
    reader: |measurement| {
        Some(Box::new(Criterion {
            bench: measurement.time_bench?,
            isa: measurement.isa,
            settings: measurement.settings,
        }))
    },
};

impl InstrumentReader for Criterion<'_> {
    fn instrument(&self) -> Instrument {
        Instrument::Criterion
    }

    fn expected_seconds(&self, runs: &[Option<f64>]) -> f64 {
        let budget = self.settings.criterion_budget.as_secs_f64();
        let warm_up = self.warm_up_seconds();
        let each = |once: &Option<f64>| {
            0.3 + (budget + warm_up).max(once.unwrap_or(0.0) * f64::from(SAMPLES + 1))
        };
        runs.iter().map(each).sum()
    }

    fn read(&self, workload: &Description, phases: &[String], step: &dyn Fn(&str)) -> Vec<Taken> {
        each_phase(phases, step, |phase| {
            let (isa, threads) = (self.isa.to_owned(), self.settings.threads);
            let reading = self
                .time(&workload.id, phase)
                .map(|data| Reading { isa, threads, data });
            Taken {
                reading,
                check: None,
            }
        })
    }
}

impl Criterion<'_> {
    fn warm_up_seconds(&self) -> f64 {
        self.settings.criterion_budget.as_secs_f64() / 4.0
    }

    fn time(&self, workload: &str, phase: &str) -> Result<Data, String> {
        let home =
            Scratch::new().map_err(|error| format!("cannot make a temporary folder: {error}"))?;
        let mut command = (self.bench)();
        command
            .args([
                "--bench",
                "--noplot",
                "--quiet",
                "--exact",
                &format!("{workload}/{phase}"),
            ])
            .args(["--sample-size", &SAMPLES.to_string()])
            .args([
                "--measurement-time",
                &self.settings.criterion_budget.as_secs_f64().to_string(),
            ])
            .args(["--warm-up-time", &self.warm_up_seconds().to_string()])
            .env("CRITERION_HOME", home.path())
            .env("HARNESS_THREADS", self.settings.threads.to_string())
            .env("HARNESS_ISA", self.isa);
        let output = process::output(&mut command, self.settings.time_limit)
            .map_err(|error| format!("timing by criterion failed: {error}"))?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            let last = stderr
                .lines()
                .rfind(|line| !line.trim().is_empty() && !line.starts_with("note: "));
            let last = last.unwrap_or("it printed nothing");
            return Err(format!(
                "timing by criterion failed ({}): {last}",
                output.status
            ));
        }
        let folder = find_results(home.path())
            .map_err(|error| {
                format!(
                    "cannot read the output of criterion: {}",
                    FileError::from(error).source
                )
            })?
            .ok_or_else(|| {
                format!(
                    "the time bench has no case {workload}/{phase}; build it and the probe together"
                )
            })?;
        results(&folder)
    }
}

/// Finds the folder with the results of the only case below `folder`.
fn find_results(folder: &Path) -> walkdir::Result<Option<PathBuf>> {
    let is_of_results = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name == "new") && path.join("estimates.json").is_file()
    };
    let paths = WalkDir::new(folder).into_iter().map_ok(DirEntry::into_path);
    paths.filter_ok(is_of_results).next().transpose()
}

/// Reads the results. Impossible numbers fail the row.
fn results(folder: &Path) -> Result<Data, String> {
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read(&path).map_err(|error| {
            format!(
                "cannot read the output of criterion, {}: {error}",
                path.display()
            )
        })
    };
    criterion::reading(&read("estimates.json")?, &read("sample.json")?)
        .map_err(|problem| format!("the output of criterion cannot be used: it {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: &str =
        r#""confidence_interval":{"confidence_level":0.95,"lower_bound":99.0,"upper_bound":102.5}"#;

    fn folder(estimates: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let new = folder.path().join("group/phase/new");
        fs::create_dir_all(&new).expect("made");
        fs::write(new.join("estimates.json"), estimates).expect("written");
        fs::write(
            new.join("sample.json"),
            r#"{"sampling_mode":"Linear","iters":[2.0,4.0],"times":[200.4,401.6]}"#,
        )
        .expect("written");
        folder
    }

    #[test]
    fn the_files_of_the_only_case_are_read() {
        let folder = folder(&format!(
            r#"{{"mean":{{{INTERVAL},"point_estimate":100.0}},"slope":null}}"#
        ));
        let found = find_results(folder.path())
            .expect("readable")
            .expect("there");
        let data = results(&found).expect("understood");
        assert!(matches!(
            data,
            Data::Criterion { estimate_picoseconds: 100_000, ref samples, .. } if samples.len() == 2
        ));
    }

    #[test]
    fn impossible_numbers_and_an_unknown_format_fail_the_row() {
        for (estimates, reason) in [
            (r#"{"average": 3}"#.to_owned(), "has no `mean`"),
            (
                format!(r#"{{"mean":{{{INTERVAL},"point_estimate":-100.0}}}}"#),
                "point_estimate of -100",
            ),
            (
                format!(r#"{{"mean":{{{INTERVAL},"point_estimate":300.0}}}}"#),
                "outside its interval",
            ),
        ] {
            let folder = folder(&estimates);
            let found = find_results(folder.path())
                .expect("readable")
                .expect("there");
            let error = results(&found).expect_err(reason);
            assert!(error.contains(reason), "{error}");
        }
    }
}
