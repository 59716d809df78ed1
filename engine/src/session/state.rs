//! State of a session: sequences, threads, buffers and the last logits.

use std::sync::Arc;

use super::sequence::Sequence;
use crate::buffers::{Buffer, Buffers};
use crate::error::EngineError;
use crate::model::Model;
use crate::thread_pool::ThreadPool;
use crate::trace::{Operation, Spans, Trace};

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
        self.logits = self.forward(outputs);
        for sequence in &mut self.sequences {
            sequence.computed();
        }
        if let Some(mut trace) = self.trace.as_deref_mut() {
            trace.end();
        }
        &self.logits
    }
}
