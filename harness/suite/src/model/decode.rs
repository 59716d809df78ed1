//! One token at a fixed position: the unit that heavy instruments can afford.

use engine::variant::Decode as Decoding;
use harness_probe::{Instrument, Options, Prepared, Selection, Unit, Workload, WorkloadError};
use serde_json::{Value, json};

use super::subject::Subject;
use super::warm::Warm;
use crate::Answering;
use crate::answer::Answer;

/// The one position at which instructions are counted, and that belongs to the short selection: the first one after the
/// prompt of the reference inference. Valgrind emulates fused multiply-adds a lane at a time, so that what a later
/// position has to prepare would cost more than the counting.
pub(super) const COUNTED_POSITION: usize = 32;

/// Computes the logits after the token at `position`, the tokens before it having been read.
pub(super) struct Decode {
    id: String,
    subject: Subject,
    position: usize,
}

impl Decode {
    pub(super) fn new(subject: Subject, position: usize) -> Self {
        Self { id: format!("{}/decode@{position}", subject.name()), subject, position }
    }

    fn ready(&self, phase: &str, options: &Options) -> Result<Warm, WorkloadError> {
        // All but the last token with a KV-cache. A step that computes the whole window anew has no use for them, and
        // reading them would cost as much as the run.
        let read = |variant: engine::Variant| match variant.decode {
            Decoding::KvCache => self.position,
            Decoding::Recompute => 0,
        };
        let expected = self.subject.expected(&self.id, phase, options);
        Warm::new(&self.subject, phase, options, self.subject.prompt(self.position + 1), read, expected)
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
        self.subject.answer(&self.id)
    }
    fn phases(&self) -> Vec<String> {
        self.subject.phases()
    }
    fn instruments(&self) -> Vec<Instrument> {
        let mut instruments = vec![Instrument::Clock, Instrument::Criterion, Instrument::Dhat];
        if self.position == COUNTED_POSITION {
            instruments.insert(2, Instrument::Callgrind);
        }
        self.subject.instruments(&instruments)
    }
    fn selection(&self) -> Selection {
        self.subject.selection(match self.position {
            COUNTED_POSITION => Selection::Quick,
            _ => Selection::Standard,
        })
    }
    fn prepare(&self, phase: &str, options: &Options) -> Result<Box<dyn Prepared>, WorkloadError> {
        Ok(Box::new(self.ready(phase, options)?))
    }
}

impl Answering for Decode {
    fn compute(&self, phase: &str, options: &Options) -> Result<Answer, WorkloadError> {
        self.ready(phase, options)?.answer()
    }
}
