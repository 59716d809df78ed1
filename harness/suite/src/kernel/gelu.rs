//! GELU over the hidden layer of an MLP.

use engine::gelu::Gelu as Implementation;
use engine::simd::Level;
use engine::variant::Variant;
use harness_probe::WorkloadError;

use super::{Call, Operation, inputs};

/// `[count]` elements.
pub(super) struct Gelu {
    pub(super) count: usize,
}

impl Operation for Gelu {
    fn size(&self) -> Vec<usize> {
        vec![self.count]
    }
    fn axis(&self) -> &'static str {
        "gelu"
    }
    fn call(&self, variant: Variant, level: Level, _: usize) -> Result<Call, WorkloadError> {
        let implementation = Implementation::new(variant.gelu, level);
        let x = inputs(5, self.count, 0.0, 4.0);
        Ok(Call {
            compute: Box::new(move |out| implementation.run(&x, out)),
            outputs: self.count,
        })
    }
}
