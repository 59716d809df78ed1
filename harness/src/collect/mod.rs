//! Measurement: builds the programs, selects the workloads, runs the instruments, and collects the readings in a
//! record.

mod build_settings;
mod cargo_files;
mod commands;
mod conditions;
mod division;
mod gather;
mod greeting;
pub mod instrument;
mod machine;
mod plan;
mod profile;
mod profile_settings;
mod program_workload;
mod progress;
mod recount;
mod run;
mod run_journal;
mod suites;

pub use commands::{Budget, measure_commands};
pub use division::{Divided, Division};
pub use greeting::{Greeting, configured, missing};
pub use plan::{Plan, PlanError, Selected};
pub use profile::{ProfileError, Target};
pub use progress::{Bar, Progress, Silent};
pub use run::{measure, resuming};
pub use run_journal::{InterruptedRuns, ResumeError, RunJournal};

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use harness_probe::Instrument;
use harness_probe::protocol::Description;
use harness_record::machine::Circumstances;
use harness_record::{About, Environment, Record, Row, RunScope, UNKNOWN};
use thiserror::Error;

use crate::collect::instrument::{Measurement, Settings};
use crate::collect::run::Scope;
use crate::collect::suites::SuiteConditions;
use crate::command;
use crate::doctor::{self, Counters, System};
use crate::layout::{PoolError, Timed};
use crate::probe::{Probe, ProbeError};
use crate::process;
use crate::programs::{ProgramError, Programs};
use crate::project::{Config, Program, Project, Suite};
use crate::terminal::notice;
use crate::valgrind;

/// The parameters of a measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Selection of workloads, phases and instruments.
    pub plan: Plan,
    /// Computing threads when time is read; one per CPU if `None`.
    pub threads: Option<u32>,
    /// Instruction set for all instruments; the best available if `None`.
    pub isa: Option<String>,
    /// Folder of a model for additional workloads.
    pub model: Option<PathBuf>,
    /// Time limit of a single response of the probe.
    pub time_limit: Duration,
    /// Command line, for the record.
    pub command: String,
    /// True if cargo's progress is not shown.
    pub quiet: bool,
    /// The shard of the selected workloads to measure; all of them if `None`.
    pub division: Option<Division>,
}

impl Request {
    /// Returns the part of the request that a record contains.
    pub fn asked(&self) -> RunScope {
        let Plan {
            filters,
            phases,
            instruments,
            quick,
            ..
        } = self.plan.clone();
        RunScope {
            filters,
            phases,
            quick,
            instruments,
            isa: self.isa.clone(),
            shard: self.division.as_ref().map(|division| division.shard),
        }
    }
}

/// Describes the machine and the toolchain of a checkout without starting its probe. The instruction set is unknown.
pub fn here(project: &Project) -> Environment {
    machine::describe(&project.root, UNKNOWN)
}

/// A measurement that failed as a whole. Failures of single instruments are part of the record.
#[derive(Debug, Error)]
pub enum MeasureError {
    /// A program could not be built.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The build of commands failed.
    #[error(transparent)]
    Commands(#[from] command::BuildError),
    /// The probe did not answer `hello`.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// The plan selects nothing.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A program cannot be copied for a later measurement.
    #[error(
        "cannot copy the probe for the next round: {0}; the folder for temporary files may be full"
    )]
    Keep(std::io::Error),
    /// The programs to be timed cannot be copied.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// The interrupted run cannot be resumed.
    #[error(transparent)]
    Resume(#[from] ResumeError),
    /// The measurement was interrupted.
    #[error("interrupted; what was read so far is not kept")]
    Interrupted,
    /// The measurement was interrupted, and can be resumed: the numbers of readings that are kept and of all, and the
    /// command line.
    #[error("interrupted; {0} of {1} readings are kept, and `{2}` measures the rest")]
    Kept(usize, usize, String),
}

/// Message for a processor whose counters cannot be read, without the reason.
pub const NO_COUNTERS: &str = "the counters of the processor cannot be read here";

/// Default time limit of one reply of a probe.
pub const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Builds the programs of the checkout that the instruments need.
///
/// # Errors
/// If cargo is missing or the build fails.
pub fn build(
    project: &Project,
    instruments: &[Instrument],
    quiet: bool,
) -> Result<Programs, MeasureError> {
    let stopped = |error: MeasureError| match process::stopped() {
        true => MeasureError::Interrupted,
        false => error,
    };
    let programs = Programs::build(project, &needed(&project.config, instruments), quiet)
        .map_err(|error| stopped(error.into()))?;
    command::build(project.config.commands(), &project.root, &notice)
        .map_err(|error| stopped(error.into()))?;
    Ok(programs)
}

