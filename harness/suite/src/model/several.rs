//! Several sequences at once: in one session that steps them together, or in streams with a session and a thread each.

use engine::{BatchSession, Engine, EngineError, Overflow, Sampler, generate_streams};
use harness_probe::{Instrument, Options, Prepared, Selection, Unit, Workload, WorkloadError};
use serde_json::{Value, json};

use super::subject::Subject;
use crate::Answering;
use crate::answer::{self, Answer};

/// Tokens of each prompt, and tokens generated after it.
const PROMPT: usize = 4;
const NEW: usize = 12;

/// Generates tokens for several sequences, all greedily. A run yields the tokens of all of them.
pub(super) struct Several {
    id: String,
    subject: Subject,
    count: usize,
    way: Way,
}

/// How the sequences are computed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Batch,
    Streams,
}

/// Sequences that are ready to be continued.
struct Ready {
    engine: Engine,
    prompts: Vec<Vec<u32>>,
    way: Machine,
    tokens: Vec<u32>,
    failure: Option<String>,
    expected: &'static Answer,
}

/// What computes them.
enum Machine {
    Batch(Box<BatchSession>),
    Streams(rayon::ThreadPool),
}

impl Several {
    /// Sequences that step together, so that the weights are read once for all of them.
    pub(super) fn batch(subject: Subject, count: usize) -> Self {
        Self { id: format!("growth/batch@sequences={count}"), subject, count, way: Way::Batch }
    }

    /// Sequences side by side, shared out over the threads there are.
    pub(super) fn streams(subject: Subject, count: usize) -> Self {
        Self { id: format!("growth/streams@streams={count}"), subject, count, way: Way::Streams }
    }

    fn ready(&self, phase: &str, options: &Options) -> Result<Ready, WorkloadError> {
        let engine = self.subject.engine(phase, options)?;
        let way = match self.way {
            Way::Batch => Machine::Batch(Box::new(engine.batch(self.count).map_err(WorkloadError::new)?)),
            Way::Streams => {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads as usize).build();
                Machine::Streams(pool.map_err(WorkloadError::new)?)
            }
        };
        // Each sequence has a prompt of its own.
        let tokens = self.subject.prompt(PROMPT * self.count);
        let prompts = tokens.chunks(PROMPT).map(<[u32]>::to_vec).collect();
        let expected = answer::stored(&self.id);
        Ok(Ready { engine, prompts, way, tokens: Vec::new(), failure: None, expected })
    }
}

impl Workload for Several {
    fn id(&self) -> &str {
        &self.id
    }
    fn unit(&self) -> Unit {
        Unit { name: "token".to_owned(), per_run: (self.count * NEW) as u64 }
    }
    fn definition(&self) -> Value {
        let way = match self.way {
            Way::Batch => "one session of several sequences",
            Way::Streams => "a session and a thread for each sequence",
        };
        json!({"work": way, "model": self.subject.definition(), "prompt": PROMPT, "new": NEW, "sequences": self.count})
    }
    fn answer(&self) -> Value {
        json!(answer::stored(&self.id))
    }
    fn phases(&self) -> Vec<String> {
        vec!["reference".to_owned(), "optimized".to_owned()]
    }
    fn instruments(&self) -> Vec<Instrument> {
        vec![Instrument::Clock]
    }
    fn selection(&self) -> Selection {
        Selection::OnDemand
    }
    fn prepare(&self, phase: &str, options: &Options) -> Result<Box<dyn Prepared>, WorkloadError> {
        Ok(Box::new(self.ready(phase, options)?))
    }
}

impl Answering for Several {
    fn compute(&self, phase: &str, options: &Options) -> Result<Answer, WorkloadError> {
        let mut ready = self.ready(phase, options)?;
        ready.run(&mut || {});
        ready.failure.map_or(Ok(Answer::Tokens(ready.tokens)), |failure| Err(WorkloadError::new(failure)))
    }
}

impl Prepared for Ready {
    fn run(&mut self, _: &mut dyn FnMut()) {
        let Self { engine, prompts, way, tokens, .. } = self;
        tokens.clear();
        let outcome = match way {
            Machine::Batch(session) => batch(session, prompts, engine.config().vocab, tokens),
            Machine::Streams(pool) => pool
                .install(|| generate_streams(engine, prompts, NEW, &Sampler::greedy(), Overflow::Error))
                .map(|streams| tokens.extend(streams.into_iter().flatten())),
        };
        self.failure = outcome.err().map(|error| error.to_string());
    }

    fn check(&mut self) -> Result<(), String> {
        match &self.failure {
            Some(failure) => Err(failure.clone()),
            None => self.expected.check_tokens(&self.tokens),
        }
    }

    fn isa(&self) -> String {
        self.engine.isa().name().to_owned()
    }
}

/// Steps all sequences together and gathers the tokens sequence by sequence.
fn batch(
    session: &mut BatchSession,
    prompts: &[Vec<u32>],
    vocab: usize,
    all: &mut Vec<u32>,
) -> Result<(), EngineError> {
    session.reset();
    let prompts: Vec<&[u32]> = prompts.iter().map(Vec::as_slice).collect();
    let mut sampler = Sampler::greedy();
    let mut steps: Vec<Vec<u32>> = Vec::with_capacity(NEW);
    let mut logits = session.prefill(&prompts)?;
    for remaining in (0..NEW).rev() {
        let step: Vec<u32> = logits.chunks_exact(vocab).map(|row| sampler.sample(row)).collect();
        steps.push(step);
        match steps.last() {
            Some(step) if remaining > 0 => logits = session.decode(step)?,
            _ => break,
        }
    }
    all.extend((0..prompts.len()).flat_map(|sequence| steps.iter().map(move |step| step[sequence])));
    Ok(())
}
