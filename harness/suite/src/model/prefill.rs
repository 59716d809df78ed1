//! Prefill of a prompt.

use harness_probe::{Instrument, Options, Prepared, Selection, Unit, Workload, WorkloadError};
use serde_json::{Value, json};

use super::measured_model::MeasuredModel;
use super::warm_session::WarmSession;
use crate::SuiteWorkload;
use crate::answer::Answer;

/// Processes a prompt in a warm session, up to the logits after its last token.
pub(super) struct Prefill {
    id: String,
    model: MeasuredModel,
    tokens: usize,
    selection: Selection,
    phases: Vec<String>,
    instruments: Vec<Instrument>,
}

impl Prefill {
    pub(super) fn new(model: MeasuredModel, tokens: usize) -> Self {
        let selection = model.selection(Selection::Standard);
        let phases = model.phases();
        let instruments = model.instruments(&Instrument::LISTED);
        Self {
            id: format!("{}/prefill", model.name()),
            model,
            tokens,
            selection,
            phases,
            instruments,
        }
    }

    /// The same workload with another id and other phases, timed on demand.
    pub(super) fn on_demand(self, id: String, phases: Vec<String>) -> Self {
        Self {
            id,
            phases,
            selection: Selection::OnDemand,
            instruments: vec![Instrument::Clock],
            ..self
        }
    }

    fn prepared(&self, phase: &str, options: &Options) -> Result<WarmSession, WorkloadError> {
        let expected = self.model.expected(&self.id, phase, options);
        WarmSession::new(
            &self.model,
            phase,
            options,
            self.model.prompt(self.tokens),
            |_| 0,
            expected,
        )
    }
}

impl Workload for Prefill {
    fn id(&self) -> &str {
        &self.id
    }
    fn about(&self) -> String {
        format!(
            "{}: prefill of a prompt of {} tokens in a warm session",
            self.model.about(),
            self.tokens
        )
    }
    fn unit(&self) -> Unit {
        Unit {
            name: "token".to_owned(),
            per_run: self.tokens as u64,
        }
    }
    fn definition(&self) -> Value {
        json!({"work": "prefill in a warm session", "model": self.model.definition(), "prompt": self.tokens})
    }
    fn answer(&self) -> Value {
        self.model.answer(&self.id)
    }
    fn phases(&self) -> Vec<String> {
        self.phases.clone()
    }
    fn instruments(&self) -> Vec<Instrument> {
        self.instruments.clone()
    }
    fn selection(&self) -> Selection {
        self.selection
    }
    fn prepare(&self, phase: &str, options: &Options) -> Result<Box<dyn Prepared>, WorkloadError> {
        Ok(Box::new(self.prepared(phase, options)?))
    }
}

impl SuiteWorkload for Prefill {
    fn compute(&self, phase: &str, options: &Options) -> Result<Answer, WorkloadError> {
        self.prepared(phase, options)?.answer()
    }
}
