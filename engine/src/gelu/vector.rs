//! GELU one vector at a time, with a polynomial for the exponential.

use crate::simd::{Kernel, Simd, gelu_tanh};

pub(super) struct Vector<'a> {
    pub(super) x: &'a [f32],
    pub(super) out: &'a mut [f32],
}

impl Kernel for Vector<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let chunks = self.x.chunks(S::LANES);
        for (x, out) in chunks.zip(self.out.chunks_mut(S::LANES)) {
            if x.len() == S::LANES {
                simd.store(out, gelu_tanh(simd, simd.load(x)));
            } else {
                simd.store_part(out, gelu_tanh(simd, simd.load_part(x, 0.0)));
            }
        }
    }
}
