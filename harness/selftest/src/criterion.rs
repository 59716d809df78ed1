//! False alarms of criterion, for comparison with the gate: runs one bench twice in a row, as users of criterion
//! compare two builds.
//!
//! Nothing changes between the two runs, so any change that criterion reports is a false alarm. Its verdict is parsed
//! from its standard output. Criterion reports a change if p < 0.05 and the change exceeds its noise threshold of 1 %.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use harness::process;
use harness_abtest::TimedPhase;
use serde::{Deserialize, Serialize};
use strum::{AsRefStr, VariantArray};

use crate::group::Estimates;
use crate::log;
use crate::rate::Rate;

/// Time for which each of the two runs warms up and measures, in seconds.
const WARM_UP: u32 = 1;
const MEASURED: u32 = 2;
/// Time limit of a run, which also prepares, resamples and writes.
const LIMIT: Duration = Duration::from_secs(120);

/// Verdict of criterion on the second of two runs of one bench.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackToBack {
    /// The workload.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// Start, RFC 3339.
    pub created: String,
    /// The verdict.
    pub called: Called,
    /// Criterion's estimate of the change of time, as a share; positive if the second run was slower.
    pub change: f64,
}

/// Criterion's verdicts, with their words in its output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, AsRefStr, VariantArray)]
#[serde(rename_all = "kebab-case")]
pub enum Called {
    /// The time is larger.
    #[strum(serialize = "Performance has regressed")]
    Regressed,
    /// The time is smaller.
    #[strum(serialize = "Performance has improved")]
    Improved,
    /// The change is significant, but too small.
    #[strum(serialize = "Change within noise threshold")]
    WithinNoise,
    /// The change is not significant.
    #[strum(serialize = "No change in performance detected")]
    NoChange,
}

impl BackToBack {
    /// Reads the verdicts so far, one line of JSON each; none if the file does not exist.
    ///
    /// # Errors
    /// If the file exists and cannot be read, or a line of it is no verdict.
    pub fn read_all(path: &Path) -> Result<Vec<Self>> {
        let bytes = log::bytes(path)?;
        let lines = bytes.split_inclusive(|&byte| byte == b'\n').zip(1..);
        let verdict = |(line, number)| {
            serde_json::from_slice(line)
                .map_err(|error| log::wrong_line(path, number, &format!("no verdict: {error}")))
        };
        lines.map(verdict).collect()
    }

    /// Appends the verdict to the file.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn add(&self, path: &Path) -> Result<()> {
        log::append(path, |_| {
            Ok((serde_json::to_string(self)? + "\n").into_bytes())
        })
    }

    /// Runs the bench of a workload twice; `bench` starts the program of benches.
    ///
    /// # Errors
    /// If the bench cannot be run, or prints no verdict on the second run.
    pub fn take(bench: &dyn Fn() -> Command, timed: &TimedPhase, created: String) -> Result<Self> {
        let home = tempfile::tempdir().context("cannot make a temporary folder")?;
        run(bench(), timed, home.path())?;
        let output = run(bench(), timed, home.path())?;
        let (called, change) = understood(&output).with_context(|| {
            let last = output
                .lines()
                .rfind(|line| !line.trim().is_empty())
                .unwrap_or_default()
                .trim();
            format!(
                "criterion printed no verdict on {}/{}; its last line is: {last}",
                timed.workload, timed.phase
            )
        })?;
        let TimedPhase { workload, phase } = timed.clone();
        Ok(Self {
            workload,
            phase,
            created,
            called,
            change,
        })
    }
}

