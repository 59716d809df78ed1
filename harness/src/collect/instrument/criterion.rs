//! Time by criterion, separately for each workload and phase.
//!
//! The format of criterion's output files is not documented as stable. Only this file depends on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness_probe::Instrument;
use harness_probe::protocol::Description;
use harness_record::{Data, Reading, Sample};
use itertools::Itertools;
use serde::Deserialize;
use serde::de::DeserializeOwned;
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

#[derive(Deserialize)]
struct Estimates {
    mean: Estimate,
    slope: Option<Estimate>,
}

#[derive(Deserialize)]
struct Estimate {
    confidence_interval: ConfidenceInterval,
    point_estimate: f64,
}

#[derive(Deserialize)]
struct ConfidenceInterval {
    confidence_level: f64,
    lower_bound: f64,
    upper_bound: f64,
}

#[derive(Deserialize)]
struct RawSample {
    iters: Vec<f64>,
    times: Vec<f64>,
}

/// Finds the folder with the results of the only case below `folder`.
fn find_results(folder: &Path) -> walkdir::Result<Option<PathBuf>> {
    let is_of_results = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name == "new") && path.join("estimates.json").is_file()
    };
    let paths = WalkDir::new(folder).into_iter().map_ok(DirEntry::into_path);
    paths.filter_ok(is_of_results).next().transpose()
}

/// Reads the results. Criterion writes nanoseconds as floating point numbers; a record contains integers.
///
/// # Errors
/// One sentence, if the files in the folder are no results.
pub fn results(folder: &Path) -> Result<Data, String> {
    let estimates: Estimates = read(&folder.join("estimates.json"))?;
    let sample: RawSample = read(&folder.join("sample.json"))?;
    // Criterion's own choice: the slope if the number of iterations varied, otherwise the mean.
    let estimate = estimates.slope.unwrap_or(estimates.mean);
    let picoseconds = |nanoseconds: f64| (nanoseconds * 1e3).round() as u64;
    let rounded = |(iterations, time): (f64, f64)| Sample {
        iterations: iterations.round() as u64,
        nanoseconds: time.round() as u64,
    };
    Ok(Data::Criterion {
        samples: sample
            .iters
            .into_iter()
            .zip(sample.times)
            .map(rounded)
            .collect(),
        estimate_picoseconds: picoseconds(estimate.point_estimate),
        lower_picoseconds: picoseconds(estimate.confidence_interval.lower_bound),
        upper_picoseconds: picoseconds(estimate.confidence_interval.upper_bound),
        confidence_permille: (estimate.confidence_interval.confidence_level * 1e3).round() as u32,
    })
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    let text = fs::read_to_string(path).map_err(|error| {
        format!(
            "cannot read the output of criterion, {}: {error}",
            path.display()
        )
    })?;
    serde_json::from_str(&text).map_err(|error| {
        format!(
            "the output of criterion, {}, has an unknown format: {error}",
            path.display()
        )
    })
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
    fn the_slope_is_preferred_to_the_mean() {
        let mean = format!(r#"{{"mean":{{{INTERVAL},"point_estimate":100.0}},"slope":null}}"#);
        let slope = mean.replace("null", &format!(r#"{{{INTERVAL},"point_estimate":100.5}}"#));
        for (estimates, expected) in [(mean, 100_000), (slope, 100_500)] {
            let folder = folder(&estimates);
            let found = find_results(folder.path())
                .expect("readable")
                .expect("there");
            let data = results(&found).expect("understood");
            let samples = vec![
                Sample {
                    iterations: 2,
                    nanoseconds: 200,
                },
                Sample {
                    iterations: 4,
                    nanoseconds: 402,
                },
            ];
            assert_eq!(
                data,
                Data::Criterion {
                    samples,
                    estimate_picoseconds: expected,
                    lower_picoseconds: 99_000,
                    upper_picoseconds: 102_500,
                    confidence_permille: 950,
                }
            );
        }
    }

    #[test]
    fn an_unknown_format_is_an_error() {
        let folder = folder(r#"{"average": 3}"#);
        let found = find_results(folder.path())
            .expect("readable")
            .expect("there");
        assert!(results(&found).is_err_and(|error| error.contains("estimates.json")));
    }
}
