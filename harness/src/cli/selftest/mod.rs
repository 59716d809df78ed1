//! `harness selftest`: whether the harness itself tells the truth.

mod bench;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use harness::gate::{pinned_core, seed_of_now};
use harness::measure::{self, Bar, Progress};
use harness::programs::Programs;
use harness::project::Project;
use harness::render::Format;
use harness::render::chart::Layout;
use harness::revision::Turn;
use harness::selftest::{
    self, BackToBack, Change, Condition, Evidence, Hog, Hogs, Scope, Trial, chart, findings, page, promises, swapped,
};
use harness::statistics::Random;
use harness::whole_file;

use super::seconds::seconds;
use super::{Outcome, exact, notice, quiet, show};
use bench::Bench;

/// Shows that the harness itself tells the truth
#[derive(Args)]
pub(crate) struct Selftest {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Gate(GateTest),
}

/// Gathers evidence of how often the time gate is wrong: on unchanged code, on code that moved, on known slowdowns
///
/// Each trial is decided as `harness gate --base` decides, and what it measured is added to the evidence, so that evidence can
/// be gathered in pieces. --replay measures nothing, and works all of it out again from what was kept. The table says what was
/// missed; the exit status only whether there is a table.
#[derive(Args)]
struct GateTest {
    /// What differs between the two sides, separated by commas: null (one program on both), moved (functions linked in another
    /// order), inject:PERCENT (the head runs so much more than it reports)
    #[arg(
        long,
        value_name = "CHANGE",
        value_delimiter = ',',
        default_value = "null,moved,inject:0.5,inject:1,inject:2,inject:5"
    )]
    condition: Vec<Change>,
    /// Start programs that compute all the time, to be in the way
    #[arg(long, value_enum, default_value = "none")]
    hogs: Hogs,
    /// How much a trial judges [default: one workload of a slowdown, a short gate of unchanged code]
    #[arg(long, value_enum)]
    scope: Option<Scope>,
    /// Begin no trial after this long, such as 90s, 10m or 1h
    #[arg(long = "for", value_name = "TIME", value_parser = |text: &str| seconds(text).map(Duration::from_secs), conflicts_with = "replay")]
    time: Option<Duration>,
    /// End after this many trials [default without --for: one of each condition]
    #[arg(long, value_name = "NUMBER", conflicts_with = "replay")]
    trials: Option<usize>,
    /// Run criterion's bench of a workload twice in a row, this many times, by turns of the workloads, and keep what it calls
    /// the difference
    #[arg(long, value_name = "NUMBER", default_value_t = 0, conflicts_with = "replay")]
    criterion: usize,
    /// Work everything out again from the evidence, without measuring
    #[arg(long)]
    replay: bool,
    /// Folder of the evidence, with its page and its chart [default: reports/selftest]
    #[arg(long, value_name = "DIR")]
    evidence: Option<PathBuf>,
    /// How many orders of functions moved code is tried in
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    orders: u32,
    /// How the table is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Selftest {
    pub(crate) fn run(self, project: &Project) -> Result<Outcome> {
        match self.what {
            What::Gate(gate) => gate.run(project),
        }
    }
}

impl GateTest {
    fn run(self, project: &Project) -> Result<Outcome> {
        let folder = self.evidence.clone().unwrap_or_else(|| project.reports().join("selftest"));
        let evidence = Evidence::new(folder.join("slices"));
        if !self.replay {
            self.measure(project, &evidence)?;
        }
        let trials = evidence.read()?;
        if trials.is_empty() {
            bail!("there is no evidence in {}; gather some without --replay", folder.display());
        }
        self.report(&trials, &evidence.criterion()?, &folder)?;
        Ok(Outcome::Fine)
    }

    /// Adds trials: always of the condition that has the fewest.
    fn measure(&self, project: &Project, evidence: &Evidence) -> Result<()> {
        let conditions: Vec<Condition> = self
            .condition
            .iter()
            .map(|&change| Condition { change, hogs: self.hogs, scope: self.scope.unwrap_or(change.scope()) })
            .collect();
        let most = match (self.trials, self.time) {
            // Whoever asks for criterion alone gets that.
            (None, None) if self.criterion > 0 => 0,
            (None, None) => conditions.len(),
            (trials, _) => trials.unwrap_or(usize::MAX),
        };
        let bench = Bench::new(project, if most > 0 { &conditions } else { &[] }, self.orders)?;
        let mut counts = conditions.iter().map(|one| evidence.count(one)).collect::<Result<Vec<_>, _>>()?;
        let began = Instant::now();
        let mut random = Random::new(seed_of_now());
        let bar = Bar::new();
        bar.begin(self.time.map_or(most, |time| time.as_secs() as usize));
        let mut told = 0;
        for done in 0..most {
            if self.time.is_some_and(|time| began.elapsed() >= time) {
                break;
            }
            let next = (0..conditions.len()).min_by_key(|&place| counts[place]).unwrap_or_default();
            bar.step(&format!("{}, trial {}", conditions[next].change, counts[next] + 1));
            let trial = {
                let _turn = Turn::wait(project, &|told| bar.aside(|| notice(told)))?;
                let _hog = Hog::start(self.hogs, pinned_core(1))?;
                bench.trial(conditions[next], counts[next], &mut random)?
            };
            evidence.add(&trial)?;
            counts[next] += 1;
            let gone = began.elapsed().as_secs_f64();
            let (now, left) = match self.time {
                Some(time) => (gone as usize, time.as_secs_f64() - gone),
                None => (done + 1, gone / (done + 1) as f64 * (most - done - 1) as f64),
            };
            bar.advance(now - told, left);
            told = now;
        }
        bar.end();
        self.compare_by_criterion(project, &bench, evidence)
    }

    fn compare_by_criterion(&self, project: &Project, bench: &Bench, evidence: &Evidence) -> Result<()> {
        if self.criterion == 0 {
            return Ok(());
        }
        let programs = Programs::build(project, &[&project.config.criterion], quiet())?;
        let before = evidence.criterion()?.len();
        let start = || programs.command(&project.config.criterion);
        for place in before..before + self.criterion {
            let entrant = &bench.short[place % bench.short.len()];
            let _turn = Turn::wait(project, &|told| notice(told))?;
            evidence.add_criterion(&BackToBack::take(&start, entrant, measure::now())?)?;
        }
        Ok(())
    }

    fn report(&self, trials: &[Trial], criterion: &[BackToBack], folder: &Path) -> Result<()> {
        let findings = findings(trials)?;
        let mut table = selftest::table(&findings);
        let plural = if trials.len() == 1 { "" } else { "s" };
        table.title = format!("{} trial{plural} in {}", trials.len(), folder.display());
        let tables = if exact(self.format) { vec![table] } else { vec![table, promises(&findings)] };
        show(&tables, self.format)?;
        let mut written = vec![];
        if let Some(chart) = chart(trials, &findings) {
            written.push(("gate.svg", chart.svg(Layout::Wide)?.into_bytes()));
        }
        let swapped = swapped(trials);
        written.push(("gate.md", page(trials, &swapped, criterion, "gate.svg")?.into_bytes()));
        for (name, content) in written {
            let path = folder.join(name);
            whole_file::write(&path, &content).with_context(|| format!("cannot write {}", path.display()))?;
        }
        notice(&format!("wrote {}", folder.join("gate.md").display()));
        Ok(())
    }
}
