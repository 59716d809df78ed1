//! Trials on one program: measures them, keeps their slices, and draws their page.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use harness::collect::{self, Progress};
use harness::programs::Programs;
use harness::project::Project;
use harness::timing::{pinned_core, seed_of_now};
use harness::vcs::MeasuringLock;
use harness_abtest::Random;
use harness_record::atomic_file;
use harness_report::render::chart::Layout;
use harness_selftest;
use harness_selftest::BackToBack;
use harness_selftest::Evidence;
use harness_selftest::LoadProcesses;
use harness_selftest::Trial;
use harness_selftest::findings;
use harness_selftest::promises;
use harness_selftest::swapped;
use harness_selftest::{Change, Condition};
use harness_selftest::{chart, page};

use super::GateTest;
use super::bench::Bench;
use super::trials::repeat;
use harness::terminal::{exact, notice, quiet, show};

/// Default slowdowns in percent; unchanged code is tried, too.
const SLOWDOWNS: [f64; 4] = [0.5, 1.0, 2.0, 5.0];

/// Adds trials, always of the condition that has the fewest, and draws the page.
pub(super) fn gather(test: &GateTest, project: &Project, changes: &[Change]) -> Result<()> {
    let evidence = Evidence::new(folder(test, project).join("slices"));
    measure(test, project, changes, &evidence)?;
    replay(test, project)
}

/// Draws the page and the tables.
pub(super) fn replay(test: &GateTest, project: &Project) -> Result<()> {
    let folder = folder(test, project);
    let evidence = Evidence::new(folder.join("slices"));
    let trials = evidence.read()?;
    if trials.is_empty() {
        bail!("there is no evidence in {}; gather some without --replay", folder.display());
    }
    report(test, &trials, &evidence.criterion()?, &folder)
}

/// True if there are trials of this kind.
pub(super) fn is_there(test: &GateTest, project: &Project) -> Result<bool> {
    Ok(Evidence::new(folder(test, project).join("slices")).is_there()?)
}

fn folder(test: &GateTest, project: &Project) -> PathBuf {
    test.evidence.clone().unwrap_or_else(|| project.records().join("selftest"))
}

fn measure(test: &GateTest, project: &Project, changes: &[Change], evidence: &Evidence) -> Result<()> {
    let all: Vec<Change> = std::iter::once(Change::Null).chain(SLOWDOWNS.map(Change::Injected)).collect();
    let changes = if changes.is_empty() { &all } else { changes };
    let scope = |change: Change| test.slices.scope.unwrap_or(change.scope());
    let condition = |&change: &Change| Condition { change, hogs: test.hogs, scope: scope(change) };
    let conditions: Vec<Condition> = changes.iter().map(condition).collect();
    let most = match (test.trials, test.time) {
        // With --criterion alone, there are no trials.
        (None, None) if test.slices.criterion > 0 => 0,
        (None, None) => conditions.len(),
        (trials, _) => trials.unwrap_or(usize::MAX),
    };
    let bench = Bench::new(project)?;
    let mut counts = conditions.iter().map(|one| evidence.count(one)).collect::<Result<Vec<_>, _>>()?;
    let mut random = Random::new(seed_of_now());
    repeat(most, test.time, |bar| {
        let next = (0..conditions.len()).min_by_key(|&place| counts[place]).unwrap_or_default();
        bar.step(&format!("{}, trial {}", conditions[next].change, counts[next] + 1));
        let trial = {
            let _turn = MeasuringLock::wait(project, &|message| bar.kept_build(|| notice(message)))?;
            let _hog = LoadProcesses::start(test.hogs, pinned_core(1))?;
            bench.trial(conditions[next], counts[next], &mut random)?
        };
        evidence.add(&trial)?;
        counts[next] += 1;
        Ok(())
    })?;
    compare_by_criterion(test, project, &bench, evidence)
}

fn compare_by_criterion(test: &GateTest, project: &Project, bench: &Bench, evidence: &Evidence) -> Result<()> {
    if test.slices.criterion == 0 {
        return Ok(());
    }
    let programs = Programs::build(project, &[&project.config.criterion], quiet())?;
    let before = evidence.criterion()?.len();
    let start = || programs.command(&project.config.criterion);
    for place in before..before + test.slices.criterion {
        let timed = &bench.short[place % bench.short.len()];
        let _turn = MeasuringLock::wait(project, &|message| notice(message))?;
        evidence.add_criterion(&BackToBack::take(&start, timed, collect::now())?)?;
    }
    Ok(())
}

fn report(test: &GateTest, trials: &[Trial], criterion: &[BackToBack], folder: &Path) -> Result<()> {
    let findings = findings(trials)?;
    let mut table = harness_selftest::table(&findings);
    let plural = if trials.len() == 1 { "" } else { "s" };
    table.title = format!("{} trial{plural} in {}", trials.len(), folder.display());
    let tables = if exact(test.format) { vec![table] } else { vec![table, promises(&findings)] };
    show(&tables, test.format)?;
    let mut written = vec![];
    if let Some(chart) = chart(trials, &findings) {
        written.push(("slices.svg", chart.svg(Layout::Wide)?.into_bytes()));
    }
    let swapped = swapped(trials);
    written.push(("slices.md", page(trials, &swapped, criterion, "slices.svg")?.into_bytes()));
    for (name, content) in written {
        let path = folder.join(name);
        atomic_file::write(&path, &content).with_context(|| format!("cannot write {}", path.display()))?;
    }
    notice(&format!("wrote {}", folder.join("slices.md").display()));
    Ok(())
}
