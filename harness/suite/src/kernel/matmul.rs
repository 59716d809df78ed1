//! The product of activations and a layer's weights. An implementation that packs its weights does so beforehand.

use engine::matmul::{Epilogue, Layout, Linear, Matrix};
use engine::simd::Level;
use engine::thread_pool::ThreadPool;
use engine::variant::{Variant, WeightStorage};
use harness_probe::WorkloadError;

use super::{Call, Operation, inputs};

/// `[m, k]` times `[k, n]`.
pub(super) struct MatMul {
    pub(super) m: usize,
    pub(super) k: usize,
    pub(super) n: usize,
}

impl Operation for MatMul {
    fn size(&self) -> Vec<usize> {
        vec![self.m, self.k, self.n]
    }
    fn axis(&self) -> &'static str {
        "matmul"
    }
    fn call(&self, variant: Variant, level: Level, threads: usize) -> Result<Call, WorkloadError> {
        let (m, k, n) = (self.m, self.k, self.n);
        let weights = inputs(6, k * n, 0.0, 0.1);
        let matrix = Matrix {
            data: &weights,
            inputs: k,
            outputs: n,
            layout: Layout::InOut,
        };
        let linear = Linear::new(variant.matmul, WeightStorage::F32, level, &matrix, None)
            .map_err(WorkloadError::new)?;
        let pool = ThreadPool::new(threads).map_err(WorkloadError::new)?;
        let x = inputs(7, m * k, 0.0, 1.0);
        Ok(Call {
            compute: Box::new(move |out| linear.apply(&x, out, Epilogue::None, &pool)),
            outputs: m * n,
        })
    }
}
