//! `harness gate`: compares with the stored baseline or with a revision, and exits with 1 on a regression.

mod base;
mod defaults;
mod functions;
mod missing;
mod recount;
mod rules;
mod selection;
mod show;
mod stored;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use harness::project::Project;
use harness::seconds::seconds;
use harness::terminal::{Status, print};
use harness::timing::BUDGET;
use harness_probe::Instrument;
use harness_record::session::LAYOUT_LIMIT;
use harness_report::render::Format;

pub(super) use defaults::base_defaults;
pub(super) use rules::{StoredRules, places, today};
pub(super) use show::{print_report, repeating_whole};
pub(super) use stored::COUNTS;

use super::exports::Exports;
use super::options::{Selection, ShardOptions};

/// Finds regressions: in counts against the stored baseline, or in time and counts against a revision
///
/// Without --base, counts instructions and heap now, or reads them from a record, and compares them with the baseline
/// of this toolchain by the limits in `baselines/limits.toml`. Time is not compared: stored times are not valid for
/// later runs.
///
/// With --base, builds that revision and the working tree in one folder beside the checkout, and runs both side by
/// side. Time is measured in short slices of both in turn; instructions and heap are judged by the limits of the base.
/// The gate is designed so that at most 1 % of gates on unchanged code are red by their time; `harness selftest gate`
/// measures the rate on a machine.
///
/// If both programs are identical, nothing is timed. Otherwise each side is linked again in many random orders of its
/// functions, and the averages are compared, because another layout can be slower without any change of the code. This
/// needs LLD, the linker that rustc brings. Without it the verdict contains "layout not averaged", and a slowdown of up
/// to --layout-limit is not red. Counts explain a slowdown; they do not excuse it.
///
/// With --shard, prints the verdict on the workloads of one shard. Its exit status is 0 as soon as its readings are
/// stored, because the verdict on the whole is that of `harness merge`.
///
/// Exit status: 0 if nothing regressed, 1 on a regression, 2 if the gate could not judge.
#[derive(Args)]
pub(crate) struct Gate {
    /// Judge this record instead of counting now: a file, or the word newest
    #[arg(long, value_name = "FILE", conflicts_with_all = ["quick", "threads", "isa", "time_limit", "out", "base", "shard"])]
    record: Option<PathBuf>,
    #[command(flatten)]
    against: Against,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    sharding: ShardOptions,
    /// File for the readings: counts for `harness baseline save --record FILE`; with --base everything that the verdict
    /// follows from [default with --base: records/gates/TIME.json; with --shard: records/shards/TIME.K-of-N.json]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Show all figures, not only the largest moves (json, csv and markdown always do)
    #[arg(long)]
    all: bool,
    /// Output format of the verdict
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    exports: Exports,
}

/// Selection of the workloads to time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum SuiteChoice {
    /// Workloads listed as `timed` in the base's harness.toml, at most twelve
    #[default]
    Named,
    /// All selected workloads; each gets a smaller share of the budget
    Full,
}

