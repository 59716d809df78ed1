//! Reading a prompt.

use engine::Session;
use harness_probe::{Instrument, Options, Prepared, Unit, Workload, WorkloadError};
use serde_json::{Value, json};

use super::{Subject, every_phase};
use crate::Answering;
use crate::answer::{self, Answer};

/// Reads a prompt in a warm session and gives the logits after its last token.
pub(super) struct Prefill {
    id: String,
    subject: Subject,
    tokens: usize,
}

struct Ready {
    session: Session,
    isa: &'static str,
    prompt: Vec<u32>,
    logits: Vec<f32>,
    failure: Option<String>,
    expected: Answer,
}

impl Prefill {
    pub(super) fn new(subject: Subject, tokens: usize) -> Self {
        Self { id: format!("{}/prefill", subject.name), subject, tokens }
    }

    fn ready(&self, phase: &str, options: &Options) -> Result<Ready, WorkloadError> {
        let engine = self.subject.engine(phase, options)?;
        let mut ready = Ready {
            session: engine.session().map_err(WorkloadError::new)?,
            isa: engine.isa().name(),
            prompt: self.subject.prompt(self.tokens),
            logits: vec![0.0; engine.config().vocab],
            failure: None,
            expected: answer::stored(&self.id),
        };
        // A session that keeps its buffers has them after one run; the others have nothing to warm up.
        if ready.session.pool_counts().is_some() {
            ready.run(&mut || {});
        }
        Ok(ready)
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
        json!(answer::stored(&self.id))
    }
    fn phases(&self) -> Vec<String> {
        every_phase()
    }
    fn instruments(&self) -> Vec<Instrument> {
        vec![Instrument::Clock, Instrument::Criterion, Instrument::Callgrind, Instrument::Dhat]
    }
    fn quick(&self) -> bool {
        false
    }
    fn prepare(&self, phase: &str, options: &Options) -> Result<Box<dyn Prepared>, WorkloadError> {
        Ok(Box::new(self.ready(phase, options)?))
    }
}

impl Answering for Prefill {
    fn compute(&self, phase: &str, options: &Options) -> Result<Answer, WorkloadError> {
        let mut ready = self.ready(phase, options)?;
        ready.run(&mut || {});
        ready.failure.map_or(Ok(Answer::of(&ready.logits)), |failure| Err(WorkloadError::new(failure)))
    }
}

impl Prepared for Ready {
    fn run(&mut self, _: &mut dyn FnMut()) {
        self.session.reset();
        let outcome = self.session.prefill(&self.prompt).map(|logits| self.logits.copy_from_slice(logits));
        self.failure = outcome.err().map(|error| error.to_string());
    }

    fn check(&mut self) -> Result<(), String> {
        match &self.failure {
            Some(failure) => Err(failure.clone()),
            None => Answer::of(&self.logits).agrees(&self.expected),
        }
    }

    fn isa(&self) -> String {
        self.isa.to_owned()
    }
}
