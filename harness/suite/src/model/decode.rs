//! Decoding one token at a fixed position, a workload short enough for slow instruments.

use engine::variant::Decode as Decoding;
use harness_probe::{Instrument, Options, Prepared, Selection, Unit, Workload, WorkloadError};
use serde_json::{Value, json};

use super::measured_model::MeasuredModel;
use super::warm_session::WarmSession;
use crate::SuiteWorkload;
use crate::answer::Answer;

/// The only position at which instructions are counted and that belongs to the short selection: the first one after the
/// prompt of the reference inference. Valgrind emulates fused multiply-adds one lane at a time, so preparing a later
/// position would cost more than the counting.
pub(super) const COUNTED_POSITION: usize = 32;

/// Computes the logits after the token at `position`. The tokens before it were read during preparation.
pub(super) struct Decode {
    id: String,
    model: MeasuredModel,
    position: usize,
    selection: Selection,
    phases: Vec<String>,
    instruments: Vec<Instrument>,
    /// A fixed number of threads, which replaces that of the options.
    threads: Option<u32>,
}

impl Decode {
    pub(super) fn new(model: MeasuredModel, position: usize) -> Self {
        let mut instruments = vec![Instrument::Clock, Instrument::Criterion, Instrument::Dhat];
        if position == COUNTED_POSITION {
            instruments.insert(2, Instrument::Callgrind);
        }
        let selection = model.selection(match position {
            COUNTED_POSITION => Selection::Quick,
            _ => Selection::Standard,
        });
        Self {
            id: format!("{}/decode@{position}", model.name()),
            phases: model.phases(),
            instruments: model.instruments(&instruments),
            model,
            position,
            selection,
            threads: None,
        }
    }

    /// The same workload with another id, other phases and other instruments, measured in every standard run.
    pub(super) fn named(self, id: &str, phases: Vec<String>, instruments: &[Instrument]) -> Self {
        let id = id.to_owned();
        Self {
            id,
            phases,
            selection: Selection::Standard,
            instruments: instruments.to_vec(),
            ..self
        }
    }

    /// The same workload with another id, other phases and other instruments, measured on demand. If `threads` is given, it
    /// replaces the threads of the options.
    pub(super) fn on_demand(
        self,
        id: String,
        phases: Vec<String>,
        threads: Option<u32>,
        instruments: &[Instrument],
    ) -> Self {
        Self {
            id,
            phases,
            selection: Selection::OnDemand,
            instruments: instruments.to_vec(),
            threads,
            ..self
        }
    }

    fn prepared(&self, phase: &str, options: &Options) -> Result<WarmSession, WorkloadError> {
        // With a KV-cache, all tokens but the last are read now. A step that computes the whole window anew does not need
        // them, and reading them would cost as much as the run.
        let read = |variant: engine::Variant| match variant.decode {
            Decoding::KvCache => self.position,
            Decoding::Recompute => 0,
        };
        let options = &Options {
            threads: self.threads.unwrap_or(options.threads),
            ..options.clone()
        };
        let expected = self.model.expected(&self.id, phase, options);
        WarmSession::new(
            &self.model,
            phase,
            options,
            self.model.prompt(self.position + 1),
            read,
            expected,
        )
    }
}

impl Workload for Decode {
    fn id(&self) -> &str {
        &self.id
    }
    fn about(&self) -> String {
        format!(
            "{}: one token at position {} in a warm session",
            self.model.about(),
            self.position
        )
    }
    fn unit(&self) -> Unit {
        Unit {
            name: "token".to_owned(),
            per_run: 1,
        }
    }
    fn definition(&self) -> Value {
        let mut definition = json!({"work": "one token in a warm session", "model": self.model.definition(), "position": self.position});
        if let Some(threads) = self.threads {
            definition["threads"] = json!(threads);
        }
        definition
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

impl SuiteWorkload for Decode {
    fn compute(&self, phase: &str, options: &Options) -> Result<Answer, WorkloadError> {
        self.prepared(phase, options)?.answer()
    }
}
