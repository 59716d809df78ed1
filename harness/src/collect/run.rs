//! A run: builds, selects and measures, with a journal by which an interrupted run can continue.

use harness_record::journal::Started;
use harness_record::shard::Sharding;
use harness_record::{Environment, Record, UNKNOWN};

use super::{
    Divided, Greeting, InterruptedRuns, MeasureError, Measured, Progress, Request, RunJournal,
    Selected, build, conditions, gather, machine, now,
};
use crate::process::{self, Held};
use crate::project::Project;
use crate::terminal::notice;

/// Measures and returns the record, and the journal, which is to be removed once the record is stored. Failures of single
/// instruments are part of its rows. Continues one of the interrupted runs in `resume`, if there are any.
///
/// # Errors
/// If the programs cannot be built, the probe does not answer, the plan selects nothing, the run is interrupted, or no
/// interrupted run has the same conditions.
pub fn measure(
    project: &Project,
    request: &Request,
    resume: Option<InterruptedRuns>,
    progress: &dyn Progress,
) -> Result<(Record, RunJournal), MeasureError> {
    let resume = match resume {
        // Before minutes are spent on a build.
        Some(runs) => {
            let environment = machine::describe(&project.root, UNKNOWN);
            Some(runs.with(&conditions::before_build(project, request, &environment))?)
        }
        None => None,
    };
    let programs = build(project, &request.plan.instruments, request.quiet)?
        .on_model(request.model.as_deref());
    let measured = Measured {
        project,
        programs: &programs,
        commit: None,
    };
    let greeting = measured.greet(request.time_limit)?;
    let scope = Scope::of(&greeting, request)?;
    let environment = measured.environment(&greeting);
    let run = started(&measured, &greeting, &scope.selected, request, &environment);
    let journal = match resume {
        Some(runs) => runs.resume(&run)?,
        None => RunJournal::of_new(&project.records(), run),
    };
    if let Some(sentence) = journal.sentence() {
        notice(&sentence);
    }
    // An interruption ends the programs, and the error below states what is kept.
    let _held = Held::new();
    let taken = measured.take_with(
        &greeting,
        &scope.selected,
        request,
        environment,
        Some(&journal),
        progress,
    );
    match taken {
        Ok(record) => Ok((scope.of_record(record, request), journal)),
        Err(error) => Err(match journal.stored() {
            Some((kept, all, command)) if process::stopped() => {
                MeasureError::Kept(kept, all, resuming(command))
            }
            _ => error,
        }),
    }
}

/// The command line that resumes the run of this one.
pub fn resuming(command: &str) -> String {
    match command.split(' ').any(|word| word == "--resume") {
        true => command.to_owned(),
        false => format!("{command} --resume"),
    }
}

/// The selected workloads of a request.
pub(super) struct Scope {
    pub(super) selected: Vec<Selected>,
    divided: Option<Divided>,
}

impl Scope {
    /// Selects among the workloads in `greeting`, and of them those of the requested shard.
    pub(super) fn of(greeting: &Greeting, request: &Request) -> Result<Self, MeasureError> {
        let mut selected = request.plan.select(&greeting.workloads)?;
        let divided = request.division.as_ref().map(|division| {
            let instruments = &request.plan.instruments;
            division.divide(&greeting.workloads, &selected, instruments, 1, |_| 0)
        });
        if let Some(divided) = &divided {
            notice(&divided.sentence());
            selected = divided.own(selected);
        }
        Ok(Self { selected, divided })
    }

    /// Adds the requested scope and the shard to a record.
    pub(super) fn of_record(self, record: Record, request: &Request) -> Record {
        Record {
            asked: vec![request.asked()],
            sharding: self.divided.map(|divided| Sharding::Part(divided.part)),
            ..record
        }
    }
}

/// The first line of the journal of a run that starts now.
fn started(
    measured: &Measured<'_>,
    greeting: &Greeting,
    selected: &[Selected],
    request: &Request,
    environment: &Environment,
) -> Started {
    let (project, programs) = (measured.project, measured.programs);
    let mut conditions = conditions::before_build(project, request, environment);
    conditions.extend(conditions::after_build(
        project,
        request,
        programs,
        &greeting.isa,
        selected,
    ));
    Started {
        created: now(),
        command: request.command.clone(),
        readings: gather::readings(selected, &request.plan.instruments),
        conditions,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_to_resume_is_added_once() {
        let resumed = "harness run --quick --resume";
        assert_eq!(resuming("harness run --quick"), resumed);
        assert_eq!(resuming(resumed), resumed);
    }
}
