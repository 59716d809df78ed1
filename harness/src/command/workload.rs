//! Commands in the registry of a probe: one workload for each id, with its calls as phases.

use std::sync::Arc;

use harness_probe::{
    Instrument, Options, Prepared, Registry, RegistryError, Selection, Unit, Workload,
    WorkloadError, digest_of_files,
};
use itertools::Itertools;
use serde_json::{Value, json};

use crate::command::definition::ExitStatus;
use crate::command::expand::Call;
use crate::command::prepared::{PreparedCommand, Tally};

/// All commands of one id.
struct CommandWorkload {
    calls: Vec<Call>,
    tally: Arc<Tally>,
}

/// The registry of the commands. Their runs are added to the tally.
pub(super) fn registry(calls: Vec<Call>, tally: &Arc<Tally>) -> Result<Registry, RegistryError> {
    let mut workloads: Vec<Box<dyn Workload>> = Vec::new();
    let ids: Vec<String> = calls.iter().map(|call| call.id.clone()).unique().collect();
    for id in ids {
        workloads.push(Box::new(CommandWorkload {
            calls: calls.iter().filter(|call| call.id == id).cloned().collect(),
            tally: Arc::clone(tally),
        }));
    }
    Registry::new(std::env::consts::ARCH, workloads)
}

impl CommandWorkload {
    /// The first call stands for what all share.
    fn first(&self) -> &Call {
        &self.calls[0]
    }
}

impl Workload for CommandWorkload {
    fn id(&self) -> &str {
        &self.first().id
    }

    fn about(&self) -> String {
        match self.calls.as_slice() {
            [call] if call.about.is_empty() => call.text.clone(),
            [call, ..] => call.about.clone(),
            [] => String::new(),
        }
    }

    fn unit(&self) -> Unit {
        let (name, per_run) = self.first().unit.unwrap_or(("run", 1));
        Unit {
            name: name.to_owned(),
            per_run,
        }
    }

    /// The commands and the content of their inputs. What `build` does is the subject of a comparison.
    fn definition(&self) -> Value {
        let content = |input: &String| digest_of_files(&[input]).unwrap_or_default();
        let definition = |call: &Call| {
            json!({
                "phase": call.phase,
                "words": call.words,
                "prepare": call.prepare,
                "setup": call.setup,
                "cleanup": call.cleanup,
                "input": call.input.as_ref().map(content),
                "unit": call.unit,
                "threads": call.threads,
            })
        };
        self.calls.iter().map(definition).collect()
    }

    fn answer(&self) -> Value {
        let answer = |call: &Call| {
            let status = match call.exit_status {
                ExitStatus::Code(code) => json!(code),
                ExitStatus::Any => json!("any"),
            };
            json!({ "exit-status": status, "output": call.output })
        };
        self.calls.iter().map(answer).collect()
    }

    fn phases(&self) -> Vec<String> {
        self.calls.iter().map(|call| call.phase.clone()).collect()
    }

    fn instruments(&self) -> Vec<Instrument> {
        let mut instruments = vec![Instrument::Clock];
        if self.calls.iter().any(|call| call.instructions) {
            instruments.push(Instrument::Callgrind);
        }
        instruments.push(Instrument::Process);
        instruments
    }

    fn selection(&self) -> Selection {
        Selection::Quick
    }

    fn prepare(&self, phase: &str, _: &Options) -> Result<Box<dyn Prepared>, WorkloadError> {
        let call = self.calls.iter().find(|call| call.phase == phase);
        let call = call.ok_or_else(|| WorkloadError::new(format!("there is no phase {phase}")))?;
        let prepared = PreparedCommand::new(call.clone(), Arc::clone(&self.tally));
        Ok(Box::new(prepared.set_up()?))
    }
}
