//! Reading a prompt.

use harness_probe::{Instrument, Options, Prepared, Selection, Unit, Workload, WorkloadError};
use serde_json::{Value, json};

use super::subject::Subject;
use super::warm::Warm;
use crate::Answering;
use crate::answer::Answer;

/// Reads a prompt in a warm session and gives the logits after its last token.
pub(super) struct Prefill {
    id: String,
    subject: Subject,
    tokens: usize,
    selection: Selection,
    phases: Vec<String>,
    instruments: Vec<Instrument>,
}

impl Prefill {
    pub(super) fn new(subject: Subject, tokens: usize) -> Self {
        let selection = subject.selection(Selection::Standard);
        let phases = subject.phases();
        let instruments =
            subject.instruments(&[Instrument::Clock, Instrument::Criterion, Instrument::Callgrind, Instrument::Dhat]);
        Self { id: format!("{}/prefill", subject.name()), subject, tokens, selection, phases, instruments }
    }

    /// The same under another name and in phases of its own, timed on demand.
    pub(super) fn on_demand(self, id: String, phases: Vec<String>) -> Self {
        Self { id, phases, selection: Selection::OnDemand, instruments: vec![Instrument::Clock], ..self }
    }

    fn ready(&self, phase: &str, options: &Options) -> Result<Warm, WorkloadError> {
        let expected = self.subject.expected(&self.id, phase, options);
        Warm::new(&self.subject, phase, options, self.subject.prompt(self.tokens), |_| 0, expected)
    }
}

impl Workload for Prefill {
    fn id(&self) -> &str {
        &self.id
    }
    fn unit(&self) -> Unit {
        Unit { name: "token".to_owned(), per_run: self.tokens as u64 }
    }
    fn definition(&self) -> Value {
        json!({"work": "prefill in a warm session", "model": self.subject.definition(), "prompt": self.tokens})
    }
    fn answer(&self) -> Value {
        self.subject.answer(&self.id)
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
        Ok(Box::new(self.ready(phase, options)?))
    }
}

impl Answering for Prefill {
    fn compute(&self, phase: &str, options: &Options) -> Result<Answer, WorkloadError> {
        self.ready(phase, options)?.answer()
    }
}
