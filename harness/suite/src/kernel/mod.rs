//! Workloads that call one operation: at a size the medium model uses, in each of its implementations; and, on demand,
//! in sweeps over sizes.
//!
//! A phase that changes nothing for the operation is left out: LayerNorm in phase `pooled` is LayerNorm in phase
//! `naive`. Implementations that no phase uses are measured as `naive` with that one axis changed.

mod elementwise;
mod embedding;
mod gelu;
mod layer_norm;
mod matmul;
mod placed;
mod ready;
mod softmax;
mod sweep;

use std::sync::Arc;

use engine::aligned::Aligned;
use engine::phases;
use engine::random::SplitMix64;
use engine::simd::Level;
use engine::variant::Variant;
use harness_probe::{Instrument, Options, Prepared, Selection, Unit, Workload, WorkloadError};
use serde_json::{Value, json};

use crate::Answering;
use crate::answer::{self, Answer};
use placed::placed;
use ready::Ready;

/// Inputs come from this seed.
const INPUT_SEED: u64 = 11;
/// Outputs have the last place in a page, inputs those before it.
const OUTPUT_PLACE: usize = placed::PLACES - 1;

/// The operations at the sizes of the medium model, then the sweeps.
pub(crate) fn workloads() -> Vec<Box<dyn Answering>> {
    let of_the_model = [
        Kernel::of_the_model(layer_norm::LayerNorm { rows: 32, columns: 256 }),
        Kernel::of_the_model(softmax::Softmax { rows: 256, columns: 32 }),
        Kernel::of_the_model(gelu::Gelu { count: 32 * 1024 }),
        Kernel::of_the_model(matmul::MatMul { m: 32, k: 256, n: 1024 }),
        Kernel::of_the_model(matmul::MatMul { m: 1, k: 256, n: 1024 }),
    ];
    let all = of_the_model.into_iter().chain(sweep::kernels());
    all.map(|kernel| Box::new(kernel) as Box<dyn Answering>).collect()
}

/// The operations that single forecasts are about.
pub(crate) fn on_demand() -> Vec<Box<dyn Answering>> {
    embedding::kernels().into_iter().map(|kernel| Box::new(kernel) as Box<dyn Answering>).collect()
}

/// One operation at one size.
trait Operation: Send + Sync {
    /// What it does: the name of the axis, unless several operations share one.
    fn work(&self) -> &'static str {
        self.axis()
    }
    /// Its size, as its type says.
    fn size(&self) -> Vec<usize>;
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

/// A workload that calls an operation.
struct Kernel {
    id: String,
    operation: Arc<dyn Operation>,
    unit: Unit,
    selection: Selection,
    phases: Vec<String>,
}

impl Kernel {
    fn of_the_model(operation: impl Operation + 'static) -> Self {
        Self {
            id: format!("kernel/{}/{}", operation.work(), dimensions(&operation.size())),
            unit: Unit { name: "call".to_owned(), per_run: 1 },
            selection: Selection::Quick,
            phases: implementations(operation.axis()),
            operation: Arc::new(operation),
        }
    }

    fn ready(&self, phase: &str, options: &Options) -> Result<Ready, WorkloadError> {
        Ready::new(Arc::clone(&self.operation), phase, options, answer::stored(&self.id))
    }
}

impl Workload for Kernel {
    fn id(&self) -> &str {
        &self.id
    }
    fn unit(&self) -> Unit {
        self.unit.clone()
    }
    fn definition(&self) -> Value {
        json!({"work": self.operation.work(), "size": self.operation.size(), "input_seed": INPUT_SEED})
    }
    fn answer(&self) -> Value {
        json!(answer::stored(&self.id))
    }
    fn phases(&self) -> Vec<String> {
        self.phases.clone()
    }
    fn instruments(&self) -> Vec<Instrument> {
        vec![Instrument::Clock, Instrument::Criterion, Instrument::Callgrind, Instrument::Dhat]
    }
    fn selection(&self) -> Selection {
        self.selection
    }
    fn prepare(&self, phase: &str, options: &Options) -> Result<Box<dyn Prepared>, WorkloadError> {
        Ok(Box::new(self.ready(phase, options)?))
    }
}

impl Answering for Kernel {
    fn compute(&self, phase: &str, options: &Options) -> Result<Answer, WorkloadError> {
        Ok(self.ready(phase, options)?.answer())
    }
}

/// The phases that differ on an axis, each the first with its choice. Behind the first one come the choices that no phase
/// makes: the last is what the engine uses in the end, which is what a gate times.
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
    let others = choices.filter(|choice| !seen.contains(choice)).map(|choice| format!("naive,{axis}={choice}"));
    names.splice(1..1, others);
    names
}

/// A size as ids tell it: `32x256`.
fn dimensions(size: &[usize]) -> String {
    size.iter().map(usize::to_string).collect::<Vec<_>>().join("x")
}

/// Numbers around `mean` as activations have them: from `mean - spread` to `mean + spread`. The stream also gives them their place
/// in a page: up to four inputs whose streams follow each other meet nowhere.
fn inputs(stream: u64, count: usize, mean: f32, spread: f32) -> Aligned {
    let mut random = SplitMix64::new(INPUT_SEED + stream);
    let mut values = placed(count, stream as usize % OUTPUT_PLACE);
    values.iter_mut().for_each(|value| *value = mean + spread * random.signed_unit());
    values
}
