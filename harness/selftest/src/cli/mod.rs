//! `harness selftest`: measures how often the harness itself is wrong.

mod bisections;
mod commits;
mod one_program;
mod robustness;
mod scale;
mod soak;
mod steps;
mod trials;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand};
use glob::Pattern;
use harness::project::Project;
use harness_record::json_files::json_files;
use harness_report::render::Format;
use harness_selftest::{BackgroundLoad, Change, Scope};

use harness::seconds::seconds;
use harness::terminal::Status;
use harness::timing::BUDGET;

/// Measures how often the harness itself is wrong
#[derive(Parser)]
#[command(version, bin_name = "harness selftest")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Gate(GateTest),
    Faults(robustness::Faults),
    Load(robustness::Load),
    Fuzz(robustness::Fuzz),
    Scale(scale::Scale),
    Steps(steps::Steps),
    Bisect(bisections::Bisect),
    Soak(soak::Soak),
}

/// Measures how often the time gate is wrong: on unchanged code, and on known slowdowns
///
/// With `--condition real`, each trial makes a commit in a clone of the project and runs the whole program `harness
/// gate --base` on it. The changes are in `selftest.toml` in the folder of baselines. One row of
/// `reports/selftest/real.csv` holds one trial, and the page `gate.md` beside it follows from the rows alone.
///
/// The other conditions compare one program with itself. They are quicker. Each trial is a session file in the folder of
/// records, and `--replay` judges these files again.
///
/// Trials add up over many calls. The exit status is 0 if a table is printed, whatever the table shows.
#[derive(Args)]
struct GateTest {
    /// Conditions of the trials, separated by commas: real (commits; must be the only one), null (one program on both
    /// sides), inject:PERCENT (the head runs that much more than it reports) [default:
    /// null,inject:0.5,inject:1,inject:2,inject:5]
    #[arg(long, value_name = "CONDITION", value_delimiter = ',', value_parser = condition)]
    condition: Vec<Option<Change>>,
    /// Start programs that compute all the time, as a disturbance
    #[arg(long, visible_alias = "load", value_enum, default_value = "none")]
    hogs: BackgroundLoad,
    /// Begin no trial after this time, such as 90s, 10m or 1h
    #[arg(long = "for", value_name = "TIME", value_parser = |text: &str| seconds(text).map(Duration::from_secs), conflicts_with = "replay")]
    time: Option<Duration>,
    /// End after this many trials [default without --for: one of each condition or change]
    #[arg(long, value_name = "NUMBER", conflicts_with = "replay")]
    trials: Option<usize>,
    /// Draw the pages and tables again, without measuring
    #[arg(long)]
    replay: bool,
    /// Folder of the trials, with their page and chart [default: reports/selftest for real, records/selftest for the
    /// rest]
    #[arg(long, value_name = "DIR")]
    evidence: Option<PathBuf>,
    /// File with the changes of `--condition real` [default: selftest.toml in the folder of baselines]
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    changes: Option<PathBuf>,
    /// Try only these changes of `--condition real`, such as 'comment*' or 'gelu@2'; may be given several times
    #[arg(long, value_name = "GLOB", value_parser = pattern, conflicts_with = "replay")]
    only: Vec<Pattern>,
    /// Budget of each gate of `--condition real`, in seconds, or such as 90s or 2m
    #[arg(long, value_name = "TIME", default_value_t = BUDGET, value_parser = seconds)]
    gate_budget: u64,
    /// Workloads of a trial on one program [default: one workload for a slowdown, a short gate for unchanged code]
    #[arg(long, value_enum)]
    scope: Option<Scope>,
    /// Run criterion's bench of a workload twice in a row, this many times with the workloads in turn, and keep its
    /// verdicts
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 0,
        conflicts_with = "replay"
    )]
    criterion: usize,
    /// Output format of the table
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Arguments {
    /// Runs the command.
    pub(crate) fn run(self) -> Result<Status> {
        let here = std::env::current_dir().context("cannot find the current folder")?;
        match self.what {
            What::Gate(gate) => gate.run(&Project::find(&here)?),
            What::Faults(faults) => faults.run(),
            What::Load(load) => load.run(),
            What::Fuzz(fuzz) => fuzz.run(),
            What::Scale(scale) => scale.run(),
            What::Steps(steps) => steps.run(),
            What::Bisect(bisect) => bisect.run(),
            What::Soak(soak) => soak.run(),
        }
    }
}

impl GateTest {
    fn run(self, project: &Project) -> Result<Status> {
        let changes: Vec<Change> = self.condition.iter().copied().flatten().collect();
        let is_real = changes.len() < self.condition.len();
        if is_real && !changes.is_empty() {
            bail!(
                "`--condition real` must be the only condition, because its trials are kept in another folder; run the \
                 others in a second call"
            );
        }
        match (is_real, self.replay) {
            (true, true) => commits::replay(&self, project)?,
            (true, false) => commits::gather(&self, project)?,
            (false, false) => one_program::gather(&self, project, &changes)?,
            (false, true) if !changes.is_empty() => one_program::replay(&self, project)?,
            (false, true) => self.replay_all(project)?,
        }
        Ok(Status::Fine)
    }

    /// The folder of the trials; `default` is the one that holds the default folder.
    fn folder(&self, default: PathBuf) -> PathBuf {
        self.evidence
            .clone()
            .unwrap_or_else(|| default.join("selftest"))
    }

    /// Draws the pages of all existing trials.
    fn replay_all(&self, project: &Project) -> Result<()> {
        let has_rows = commits::rows_file(self, project).is_file();
        let has_slices = !json_files(&one_program::sessions(self, project)).is_empty();
        if !has_rows && !has_slices {
            bail!(
                "there are no trials yet; `cargo harness selftest gate --condition real` makes some"
            );
        }
        if has_rows {
            commits::replay(self, project)?;
        }
        if has_slices {
            one_program::replay(self, project)?;
        }
        Ok(())
    }
}

/// A condition as a user writes it; none for commits.
fn condition(text: &str) -> Result<Option<Change>, String> {
    if text == "real" {
        Ok(None)
    } else {
        text.parse().map(Some)
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err("write a whole number of at least 1".to_owned()),
    }
}

fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::new(text).map_err(|error| format!("{}; write a glob such as 'comment*'", error.msg))
}