/// A state of the sources with its built programs.
#[derive(Debug, Clone, Copy)]
pub struct Measured<'a> {
    /// Location of the sources, and the configuration of its programs.
    pub project: &'a Project,
    /// The built programs.
    pub programs: &'a Programs,
    /// Commit of the sources, if they are not a git checkout.
    pub commit: Option<&'a str>,
}

impl<'a> Measured<'a> {
    /// Returns the suite of a workload.
    pub fn suite(&self, greeting: &Greeting, workload: &str) -> &'a Suite {
        &self.project.config.suites[greeting.place(workload)]
    }

    /// Creates the command that starts the timed probe of a workload.
    pub fn probe(&self, greeting: &Greeting, workload: &str) -> Command {
        self.programs.command(&self.suite(greeting, workload).probe)
    }

    /// Returns the timed probe of a workload, to be compared with that of another side.
    pub fn timed(&self, greeting: &Greeting, workload: &str) -> Timed<'a> {
        Timed {
            programs: self.programs,
            probe: &self.suite(greeting, workload).probe,
        }
    }

    /// Requests the lists of workloads from the probes of all suites.
    ///
    /// # Errors
    /// If a probe does not answer, there is none, or two suites have a workload of the same id.
    pub fn greet(&self, time_limit: Duration) -> Result<Greeting, ProbeError> {
        let suites = &self.project.config.suites;
        let hello = |suite: &Suite| {
            let command = self.programs.command(&suite.probe);
            let reply = Probe::start(command, time_limit).and_then(|mut probe| probe.hello());
            reply.map_err(|error| match suites.len() {
                1 => error,
                _ => ProbeError::OfSuite(suite.to_string(), Box::new(error)),
            })
        };
        let replies = suites.iter().map(hello).collect::<Result<Vec<_>, _>>()?;
        if replies.is_empty() {
            return Err(ProbeError::NoSuite);
        }
        Greeting::of(&self.project.config, replies).map_err(ProbeError::Refused)
    }

    /// Describes the machine, the toolchain and the revision. The instruction set comes from the probe's greeting.
    pub fn environment(&self, greeting: &Greeting) -> Environment {
        let environment = machine::describe(&self.project.root, &greeting.isa);
        match self.commit {
            Some(commit) => Environment {
                revision: Some(commit.to_owned()),
                dirty: Some(false),
                ..environment
            },
            None => environment,
        }
    }

    /// Selects among the workloads in `greeting`, measures them, and adds the requested scope to the record.
    ///
    /// # Errors
    /// If the plan selects nothing, or if the measurement is interrupted.
    pub fn answer(
        &self,
        greeting: &Greeting,
        request: &Request,
        progress: &dyn Progress,
    ) -> Result<Record, MeasureError> {
        let scope = Scope::of(greeting, request)?;
        let record = self.take(greeting, &scope.selected, request, progress)?;
        Ok(scope.of_record(record, request))
    }

    /// Runs every instrument of the request on the selected workloads.
    ///
    /// # Errors
    /// If the measurement is interrupted. Failures of single instruments are part of the record.
    pub fn take(
        &self,
        greeting: &Greeting,
        selected: &[Selected],
        request: &Request,
        progress: &dyn Progress,
    ) -> Result<Record, MeasureError> {
        let environment = self.environment(greeting);
        self.take_with(greeting, selected, request, environment, None, progress)
    }

    /// Runs the same in this environment, with a journal, which has the readings of earlier parts of the run.
    fn take_with(
        &self,
        greeting: &Greeting,
        selected: &[Selected],
        request: &Request,
        environment: Environment,
        journal: Option<&RunJournal>,
        progress: &dyn Progress,
    ) -> Result<Record, MeasureError> {
        let config = &self.project.config;
        let settings = settings(request);
        let began = journal.map_or_else(now, |journal| journal.began().to_owned());
        let suites = SuiteConditions::all(
            self.project,
            self.programs,
            greeting,
            selected,
            request,
            &settings,
        );
        let measurements: Vec<Measurement<'_>> = suites
            .iter()
            .map(|suite| suite.measurement(&settings, &began))
            .collect();
        let chosen = Instrument::ALL
            .into_iter()
            .filter(|instrument| request.plan.instruments.contains(instrument));
        let (counted, timed): (Vec<_>, Vec<_>) =
            chosen.partition(|instrument| !instrument.runs_alone());
        let timing = instrument::readers(&timed, &measurements, greeting);
        let counting = instrument::readers(&counted, &measurements, greeting);
        let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let system = System::here();
        let (state, counters) = (doctor::state(&system), Counters::now(&system));
        let circumstances = || Circumstances {
            state: state.clone(),
            disturbance: counters.since(&system),
        };
        let gathered = gather::gather(
            selected,
            &timing,
            &counting,
            workers,
            &circumstances,
            journal,
            progress,
        );
        if process::stopped() {
            return Err(MeasureError::Interrupted);
        }
        let record = Record {
            created: began.clone(),
            command: request.command.clone(),
            quick: request.plan.quick,
            asked: Vec::new(),
            environment,
            machine: gathered.machine,
            about: about(greeting, &config.about, &gathered.rows),
            rows: gathered.rows,
            sharding: None,
            spent: gathered.spent,
            resumed: Vec::new(),
        };
        Ok(match journal {
            Some(journal) => journal.of_record(record),
            None => record,
        })
    }
}

