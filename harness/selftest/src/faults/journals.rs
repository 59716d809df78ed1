//! Journals of interrupted runs: made before a trial of `run --resume`, and checked after it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use harness_record::journal::JOURNAL;
use harness_record::json_files::json_files;

use crate::small_project::{SmallProject, names};

/// Lines of a journal from which on its run is killed: the first one, and one finished job.
const LINES: usize = 2;
/// Longest wait for them.
const LONGEST: Duration = Duration::from_secs(60);
/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(1);

/// The journals and the number of records of a project.
pub(super) struct Journals {
    /// Number of whole lines of each.
    lines: BTreeMap<PathBuf, usize>,
    records: usize,
}

impl Journals {
    /// Reads the journals of a project.
    pub(super) fn of(project: &SmallProject) -> Self {
        let records = project.path("records");
        let is_journal = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default();
            name.as_encoded_bytes().starts_with(JOURNAL.as_bytes())
        };
        let lines = names(&records).into_iter().filter(is_journal).map(|path| {
            let text = fs::read(path.join("readings.jsonl")).unwrap_or_default();
            (path, text.iter().filter(|&&byte| byte == b'\n').count())
        });
        Self {
            lines: lines.collect(),
            records: json_files(&records).len(),
        }
    }

    /// True if there is no journal.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Checks that what these journals have is still there after a trial: in them, or in a record. Returns the first loss.
    pub(super) fn left_whole(&self, project: &SmallProject) -> Result<(), String> {
        let now = Self::of(project);
        for (path, &lines) in &self.lines {
            match now.lines.get(path) {
                Some(&left) if left < lines => {
                    return Err(format!("{} has {left} of {lines} lines", path.display()));
                }
                None if now.records <= self.records => {
                    return Err(format!("{} is gone without a record", path.display()));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Leaves a run behind that was killed after its first finished job, unless there is one.
pub(super) fn interrupt(project: &SmallProject, resume: &[&str]) -> Result<()> {
    let run: Vec<&str> = resume
        .iter()
        .copied()
        .filter(|&word| word != "--resume")
        .collect();
    let deadline = Instant::now() + LONGEST;
    let is_ready = || {
        Journals::of(project)
            .lines
            .values()
            .any(|&lines| lines >= LINES)
    };
    while !is_ready() {
        let mut child = project
            .command(&run, "interrupted")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start the harness")?;
        // It may end before this process looks; then another one is tried.
        while !is_ready()
            && child
                .try_wait()
                .context("cannot wait for the harness")?
                .is_none()
        {
            thread::sleep(LOOK);
        }
        child.kill().context("cannot end the harness")?;
        child.wait().context("cannot wait for the harness")?;
        if Instant::now() > deadline {
            bail!("no run could be interrupted in the middle");
        }
    }
    Ok(())
}
