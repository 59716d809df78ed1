//! Load: several harnesses at once on one checkout. Each must work as alone, wait with a sentence, or refuse with one, and
//! nothing may be lost.

use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result};
use harness_abtest::Random;
use harness_record::acceptance::Acceptances;

use crate::faults::{files, there};
use crate::small_project::{SmallProject, names};

/// Commands that run at once, drawn anew for each process. `accept` gets a reason of its own each time.
const COMMANDS: [&[&str]; 10] = [
    &["run", "--quick"],
    &["gate"],
    &["gate", "--base", "HEAD~1", "--counts-only"],
    &[
        "accept",
        "kernel/gelu",
        "--metric",
        "instructions",
        "--run",
        "bin/gate.json",
    ],
    &[
        "accept",
        "model/decode",
        "--metric",
        "instructions",
        "--run",
        "bin/gate.json",
    ],
    &["compare", "baseline", "newest"],
    &["report"],
    &["history"],
    &["list"],
    &["baseline", "save", "--yes"],
];

/// What the rounds found.
#[derive(Debug, Default)]
pub struct Found {
    /// Number of commands that ran.
    pub commands: usize,
    /// Number of commands that printed that they wait.
    pub waited: usize,
    /// Number of commands that refused with exit status 2 and a sentence.
    pub refused: usize,
    /// Each loss in a sentence.
    pub losses: Vec<String>,
}

/// The end of one command.
struct Ended {
    arguments: String,
    status: Option<i32>,
    stderr: String,
}

/// Runs rounds of `at_once` commands with the program `harness`.
///
/// # Errors
/// If the project cannot be made, or a program cannot be started.
pub fn run(
    harness: &Path,
    rounds: usize,
    at_once: usize,
    seed: u64,
    each: &mut dyn FnMut(&str),
) -> Result<Found> {
    there(harness)?;
    let mut random = Random::new(seed);
    let project = SmallProject::new(harness)?;
    let mut found = Found::default();
    for round in 0..rounds {
        project.reset()?;
        let records = records(&project);
        let drawn: Vec<&[&str]> = (0..at_once)
            .map(|_| COMMANDS[random.below(COMMANDS.len())])
            .collect();
        let all = at_once_in(&project, &drawn, round)?;
        let lost = losses(&project, &all, records);
        found.commands += all.len();
        found.waited += all
            .iter()
            .filter(|one| one.stderr.contains("waiting for"))
            .count();
        found.refused += all.iter().filter(|one| one.status == Some(2)).count();
        for what in lost {
            let loss = format!("round {round}: {what}");
            each(&loss);
            found.losses.push(loss);
        }
    }
    Ok(found)
}

/// Runs these commands at once to their ends.
fn at_once_in(project: &SmallProject, drawn: &[&[&str]], round: usize) -> Result<Vec<Ended>> {
    let ended = Mutex::new(Vec::new());
    thread::scope(|scope| {
        let running: Vec<_> = drawn
            .iter()
            .enumerate()
            .map(|(number, arguments)| {
                let ended = &ended;
                scope.spawn(move || -> Result<()> {
                    let reason = format!("reason {round}.{number}");
                    let mut all = arguments.to_vec();
                    if all[0] == "accept" {
                        all.extend(["--reason", &reason]);
                    }
                    let output = project
                        .command(&all, "load")
                        .stdout(Stdio::null())
                        .output()
                        .context("cannot start the harness")?;
                    let one = Ended {
                        arguments: all.join(" "),
                        status: output.status.code(),
                        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
                    };
                    ended
                        .lock()
                        .unwrap_or_else(|poisoned| poisoned.into_inner())
                        .push(one);
                    Ok(())
                })
            })
            .collect();
        running
            .into_iter()
            .try_for_each(|one| one.join().map_err(|_| anyhow::anyhow!("a thread failed"))?)
    })?;
    Ok(ended
        .into_inner()
        .unwrap_or_else(|poisoned| poisoned.into_inner()))
}

fn records(project: &SmallProject) -> usize {
    let is_record = |path: &std::path::PathBuf| {
        path.extension()
            .is_some_and(|extension| extension == "json")
            && !path.ends_with("gate.json")
    };
    names(&project.path("records"))
        .into_iter()
        .filter(is_record)
        .count()
}

fn losses(project: &SmallProject, all: &[Ended], records_before: usize) -> Vec<String> {
    let mut losses = Vec::new();
    for one in all {
        let sentences = one
            .stderr
            .lines()
            .filter(|line| line.contains("error: "))
            .count();
        match one.status {
            Some(0 | 1) => {}
            Some(2) if sentences == 1 && !one.stderr.contains("has a defect") => {}
            status => losses.push(format!(
                "`harness {}` ended with {status:?}: {}",
                one.arguments, one.stderr
            )),
        }
    }
    let wrote = all
        .iter()
        .filter(|one| one.stderr.contains("wrote record "))
        .count();
    let new = records(project) - records_before;
    if wrote != new {
        losses.push(format!(
            "{wrote} runs wrote a record, and {new} records are new"
        ));
    }
    if let Err(what) = files::rules(&project.path("baselines")) {
        losses.push(what);
    }
    // Each acceptance that was reported as written is there, unless a later one replaced it.
    match Acceptances::read(&project.path("baselines")) {
        Ok(acceptances) => {
            for workload in ["kernel/gelu", "model/decode"] {
                let was_accepted = all.iter().any(|one| {
                    one.status == Some(0)
                        && one.arguments.starts_with(&format!("accept {workload}"))
                });
                let is_there = acceptances
                    .lines()
                    .iter()
                    .any(|line| line.loss.workload == workload);
                if was_accepted && !is_there {
                    losses.push(format!("an acceptance of {workload} is lost"));
                }
            }
        }
        Err(error) => losses.push(error.to_string()),
    }
    for path in project.litter() {
        losses.push(format!("litter: {}", path.display()));
    }
    losses
}
