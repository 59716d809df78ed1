//! A kernel that is ready to be called, and the check of every element that it wrote.

use std::sync::Arc;

use engine::Isa;
use engine::aligned::Aligned;
use engine::variant::Variant;
use harness_probe::{Options, Prepared, WorkloadError};

use super::placed::placed;
use super::{Call, OUTPUT_PLACE, Operation};
use crate::agreement::Tolerance;
use crate::answer::Answer;
use crate::model::isa;

/// An operation with its inputs and its output.
pub(super) struct Ready {
    operation: Arc<dyn Operation>,
    call: Call,
    out: Aligned,
    isa: Isa,
    stored: &'static Answer,
    /// What the naive implementation makes of the same inputs; computed when it is first asked for.
    naive: Option<Aligned>,
}

impl Ready {
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
        let out = placed(call.outputs, OUTPUT_PLACE);
        Ok(Self { operation, call, out, isa, stored, naive: None })
    }

    /// Calls it once and returns samples of what it wrote.
    pub(super) fn answer(mut self) -> Answer {
        self.run(&mut || {});
        Answer::of_samples(&self.out)
    }

    fn compute_naive(&self) -> Result<Aligned, WorkloadError> {
        let level = self.isa.level().map_err(WorkloadError::new)?;
        let mut call = self.operation.call(Variant::naive(), level, 1)?;
        let mut out = placed(call.outputs, OUTPUT_PLACE);
        (call.compute)(&mut out);
        Ok(out)
    }
}

impl Prepared for Ready {
    fn run(&mut self, _: &mut dyn FnMut()) {
        (self.call.compute)(&mut self.out);
    }

    /// Every element against the naive implementation, and samples against the stored answer, lest both went wrong.
    fn check(&mut self) -> Result<(), String> {
        let naive = match self.naive.take() {
            Some(naive) => naive,
            None => self.compute_naive().map_err(|error| error.to_string())?,
        };
        let agreement = Tolerance::KERNEL.check(&self.out, &naive);
        self.naive = Some(naive);
        agreement.and_then(|()| self.stored.check_values(&self.out))
    }

    fn isa(&self) -> String {
        self.isa.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{gelu, layer_norm, matmul, softmax};

    fn ready(operation: impl Operation + 'static) -> Ready {
        let operation: Arc<dyn Operation> = Arc::new(operation);
        let options = Options { threads: 1, isa: None };
        let naive = Ready::new(Arc::clone(&operation), "naive", &options, crate::answer::stored("")).expect("prepared");
        let stored = Box::leak(Box::new(naive.answer()));
        let mut ready = Ready::new(operation, "optimized", &options, stored).expect("prepared");
        ready.run(&mut || {});
        ready
    }

    #[test]
    fn one_wrong_element_is_caught_wherever_it_is() {
        let kernels = [
            ready(layer_norm::LayerNorm { rows: 8, columns: 64 }),
            ready(softmax::Softmax { rows: 16, columns: 32 }),
            ready(gelu::Gelu { count: 500 }),
            ready(matmul::MatMul { m: 16, k: 64, n: 32 }),
        ];
        for mut kernel in kernels {
            assert_eq!(kernel.check(), Ok(()));
            let largest = crate::agreement::largest(&kernel.out) as f32;
            for place in 0..kernel.out.len() {
                let right = kernel.out[place];
                for wrong in [
                    right * 1.001 + (1e-5 * largest).copysign(right),
                    -right - (1e-4 * largest).copysign(right),
                    f32::NAN,
                ] {
                    kernel.out[place] = wrong;
                    let message = kernel.check().expect_err("wrong");
                    assert!(message.starts_with(&format!("value {place} is ")), "{message}");
                }
                kernel.out[place] = right;
            }
            assert_eq!(kernel.check(), Ok(()));
        }
    }

    #[test]
    fn an_error_that_naive_shares_is_caught_by_the_stored_samples() {
        let mut kernel = ready(gelu::Gelu { count: 500 });
        kernel.out.fill(0.0);
        let mut naive = placed(kernel.out.len(), OUTPUT_PLACE);
        naive.fill(0.0);
        kernel.naive = Some(naive);
        assert!(kernel.check().is_err());
    }
}
