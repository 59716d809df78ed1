//! A prepared kernel, and the check of every element that it wrote.

use std::sync::Arc;

use engine::Isa;
use engine::aligned::Aligned;
use engine::variant::Variant;
use harness_probe::{Options, Prepared, WorkloadError};

use super::page_slot::in_page_slot;
use super::{Call, OUTPUT_SLOT, Operation};
use crate::answer::Answer;
use crate::model::isa;
use crate::tolerance::Tolerance;

/// An operation with its inputs and its output.
pub(super) struct PreparedKernel {
    operation: Arc<dyn Operation>,
    call: Call,
    out: Aligned,
    isa: Isa,
    stored: &'static Answer,
    /// The output of the naive implementation for the same inputs; computed at the first check.
    naive: Option<Aligned>,
}

impl PreparedKernel {
    pub(super) fn new(
        operation: Arc<dyn Operation>,
        phase: &str,
        options: &Options,
        stored: &'static Answer,
    ) -> Result<Self, WorkloadError> {
        let variant = Variant::parse(phase).map_err(WorkloadError::new)?;
        let isa = isa(options)?;
        let level = isa.level().map_err(WorkloadError::new)?;
        let call = operation.call(variant, level, options.threads as usize)?;
        let out = in_page_slot(call.outputs, OUTPUT_SLOT);
        Ok(Self {
            operation,
            call,
            out,
            isa,
            stored,
            naive: None,
        })
    }

    /// Calls the operation once and returns samples of its output.
    pub(super) fn answer(mut self) -> Answer {
        self.run(&mut || {});
        Answer::of_samples(&self.out)
    }

    fn compute_naive(&self) -> Result<Aligned, WorkloadError> {
        let level = self.isa.level().map_err(WorkloadError::new)?;
        let mut call = self.operation.call(Variant::naive(), level, 1)?;
        let mut out = in_page_slot(call.outputs, OUTPUT_SLOT);
        (call.compute)(&mut out);
        Ok(out)
    }
}

impl Prepared for PreparedKernel {
    fn run(&mut self, _: &mut dyn FnMut()) {
        (self.call.compute)(&mut self.out);
    }

    /// Compares every element with the naive implementation, and samples with the stored answer in case both are wrong.
    fn check(&mut self) -> Result<(), String> {
        let naive = match self.naive.take() {
            Some(naive) => naive,
            None => self.compute_naive().map_err(|error| error.to_string())?,
        };
        let checked = Tolerance::KERNEL.check(&self.out, &naive);
        self.naive = Some(naive);
        checked.and_then(|()| self.stored.check_values(&self.out))
    }

    fn isa(&self) -> String {
        self.isa.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{gelu, layer_norm, matmul, softmax};

    fn prepared(operation: impl Operation + 'static) -> PreparedKernel {
        let operation: Arc<dyn Operation> = Arc::new(operation);
        let options = Options {
            threads: 1,
            isa: None,
        };
        let naive = PreparedKernel::new(
            Arc::clone(&operation),
            "naive",
            &options,
            crate::answer::stored(""),
        )
        .expect("prepared");
        let stored = Box::leak(Box::new(naive.answer()));
        let mut kernel =
            PreparedKernel::new(operation, "optimized", &options, stored).expect("prepared");
        kernel.run(&mut || {});
        kernel
    }

    #[test]
    fn one_wrong_element_is_caught_wherever_it_is() {
        let kernels = [
            prepared(layer_norm::LayerNorm {
                rows: 8,
                columns: 64,
            }),
            prepared(softmax::Softmax {
                rows: 16,
                columns: 32,
            }),
            prepared(gelu::Gelu { count: 500 }),
            prepared(matmul::MatMul {
                m: 16,
                k: 64,
                n: 32,
            }),
        ];
        for mut kernel in kernels {
            assert_eq!(kernel.check(), Ok(()));
            let largest = crate::tolerance::largest(&kernel.out) as f32;
            for index in 0..kernel.out.len() {
                let right = kernel.out[index];
                for wrong in [
                    right * 1.001 + (1e-5 * largest).copysign(right),
                    -right - (1e-4 * largest).copysign(right),
                    f32::NAN,
                ] {
                    kernel.out[index] = wrong;
                    let message = kernel.check().expect_err("wrong");
                    assert!(
                        message.starts_with(&format!("value {index} is ")),
                        "{message}"
                    );
                }
                kernel.out[index] = right;
            }
            assert_eq!(kernel.check(), Ok(()));
        }
    }

    #[test]
    fn an_error_that_naive_shares_is_caught_by_the_stored_samples() {
        let mut kernel = prepared(gelu::Gelu { count: 500 });
        kernel.out.fill(0.0);
        let mut naive = in_page_slot(kernel.out.len(), OUTPUT_SLOT);
        naive.fill(0.0);
        kernel.naive = Some(naive);
        assert!(kernel.check().is_err());
    }
}
