//! One program that stays: a probe runs a workload again and again.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use harness::collect::TIME_LIMIT;
use harness::probe::Probe;
use harness_probe::Options;

use super::growth::add_samples;
use super::sample::{Held, files_below};
use super::{Length, MEMORY, NUMBER, Series, Soak};

/// Longest time without a sample while the probe runs.
const STRETCH: Duration = Duration::from_secs(1);

/// Runs a workload in one phase until the time is over. `root` is the folder of the project.
///
/// # Errors
/// If the probe fails, or the system does not show what a process holds.
pub fn workload(
    mut command: std::process::Command,
    (name, phase): (&str, &str),
    root: &Path,
    length: Length,
) -> Result<Soak> {
    let temporary = tempfile::tempdir().context("cannot make a temporary folder")?;
    command.env("TMPDIR", temporary.path());
    let options = Options {
        threads: 1,
        isa: None,
    };
    let mut probe = Probe::start(command, TIME_LIMIT)?;
    probe.prepare(name, phase, &options)?;
    let began = Instant::now();
    // The first run may load and allocate more.
    let reading = probe.run(1)?;
    let one = began.elapsed().max(Duration::from_micros(1));
    drop(reading);
    let stretch = STRETCH.min(length.every / 2);
    let iterations = (stretch.as_secs_f64() / one.as_secs_f64()).clamp(1.0, 1e6) as u64;

    let mut series = [
        Series::new("memory in MB", MEMORY),
        Series::new("file descriptors", NUMBER),
        Series::new("threads", NUMBER),
        Series::new("files in the checkout", NUMBER),
        Series::new("files in the folder for temporary files", NUMBER),
        Series::new("files in target", NUMBER),
    ];
    let (git, target) = (root.join(".git"), root.join("target"));
    let began = Instant::now();
    let (mut runs, mut due) = (1, Duration::ZERO);
    loop {
        while began.elapsed() < due {
            probe.run(iterations)?;
            runs += iterations;
        }
        let held = Held::by(probe.id()).context("cannot read what the probe holds from /proc")?;
        let values = [
            held.memory,
            held.descriptors,
            held.threads,
            files_below(root, &[git.clone(), target.clone()]),
            files_below(temporary.path(), &[]),
            files_below(&target, &[]),
        ];
        add_samples(&mut series, began.elapsed(), values);
        if began.elapsed() >= length.time {
            break;
        }
        due += length.every;
    }
    probe.finish()?;
    Ok(Soak {
        title: format!("{runs} runs of {name} ({phase}) in one process"),
        series: series.into(),
    })
}
