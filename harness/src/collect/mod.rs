//! Measures: plans, builds, asks every instrument, and gathers what they read into a record.

mod gather;
pub mod instrument;
mod machine;
mod plan;
mod profile;
mod progress;

pub use machine::valgrind_version;
pub use plan::{Plan, PlanError, Selected};
pub use profile::{ProfileError, Target};
pub use progress::{Bar, Progress, Silent};

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use harness_probe::Instrument;
use harness_probe::protocol::Description;
use harness_record::{Environment, Record, RunScope, UNKNOWN};
use thiserror::Error;

use crate::collect::instrument::{Callgrind, Clock, Criterion, Dhat, InstrumentReader, Settings};
use crate::layout::PoolError;
use crate::probe::{Greeting, Probe, ProbeError};
use crate::process;
use crate::programs::{ProgramError, Programs};
use crate::project::{Config, Program, Project};

/// What a measurement is asked to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What is measured.
    pub plan: Plan,
    /// Threads where time is read; one for each CPU if none is said.
    pub threads: Option<u32>,
    /// The instruction set for all instruments.
    pub isa: Option<String>,
    /// Folder of a model that the probe's workloads are to run on, besides those it has.
    pub model: Option<PathBuf>,
    /// Time limit of a single response of the probe.
    pub time_limit: Duration,
    /// The command line, for the record.
    pub command: String,
    /// Whether cargo's progress is kept off standard error.
    pub quiet: bool,
}

impl Request {
    /// What of it a record notes.
    pub fn asked(&self) -> RunScope {
        let Plan { filters, phases, instruments, quick, .. } = self.plan.clone();
        RunScope { filters, phases, quick, instruments, isa: self.isa.clone() }
    }
}

/// The machine and the toolchain of a checkout whose probe was not asked: the instruction set is unknown.
pub fn here(project: &Project) -> Environment {
    machine::describe(&project.root, UNKNOWN)
}

/// A measurement that could not be made at all. What single instruments could not read is in the record.
#[derive(Debug, Error)]
pub enum MeasureError {
    /// A program could not be built.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The probe did not introduce itself.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// The plan selects nothing.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A program that is to be measured again later cannot be kept.
    #[error("cannot keep the probe for the next round: {0}; there may be no room in the folder for temporary files")]
    Keep(std::io::Error),
    /// The programs that are timed cannot be copied.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// It was told to end before everything was read.
    #[error("interrupted; what was read so far is not kept")]
    Interrupted,
}

/// What is said where instructions are to be counted and valgrind is not there.
pub const VALGRIND_MISSING: &str =
    "valgrind is missing, so instructions cannot be counted; install it (Debian, Ubuntu: apt-get install valgrind)";

/// How long a single answer of a probe may take, unless the user says otherwise.
pub const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Measures, and returns the record with whatever could not be read as failures in its rows.
///
/// # Errors
/// If the programs cannot be built, the probe does not answer, or the plan fits nothing.
pub fn measure(project: &Project, request: &Request, progress: &dyn Progress) -> Result<Record, MeasureError> {
    let programs = build(project, &request.plan.instruments, request.quiet)?.on_model(request.model.as_deref());
    let measured = Measured { project, programs: &programs, commit: None };
    let greeting = measured.greet(request.time_limit)?;
    measured.answer(&greeting, request, progress)
}

/// Builds the programs of the checkout that instruments need.
///
/// # Errors
/// If cargo is missing or the build fails.
pub fn build(project: &Project, instruments: &[Instrument], quiet: bool) -> Result<Programs, MeasureError> {
    Programs::build(project, &needed(&project.config, instruments), quiet)
        .map_err(|error| if process::stopped() { MeasureError::Interrupted } else { error.into() })
}

/// What is measured: a state of the sources, and its programs.
#[derive(Debug, Clone, Copy)]
pub struct Measured<'a> {
    /// Where its sources are, and which of its programs measures what.
    pub project: &'a Project,
    /// Its programs, built.
    pub programs: &'a Programs,
    /// The commit whose files the sources are, where they are no checkout that git could be asked about.
    pub commit: Option<&'a str>,
}

