//! `harness selftest soak`: nothing grows while the same work is done for half an hour.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use glob::Pattern;
use harness::collect::{self, Measured};
use harness::project::Project;
use harness::terminal::{Status, alarm, notice, problem, quiet, show};
use harness_probe::protocol::Description;
use harness_selftest::soak::{self, Judgement, Length, Series};

use super::robustness::Program;

/// Does the same work for a long time and measures what grows
///
/// With `--of workload`, one probe of the project runs a workload again and again. With `--of gate`, gates run one after
/// the other in a small project in a temporary folder. Memory, file descriptors, threads and files are sampled.
///
/// The growth per hour is a median of slopes (Theil and Sen) with an interval of 95 %. Exits with 1 if the whole interval
/// is above the limit: 1 MB of memory, or one descriptor, thread or file per hour. Exits with 2 if the limit lies within
/// the interval.
#[derive(Args)]
pub(super) struct Soak {
    /// What to do
    #[arg(long, value_enum, default_value = "gate")]
    of: Work,
    /// Duration
    #[arg(long, value_name = "MINUTES", default_value_t = 30.0, value_parser = positive)]
    minutes: f64,
    /// Pause between two samples
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = positive)]
    every: f64,
    /// The workload of `--of workload` [default: the first that is timed]
    #[arg(long, value_name = "WORKLOAD")]
    workload: Option<String>,
    /// The phase of `--of workload` [default: the last]
    #[arg(long, value_name = "PHASE")]
    phase: Option<String>,
    #[command(flatten)]
    program: Program,
}

/// The work of a soak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Work {
    /// One probe that runs a workload again and again
    Workload,
    /// Gates, one after the other
    Gate,
}

impl Soak {
    pub(super) fn run(self) -> Result<Status> {
        let length = Length {
            time: Duration::from_secs_f64(self.minutes * 60.0),
            every: Duration::from_secs_f64(self.every),
        };
        let found = match self.of {
            Work::Gate => soak::gates(&self.program.path()?, length)?,
            Work::Workload => self.workload(length)?,
        };
        show(&[found.table()], self.program.format)?;
        let names = |wanted| {
            let is_wanted = |one: &&Series| one.judgement() == wanted;
            let names = found.series.iter().filter(is_wanted).map(|one| one.name);
            names.collect::<Vec<_>>().join(", ")
        };
        Ok(match found.judgement() {
            Judgement::Grows => {
                alarm(&format!("grows: {}", names(Judgement::Grows)));
                Status::Regressed
            }
            Judgement::Open => {
                problem(&format!(
                    "not decided: {}; --minutes allows a longer soak",
                    names(Judgement::Open)
                ));
                Status::Unjudged
            }
            _ => {
                notice("nothing grows");
                Status::Fine
            }
        })
    }

    fn workload(&self, length: Length) -> Result<soak::Soak> {
        let here = std::env::current_dir().context("cannot find the current folder")?;
        let project = Project::find(&here)?;
        let programs = collect::build(&project, &[], quiet())?;
        let measured = Measured {
            project: &project,
            programs: &programs,
            commit: None,
        };
        let greeting = measured.greet(collect::TIME_LIMIT)?;
        let workload = self.chosen(&greeting.workloads, &project.config.timed)?;
        let phase = match &self.phase {
            Some(phase) if workload.phases.contains(phase) => phase,
            Some(phase) => bail!(
                "{} has no phase {phase}; its phases are {}",
                workload.id,
                workload.phases.join(", ")
            ),
            None => workload
                .phases
                .last()
                .context("the workload has no phase")?,
        };
        let command = measured.probe(&greeting, &workload.id);
        soak::workload(command, (&workload.id, phase), &project.root, length)
    }

    fn chosen<'a>(&self, all: &'a [Description], timed: &[String]) -> Result<&'a Description> {
        if let Some(id) = &self.workload {
            let named = all.iter().find(|one| &one.id == id);
            return named.with_context(|| {
                format!("there is no workload {id}; `harness list` prints all of them")
            });
        }
        let patterns: Vec<Pattern> = timed
            .iter()
            .filter_map(|glob| Pattern::new(glob).ok())
            .collect();
        let is_timed = |one: &&Description| patterns.iter().any(|glob| glob.matches(&one.id));
        let first = all.iter().find(is_timed).or(all.first());
        first.context("the project has no workloads")
    }
}

/// A positive number.
fn positive(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.parse().ok();
    number
        .filter(|number| *number > 0.0 && *number <= 1e5)
        .ok_or_else(|| "it must be a positive number".to_owned())
}
