//! A whole inference as a user has it: a new session, a prompt, and tokens one after the other.

use engine::{Engine, Overflow, Sampler, generate};
use harness_probe::{Instrument, Options, Prepared, Unit, Workload, WorkloadError};
use serde_json::{Value, json};

use super::{Subject, every_phase};
use crate::Answering;
use crate::answer::{self, Answer};

/// Generates `new` tokens after a prompt of `prompt` tokens, greedily.
pub(super) struct Inference {
    id: String,
    subject: Subject,
    prompt: usize,
    new: usize,
}

struct Ready {
    engine: Engine,
    prompt: Vec<u32>,
    new: usize,
    tokens: Vec<u32>,
    failure: Option<String>,
    expected: Answer,
}

impl Inference {
    pub(super) fn new(subject: Subject, prompt: usize, new: usize) -> Self {
        Self { id: format!("{}/inference", subject.name), subject, prompt, new }
    }

    fn ready(&self, phase: &str, options: &Options) -> Result<Ready, WorkloadError> {
        Ok(Ready {
            engine: self.subject.engine(phase, options)?,
            prompt: self.subject.prompt(self.prompt),
            new: self.new,
            tokens: Vec::with_capacity(self.new),
            failure: None,
            expected: answer::stored(&self.id),
        })
    }
}

impl Workload for Inference {
    fn id(&self) -> &str {
        &self.id
    }
    fn unit(&self) -> Unit {
        Unit { name: "token".to_owned(), per_run: self.new as u64 }
    }
    fn definition(&self) -> Value {
        json!({
            "work": "a new session, prefill, then greedy tokens",
            "model": self.subject.definition(), "prompt": self.prompt, "new": self.new,
        })
    }
    fn answer(&self) -> Value {
        json!(answer::stored(&self.id))
    }
    fn phases(&self) -> Vec<String> {
        every_phase()
    }
    fn instruments(&self) -> Vec<Instrument> {
        vec![Instrument::Clock, Instrument::Dhat]
    }
    fn quick(&self) -> bool {
        true
    }
    fn prepare(&self, phase: &str, options: &Options) -> Result<Box<dyn Prepared>, WorkloadError> {
        Ok(Box::new(self.ready(phase, options)?))
    }
}

impl Answering for Inference {
    fn compute(&self, phase: &str, options: &Options) -> Result<Answer, WorkloadError> {
        let mut ready = self.ready(phase, options)?;
        ready.run(&mut || {});
        ready.failure.map_or(Ok(Answer::Tokens(ready.tokens)), |failure| Err(WorkloadError::new(failure)))
    }
}

impl Prepared for Ready {
    fn run(&mut self, on_token: &mut dyn FnMut()) {
        let Self { engine, prompt, new, tokens, .. } = self;
        tokens.clear();
        let outcome = engine.session().and_then(|mut session| {
            generate(&mut session, prompt, *new, &mut Sampler::greedy(), Overflow::Error, |token| {
                tokens.push(token);
                on_token();
            })
        });
        self.failure = outcome.err().map(|error| error.to_string());
    }

    fn check(&mut self) -> Result<(), String> {
        match &self.failure {
            Some(failure) => Err(failure.clone()),
            None => Answer::Tokens(self.tokens.clone()).agrees(&self.expected),
        }
    }

    fn isa(&self) -> String {
        self.engine.isa().name().to_owned()
    }
}
