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
    selection: Selection,
    phases: Vec<String>,
    instruments: Vec<Instrument>,
    /// Threads of its own, whatever the options say.
    threads: Option<u32>,
}

impl Decode {
    pub(super) fn new(subject: Subject, position: usize) -> Self {
        let mut instruments = vec![Instrument::Clock, Instrument::Criterion, Instrument::Dhat];
        if position == COUNTED_POSITION {
            instruments.insert(2, Instrument::Callgrind);
        }
        let selection = subject.selection(match position {
            COUNTED_POSITION => Selection::Quick,
            _ => Selection::Standard,
        });
        Self {
            id: format!("{}/decode@{position}", subject.name()),
            phases: subject.phases(),
            instruments: subject.instruments(&instruments),
            subject,
            position,
            selection,
            threads: None,
        }
    }

    /// The same under another name and in phases of its own, part of every whole run and read by these instruments.
    pub(super) fn named(self, id: &str, phases: Vec<String>, instruments: &[Instrument]) -> Self {
        let id = id.to_owned();
        Self { id, phases, selection: Selection::Standard, instruments: instruments.to_vec(), ..self }
    }

    /// The same under another name and in phases of its own, on demand and read by these instruments. With threads of its
    /// own it heeds no others.
    pub(super) fn on_demand(
        self,
        id: String,
        phases: Vec<String>,
        threads: Option<u32>,
        instruments: &[Instrument],
    ) -> Self {
        Self { id, phases, selection: Selection::OnDemand, instruments: instruments.to_vec(), threads, ..self }
    }

    fn ready(&self, phase: &str, options: &Options) -> Result<Warm, WorkloadError> {
        // All but the last token with a KV-cache. A step that computes the whole window anew has no use for them, and
        // reading them would cost as much as the run.
        let read = |variant: engine::Variant| match variant.decode {
            Decoding::KvCache => self.position,
            Decoding::Recompute => 0,
        };
        let options = &Options { threads: self.threads.unwrap_or(options.threads), ..options.clone() };
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
        let mut definition = json!({"work": "one token in a warm session", "model": self.subject.definition(), "position": self.position});
        if let Some(threads) = self.threads {
            definition["threads"] = json!(threads);
        }
        definition
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

impl Answering for Decode {
    fn compute(&self, phase: &str, options: &Options) -> Result<Answer, WorkloadError> {
        self.ready(phase, options)?.answer()
    }
}
