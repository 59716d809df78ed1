//! One token at a fixed position: the unit that heavy instruments can afford.

use engine::Session;
use engine::variant::Decode as Decoding;
use harness_probe::{Instrument, Options, Prepared, Unit, Workload, WorkloadError};
use serde_json::{Value, json};

use super::{Subject, every_phase};
use crate::Answering;
use crate::answer::{self, Answer};

/// The one position at which instructions are counted, and that belongs to the short selection: the middle of the
/// reference inference.
const FIXED_POSITION: usize = 57;

/// Computes the logits after the token at `position`, the tokens before it having been read.
pub(super) struct Decode {
    id: String,
    subject: Subject,
    position: usize,
}

struct Ready {
    session: Session,
    isa: &'static str,
    window: Vec<u32>,
    /// Tokens of the window that were read before the run: all but the last with a KV-cache. A step that computes the
    /// whole window anew has no use for them, and reading them would cost as much as the run.
    read: usize,
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
        let window = self.subject.prompt(self.position + 1);
        let read = match engine.variant().decode {
            Decoding::KvCache => self.position,
            Decoding::Recompute => 0,
        };
        let mut ready = Ready {
            session: engine.session().map_err(WorkloadError::new)?,
            isa: engine.isa().name(),
            window,
            read,
            logits: vec![0.0; engine.config().vocab],
            failure: None,
            expected: answer::stored(&self.id),
        };
        if read > 0 {
            ready.session.prefill(&ready.window[..read]).map_err(WorkloadError::new)?;
        }
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
        let mut instruments = vec![Instrument::Clock, Instrument::Criterion, Instrument::Dhat];
        if self.position == FIXED_POSITION {
            instruments.insert(2, Instrument::Callgrind);
        }
        instruments
    }
    fn quick(&self) -> bool {
        self.position == FIXED_POSITION
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
        let Self { session, window, read, logits, .. } = self;
        let outcome = session.rewind(*read).and_then(|()| {
            logits.copy_from_slice(session.prefill(&window[*read..])?);
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
