//! The programs and the conditions of each suite of a measurement.

use std::process::Command;

use harness_probe::protocol::Description;

use crate::collect::instrument::{BuiltProgram, Measurement, Settings};
use crate::collect::{Greeting, Request, Selected, isa_under_valgrind};
use crate::command;
use crate::programs::Programs;
use crate::project::{Program, Project};

/// Creates the command that starts a program.
type Start<'a> = Box<dyn Fn() -> Command + Sync + 'a>;

/// What the instruments need to measure the workloads of one suite.
pub(super) struct SuiteConditions<'a> {
    probe: Start<'a>,
    process: Start<'a>,
    commands: &'a [command::Definition],
    heap: Option<Start<'a>>,
    time_bench: Option<Start<'a>>,
    instruction_bench: Option<Start<'a>>,
    counts_itself: bool,
    workloads: Vec<Description>,
    isa: String,
    counts_isa: Result<String, String>,
    /// The settings when counts are read.
    counts: Settings,
    built: Option<BuiltProgram<'a>>,
}

impl<'a> SuiteConditions<'a> {
    /// The conditions of every suite, in the order of the configuration.
    pub(super) fn all(
        project: &'a Project,
        programs: &'a Programs,
        greeting: &Greeting,
        selected: &[Selected],
        request: &Request,
        settings: &Settings,
    ) -> Vec<Self> {
        let counts = |place| {
            let is_counted = |one: &&Selected| {
                let mut instruments = request.plan.instruments.iter();
                greeting.place(&one.workload.id) == place
                    && instruments
                        .any(|&instrument| !instrument.runs_alone() && one.takes(instrument))
            };
            selected.iter().any(|one| is_counted(&one))
        };
        let suites = project.config.suites.iter().enumerate();
        suites
            .map(|(place, suite)| {
                let start = |program: &'a Program| -> Start<'a> {
                    Box::new(move || programs.command(program))
                };
                let isa = settings
                    .isa
                    .clone()
                    .unwrap_or_else(|| greeting.isa_of(place).to_owned());
                // Callgrind counts a command alone, not the probe that starts it.
                let counts_isa = match counts(place) && suite.commands().is_empty() {
                    true => isa_under_valgrind(programs.command(&suite.probe), request, settings),
                    false => Ok(isa.clone()),
                };
                // A baseline has one instruction set, so callgrind and dhat use the same.
                let counts = Settings {
                    isa: settings.isa.clone().or_else(|| counts_isa.clone().ok()),
                    ..settings.clone()
                };
                Self {
                    probe: start(&suite.probe),
                    process: start(suite.process()),
                    commands: suite.commands(),
                    heap: suite.heap.as_ref().map(start),
                    time_bench: suite.criterion.as_ref().map(start),
                    instruction_bench: suite.callgrind.as_ref().map(start),
                    counts_itself: suite.counts_itself(),
                    workloads: greeting.workloads_of(place),
                    isa,
                    counts_isa,
                    counts,
                    built: programs.file(&suite.probe).map(|file| BuiltProgram {
                        file,
                        root: &project.root,
                        program: &suite.probe,
                    }),
                }
            })
            .collect()
    }

    /// Returns the measurement of this suite in a run of this name.
    pub(super) fn measurement<'b>(
        &'b self,
        settings: &'b Settings,
        run: &'b str,
    ) -> Measurement<'b> {
        Measurement {
            probe: &*self.probe,
            process: &*self.process,
            commands: self.commands,
            heap: self.heap.as_deref(),
            time_bench: self.time_bench.as_deref(),
            instruction_bench: self.instruction_bench.as_deref(),
            counts_itself: self.counts_itself,
            workloads: &self.workloads,
            isa: &self.isa,
            counts_isa: &self.counts_isa,
            settings,
            counts_settings: &self.counts,
            built: self.built,
            run,
        }
    }
}