/// The section of the page; empty without verdicts.
pub fn section(verdicts: &[BackToBack]) -> String {
    if verdicts.is_empty() {
        return String::new();
    }
    let rate = |words: &[Called]| {
        let count = verdicts
            .iter()
            .filter(|one| words.contains(&one.called))
            .count();
        let rate = Rate {
            count,
            of: verdicts.len(),
        };
        format!("{count} of {}: {}", rate.of, rate.with_interval())
    };
    let changes = Estimates::from_iter(verdicts.iter().map(|one| 100.0 * one.change));
    let spread = changes.deviation().map_or_else(String::new, |deviation| {
        format!(" The estimates of the change, which is 0, have an SD of {deviation:.2} %.")
    });
    format!(
        "\n## Criterion for comparison\n\nThe bench of one of the same workloads was run twice in a row, with nothing changed in \
         between, and compared by criterion's own rule (p < 0.05 and a noise threshold of 1 %). Reported as changed: {}; as \
         regressed: {}.{spread}\n",
        rate(&[Called::Regressed, Called::Improved]),
        rate(&[Called::Regressed]),
    )
}

fn run(mut command: Command, timed: &TimedPhase, home: &Path) -> Result<String> {
    command
        .args([
            "--bench",
            "--noplot",
            "--exact",
            &format!("{}/{}", timed.workload, timed.phase),
        ])
        .args([
            "--warm-up-time",
            &WARM_UP.to_string(),
            "--measurement-time",
            &MEASURED.to_string(),
        ])
        .env("CRITERION_HOME", home)
        .env("HARNESS_THREADS", "1");
    let output = process::output(&mut command, LIMIT).context("criterion could not be run")?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Parses the verdict and the estimate of the change, which is the second of three numbers.
fn understood(output: &str) -> Option<(Called, f64)> {
    let called = *Called::VARIANTS
        .iter()
        .find(|called| output.contains(called.as_ref()))?;
    let changes = output
        .lines()
        .find_map(|line| line.trim().strip_prefix("change:"))?;
    let middle = changes
        .trim()
        .trim_start_matches('[')
        .split_whitespace()
        .nth(1)?;
    let percent: f64 = middle
        .replace('\u{2212}', "-")
        .trim_end_matches('%')
        .parse()
        .ok()?;
    Some((called, percent / 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_kept_and_summed_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/criterion.jsonl");
        assert_eq!(BackToBack::read_all(&path).expect("nothing yet"), []);
        assert_eq!(section(&[]), "");
        let verdict = |called, change| BackToBack {
            workload: "kernel/gelu".to_owned(),
            phase: "fast".to_owned(),
            created: "2026-03-14T15:09:26Z".to_owned(),
            called,
            change,
        };
        let all = [
            verdict(Called::Regressed, 0.02),
            verdict(Called::WithinNoise, 0.0),
        ];
        all.iter().for_each(|one| one.add(&path).expect("added"));
        assert_eq!(BackToBack::read_all(&path).expect("readable"), all);
        let section = section(&all);
        assert!(
            section.contains("Reported as changed: 1 of 2: 50.0 % [2.53, 97.5]"),
            "{section}"
        );
        assert!(section.contains("an SD of 1.41 %"), "{section}");
        std::fs::write(&path, "{}\n").expect("written");
        let error = BackToBack::read_all(&path)
            .expect_err("no verdict")
            .to_string();
        assert!(
            error.contains("criterion.jsonl, line 1: no verdict: missing field"),
            "{error}"
        );
    }

    #[test]
    fn its_words_are_understood() {
        let output = "kernel/gelu/fused       time:   [13.2 µs 13.3 µs 13.4 µs]\n                        \
                    change: [\u{2212}0.51% +0.25% +1.02%] (p = 0.48 > 0.05)\n                        \
                    No change in performance detected.\nFound 3 outliers";
        assert_eq!(understood(output), Some((Called::NoChange, 0.0025)));
        let slower = output.replace(
            "No change in performance detected",
            "Performance has regressed",
        );
        assert_eq!(
            understood(&slower.replace("+0.25%", "\u{2212}3.5%")),
            Some((Called::Regressed, -0.035))
        );
        assert_eq!(understood("time: [1 µs 2 µs 3 µs]"), None);
        assert_eq!(understood("Performance has improved."), None);
    }
}