/// One line on each workload and phase of these rows. A line of the configuration replaces that of the probe.
fn about(greeting: &Greeting, configured: &About, rows: &[Row]) -> About {
    let of_probe = |workload: &str| {
        let described = greeting.workloads.iter().find(|one| one.id == workload)?;
        Some(described.about.clone()).filter(|about| !about.is_empty())
    };
    let mut about = About::default();
    for Row {
        workload, phase, ..
    } in rows
    {
        let configured_line = configured.workloads.get(workload).cloned();
        if let Some(line) = configured_line.or_else(|| of_probe(workload)) {
            about.workloads.insert(workload.clone(), line);
        }
        let lines = [&configured.phases, &greeting.phases];
        if let Some(line) = lines.iter().find_map(|lines| lines.get(phase)) {
            about.phases.insert(phase.clone(), line.clone());
        }
    }
    about
}

/// Returns the current time in the format of records: RFC 3339 in UTC, to the second.
pub fn now() -> String {
    jiff::Timestamp::now()
        .round(jiff::Unit::Second)
        .unwrap_or_default()
        .to_string()
}

/// Lists the workloads of the project.
///
/// # Errors
/// If the probe cannot be built or does not answer.
pub fn workloads(project: &Project, quiet: bool) -> Result<Vec<Description>, MeasureError> {
    let programs = build(project, &[], quiet)?;
    Ok(Measured {
        project,
        programs: &programs,
        commit: None,
    }
    .greet(TIME_LIMIT)?
    .workloads)
}

/// Returns the programs that the instruments need. The timed probe of every suite is always needed, because it lists the
/// workloads.
pub fn needed<'a>(config: &'a Config, instruments: &[Instrument]) -> Vec<&'a Program> {
    let mut programs: Vec<&Program> = config.probes().collect();
    for suite in &config.suites {
        for &instrument in instruments {
            let program = instrument::program(instrument, suite);
            programs.extend(program.filter(|program| !programs.contains(program)));
        }
    }
    programs
}

fn settings(request: &Request) -> Settings {
    let quick = request.plan.quick;
    let cpus = std::thread::available_parallelism().map_or(1, |cpus| cpus.get() as u32);
    Settings {
        threads: request.threads.unwrap_or(cpus),
        isa: request.isa.clone(),
        time_limit: request.time_limit,
        clock_budget: if quick {
            Duration::from_millis(800)
        } else {
            Duration::from_millis(1500)
        },
        rounds: if quick { 3 } else { 9 },
        slow_rounds: if quick { 3 } else { 5 },
        criterion_budget: Duration::from_millis(100),
    }
}

/// Determines the instruction set that kernels choose under valgrind, which emulates a different CPU. The error is the
/// reason why it is unknown.
fn isa_under_valgrind(
    probe: Command,
    request: &Request,
    settings: &Settings,
) -> Result<String, String> {
    if valgrind::version().is_none() {
        return Err(valgrind::MISSING.to_owned());
    }
    if let Some(isa) = &settings.isa {
        return Ok(isa.clone());
    }
    let mut command = valgrind::under("none", &["--quiet"], &probe);
    // Only the instruction set is needed, so no model is loaded: hashing a checkpoint under valgrind would take
    // minutes.
    command.env_remove("HARNESS_MODEL");
    let greeting = Probe::start(command, request.time_limit).and_then(|mut probe| probe.hello());
    greeting
        .map(|greeting| greeting.isa)
        .map_err(|error| format!("the probe does not run under valgrind: {error}"))
}
