//! Softmax over the rows of attention scores.

use engine::simd::Level;
use engine::softmax::Softmax as Implementation;
use engine::variant::Variant;
use harness_probe::WorkloadError;

use super::{Call, Operation, inputs};

/// `[rows, columns]`, with one row for each head and query.
pub(super) struct Softmax {
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl Operation for Softmax {
    fn size(&self) -> Vec<usize> {
        vec![self.rows, self.columns]
    }
    fn axis(&self) -> &'static str {
        "softmax"
    }
    fn call(&self, variant: Variant, level: Level, _: usize) -> Result<Call, WorkloadError> {
        let (columns, outputs) = (self.columns, self.rows * self.columns);
        let implementation = Implementation::new(variant.softmax, level);
        let x = inputs(4, outputs, 0.0, 5.0);
        Ok(Call {
            compute: Box::new(move |out| implementation.run(&x, columns, out)),
            outputs,
        })
    }
}
