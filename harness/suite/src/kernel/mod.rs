//! Kernel workloads: each calls one operation, in each of its implementations. The size is one that the medium model uses,
//! or, on demand, one of a sweep over sizes.
//!
//! To add one, write a file with an [`Operation`] and add it to [`workloads`].
//!
//! A phase that changes nothing for the operation is left out: LayerNorm in phase `pooled` is LayerNorm in phase
//! `naive`. Implementations that no phase uses are measured as `naive` with that one axis changed.

mod elementwise;
mod embedding;
mod gelu;
mod layer_norm;
mod matmul;
mod page_slot;
mod prepared;
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

use crate::SuiteWorkload;
use crate::answer::{self, Answer};
use page_slot::in_page_slot;
use prepared::PreparedKernel;

/// Inputs come from this seed.
const INPUT_SEED: u64 = 11;
/// The slot of a page where outputs begin; inputs begin in the slots before it.
const OUTPUT_SLOT: usize = page_slot::SLOTS - 1;

/// The operations at the sizes of the medium model, then the sweeps.
pub(crate) fn workloads() -> Vec<Box<dyn SuiteWorkload>> {
    let of_the_model = [
        Kernel::of_the_model(layer_norm::LayerNorm {
            rows: 32,
            columns: 256,
        }),
        Kernel::of_the_model(softmax::Softmax {
            rows: 256,
            columns: 32,
        }),
        Kernel::of_the_model(gelu::Gelu { count: 32 * 1024 }),
        Kernel::of_the_model(matmul::MatMul {
            m: 32,
            k: 256,
            n: 1024,
        }),
        Kernel::of_the_model(matmul::MatMul {
            m: 1,
            k: 256,
            n: 1024,
        }),
    ];
    of_the_model
        .into_iter()
        .chain(sweep::kernels())
        .map(boxed)
        .collect()
}

/// The operations of single forecasts.
pub(crate) fn on_demand() -> Vec<Box<dyn SuiteWorkload>> {
    embedding::kernels().into_iter().map(boxed).collect()
}

fn boxed(kernel: Kernel) -> Box<dyn SuiteWorkload> {
    Box::new(kernel)
}

/// One operation at one size.
trait Operation: Send + Sync {
    /// The name of the operation: that of the axis, unless several operations share the axis.
    fn work(&self) -> &'static str {
        self.axis()
    }
    /// The dimensions that its type documents.
    fn size(&self) -> Vec<usize>;
    /// The axis that chooses its implementation.
    fn axis(&self) -> &'static str;
    /// The operation with its inputs, as a variant chooses it.
    fn call(&self, variant: Variant, level: Level, threads: usize) -> Result<Call, WorkloadError>;
}

/// Runs the operation once and writes the given output.
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
    /// An operation at a size of the medium model.
    fn of_the_model(operation: impl Operation + 'static) -> Self {
        Self {
            id: format!(
                "kernel/{}/{}",
                operation.work(),
                dimensions(&operation.size())
            ),
            unit: Unit {
                name: "call".to_owned(),
                per_run: 1,
            },
            selection: Selection::Quick,
            phases: implementations(operation.axis()),
            operation: Arc::new(operation),
        }
    }

    fn prepared(&self, phase: &str, options: &Options) -> Result<PreparedKernel, WorkloadError> {
        PreparedKernel::new(
            Arc::clone(&self.operation),
            phase,
            options,
            answer::stored(&self.id),
        )
    }
}

impl Workload for Kernel {
    fn id(&self) -> &str {
        &self.id
    }
    fn about(&self) -> String {
        format!(
            "one call of {}, size {}",
            self.operation.work(),
            dimensions(&self.operation.size())
        )
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
        Instrument::LISTED.to_vec()
    }
    fn selection(&self) -> Selection {
        self.selection
    }
    fn prepare(&self, phase: &str, options: &Options) -> Result<Box<dyn Prepared>, WorkloadError> {
        Ok(Box::new(self.prepared(phase, options)?))
    }
}

impl SuiteWorkload for Kernel {
    fn compute(&self, phase: &str, options: &Options) -> Result<Answer, WorkloadError> {
        Ok(self.prepared(phase, options)?.answer())
    }
}

/// The phases that differ on an axis: for each choice, the first phase that makes it. The choices that no phase makes follow
/// the first phase, so that the last name is the implementation of the optimized variant, which a gate times.
fn implementations(axis: &str) -> Vec<String> {
    let mut seen: Vec<&str> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for phase in phases() {
        let choice = phase
            .variant
            .choices()
            .into_iter()
            .find(|(name, _)| *name == axis)
            .map(|(_, choice)| choice);
        if let Some(choice) = choice.filter(|choice| !seen.contains(choice)) {
            seen.push(choice);
            names.push(phase.name.to_owned());
        }
    }
    let choices = Variant::AXES
        .iter()
        .filter(|(name, _)| *name == axis)
        .flat_map(|(_, choices)| *choices);
    let others = choices
        .filter(|choice| !seen.contains(choice))
        .map(|choice| format!("naive,{axis}={choice}"));
    names.splice(1..1, others);
    names
}

/// A size as it is written in ids: `32x256`.
fn dimensions(size: &[usize]) -> String {
    size.iter()
        .map(usize::to_string)
        .collect::<Vec<_>>()
        .join("x")
}

/// Uniform random numbers from `mean - spread` to `mean + spread`. The number of the stream also selects their slot of a page:
/// up to four inputs with consecutive streams have different slots.
fn inputs(stream: u64, count: usize, mean: f32, spread: f32) -> Aligned {
    let mut random = SplitMix64::new(INPUT_SEED + stream);
    let mut values = in_page_slot(count, stream as usize % OUTPUT_SLOT);
    values
        .iter_mut()
        .for_each(|value| *value = mean + spread * random.signed_unit());
    values
}
