//! Workloads that call one operation at a size the medium model uses, in each of its implementations.
//!
//! A phase that changes nothing for the operation is left out: LayerNorm in phase `pooled` is LayerNorm in phase
//! `naive`. Implementations that no phase uses are measured as `naive` with that one axis changed.

mod gelu;
mod layer_norm;
mod matmul;
mod softmax;

use engine::random::SplitMix64;
use engine::simd::Level;
use engine::variant::Variant;
use engine::{Isa, phases};
use harness_probe::{Instrument, Options, Prepared, Unit, Workload, WorkloadError};
use serde_json::{Value, json};

use crate::Answering;
use crate::answer::{self, Answer};
use crate::model::isa;

/// Inputs come from this seed.
const INPUT_SEED: u64 = 11;

pub(crate) fn workloads() -> Vec<Box<dyn Answering>> {
    let all: Vec<Box<dyn Operation>> = vec![
        Box::new(layer_norm::LayerNorm { rows: 32, columns: 256 }),
        Box::new(softmax::Softmax { rows: 256, columns: 32 }),
        Box::new(gelu::Gelu { count: 32 * 1024 }),
        Box::new(matmul::MatMul { m: 32, k: 256, n: 1024 }),
        Box::new(matmul::MatMul { m: 1, k: 256, n: 1024 }),
    ];
    all.into_iter().map(|operation| Box::new(Kernel { id: operation.id(), operation }) as Box<dyn Answering>).collect()
}

/// One operation at one size.
trait Operation: Send + Sync {
    /// `kernel/NAME/SIZE`.
    fn id(&self) -> String;
    /// Its size.
    fn size(&self) -> Value;
    /// The axis that chooses its implementation.
    fn axis(&self) -> &'static str;
    /// The operation with its inputs, as a variant chooses it.
    fn call(&self, variant: Variant, level: Level, threads: usize) -> Result<Call, WorkloadError>;
}

/// Does the operation once, into the given output.
type Compute = Box<dyn FnMut(&mut [f32])>;

/// An operation with its inputs.
struct Call {
    compute: Compute,
    outputs: usize,
}

struct Kernel {
    id: String,
    operation: Box<dyn Operation>,
}

struct Ready {
    call: Call,
    out: Vec<f32>,
    isa: Isa,
    expected: Answer,
}

impl Kernel {
    fn ready(&self, phase: &str, options: &Options) -> Result<Ready, WorkloadError> {
        let variant = Variant::parse(phase).map_err(WorkloadError::new)?;
        let isa = isa(options)?;
        let level = isa.level().map_err(WorkloadError::new)?;
        let call = self.operation.call(variant, level, options.threads as usize)?;
        let out = vec![f32::NAN; call.outputs];
        Ok(Ready { call, out, isa, expected: answer::stored(&self.id) })
    }
}

impl Workload for Kernel {
    fn id(&self) -> &str {
        &self.id
    }
    fn unit(&self) -> Unit {
        Unit { name: "call".to_owned(), per_run: 1 }
    }
    fn definition(&self) -> Value {
        json!({"work": self.operation.axis(), "size": self.operation.size(), "input_seed": INPUT_SEED})
    }
    fn answer(&self) -> Value {
        json!(answer::stored(&self.id))
    }
    fn phases(&self) -> Vec<String> {
        implementations(self.operation.axis())
    }
    fn instruments(&self) -> Vec<Instrument> {
        vec![Instrument::Clock, Instrument::Criterion, Instrument::Callgrind, Instrument::Dhat]
    }
    fn quick(&self) -> bool {
        true
    }
    fn prepare(&self, phase: &str, options: &Options) -> Result<Box<dyn Prepared>, WorkloadError> {
        Ok(Box::new(self.ready(phase, options)?))
    }
}

impl Answering for Kernel {
    fn compute(&self, phase: &str, options: &Options) -> Result<Answer, WorkloadError> {
        let mut ready = self.ready(phase, options)?;
        ready.run(&mut || {});
        Ok(Answer::of(&ready.out))
    }
}

impl Prepared for Ready {
    fn run(&mut self, _: &mut dyn FnMut()) {
        (self.call.compute)(&mut self.out);
    }
    fn check(&mut self) -> Result<(), String> {
        Answer::of(&self.out).agrees(&self.expected)
    }
    fn isa(&self) -> String {
        self.isa.name().to_owned()
    }
}

/// The phases that differ on an axis, each the first with its choice; then the choices that no phase makes.
fn implementations(axis: &str) -> Vec<String> {
    let mut seen: Vec<&str> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for phase in phases() {
        let choice = phase.variant.choices().into_iter().find(|(name, _)| *name == axis).map(|(_, choice)| choice);
        if let Some(choice) = choice.filter(|choice| !seen.contains(choice)) {
            seen.push(choice);
            names.push(phase.name.to_owned());
        }
    }
    let choices = Variant::AXES.iter().filter(|(name, _)| *name == axis).flat_map(|(_, choices)| *choices);
    names.extend(choices.filter(|choice| !seen.contains(choice)).map(|choice| format!("naive,{axis}={choice}")));
    names
}

/// Numbers around `mean` as activations have them: from `mean - spread` to `mean + spread`.
fn inputs(stream: u64, count: usize, mean: f32, spread: f32) -> Vec<f32> {
    let mut random = SplitMix64::new(INPUT_SEED + stream);
    (0..count).map(|_| mean + spread * random.signed_unit()).collect()
}
