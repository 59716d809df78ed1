//! LayerNorm over the rows of a window.

use engine::layer_norm::LayerNorm as Implementation;
use engine::simd::Level;
use engine::variant::Variant;
use harness_probe::WorkloadError;

use super::{Call, Operation, inputs};

/// `[rows, columns]`, each row normalized.
pub(super) struct LayerNorm {
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl Operation for LayerNorm {
    fn size(&self) -> Vec<usize> {
        vec![self.rows, self.columns]
    }
    fn axis(&self) -> &'static str {
        "layer_norm"
    }
    fn call(&self, variant: Variant, level: Level, _: usize) -> Result<Call, WorkloadError> {
        let outputs = self.rows * self.columns;
        let implementation = Implementation::new(variant.layer_norm, level);
        let x = inputs(1, outputs, 0.3, 2.0);
        let (gain, bias) = (
            inputs(2, self.columns, 1.0, 0.2),
            inputs(3, self.columns, 0.0, 0.2),
        );
        Ok(Call {
            compute: Box::new(move |out| implementation.run(&x, &gain, &bias, 1e-5, out)),
            outputs,
        })
    }
}
