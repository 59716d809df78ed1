//! Vectors of elements, four at a time: these loops are loads and stores, and a shorter body would be mostly counting.

use crate::simd::{Kernel, Simd};

const UNROLLED: usize = 4;

pub(super) struct Add<'a> {
    pub(super) a: &'a [f32],
    pub(super) b: &'a [f32],
    pub(super) out: &'a mut [f32],
}

impl Kernel for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let block = UNROLLED * S::LANES;
        let whole = self.out.len() - self.out.len() % block;
        let (a, a_rest) = self.a.split_at(whole);
        let (b, b_rest) = self.b.split_at(whole);
        let (out, out_rest) = self.out.split_at_mut(whole);
        let inputs = a.chunks_exact(block).zip(b.chunks_exact(block));
        for ((a, b), out) in inputs.zip(out.chunks_exact_mut(block)) {
            for i in 0..UNROLLED {
                let at = i * S::LANES;
                let sum = simd.add(simd.load(&a[at..]), simd.load(&b[at..]));
                simd.store(&mut out[at..], sum);
            }
        }
        let inputs = a_rest.chunks(S::LANES).zip(b_rest.chunks(S::LANES));
        for ((a, b), out) in inputs.zip(out_rest.chunks_mut(S::LANES)) {
            let sum = simd.add(simd.load_part(a, 0.0), simd.load_part(b, 0.0));
            simd.store_part(out, sum);
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
        let block = UNROLLED * S::LANES;
        let whole = self.out.len() - self.out.len() % block;
        let (a, a_rest) = self.a.split_at(whole);
        let (out, out_rest) = self.out.split_at_mut(whole);
        for (a, out) in a.chunks_exact(block).zip(out.chunks_exact_mut(block)) {
            for i in 0..UNROLLED {
                let at = i * S::LANES;
                let sum = simd.add(simd.load(&a[at..]), simd.load(&out[at..]));
                simd.store(&mut out[at..], sum);
            }
        }
        for (a, out) in a_rest.chunks(S::LANES).zip(out_rest.chunks_mut(S::LANES)) {
            let sum = simd.add(simd.load_part(a, 0.0), simd.load_part(out, 0.0));
            simd.store_part(out, sum);
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
        let block = UNROLLED * S::LANES;
        let whole = self.out.len() - self.out.len() % block;
        let (a, a_rest) = self.a.split_at(whole);
        let (b, b_rest) = self.b.split_at(whole);
        let (out, out_rest) = self.out.split_at_mut(whole);
        let inputs = a.chunks_exact(block).zip(b.chunks_exact(block));
        for ((a, b), out) in inputs.zip(out.chunks_exact_mut(block)) {
            for i in 0..UNROLLED {
                let at = i * S::LANES;
                let product = simd.mul(simd.load(&a[at..]), simd.load(&b[at..]));
                simd.store(&mut out[at..], product);
            }
        }
        let inputs = a_rest.chunks(S::LANES).zip(b_rest.chunks(S::LANES));
        for ((a, b), out) in inputs.zip(out_rest.chunks_mut(S::LANES)) {
            let product = simd.mul(simd.load_part(a, 0.0), simd.load_part(b, 0.0));
            simd.store_part(out, product);
        }
    }
}
