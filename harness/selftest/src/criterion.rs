//! Criterion beside the gate: one bench run twice in a row, as its users compare two builds, by its own rule.
//!
//! Nothing changes between the two runs, so whatever criterion calls a change is none. It says so in words, which are read
//! from its standard output: it calls a change what has p < 0.05 and lies beyond its noise threshold of 1 %.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use harness::process::{self, ChildError};
use harness_abtest::TimedPhase;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How long each of the two runs warms up and measures, in seconds.
const WARM_UP: u32 = 1;
const MEASURED: u32 = 2;
/// What else a run may take: preparing, resampling, writing.
const LIMIT: Duration = Duration::from_secs(120);

/// What criterion said of the second of two runs of one bench.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackToBack {
    /// The workload.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// When it began, RFC 3339.
    pub created: String,
    /// Its verdict.
    pub called: Called,
    /// By how much the second run was slower, by its estimate, as a share.
    pub change: f64,
}

/// Criterion's verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Called {
    /// "Performance has regressed."
    Regressed,
    /// "Performance has improved."
    Improved,
    /// "Change within noise threshold.": significant, but too small.
    WithinNoise,
    /// "No change in performance detected."
    NoChange,
}

/// A comparison that could not be made.
#[derive(Debug, Error)]
pub enum CriterionError {
    /// There is no place for what it leaves.
    #[error("cannot make a temporary folder: {0}")]
    Folder(std::io::Error),
    /// The bench could not be run.
    #[error("criterion could not be run: {0}")]
    Run(#[from] ChildError),
    /// It said something else.
    #[error("criterion said nothing of a change of {case}: {said}")]
    Silent {
        /// The bench.
        case: String,
        /// Its last line.
        said: String,
    },
}

impl BackToBack {
    /// Runs the bench of a workload twice; `bench` starts the program of benches.
    ///
    /// # Errors
    /// If it cannot be run, or does not say what became of the second run.
    pub fn take(bench: &dyn Fn() -> Command, timed: &TimedPhase, created: String) -> Result<Self, CriterionError> {
        let home = tempfile::tempdir().map_err(CriterionError::Folder)?;
        run(bench(), timed, home.path())?;
        let said = run(bench(), timed, home.path())?;
        let (called, change) = understood(&said).ok_or_else(|| CriterionError::Silent {
            case: format!("{}/{}", timed.workload, timed.phase),
            said: said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned(),
        })?;
        let TimedPhase { workload, phase } = timed.clone();
        Ok(Self { workload, phase, created, called, change })
    }
}

fn run(mut command: Command, timed: &TimedPhase, home: &Path) -> Result<String, CriterionError> {
    command
        .args(["--bench", "--noplot", "--exact", &format!("{}/{}", timed.workload, timed.phase)])
        .args(["--warm-up-time", &WARM_UP.to_string(), "--measurement-time", &MEASURED.to_string()])
        .env("CRITERION_HOME", home)
        .env("HARNESS_THREADS", "1");
    Ok(String::from_utf8_lossy(&process::output(&mut command, LIMIT)?.stdout).into_owned())
}

/// The verdict, and the middle one of the three changes before it.
fn understood(said: &str) -> Option<(Called, f64)> {
    const WORDS: [(&str, Called); 4] = [
        ("Performance has regressed", Called::Regressed),
        ("Performance has improved", Called::Improved),
        ("Change within noise threshold", Called::WithinNoise),
        ("No change in performance detected", Called::NoChange),
    ];
    let (_, called) = WORDS.into_iter().find(|(words, _)| said.contains(words))?;
    let changes = said.lines().find_map(|line| line.trim().strip_prefix("change:"))?;
    let middle = changes.trim().trim_start_matches('[').split_whitespace().nth(1)?;
    let percent: f64 = middle.replace('\u{2212}', "-").trim_end_matches('%').parse().ok()?;
    Some((called, percent / 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_words_are_understood() {
        let said = "kernel/gelu/fused       time:   [13.2 us 13.3 us 13.4 us]\n                        \
                    change: [\u{2212}0.51% +0.25% +1.02%] (p = 0.48 > 0.05)\n                        \
                    No change in performance detected.\nFound 3 outliers";
        assert_eq!(understood(said), Some((Called::NoChange, 0.0025)));
        let slower = said.replace("No change in performance detected", "Performance has regressed");
        assert_eq!(understood(&slower.replace("+0.25%", "\u{2212}3.5%")), Some((Called::Regressed, -0.035)));
        assert_eq!(understood("time: [1 us 2 us 3 us]"), None);
        assert_eq!(understood("Performance has improved."), None);
    }
}
