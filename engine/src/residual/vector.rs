//! Elementwise operations on four vectors per iteration. The loops are loads and stores; with fewer vectors per
//! iteration, loop overhead would dominate.

use std::marker::PhantomData;

use crate::simd::{Kernel, Simd};

/// Vectors per iteration.
const UNROLLED: usize = 4;

/// An operation on two elements.
pub(super) trait Operation {
    fn apply<S: Simd>(simd: S, a: S::F, b: S::F) -> S::F;
}

pub(super) struct Add;

impl Operation for Add {
    #[inline(always)]
    fn apply<S: Simd>(simd: S, a: S::F, b: S::F) -> S::F {
        simd.add(a, b)
    }
}

pub(super) struct Multiply;

impl Operation for Multiply {
    #[inline(always)]
    fn apply<S: Simd>(simd: S, a: S::F, b: S::F) -> S::F {
        simd.mul(a, b)
    }
}

/// `out = a op b`, element by element, where `a` may be the output.
///
/// All three have `len` elements, which the constructors check.
pub(super) struct Elementwise<'a, O> {
    a: *const f32,
    b: *const f32,
    out: *mut f32,
    len: usize,
    borrowed: PhantomData<(&'a [f32], &'a mut [f32], O)>,
}

impl<'a, O: Operation> Elementwise<'a, O> {
    /// `out = a op b`.
    ///
    /// # Panics
    /// Panics if the lengths differ.
    pub(super) fn new(a: &'a [f32], b: &'a [f32], out: &'a mut [f32]) -> Self {
        assert!(a.len() == out.len() && b.len() == out.len());
        Self {
            a: a.as_ptr(),
            b: b.as_ptr(),
            out: out.as_mut_ptr(),
            len: out.len(),
            borrowed: PhantomData,
        }
    }

    /// `out = out op b`.
    ///
    /// # Panics
    /// Panics if the lengths differ.
    pub(super) fn in_place(b: &'a [f32], out: &'a mut [f32]) -> Self {
        assert!(b.len() == out.len());
        let (len, out) = (out.len(), out.as_mut_ptr());
        Self {
            a: out,
            b: b.as_ptr(),
            out,
            len,
            borrowed: PhantomData,
        }
    }
}

impl<O: Operation> Kernel for Elementwise<'_, O> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { a, b, out, len, .. } = self;
        let mut i = 0;
        while i + UNROLLED * S::LANES <= len {
            for vector in 0..UNROLLED {
                let at = i + vector * S::LANES;
                // SAFETY: all three have `len` elements, and the vector ends before that.
                unsafe {
                    let value = O::apply(simd, simd.load_ptr(a.add(at)), simd.load_ptr(b.add(at)));
                    simd.store_ptr(out.add(at), value);
                }
            }
            i += UNROLLED * S::LANES;
        }
        while i < len {
            let count = S::LANES.min(len - i);
            // SAFETY: all three have `count` elements from `i` on.
            unsafe {
                let (a, b) = (
                    simd.load_part_ptr(a.add(i), count, 0.0),
                    simd.load_part_ptr(b.add(i), count, 0.0),
                );
                simd.store_part_ptr(out.add(i), count, O::apply(simd, a, b));
            }
            i += count;
        }
    }
}
