//! A whole inference: a new session, prefill of a prompt, and decoding of tokens.

use engine::trace::Trace;
use engine::{Engine, Overflow, Sampler, generate};
use harness_probe::protocol::Span;
use harness_probe::{Instrument, Options, Prepared, Selection, Unit, Workload, WorkloadError};
use serde_json::{Value, json};

use super::expected::{Expected, explained};
use super::measured_model::MeasuredModel;
use super::spans::spans;
use crate::SuiteWorkload;
use crate::answer::Answer;

/// Generates `new` tokens after a prompt of `prompt` tokens, greedily.
pub(super) struct Inference {
    id: String,
    model: MeasuredModel,
    prompt: usize,
    new: usize,
    selection: Selection,
    phases: Vec<String>,
    instruments: Vec<Instrument>,
}

struct PreparedInference {
    engine: Engine,
    prompt: Vec<u32>,
    new: usize,
    tokens: Vec<u32>,
    failure: Option<String>,
    expected: Expected,
    /// The trace, moved from the session of one run to that of the next; none if spans are not recorded.
    trace: Option<Trace>,
}

impl Inference {
    pub(super) fn new(
        model: MeasuredModel,
        prompt: usize,
        new: usize,
        selection: Selection,
    ) -> Self {
        let selection = model.selection(selection);
        let phases = model.phases();
        let instruments = model.instruments(&[Instrument::Clock, Instrument::Dhat]);
        Self {
            id: format!("{}/inference", model.name()),
            model,
            prompt,
            new,
            selection,
            phases,
            instruments,
        }
    }

    /// The same workload with another id and other phases.
    pub(super) fn named(self, id: &str, phases: Vec<String>) -> Self {
        Self {
            id: id.to_owned(),
            phases,
            ..self
        }
    }

    /// The same workload with these instruments only.
    pub(super) fn read_by(self, instruments: &[Instrument]) -> Self {
        Self {
            instruments: instruments.to_vec(),
            ..self
        }
    }

    fn prepared(&self, phase: &str, options: &Options) -> Result<PreparedInference, WorkloadError> {
        Ok(PreparedInference {
            engine: self.model.engine(phase, options)?,
            prompt: self.model.prompt(self.prompt),
            new: self.new,
            tokens: Vec::with_capacity(self.new),
            failure: None,
            expected: self.model.expected(&self.id, phase, options),
            trace: None,
        })
    }
}

impl Workload for Inference {
    fn id(&self) -> &str {
        &self.id
    }
    fn about(&self) -> String {
        format!(
            "{}: a new session, a prompt of {} tokens, then {} tokens one at a time",
            self.model.about(),
            self.prompt,
            self.new
        )
    }
    fn unit(&self) -> Unit {
        Unit {
            name: "token".to_owned(),
            per_run: self.new as u64,
        }
    }
    fn definition(&self) -> Value {
        json!({
            "work": "a new session, prefill, then greedy tokens",
            "model": self.model.definition(), "prompt": self.prompt, "new": self.new,
        })
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

impl SuiteWorkload for Inference {
    fn compute(&self, phase: &str, options: &Options) -> Result<Answer, WorkloadError> {
        let mut prepared = self.prepared(phase, options)?;
        prepared.run(&mut || {});
        prepared
            .failure
            .map_or(Ok(Answer::Tokens(prepared.tokens)), |failure| {
                Err(WorkloadError::new(failure))
            })
    }
}

impl Prepared for PreparedInference {
    fn run(&mut self, on_token: &mut dyn FnMut()) {
        let Self {
            engine,
            prompt,
            new,
            tokens,
            trace,
            ..
        } = self;
        tokens.clear();
        let outcome = engine.session().and_then(|mut session| {
            if let Some(trace) = trace.take() {
                session.keep_trace(trace);
            }
            let outcome = generate(
                &mut session,
                prompt,
                *new,
                &mut Sampler::greedy(),
                Overflow::Error,
                |token| {
                    tokens.push(token);
                    on_token();
                },
            );
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
            None => self
                .expected
                .check_tokens(&self.prompt, self.new, &self.tokens)
                .map_err(|wrong| explained(wrong, &self.engine, &self.prompt)),
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
        let workload = Inference::new(
            MeasuredModel::synthetic("small", engine::Config::small()),
            32,
            32,
            Selection::Quick,
        );
        let mut prepared = workload
            .prepared(
                "optimized",
                &Options {
                    threads: 1,
                    isa: None,
                },
            )
            .expect("prepared");
        prepared.run(&mut || {});
        assert_eq!(prepared.check(), Ok(()));
        for index in 0..prepared.tokens.len() {
            prepared.tokens[index] ^= 1;
            let message = prepared.check().expect_err("wrong");
            assert!(
                message.starts_with(&format!("token {index} is ")),
                "{message}"
            );
            prepared.tokens[index] ^= 1;
        }
        prepared.tokens.pop();
        assert_eq!(
            prepared.check(),
            Err("31 tokens were generated, expected 32".to_owned())
        );
    }
}
