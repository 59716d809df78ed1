//! A whole inference as a user has it: a new session, a prompt, and tokens one after the other.

use engine::trace::Trace;
use engine::{Engine, Overflow, Sampler, generate};
use harness_probe::protocol::Span;
use harness_probe::{Instrument, Options, Prepared, Selection, Unit, Workload, WorkloadError};
use serde_json::{Value, json};

use super::expected::Expected;
use super::spans::spans;
use super::subject::Subject;
use crate::Answering;
use crate::answer::Answer;

/// Generates `new` tokens after a prompt of `prompt` tokens, greedily.
pub(super) struct Inference {
    id: String,
    subject: Subject,
    prompt: usize,
    new: usize,
    selection: Selection,
    phases: Vec<String>,
    instruments: Vec<Instrument>,
}

struct Ready {
    engine: Engine,
    prompt: Vec<u32>,
    new: usize,
    tokens: Vec<u32>,
    failure: Option<String>,
    expected: Expected,
    /// Goes from the session of one run to that of the next, if spans are noted.
    trace: Option<Trace>,
}

impl Inference {
    pub(super) fn new(subject: Subject, prompt: usize, new: usize, selection: Selection) -> Self {
        let selection = subject.selection(selection);
        let phases = subject.phases();
        let instruments = subject.instruments(&[Instrument::Clock, Instrument::Dhat]);
        Self { id: format!("{}/inference", subject.name()), subject, prompt, new, selection, phases, instruments }
    }

    /// The same under another name, in phases of its own.
    pub(super) fn named(self, id: &str, phases: Vec<String>) -> Self {
        Self { id: id.to_owned(), phases, ..self }
    }

    /// The same, read by these instruments only.
    pub(super) fn read_by(self, instruments: &[Instrument]) -> Self {
        Self { instruments: instruments.to_vec(), ..self }
    }

    fn ready(&self, phase: &str, options: &Options) -> Result<Ready, WorkloadError> {
        Ok(Ready {
            engine: self.subject.engine(phase, options)?,
            prompt: self.subject.prompt(self.prompt),
            new: self.new,
            tokens: Vec::with_capacity(self.new),
            failure: None,
            expected: self.subject.expected(&self.id, phase, options),
            trace: None,
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

impl Answering for Inference {
    fn compute(&self, phase: &str, options: &Options) -> Result<Answer, WorkloadError> {
        let mut ready = self.ready(phase, options)?;
        ready.run(&mut || {});
        ready.failure.map_or(Ok(Answer::Tokens(ready.tokens)), |failure| Err(WorkloadError::new(failure)))
    }
}

impl Prepared for Ready {
    fn run(&mut self, on_token: &mut dyn FnMut()) {
        let Self { engine, prompt, new, tokens, trace, .. } = self;
        tokens.clear();
        let outcome = engine.session().and_then(|mut session| {
            if let Some(trace) = trace.take() {
                session.keep_trace(trace);
            }
            let outcome = generate(&mut session, prompt, *new, &mut Sampler::greedy(), Overflow::Error, |token| {
                tokens.push(token);
                on_token();
            });
            *trace = session.take_trace();
            outcome
        });
        self.failure = outcome.err().map(|error| error.to_string());
    }

    fn start_spans(&mut self) {
        self.trace = Some(Trace::default());
    }

    fn take_spans(&mut self) -> Vec<Span> {
        spans(self.trace.take())
    }

    fn check(&mut self) -> Result<(), String> {
        match &self.failure {
            Some(failure) => Err(failure.clone()),
            None => self.expected.check_tokens(&self.prompt, self.new, &self.tokens),
        }
    }

    fn isa(&self) -> String {
        self.engine.isa().name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wrong_token_is_caught_wherever_it_is() {
        let workload = Inference::new(Subject::synthetic("small", engine::Config::small()), 32, 32, Selection::Quick);
        let mut ready = workload.ready("optimized", &Options { threads: 1, isa: None }).expect("prepared");
        ready.run(&mut || {});
        assert_eq!(ready.check(), Ok(()));
        for place in 0..ready.tokens.len() {
            ready.tokens[place] ^= 1;
            let message = ready.check().expect_err("wrong");
            assert!(message.starts_with(&format!("token {place} is ")), "{message}");
            ready.tokens[place] ^= 1;
        }
        ready.tokens.pop();
        assert_eq!(ready.check(), Err("31 tokens were generated, expected 32".to_owned()));
    }
}
