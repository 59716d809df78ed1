//! Elementwise operations on whole tensors, such as the addition of residuals and position embeddings.

use engine::residual::Residual as Implementation;
use engine::simd::Level;
use engine::variant::Variant;
use harness_probe::WorkloadError;

use super::{Call, Compute, Operation, inputs};

/// The function of each element.
#[derive(Clone, Copy)]
pub(super) enum Function {
    /// The sum of two tensors.
    Add,
    /// The product of two tensors, element by element.
    Multiply,
    /// The sum of a tensor and a row, for each of its rows.
    BroadcastAdd,
}

/// A tensor `[rows, columns]` and a second one of the same shape, or of one row for [`Function::BroadcastAdd`].
pub(super) struct Elementwise {
    pub(super) function: Function,
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl Operation for Elementwise {
    fn work(&self) -> &'static str {
        match self.function {
            Function::Add => "add",
            Function::Multiply => "multiply",
            Function::BroadcastAdd => "broadcast_add",
        }
    }
    fn size(&self) -> Vec<usize> {
        vec![self.rows, self.columns]
    }
    fn axis(&self) -> &'static str {
        "residual"
    }
    fn call(&self, variant: Variant, level: Level, _: usize) -> Result<Call, WorkloadError> {
        let outputs = self.rows * self.columns;
        let others = match self.function {
            Function::Add | Function::Multiply => outputs,
            Function::BroadcastAdd => self.columns,
        };
        let implementation = Implementation::new(variant.residual, level);
        let (a, b) = (inputs(8, outputs, 0.0, 2.0), inputs(9, others, 0.0, 1.0));
        let compute: Compute = match self.function {
            Function::Add => Box::new(move |out| implementation.add(&a, &b, out)),
            Function::Multiply => Box::new(move |out| implementation.multiply(&a, &b, out)),
            Function::BroadcastAdd => {
                Box::new(move |out| implementation.broadcast_add(&a, &b, out))
            }
        };
        Ok(Call { compute, outputs })
    }
}
