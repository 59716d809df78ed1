//! Trials on one program: the build of the probe is compared with itself. Keeps the sessions, and draws their page.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use harness::collect::{self, Greeting, Measured, Plan, Silent};
use harness::doctor::{self, Counters, System};
use harness::probe::Probe;
use harness::programs::Programs;
use harness::project::Project;
use harness::terminal::{notice, quiet};
use harness::timing::{
    self, MOST_TIMED, MatchedWorkloads, SLICE, Sides, WARM, pinned_core, seed_of_now,
};
use harness::vcs::{MeasuringLock, Repository};
use harness_abtest::{Random, Rules, TimedPhase, shuffled};
use harness_probe::protocol::Reading;
use harness_probe::{Instrument, Options};
use harness_record::machine::Circumstances;
use harness_record::session::{
    Accepted, Identical, LAYOUT_LIMIT, Layouts, Revision, Session, Terms,
};
use harness_record::{Environment, UNKNOWN};
use harness_selftest::{
    BackToBack, Change, Condition, LoadProcesses, ONE_PROGRAM, Row, Scope, Trial, criterion, log,
    swapped,
};
use tempfile::TempDir;

use super::GateTest;
use super::trials::{self, Candidate};

/// Default changes: none, and slowdowns in percent.
const CHANGES: [Change; 5] = [
    Change(None),
    Change(Some(0.5)),
    Change(Some(1.0)),
    Change(Some(2.0)),
    Change(Some(5.0)),
];

/// Longest run of a workload for trials on single workloads: in a longer one, seconds do not show a slowdown.
const LONGEST_RUN: Duration = Duration::from_millis(1);

/// Largest number of workloads of a short trial.
const SHORT: usize = 4;

/// The command that is recorded in a session: without options, which may name folders of one machine.
const COMMAND: &str = "cargo harness selftest gate";

/// The file of verdicts of criterion, beside the sessions.
const CRITERION: &str = "criterion.jsonl";

/// Adds trials and draws the page.
pub(super) fn gather(test: &GateTest, project: &Project, changes: &[Change]) -> Result<()> {
    let changes = if changes.is_empty() {
        &CHANGES
    } else {
        changes
    };
    let sessions = sessions(test, project);
    let candidate = |&change: &Change| {
        let condition = Condition {
            change,
            hogs: test.hogs,
            scope: test.scope.unwrap_or(change.scope()),
        };
        Candidate {
            name: change.to_string(),
            count: Trial::count(&sessions, condition),
            change: condition,
        }
    };
    let bench = Bench::new(project)?;
    // With --criterion alone, there are no trials.
    let default = if test.criterion > 0 { 0 } else { changes.len() };
    let mut random = Random::new(seed_of_now());
    trials::gather(
        test,
        changes.iter().map(candidate).collect(),
        default,
        |next, print| {
            let _turn = MeasuringLock::wait(project, print)?;
            let _hog = LoadProcesses::start(test.hogs, pinned_core(1))?;
            Ok(bench
                .trial(next.change, next.count, &mut random)?
                .write(&sessions)?)
        },
    )?;
    compare_by_criterion(test, project, &bench)?;
    replay(test, project)
}

/// Judges the sessions again, and draws the page, the chart and the tables.
pub(super) fn replay(test: &GateTest, project: &Project) -> Result<()> {
    let (folder, sessions) = (test.folder(project.records()), sessions(test, project));
    let (trials, rows): (Vec<Trial>, Vec<Row>) = Trial::read_all(&sessions)?.into_iter().unzip();
    if trials.is_empty() {
        bail!(
            "there is no evidence in {}; gather some without --replay",
            folder.display()
        );
    }
    trials::write(&folder.join(ONE_PROGRAM.rows), &log::text(true, &rows)?)?;
    let criterion = criterion::section(&BackToBack::read_all(&sessions.join(CRITERION))?);
    trials::draw(
        test,
        &folder,
        &ONE_PROGRAM,
        &rows,
        &(swapped(&trials).section() + &criterion),
    )
}

/// The folder of session files.
pub(super) fn sessions(test: &GateTest, project: &Project) -> PathBuf {
    test.folder(project.records()).join("slices")
}

