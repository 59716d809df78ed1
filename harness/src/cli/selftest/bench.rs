//! The bench of the trials on one program: the build of the probe, and the workloads of the timed suite.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use harness::gate::{self, Layouts};
use harness::gate::{
    Accepted, Identical, LAYOUT_LIMIT, MatchedWorkloads, Revision, SLICE, Session, Terms, WARM, pinned_core,
};
use harness::measure::{self, Measured, Plan, Silent};
use harness::paired::{Rules, Sides, TimedPhase};
use harness::probe::Probe;
use harness::programs::Programs;
use harness::project::Project;
use harness::record::{Environment, Instrument, UNKNOWN};
use harness::revision::{MeasuringLock, Repository};
use harness::selftest::{Condition, Scope, Trial};
use harness::statistics::Random;
use harness_probe::Options;
use harness_probe::protocol::Reading;
use tempfile::TempDir;

use crate::cli::gate::MOST_TIMED;
use crate::cli::{notice, quiet};

/// Workloads that run longer are not what slowdowns are to be found in within seconds.
const LONGEST_RUN: Duration = Duration::from_millis(1);

/// How the evidence calls what it was measured by: its files are committed, and a folder of somebody's machine says nothing.
const COMMAND: &str = "cargo harness selftest gate";

/// The build that is held against itself, and its workloads.
pub(super) struct Bench<'a> {
    project: &'a Project,
    /// Copies: trials take hours, and a build in the meantime must not exchange a program under them.
    programs: Programs,
    /// The folder of the copies.
    _folder: TempDir,
    /// The timed suite.
    suite: Vec<TimedPhase>,
    /// Those of it that run for a millisecond at most.
    pub(super) short: Vec<TimedPhase>,
    isa: String,
    revision: Revision,
    environment: Environment,
}

impl<'a> Bench<'a> {
    /// Builds the probe.
    pub(super) fn new(project: &'a Project) -> Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let programs = measure::build(project, &[], quiet())?.set_aside(folder.path());
        let programs = programs.context("cannot copy the probe into a temporary folder")?;
        let measured = Measured { project, programs: &programs, commit: None };
        let greeting = measured.greet(measure::TIME_LIMIT)?;
        let field = MatchedWorkloads::of(&plan(), &greeting.workloads, &greeting.workloads)?;
        let (suite, _) = field.timed(&project.config.timed, &[], MOST_TIMED)?;
        if suite.is_empty() {
            bail!("no workload of the probe is in the timed suite (`timed` in harness.toml)");
        }
        let mut bench = Self {
            project,
            suite,
            short: Vec::new(),
            isa: greeting.isa.clone(),
            revision: match Repository::open(project).and_then(|repository| repository.head()) {
                Ok(head) => Revision { commit: head.commit.id, dirty: head.dirty },
                Err(_) => Revision { commit: UNKNOWN.to_owned(), dirty: true },
            },
            environment: measured.environment(&greeting),
            programs,
            _folder: folder,
        };
        let turn = MeasuringLock::wait(project, &|told| notice(told))?;
        for timed in &bench.suite {
            if bench.run_time(timed)? <= LONGEST_RUN {
                bench.short.push(timed.clone());
            }
        }
        drop(turn);
        if bench.short.is_empty() {
            bail!("no workload of the timed suite runs for {} ms at most", LONGEST_RUN.as_millis());
        }
        Ok(bench)
    }

    /// How long one run takes, roughly.
    fn run_time(&self, timed: &TimedPhase) -> Result<Duration> {
        let options = Options { threads: 1, isa: None };
        let mut probe = Probe::start(self.programs.command(&self.project.config.probe), measure::TIME_LIMIT)?;
        probe.prepare(&timed.workload, &timed.phase, &options)?;
        let mut shortest = u64::MAX;
        for _ in 0..5 {
            if let Reading::Clock { nanoseconds, .. } = probe.run(1)? {
                shortest = shortest.min(nanoseconds);
            }
        }
        Ok(Duration::from_nanos(shortest))
    }

    /// Measures one trial; `before` is how many of its kind there are.
    pub(super) fn trial(&self, condition: Condition, before: usize, random: &mut Random) -> Result<Trial> {
        let timed_phases = match condition.scope {
            // By turns, so that each has its share.
            Scope::Workload => vec![self.short[before % self.short.len()].clone()],
            Scope::Short => drawn(&self.short, condition.scope.most(), random),
            Scope::Full => self.suite.clone(),
        };
        let probe = &self.project.config.probe;
        let start = |_| self.programs.command(probe);
        let sides = Sides { base: &start, head: &start, copies: 1 };
        let terms = Terms {
            rules: Rules::default(),
            budget_seconds: condition.seconds(),
            floor_seconds: 0.0,
            seed: random.below(1_000_000_000) as u64,
            core: pinned_core(1),
            threads: 1,
            isa: self.isa.clone(),
            slice_nanoseconds: SLICE.as_nanos() as u64,
            warm: WARM,
            injection: condition.change.injection(),
            layouts: Layouts::SameFile,
            layout_limit: LAYOUT_LIMIT,
            strict: false,
        };
        let created = measure::now();
        let measured = gate::time(
            &terms,
            &sides,
            &timed_phases,
            &gate::conditions_of(&terms, None, measure::TIME_LIMIT),
            &Silent,
        )?;
        Ok(Trial {
            schema: Trial::SCHEMA,
            condition,
            session: Session {
                created,
                command: COMMAND.to_owned(),
                base: self.revision.clone(),
                head: self.revision.clone(),
                environment: self.environment.clone(),
                terms,
                measured,
                floor: Vec::new(),
                machine: None,
                counted: None,
                uncounted: false,
                identical: Identical::default(),
                unmatched: Vec::new(),
                accepted: Accepted::default(),
                amended: Vec::new(),
            },
        })
    }
}

/// Every workload, by its time.
fn plan() -> Plan {
    let instruments = vec![Instrument::Clock];
    Plan { filters: Vec::new(), phases: Vec::new(), instruments, quick: false, anchors: Vec::new() }
}

/// Some of them, in an order that is drawn.
fn drawn(all: &[TimedPhase], most: usize, random: &mut Random) -> Vec<TimedPhase> {
    let mut left = all.to_vec();
    (0..most.min(all.len())).map(|_| left.swap_remove(random.below(left.len()))).collect()
}