/// Options of the gate against a revision.
#[derive(Args)]
struct Against {
    /// Compare time and counts with this revision, such as origin/main, built from its own sources; with several, the
    /// head is judged against each, and the exit status is the worst
    #[arg(long, value_name = "REV")]
    base: Vec<String>,
    /// Give both sides the benches of this revision, so that an old base is measured with newer workloads
    #[arg(long, value_name = "REV", requires = "base")]
    bench_from: Option<String>,
    /// Workloads to time
    #[arg(long, value_enum, default_value_t, requires = "base")]
    suite: SuiteChoice,
    /// Honour acceptances that only the head has; use it after a reviewer has approved them
    #[arg(long, requires = "base")]
    honour_new_acceptances: bool,
    /// Budget for measuring time, in seconds, or such as 90s or 2m
    #[arg(long, value_name = "TIME", default_value_t = BUDGET, value_parser = seconds, requires = "base")]
    budget: u64,
    /// Compare counts only, no time
    #[arg(long, requires = "base", conflicts_with_all = ["times_only", "budget", "inject"])]
    counts_only: bool,
    /// Compare time only, no counts
    #[arg(long, requires = "base")]
    times_only: bool,
    /// Exit with 2 if any workload stays inconclusive; without it only if all of them do
    #[arg(long, requires = "base")]
    strict: bool,
    /// Minimum effect in percent: a smaller slowdown is no regression
    #[arg(long, value_name = "PERCENT", default_value_t = 0.5, value_parser = share_of_percent, requires = "base")]
    minimum_effect: f64,
    /// Margin in percent: "not slower" means slower by less than this
    #[arg(long, value_name = "PERCENT", default_value_t = 1.0, value_parser = share_of_percent, requires = "base")]
    margin: f64,
    /// Layout limit in percent: if layouts are not averaged (no LLD), a slowdown up to this is no regression
    #[arg(long, value_name = "PERCENT", default_value_t = 100.0 * LAYOUT_LIMIT, value_parser = share_of_percent, requires = "base")]
    layout_limit: f64,
    /// Time both sides even if their programs are identical
    #[arg(long, requires = "base", conflicts_with = "counts_only")]
    force_timing: bool,
    /// Pass although the head lacks workloads, phases or instruments of the base; without it that ends with 2
    #[arg(long, requires = "base")]
    allow_removed: bool,
    /// Pass if the base has no harness, as before the change that adopts it; the head must still build and count
    #[arg(long, requires = "base")]
    allow_missing_base: bool,
    /// Seed of all random orders, to repeat those of an earlier gate
    #[arg(long, value_name = "NUMBER", requires = "base")]
    seed: Option<u64>,
    /// Slow the head down by this many percent, to test that the gate finds it
    #[arg(long, value_name = "PERCENT", value_parser = share_of_percent, requires = "base")]
    inject: Option<f64>,
}

impl Against {
    /// The instruments whose readings are judged, of those that count.
    fn taken(&self, counting: &[Instrument]) -> Vec<Instrument> {
        let clock = (!self.counts_only).then_some(Instrument::Clock);
        clock.into_iter().chain(counting.iter().copied()).collect()
    }
}

impl Gate {
    pub(crate) fn run(self, project: &Project) -> Result<Status> {
        let exports = self.exports.clone();
        exports.check()?;
        let ended = match self.against.base.as_slice() {
            [] => self.against_baseline(project),
            [base] => self.judged_by(base, project),
            bases => self.against_revisions(bases, project),
        };
        exports.or_not_judged("gate", ended)
    }

    /// Judges the head against a base, with the defaults of the base.
    fn judged_by(&self, base: &str, project: &Project) -> Result<Status> {
        let own = defaults::with_rules_of(base, project)?;
        own.as_ref().unwrap_or(self).against_revision(base, project)
    }

    /// Judges the head against one base after the other.
    fn against_revisions(&self, bases: &[String], project: &Project) -> Result<Status> {
        if self.sharding.shard.is_some() {
            bail!("a shard is measured against one base; give one --base for each call");
        }
        if self.out.is_some() {
            bail!("--out names the file of one comparison; give one --base, or leave --out out");
        }
        if self.format.is_exact() {
            bail!("json and csv contain one comparison; give one --base for each call");
        }
        if !self.exports.is_empty() {
            bail!("--export writes one comparison; give one --base for each call");
        }
        let mut worst = Status::Fine;
        for base in bases {
            print(&format!("against {base}\n\n"))?;
            worst = worst.or(self.judged_by(base, project)?);
            print("\n")?;
        }
        Ok(worst)
    }
}

/// Parses a percentage from 0 to 100. Returns it as a share.
fn share_of_percent(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent / 100.0),
        _ => Err("write a number of percent from 0 to 100, such as 0.5".to_owned()),
    }
}
