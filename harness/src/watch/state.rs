//! What is known of one build.

use harness_probe::Instrument;
use harness_record::Record;

use crate::collect::{MeasureError, Measured, Progress, Request, Selected};
use crate::probe::Greeting;
use crate::watch::KeptBuild;

/// One state of the sources: what it can do, what was counted of it, and its probe.
#[derive(Debug)]
pub struct State {
    /// The self-description of its probe.
    pub greeting: Greeting,
    /// Its counts, if they were asked for.
    pub counts: Option<Record>,
    /// Its probe, set aside.
    pub probe: KeptBuild,
}

impl State {
    /// Counts what the request asks to be counted, each workload in its last phase unless phases are named, and sets the
    /// probe aside. The instruction set is that of an `earlier` state, if there is one: asking valgrind for it takes a second.
    ///
    /// # Errors
    /// If the probe does not answer, the plan fits nothing, or it is interrupted. What cannot be counted is in the record.
    pub fn measure(
        measured: &Measured<'_>,
        request: &Request,
        earlier: Option<&Self>,
        progress: &dyn Progress,
    ) -> Result<Self, MeasureError> {
        let greeting = measured.greet(request.time_limit)?;
        let selected = last_phases(request.plan.select(&greeting.workloads)?, &request.plan.phases);
        let mut counting = request.clone();
        counting.isa = counting.isa.or_else(|| earlier.and_then(Self::counted_isa));
        counting.plan.instruments.retain(|instrument| Instrument::COUNTED.contains(instrument));
        let instruments = &counting.plan.instruments;
        let is_counted = |one: &Selected| instruments.iter().any(|&instrument| one.takes(instrument));
        let counted: Vec<Selected> = selected.into_iter().filter(is_counted).collect();
        let counts = match counted.is_empty() {
            true => None,
            false => Some(measured.take(&greeting, &counted, &counting, progress)?),
        };
        let probe = KeptBuild::of(&measured.programs.command(&measured.project.config.probe));
        Ok(Self { greeting, counts, probe: probe.map_err(MeasureError::Keep)? })
    }

    /// The instruction set that instructions were counted with.
    fn counted_isa(&self) -> Option<String> {
        let mut rows = self.counts.iter().flat_map(|counts| &counts.rows);
        rows.find_map(|row| Some(row.reading(Instrument::Callgrind)?.isa.clone()))
    }
}

/// The last phase of each workload, which is the one that is worked on, unless `phases` names others.
fn last_phases(mut selected: Vec<Selected>, phases: &[String]) -> Vec<Selected> {
    if phases.is_empty() {
        for one in &mut selected {
            one.phases.drain(..one.phases.len().saturating_sub(1));
        }
    }
    selected
}