fn compare_by_criterion(test: &GateTest, project: &Project, bench: &Bench) -> Result<()> {
    if test.criterion == 0 {
        return Ok(());
    }
    let mut benches = project.config.suites.iter();
    let Some(bench_program) = benches.find_map(|suite| suite.criterion.as_ref()) else {
        bail!("no suite of harness.toml has a `criterion` bench to compare with");
    };
    let programs = Programs::build(project, &[bench_program], quiet())?;
    let path = sessions(test, project).join(CRITERION);
    let before = BackToBack::read_all(&path)?.len();
    let start = || programs.command(bench_program);
    for place in before..before + test.criterion {
        let timed = &bench.short[place % bench.short.len()];
        let _turn = MeasuringLock::wait(project, &|message| notice(message))?;
        BackToBack::take(&start, timed, collect::now())?.add(&path)?;
    }
    Ok(())
}

/// The build that is compared with itself, and its workloads.
struct Bench<'a> {
    project: &'a Project,
    /// Copies of the programs: trials take hours, and a build meanwhile must not replace them.
    programs: Programs,
    /// The folder of the copies.
    _folder: TempDir,
    /// The timed suite.
    suite: Vec<TimedPhase>,
    /// Workloads of the suite that run for at most a millisecond.
    short: Vec<TimedPhase>,
    greeting: Greeting,
    isa: String,
    revision: Revision,
    environment: Environment,
}

impl<'a> Bench<'a> {
    /// Builds the probe.
    fn new(project: &'a Project) -> Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let programs = collect::build(project, &[], quiet())?.set_aside(folder.path());
        let programs = programs.context("cannot copy the probe into a temporary folder")?;
        let measured = Measured {
            project,
            programs: &programs,
            commit: None,
        };
        let greeting = measured.greet(collect::TIME_LIMIT)?;
        let instruments = vec![Instrument::Clock];
        let plan = Plan {
            filters: Vec::new(),
            phases: Vec::new(),
            instruments,
            quick: false,
            anchors: Vec::new(),
        };
        let field = MatchedWorkloads::of(&plan, &greeting.workloads, &greeting.workloads)?;
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
                Ok(head) => Revision {
                    commit: head.commit.id,
                    dirty: head.dirty,
                },
                Err(_) => Revision {
                    commit: UNKNOWN.to_owned(),
                    dirty: true,
                },
            },
            environment: measured.environment(&greeting),
            greeting,
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
            bail!(
                "no workload of the timed suite runs for {} ms at most",
                LONGEST_RUN.as_millis()
            );
        }
        Ok(bench)
    }

    /// A command that starts the probe of a workload.
    fn command(&self, workload: &str) -> Command {
        let measured = Measured {
            project: self.project,
            programs: &self.programs,
            commit: None,
        };
        measured.probe(&self.greeting, workload)
    }

    /// The shortest of five runs.
    fn run_time(&self, timed: &TimedPhase) -> Result<Duration> {
        let options = Options {
            threads: 1,
            isa: None,
        };
        let command = self.command(&timed.workload);
        let mut probe = Probe::start(command, collect::TIME_LIMIT)?;
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
    fn trial(&self, condition: Condition, before: usize, random: &mut Random) -> Result<Trial> {
        let timed_phases = match condition.scope {
            // Workloads take turns, so that each has its share.
            Scope::Workload => vec![self.short[before % self.short.len()].clone()],
            Scope::Short => {
                let places = shuffled(self.short.len(), random).into_iter().take(SHORT);
                places.map(|place| self.short[place].clone()).collect()
            }
            Scope::Full => self.suite.clone(),
        };
        let start = |workload: &str, _| self.command(workload);
        let sides = Sides {
            base: &start,
            head: &start,
            copies: &|_| 1,
        };
        let terms = Terms {
            rules: Rules::default(),
            budget_seconds: condition.seconds() as f64,
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
            suite: None,
        };
        let created = collect::now();
        let conditions = timing::conditions_of(&terms, None, collect::TIME_LIMIT);
        let system = System::here();
        let (state, counters) = (doctor::state(&system), Counters::now(&system));
        let measured = timing::time(&terms, &sides, &timed_phases, &conditions, &Silent)?;
        Ok(Trial {
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
                machine: Some(Circumstances {
                    state,
                    disturbance: counters.since(&system),
                }),
                counted: None,
                uncounted: false,
                untimed: false,
                limits: None,
                identical: Identical::default(),
                unmatched: Vec::new(),
                accepted: Accepted::default(),
                amended: Vec::new(),
                sharding: None,
            },
        })
    }
}
