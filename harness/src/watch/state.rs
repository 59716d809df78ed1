//! The measured state of one build, and a short A/B timing of two.

use std::process::Command;
use std::time::Duration;

use harness_abtest::{Rules, TimedPhase};
use harness_judge::time_change::TimeChange;
use harness_probe::Instrument;
use harness_record::Record;
use itertools::Itertools;

use crate::collect::{Greeting, MeasureError, Measured, Progress, Request, Selected};
use crate::timing::{Scheduler, Sides, Stopped, conditions, seed_of_now};
use crate::watch::kept_build::{COPIES, KeptBuild};

/// One build: the greetings, counts and copies of its probes.
#[derive(Debug)]
pub struct State {
    /// The self-description of its probes.
    pub greeting: Greeting,
    /// Its counts, if they were requested.
    pub counts: Option<Record>,
    /// A copy of each of its probes.
    probes: Vec<KeptBuild>,
}

impl State {
    /// Counts what the request names, each workload in its last phase unless phases are named, and copies the probes.
    /// The instruction set is taken from an `earlier` state, if there is one, because querying valgrind for it takes a
    /// second.
    ///
    /// # Errors
    /// If the probe does not answer, the plan matches nothing, or the user interrupts. Failed counts are in the record.
    pub fn measure(
        measured: &Measured<'_>,
        request: &Request,
        earlier: Option<&Self>,
        progress: &dyn Progress,
    ) -> Result<Self, MeasureError> {
        let greeting = measured.greet(request.time_limit)?;
        let selected = last_phases(
            request.plan.select(&greeting.workloads)?,
            &request.plan.phases,
        );
        let mut counting = request.clone();
        counting.isa = counting.isa.or_else(|| earlier.and_then(Self::counted_isa));
        counting
            .plan
            .instruments
            .retain(|instrument| instrument.is_counted());
        let instruments = &counting.plan.instruments;
        let is_counted = |workload: &Selected| {
            instruments
                .iter()
                .any(|&instrument| workload.takes(instrument))
        };
        let counted: Vec<Selected> = selected.into_iter().filter(is_counted).collect();
        let is_any = !counted.is_empty();
        let counts = is_any
            .then(|| measured.take(&greeting, &counted, &counting, progress))
            .transpose()?;
        let probes = measured.project.config.probes();
        let probes = probes.map(|probe| KeptBuild::of(&measured.programs.command(probe)));
        Ok(Self {
            greeting,
            counts,
            probes: probes.try_collect().map_err(MeasureError::Keep)?,
        })
    }

    /// Creates the command that starts the copy of this number of a workload's probe.
    fn probe(&self, workload: &str, number: usize) -> Command {
        self.probes[self.greeting.place(workload)].command(number)
    }

    /// The instruction set in which instructions were counted.
    fn counted_isa(&self) -> Option<String> {
        let mut rows = self.counts.iter().flat_map(|counts| &counts.rows);
        rows.find_map(|row| Some(row.reading(Instrument::Callgrind)?.isa.clone()))
    }
}

/// Keeps the last phase of each workload, the one under development, unless `phases` names others.
fn last_phases(mut selected: Vec<Selected>, phases: &[String]) -> Vec<Selected> {
    if phases.is_empty() {
        for workload in &mut selected {
            workload
                .phases
                .drain(..workload.phases.len().saturating_sub(1));
        }
    }
    selected
}

/// Times workloads of two builds in turn on one core, one workload after the other, each for about the
/// duration `each`.
///
/// # Errors
/// If the user interrupted it.
pub fn time(
    before: &State,
    after: &State,
    timed_phases: &[TimedPhase],
    request: &Request,
    each: Duration,
    progress: &dyn Progress,
) -> Result<Vec<TimeChange>, Stopped> {
    let sides = &Sides {
        base: &|workload, number| before.probe(workload, number),
        head: &|workload, number| after.probe(workload, number),
        copies: &|_| COPIES,
    };
    let conditions = &conditions(
        request.threads.unwrap_or(1),
        request.isa.clone(),
        request.time_limit,
    );
    let scheduler = Scheduler {
        sides,
        conditions,
        rules: rules(),
        suite: None,
        budget: each,
        seed: seed_of_now(),
    };
    // Timed together, some workloads would be settled first and leave the others without a pair.
    let one = |timed| scheduler.run(std::slice::from_ref(timed), progress);
    let measured: Vec<_> = timed_phases.iter().map(one).try_collect()?;
    Ok(measured
        .iter()
        .flatten()
        .map(|pairs| TimeChange::of(pairs, rules()))
        .collect())
}

/// The rules of the gate, except that no workload is settled as not slower: more pairs narrow the interval.
fn rules() -> Rules {
    Rules {
        false_assurance: f64::MIN_POSITIVE,
        ..Rules::default()
    }
}
