//! The bench of the trials on one program: the build of the probe, and the workloads of the timed suite.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use harness::collect::{self, Measured, Plan, Silent};
use harness::probe::Probe;
use harness::programs::Programs;
use harness::project::Project;
use harness::timing::{self, MatchedWorkloads, SLICE, Sides, WARM, pinned_core};
use harness::vcs::{MeasuringLock, Repository};
use harness_abtest::{Random, Rules, TimedPhase};
use harness_probe::protocol::Reading;
use harness_probe::{Instrument, Options};
use harness_record::session::{Accepted, Identical, LAYOUT_LIMIT, Layouts, Revision, Session, Terms};
use harness_record::{Environment, UNKNOWN};
use harness_selftest::Trial;
use harness_selftest::{Condition, Scope};
use tempfile::TempDir;

use harness::terminal::{notice, quiet};
use harness::timing::MOST_TIMED;

/// Longest run of a workload for trials on single workloads: in a longer one, seconds do not show a slowdown.
const LONGEST_RUN: Duration = Duration::from_millis(1);

/// The command that is recorded in the evidence: without options, which may name folders of one machine.
const COMMAND: &str = "cargo harness selftest gate";

/// The build that is compared with itself, and its workloads.
pub(super) struct Bench<'a> {
    project: &'a Project,
    /// Copies of the programs: trials take hours, and a build meanwhile must not replace them.
    programs: Programs,
    /// The folder of the copies.
    _folder: TempDir,
    /// The timed suite.
    suite: Vec<TimedPhase>,
    /// Workloads of the suite that run for at most a millisecond.
    pub(super) short: Vec<TimedPhase>,
    isa: String,
    revision: Revision,
    environment: Environment,
}

impl<'a> Bench<'a> {
    /// Builds the probe.
    pub(super) fn new(project: &'a Project) -> Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let programs = collect::build(project, &[], quiet())?.set_aside(folder.path());
        let programs = programs.context("cannot copy the probe into a temporary folder")?;
        let measured = Measured { project, programs: &programs, commit: None };
        let greeting = measured.greet(collect::TIME_LIMIT)?;
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
        let turn = MeasuringLock::wait(project, &|message| notice(message))?;
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

    /// The shortest of five runs.
    fn run_time(&self, timed: &TimedPhase) -> Result<Duration> {
        let options = Options { threads: 1, isa: None };
        let mut probe = Probe::start(self.programs.command(&self.project.config.probe), collect::TIME_LIMIT)?;
        probe.prepare(&timed.workload, &timed.phase, &options)?;
        let mut shortest = u64::MAX;
        for _ in 0..5 {
            if let Reading::Clock { nanoseconds, .. } = probe.run(1)? {
                shortest = shortest.min(nanoseconds);
            }
        }
        Ok(Duration::from_nanos(shortest))
    }

    /// Measures one trial; `before` is the number of earlier trials of its condition.
    pub(super) fn trial(&self, condition: Condition, before: usize, random: &mut Random) -> Result<Trial> {
        let timed_phases = match condition.scope {
            // Workloads take turns, so that each has its share.
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
        let created = collect::now();
        let measured = timing::time(
            &terms,
            &sides,
            &timed_phases,
            &timing::conditions_of(&terms, None, collect::TIME_LIMIT),
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

/// Plan to time every workload.
fn plan() -> Plan {
    let instruments = vec![Instrument::Clock];
    Plan { filters: Vec::new(), phases: Vec::new(), instruments, quick: false, anchors: Vec::new() }
}

/// Draws at most `most` of the workloads, in random order.
fn drawn(all: &[TimedPhase], most: usize, random: &mut Random) -> Vec<TimedPhase> {
    let mut left = all.to_vec();
    (0..most.min(all.len())).map(|_| left.swap_remove(random.below(left.len()))).collect()
}
