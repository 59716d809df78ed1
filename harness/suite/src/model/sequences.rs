//! Several sequences at once, either in one batch session or in streams with one session and one thread each.

use engine::{BatchSession, Engine, EngineError, Overflow, Sampler, generate_streams};
use harness_probe::{Instrument, Options, Prepared, Selection, Unit, Workload, WorkloadError};
use serde_json::{Value, json};

use super::expected::explained;
use super::measured_model::MeasuredModel;
use crate::SuiteWorkload;
use crate::answer::{self, Answer};

/// Tokens of each prompt, and tokens generated after it.
const PROMPT: usize = 4;
const NEW: usize = 12;

/// Generates tokens greedily for several sequences. A run yields the tokens of all of them.
pub(super) struct Sequences {
    id: String,
    model: MeasuredModel,
    count: usize,
    schedule: Schedule,
}

/// The schedule of the sequences: all in one batch, or each in its own stream.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Schedule {
    Batch,
    Streams,
}

/// The prepared workload.
struct PreparedSequences {
    engine: Engine,
    prompts: Vec<Vec<u32>>,
    executor: Executor,
    tokens: Vec<u32>,
    failure: Option<String>,
    expected: &'static Answer,
}

/// The session or the threads that compute the sequences.
enum Executor {
    Batch(Box<BatchSession>),
    Streams(rayon::ThreadPool),
}

impl Sequences {
    /// Sequences that advance together, so that the weights are read once per step for all of them.
    pub(super) fn batch(model: MeasuredModel, count: usize) -> Self {
        Self {
            id: format!("growth/batch@sequences={count}"),
            model,
            count,
            schedule: Schedule::Batch,
        }
    }

    /// Independent sequences, distributed over the threads.
    pub(super) fn streams(model: MeasuredModel, count: usize) -> Self {
        Self {
            id: format!("growth/streams@streams={count}"),
            model,
            count,
            schedule: Schedule::Streams,
        }
    }

    fn prepared(&self, phase: &str, options: &Options) -> Result<PreparedSequences, WorkloadError> {
        let engine = self.model.engine(phase, options)?;
        let executor = match self.schedule {
            Schedule::Batch => Executor::Batch(Box::new(
                engine.batch(self.count).map_err(WorkloadError::new)?,
            )),
            Schedule::Streams => {
                let pool = rayon::ThreadPoolBuilder::new()
                    .num_threads(options.threads as usize)
                    .build();
                Executor::Streams(pool.map_err(WorkloadError::new)?)
            }
        };
        // Each sequence has its own prompt.
        let tokens = self.model.prompt(PROMPT * self.count);
        let prompts = tokens.chunks(PROMPT).map(<[u32]>::to_vec).collect();
        let expected = answer::stored(&self.id);
        Ok(PreparedSequences {
            engine,
            prompts,
            executor,
            tokens: Vec::new(),
            failure: None,
            expected,
        })
    }
}

impl Workload for Sequences {
    fn id(&self) -> &str {
        &self.id
    }
    fn about(&self) -> String {
        let schedule = match self.schedule {
            Schedule::Batch => "in one session",
            Schedule::Streams => "each with its session and thread",
        };
        format!(
            "{}: {} sequences {schedule}, prompt of {PROMPT} tokens, {NEW} new ones each",
            self.model.about(),
            self.count
        )
    }
    fn unit(&self) -> Unit {
        Unit {
            name: "token".to_owned(),
            per_run: (self.count * NEW) as u64,
        }
    }
    fn definition(&self) -> Value {
        let work = match self.schedule {
            Schedule::Batch => "one session of several sequences",
            Schedule::Streams => "a session and a thread for each sequence",
        };
        json!({"work": work, "model": self.model.definition(), "prompt": PROMPT, "new": NEW, "sequences": self.count})
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
        Ok(Box::new(self.prepared(phase, options)?))
    }
}

impl SuiteWorkload for Sequences {
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

impl Prepared for PreparedSequences {
    fn run(&mut self, _: &mut dyn FnMut()) {
        let Self {
            engine,
            prompts,
            executor,
            tokens,
            ..
        } = self;
        tokens.clear();
        let outcome = match executor {
            Executor::Batch(session) => batch(session, prompts, engine.config().vocab, tokens),
            Executor::Streams(pool) => pool
                .install(|| {
                    generate_streams(engine, prompts, NEW, &Sampler::greedy(), Overflow::Error)
                })
                .map(|streams| tokens.extend(streams.into_iter().flatten())),
        };
        self.failure = outcome.err().map(|error| error.to_string());
    }

    fn check(&mut self) -> Result<(), String> {
        match &self.failure {
            Some(failure) => Err(failure.clone()),
            None => self
                .expected
                .check_tokens(&self.tokens)
                .map_err(|wrong| explained(wrong, &self.engine, &self.prompts[0])),
        }
    }

    fn isa(&self) -> String {
        self.engine.isa().name().to_owned()
    }
}

/// Decodes all sequences together and appends their tokens to `all`, one sequence after the other.
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
        let step: Vec<u32> = logits
            .chunks_exact(vocab)
            .map(|row| sampler.sample(row))
            .collect();
        steps.push(step);
        match steps.last() {
            Some(step) if remaining > 0 => logits = session.decode(step)?,
            _ => break,
        }
    }
    all.extend(
        (0..prompts.len()).flat_map(|sequence| steps.iter().map(move |step| step[sequence])),
    );
    Ok(())
}
