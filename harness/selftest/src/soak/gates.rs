//! The same gates again and again on one checkout: the small project of the faults.

use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::Pid;

use super::growth::add_samples;
use super::sample::{Held, files_below};
use super::{Length, MEMORY, NUMBER, Series, Soak};
use crate::faults::there;
use crate::small_project::SmallProject;

/// The gates of a turn, with their exit status: both find the regression of the small project.
const GATES: [&[&str]; 2] = [&["gate"], &["gate", "--base", "HEAD~1", "--counts-only"]];
/// Exit status of a gate that finds a regression.
const REGRESSED: i32 = 1;
/// Pause between two looks at a running gate.
const LOOK: Duration = Duration::from_millis(1);

/// Runs gates by the program `harness` until the time is over.
///
/// # Errors
/// If the project cannot be made, or a gate ends otherwise than the first one.
pub fn gates(harness: &Path, length: Length) -> Result<Soak> {
    there(harness)?;
    let project = SmallProject::new(harness)?;
    let folders = ["records", "temporary", "target"].map(|name| project.path(name));
    let [records, temporary, target] = &folders;
    // The first turn makes what later ones find: the checkout of the base. A gate keeps its session and its graphs, so the
    // second turn shows how many files each one keeps.
    turn(&project)?;
    let before = files_below(records, &[]);
    turn(&project)?;
    let kept = files_below(records, &[]) - before;

    let mut series = [
        Series::new("largest memory of a gate in MB", MEMORY),
        Series::new("file descriptors of a gate", NUMBER),
        Series::new("threads of a gate", NUMBER),
        Series::new("files in the checkout", NUMBER),
        Series::new("files in records, without those of each gate", NUMBER),
        Series::new("files in the folder for temporary files", NUMBER),
        Series::new("files in target", NUMBER),
        Series::new("seconds for two gates", None),
    ];
    let began = Instant::now();
    let (mut turns, mut due) = (0_u32, Duration::ZERO);
    loop {
        let (mut most, mut seconds) = (Held::default(), Vec::new());
        loop {
            let start = Instant::now();
            most = most.most(turn(&project)?);
            seconds.push(start.elapsed().as_secs_f64());
            turns += 1;
            if began.elapsed() >= due {
                break;
            }
        }
        let values = [
            most.peak,
            most.descriptors,
            most.threads,
            files_below(project.root(), &folders),
            files_below(records, &[]) - kept * f64::from(turns),
            files_below(temporary, &[]),
            files_below(target, &[]),
            seconds.iter().sum::<f64>() / seconds.len() as f64,
        ];
        add_samples(&mut series, began.elapsed(), values);
        if began.elapsed() >= length.time {
            break;
        }
        due += length.every;
    }
    Ok(Soak {
        title: format!("{} gates on one checkout", turns * GATES.len() as u32),
        series: series.into(),
    })
}

/// Runs each gate once. Returns the most that one held.
fn turn(project: &SmallProject) -> Result<Held> {
    let mut most = Held::default();
    for arguments in GATES {
        let mut child = project
            .command(arguments, "soak")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start the harness")?;
        let id = Pid::from_child(&child);
        let status = loop {
            if let Some(held) = Held::by(id) {
                most = most.most(held);
            }
            if let Some(status) = child.try_wait().context("cannot wait for the harness")? {
                break status;
            }
            thread::sleep(LOOK);
        };
        ensure!(
            status.code() == Some(REGRESSED),
            "`harness {}` ended with {status}",
            arguments.join(" ")
        );
    }
    Ok(most)
}
