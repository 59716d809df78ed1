//! Methods that find steps: `history` of this harness, and Apache Otava.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use harness_abtest::noisy_change_points;
use harness_record::history::{Point, Series};

use super::KnownSeries;

/// The script that calls Otava.
const OTAVA: &str = include_str!("../../otava/change_points.py");

/// Steps that `history` shows for times. Values that a time cannot have, 0 and less, stay as they are instead of on a
/// logarithmic scale.
pub fn harness_steps(values: &[f64]) -> Vec<usize> {
    if values.iter().any(|value| *value <= 0.0) {
        let found = noisy_change_points(values, 0.0);
        return found.iter().skip(1).map(|segment| segment.start).collect();
    }
    let points = values.iter().enumerate();
    let points = points.map(|(moment, &value)| Point { moment, value });
    let series = Series::new(("", "", ""), points.collect(), 0, false);
    let jumps = series.map(|series| series.jumps).unwrap_or_default();
    jumps.iter().map(|jump| jump.point).collect()
}

/// Steps of all series by Otava, with the Python program that has it installed.
///
/// # Errors
/// If the program fails.
pub fn otava_steps(python: &Path, series: &[KnownSeries]) -> Result<Vec<Vec<usize>>> {
    let mut child = Command::new(python)
        .args(["-c", OTAVA])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", python.display()))?;
    let values: Vec<&[f64]> = series.iter().map(|one| &one.values[..]).collect();
    let input = serde_json::to_vec(&values).context("cannot write the series as JSON")?;
    // The script reads everything before it writes. If it fails earlier, its status is the better message.
    let written = child.stdin.take().map(|mut stdin| stdin.write_all(&input));
    let output = child.wait_with_output().context("cannot wait for Otava")?;
    if !output.status.success() {
        bail!(
            "Otava failed; install it with `pip install -r harness/selftest/otava/requirements.txt` for {}",
            python.display()
        );
    }
    written
        .transpose()
        .context("Otava did not read all series")?;
    serde_json::from_slice(&output.stdout).context("cannot understand the output of Otava")
}

/// Seconds that `history` takes to find the steps of a series.
pub fn seconds_for(values: &[f64]) -> f64 {
    let start = Instant::now();
    std::hint::black_box(harness_steps(std::hint::black_box(values)));
    start.elapsed().as_secs_f64()
}
