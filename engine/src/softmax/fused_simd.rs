//! Softmax with vector instructions: a polynomial exponential, its sum in the same pass, and a multiplication by the
//! inverse sum instead of a division.

use super::vector::{exponentials, largest, scale};
use crate::simd::{Kernel, Simd};

pub(super) struct FusedSimd<'a> {
    pub(super) x: &'a [f32],
    pub(super) columns: usize,
    pub(super) out: &'a mut [f32],
}

impl Kernel for FusedSimd<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let rows = self.x.chunks_exact(self.columns);
        for (x, out) in rows.zip(self.out.chunks_exact_mut(self.columns)) {
            let max = largest(simd, x);
            let sum = exponentials(simd, x, max, out);
            scale(simd, out, 1.0 / sum);
        }
    }
}
