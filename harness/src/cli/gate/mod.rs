//! `harness gate`: says whether something got worse, against the stored baseline or against a revision, and leaves by it.

mod base;
mod functions;
mod rules;
mod show;
mod stored;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};
use harness::project::Project;
use harness::timing::BUDGET;
use harness_judge::counts::SuiteVerdict;
use harness_record::session::LAYOUT_LIMIT;
use harness_report::render::Format;

pub(super) use rules::{stored_ledger, today};
pub(super) use stored::COUNTS;

use super::run::Selection;
use harness::seconds::seconds;
use harness::terminal::Status;

/// Says whether something got worse: counts against the stored baseline, or time and counts against a revision
///
/// Without --base, instructions and heap are counted now, or read from a record, and held against the baseline of this
/// toolchain by the limits in `baselines/limits.toml`. No stored wall time says anything about a change.
///
/// With --base, that revision and the working tree are built in one folder beside the checkout, and both are run side by
/// side: their time in short slices in turn, their instructions and heap by the limits of the base. The gate is designed so
/// that at most 1 % of gates on unchanged code are red by their time; `harness selftest gate` measures the rate on a machine.
///
/// If both programs are the same, no time can have changed, and nothing is timed. Otherwise each side is linked again in many
/// random orders of its functions, and the averages are compared, because code that lies elsewhere can be slower without any
/// change. That takes LLD, the linker that rustc brings; without it the verdict contains "layout not averaged", and a slowdown of up to
/// --layout-limit is not red. Counts explain a slowdown; they do not excuse it.
#[derive(Args)]
pub(crate) struct Gate {
    /// Judge this record instead of counting now
    #[arg(long, value_name = "FILE", conflicts_with_all = ["quick", "threads", "isa", "time_limit", "out", "base"])]
    record: Option<PathBuf>,
    #[command(flatten)]
    against: Against,
    #[command(flatten)]
    selection: Selection,
    /// Keep what was measured in this file: counts for `harness baseline save --record FILE`; with --base everything the
    /// verdict follows from [default with --base: records/gates/TIME.json]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Show figures that passed too, which json and csv always do
    #[arg(long)]
    all: bool,
    /// How the verdict is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Which workloads are timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum SuiteChoice {
    /// Those that the base's harness.toml names, twelve at most
    #[default]
    Named,
    /// All that are selected, however many: each is then judged by a smaller share of the budget
    Full,
}

/// The gate against a revision.
#[derive(Args)]
struct Against {
    /// Hold time and counts against this revision, built from its own sources, such as origin/main
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Which workloads are timed
    #[arg(long, value_enum, default_value_t, requires = "base")]
    suite: SuiteChoice,
    /// Let acceptances count that only the head has: a reviewer has approved them
    #[arg(long, requires = "base")]
    honour_new_acceptances: bool,
    /// How long time may be measured, in seconds, or such as 90s or 2m
    #[arg(long, value_name = "TIME", default_value_t = BUDGET, value_parser = seconds, requires = "base")]
    budget: u64,
    /// Take counts only, no time
    #[arg(long, requires = "base", conflicts_with_all = ["times_only", "budget", "inject"])]
    counts_only: bool,
    /// Take time only, no counts
    #[arg(long, requires = "base")]
    times_only: bool,
    /// Leave with 2 where a workload stays inconclusive; where all do, the gate leaves with 2 anyway
    #[arg(long, requires = "base")]
    strict: bool,
    /// Slower by less than this many percent is no regression
    #[arg(long, value_name = "PERCENT", default_value_t = 0.5, value_parser = percent, requires = "base")]
    minimum_effect: f64,
    /// "Not slower" means: slower by less than this many percent
    #[arg(long, value_name = "PERCENT", default_value_t = 1.0, value_parser = percent, requires = "base")]
    margin: f64,
    /// If layouts are not averaged (the linker is not LLD), slower by up to this many percent is no regression
    #[arg(long, value_name = "PERCENT", default_value_t = 100.0 * LAYOUT_LIMIT, value_parser = percent, requires = "base")]
    layout_limit: f64,
    /// TimeVerdict both sides even if their programs are the same
    #[arg(long, requires = "base", conflicts_with = "counts_only")]
    force_timing: bool,
    /// Draw the order of everything from this number, as an earlier gate did
    #[arg(long, value_name = "NUMBER", requires = "base")]
    seed: Option<u64>,
    /// Slow the head down by this many percent on purpose, to see whether the gate finds it
    #[arg(long, value_name = "PERCENT", value_parser = percent, requires = "base")]
    inject: Option<f64>,
}

impl Gate {
    pub(crate) fn run(self, project: &Project) -> Result<Status> {
        match self.against.base.clone() {
            Some(base) => self.against_revision(&base, project),
            None => self.against_baseline(project),
        }
    }
}

fn outcome(conclusion: SuiteVerdict) -> Status {
    match conclusion {
        SuiteVerdict::Passed => Status::Fine,
        SuiteVerdict::Regressed => Status::Regressed,
        SuiteVerdict::Unjudged => Status::Unjudged,
    }
}

/// A share of at most 100 %, written in percent.
fn percent(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        _ => Err("write a number of percent from 0 to 100, such as 0.5".to_owned()),
    }
}
