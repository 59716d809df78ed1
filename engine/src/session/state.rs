//! State of a session: sequences, threads, buffers and the last logits.

use std::sync::Arc;

use super::sequence::Sequence;
use crate::buffers::{Buffer, Buffers};
use crate::error::EngineError;
use crate::model::Model;
use crate::thread_pool::ThreadPool;
use crate::trace::{Operation, Spans, Trace};

/// Largest number of tokens of a prompt that are computed at once. Each part reads all weights and transposes all keys
/// so far, so larger parts are faster if the weights of a block do not stay in a cache; otherwise 64 rows are as fast
/// as any number, with smaller buffers.
fn part_rows(embed: usize) -> usize {
    if embed >= WIDE { 288 } else { 64 }
}

/// Width of a model from which on a block has 12 MB of weights or more.
const WIDE: usize = 512;

/// The state behind [`super::Session`] and [`super::BatchSession`].
#[derive(Debug)]
pub(super) struct State {
    pub(super) model: Arc<Model>,
    pub(super) pool: ThreadPool,
    pub(super) buffers: Buffers,
    pub(super) sequences: Vec<Sequence>,
    /// The pending tokens of all sequences, one after the other.
    pub(super) pending: Vec<u32>,
    pub(super) logits: Buffer,
    /// The trace, if there is one. The box keeps sessions without a trace small.
    pub(super) trace: Option<Box<Trace>>,
}

/// Positions that get logits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outputs {
    /// None: only keys and values are stored.
    Nothing,
    /// The last one of every sequence.
    Last,
    /// All computed positions.
    All,
}

impl State {
    pub(super) fn new(
        model: Arc<Model>,
        sequences: usize,
        threads: usize,
    ) -> Result<Self, EngineError> {
        if threads == 0 {
            return Err(EngineError::NoThreads);
        }
        let tokens = sequences * model.config.context;
        Ok(Self {
            pool: ThreadPool::new(threads).map_err(EngineError::Threads)?,
            buffers: Buffers::new(model.variant.buffers),
            sequences: (0..sequences).map(|_| Sequence::new(&model)).collect(),
            pending: Vec::with_capacity(tokens),
            logits: Buffer::default(),
            trace: None,
            model,
        })
    }

    /// Computes the pending tokens, which a trace records as `operation`, and returns the logits of `outputs` as rows
    /// of V.
    pub(super) fn step(&mut self, operation: Operation, outputs: Outputs) -> &[f32] {
        if let Some(mut trace) = self.trace.as_deref_mut() {
            trace.begin(operation);
        }
        let before = std::mem::take(&mut self.logits);
        if !before.is_empty() {
            self.buffers.give(before);
        }
        if outputs == Outputs::Last {
            self.compute_all_but_last_part();
        }
        self.logits = self.pass(usize::MAX, outputs);
        if let Some(mut trace) = self.trace.as_deref_mut() {
            trace.end();
        }
        &self.logits
    }

    /// Computes a long prompt part by part, up to the last part: the buffers have room for a part, not for the prompt.
    ///
    /// That needs a cache. The sequences of a batch differ in length, so a batch computes its prompts at once.
    fn compute_all_but_last_part(&mut self) {
        let [sequence] = &self.sequences[..] else {
            return;
        };
        if sequence.cache.is_none() {
            return;
        }
        let parts = sequence
            .waiting()
            .div_ceil(part_rows(self.model.config.embed));
        for part in 1..parts {
            // Parts of equal length: a short last part would read all weights for few tokens.
            let rows = self.sequences[0].waiting() / (parts + 1 - part);
            self.pass(rows, Outputs::Nothing);
        }
    }

    /// Computes the first `limit` tokens of each sequence that are not computed yet.
    fn pass(&mut self, limit: usize, outputs: Outputs) -> Buffer {
        for sequence in &mut self.sequences {
            sequence.select(limit);
        }
        let result = self.forward(outputs);
        for sequence in &mut self.sequences {
            sequence.computed();
        }
        result
    }
}