impl Measured<'_> {
    /// Asks its probe what it can measure.
    ///
    /// # Errors
    /// If the probe does not answer.
    pub fn greet(&self, time_limit: Duration) -> Result<Greeting, ProbeError> {
        Probe::start(self.programs.command(&self.project.config.probe), time_limit)?.hello()
    }

    /// The machine, the toolchain and the revision, where its probe says which instruction set is the best there is.
    pub fn environment(&self, greeting: &Greeting) -> Environment {
        let environment = machine::describe(&self.project.root, &greeting.isa);
        match self.commit {
            Some(commit) => Environment { revision: Some(commit.to_owned()), dirty: false, ..environment },
            None => environment,
        }
    }

    /// Reads all that is asked for of the workloads in `greeting`, and notes in the record what that was.
    ///
    /// # Errors
    /// If the plan fits nothing, or if it is interrupted.
    pub fn answer(
        &self,
        greeting: &Greeting,
        request: &Request,
        progress: &dyn Progress,
    ) -> Result<Record, MeasureError> {
        let selected = request.plan.select(&greeting.workloads)?;
        let record = self.take(greeting, &selected, request, progress)?;
        Ok(Record { asked: vec![request.asked()], ..record })
    }

    /// Asks every instrument of the request about what was selected of the workloads in `greeting`.
    ///
    /// # Errors
    /// If it is interrupted. What cannot be read is in the record.
    pub fn take(
        &self,
        greeting: &Greeting,
        selected: &[Selected],
        request: &Request,
        progress: &dyn Progress,
    ) -> Result<Record, MeasureError> {
        let config = &self.project.config;
        let start = |program: &Program| self.programs.command(program);
        let settings = settings(request);
        let environment = self.environment(greeting);
        let created = now();

        let probe = || start(&config.probe);
        let heap = || {
            let mut command = start(&config.heap);
            command.arg("--probe");
            command
        };
        let time_bench = || start(&config.criterion);
        let instruction_bench = || start(&config.callgrind);
        let isa = settings.isa.clone().unwrap_or_else(|| greeting.isa.clone());
        let counts_isa = match counting_asked(&request.plan) {
            true => isa_under_valgrind(probe(), request, &settings),
            false => Ok(isa.clone()),
        };
        // Both counts with one instruction set: a baseline is keyed by it.
        let counts = Settings { isa: settings.isa.clone().or_else(|| counts_isa.clone().ok()), ..settings.clone() };
        let asked = |instrument| request.plan.instruments.contains(&instrument);
        let mut counting: Vec<Box<dyn InstrumentReader + '_>> = Vec::new();
        let mut timing: Vec<Box<dyn InstrumentReader + '_>> = Vec::new();
        if asked(Instrument::Clock) {
            timing.push(Box::new(Clock { probe: &probe, settings: &settings, run: created.clone() }));
        }
        if asked(Instrument::Criterion) {
            timing.push(Box::new(Criterion { bench: &time_bench, isa: &isa, settings: &settings }));
        }
        if asked(Instrument::Callgrind) {
            counting.push(Box::new(Callgrind {
                bench: &instruction_bench,
                workloads: &greeting.workloads,
                isa: counts_isa,
                settings: &settings,
            }));
        }
        if asked(Instrument::Dhat) {
            counting.push(Box::new(Dhat { probe: &heap, settings: &counts }));
        }
        let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let rows = gather::gather(selected, &timing, &counting, workers, progress);
        if process::stopped() {
            return Err(MeasureError::Interrupted);
        }
        let (command, quick) = (request.command.clone(), request.plan.quick);
        Ok(Record { created, command, quick, asked: Vec::new(), environment, rows })
    }
}

/// This moment as records write it: RFC 3339 in UTC, to the second.
pub fn now() -> String {
    jiff::Timestamp::now().round(jiff::Unit::Second).unwrap_or_default().to_string()
}

/// Lists what can be measured.
///
/// # Errors
/// If the probe cannot be built or does not answer.
pub fn workloads(project: &Project, quiet: bool) -> Result<Vec<Description>, MeasureError> {
    let programs = Programs::build(project, &[&project.config.probe], quiet)?;
    let Greeting { workloads, .. } = Probe::start(programs.command(&project.config.probe), TIME_LIMIT)?.hello()?;
    Ok(workloads)
}

/// The programs that the instruments need; the timed probe always, because it says what there is.
pub fn needed<'a>(config: &'a Config, instruments: &[Instrument]) -> Vec<&'a Program> {
    let mut programs = vec![&config.probe];
    for instrument in instruments {
        match instrument {
            Instrument::Clock => {}
            Instrument::Criterion => programs.push(&config.criterion),
            Instrument::Callgrind => programs.push(&config.callgrind),
            Instrument::Dhat => programs.push(&config.heap),
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
        clock_budget: if quick { Duration::from_millis(800) } else { Duration::from_millis(1500) },
        slow_rounds: if quick { 1 } else { 3 },
        criterion_budget: Duration::from_millis(100),
    }
}

fn counting_asked(plan: &Plan) -> bool {
    plan.instruments.iter().any(|instrument| Instrument::COUNTED.contains(instrument))
}

/// The instruction set that kernels choose under valgrind, whose CPU is not the bare machine's; or why it is unknown.
fn isa_under_valgrind(probe: Command, request: &Request, settings: &Settings) -> Result<String, String> {
    if valgrind_version().is_none() {
        return Err(VALGRIND_MISSING.to_owned());
    }
    if let Some(isa) = &settings.isa {
        return Ok(isa.clone());
    }
    let mut command = Command::new("valgrind");
    command.args(["--tool=none", "--quiet"]).arg(probe.get_program()).args(probe.get_args());
    if let Some(folder) = probe.get_current_dir() {
        command.current_dir(folder);
    }
    // The CPU is asked for, not the model: hashing a checkpoint under valgrind would take minutes.
    command.env_remove("HARNESS_MODEL");
    let greeting = Probe::start(command, request.time_limit).and_then(|mut probe| probe.hello());
    greeting.map(|greeting| greeting.isa).map_err(|error| format!("the probe does not run under valgrind: {error}"))
}
