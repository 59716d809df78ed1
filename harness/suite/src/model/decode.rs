//! One token at a fixed position: the unit that heavy instruments can afford.

use engine::Session;
use harness_probe::{Instrument, Options, Prepared, Unit, Workload, WorkloadError};
use serde_json::{Value, json};

use super::{Subject, every_phase};
use crate::Answering;
use crate::answer::{self, Answer};

/// The position in the short selection: the middle of the reference inference.
const QUICK_POSITION: usize = 57;

/// Computes the logits after the token at `position`, the tokens before it having been read.
pub(super) struct Decode {
    id: String,
    subject: Subject,
    position: usize,
}

struct Ready {
    session: Session,
    isa: &'static str,
    position: usize,
    token: u32,
    logits: Vec<f32>,
    failure: Option<String>,
    expected: Answer,
}

impl Decode {
    pub(super) fn new(subject: Subject, position: usize) -> Self {
        Self { id: format!("{}/decode@{position}", subject.name), subject, position }
    }

    fn ready(&self, phase: &str, options: &Options) -> Result<Ready, WorkloadError> {
        let engine = self.subject.engine(phase, options)?;
        let mut prompt = self.subject.prompt(self.position + 1);
        let token = prompt.pop().unwrap_or_default();
        let mut ready = Ready {
            session: engine.session().map_err(WorkloadError::new)?,
            isa: engine.isa().name(),
            position: self.position,
            token,
            logits: vec![0.0; engine.config().vocab],
            failure: None,
            expected: answer::stored(&self.id),
        };
        ready.session.prefill(&prompt).map_err(WorkloadError::new)?;
        // A session that keeps its buffers has them after one run; the others have nothing to warm up.
        if ready.session.pool_counts().is_some() {
            ready.run(&mut || {});
        }
        Ok(ready)
    }
}

impl Workload for Decode {
    fn id(&self) -> &str {
        &self.id
    }
    fn unit(&self) -> Unit {
        Unit { name: "token".to_owned(), per_run: 1 }
    }
    fn definition(&self) -> Value {
        json!({"work": "one token in a warm session", "model": self.subject.definition(), "position": self.position})
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
        self.position == QUICK_POSITION
    }
    fn prepare(&self, phase: &str, options: &Options) -> Result<Box<dyn Prepared>, WorkloadError> {
        Ok(Box::new(self.ready(phase, options)?))
    }
}

impl Answering for Decode {
    fn compute(&self, phase: &str, options: &Options) -> Result<Answer, WorkloadError> {
        let mut ready = self.ready(phase, options)?;
        ready.run(&mut || {});
        ready.failure.map_or(Ok(Answer::of(&ready.logits)), |failure| Err(WorkloadError::new(failure)))
    }
}

impl Prepared for Ready {
    fn run(&mut self, _: &mut dyn FnMut()) {
        let Self { session, position, token, logits, .. } = self;
        let outcome = session.rewind(*position).and_then(|()| {
            logits.copy_from_slice(session.decode(*token)?);
            Ok(())
        });
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
