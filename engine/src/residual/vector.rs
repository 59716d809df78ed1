//! One vector of elements at a time.

use crate::simd::{Kernel, Simd};

pub(super) struct Add<'a> {
    pub(super) a: &'a [f32],
    pub(super) b: &'a [f32],
    pub(super) out: &'a mut [f32],
}

impl Kernel for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let inputs = self.a.chunks(S::LANES).zip(self.b.chunks(S::LANES));
        for ((a, b), out) in inputs.zip(self.out.chunks_mut(S::LANES)) {
            if out.len() == S::LANES {
                simd.store(out, simd.add(simd.load(a), simd.load(b)));
            } else {
                simd.store_part(
                    out,
                    simd.add(simd.load_part(a, 0.0), simd.load_part(b, 0.0)),
                );
            }
        }
    }
}

pub(super) struct AddTo<'a> {
    pub(super) a: &'a [f32],
    pub(super) out: &'a mut [f32],
}

impl Kernel for AddTo<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for (a, out) in self.a.chunks(S::LANES).zip(self.out.chunks_mut(S::LANES)) {
            if out.len() == S::LANES {
                simd.store(out, simd.add(simd.load(a), simd.load(out)));
            } else {
                simd.store_part(
                    out,
                    simd.add(simd.load_part(a, 0.0), simd.load_part(out, 0.0)),
                );
            }
        }
    }
}

pub(super) struct Multiply<'a> {
    pub(super) a: &'a [f32],
    pub(super) b: &'a [f32],
    pub(super) out: &'a mut [f32],
}

impl Kernel for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let inputs = self.a.chunks(S::LANES).zip(self.b.chunks(S::LANES));
        for ((a, b), out) in inputs.zip(self.out.chunks_mut(S::LANES)) {
            if out.len() == S::LANES {
                simd.store(out, simd.mul(simd.load(a), simd.load(b)));
            } else {
                simd.store_part(
                    out,
                    simd.mul(simd.load_part(a, 0.0), simd.load_part(b, 0.0)),
                );
            }
        }
    }
}
