//! From sums in a register to the output: bias, partial results of deeper blocks, epilogue.

use super::Epilogue;
use crate::simd::{Simd, gelu_tanh};

/// How the sums over one block of inputs reach the output.
#[derive(Clone, Copy)]
pub(super) struct Finish<'a> {
    /// `[N]`, or empty.
    pub(super) bias: &'a [f32],
    pub(super) epilogue: Epilogue,
    /// Whether these are the first inputs: the output holds no sums yet.
    pub(super) first: bool,
    /// Whether these are the last inputs.
    pub(super) last: bool,
}

impl<'a> Finish<'a> {
    /// For all inputs at once.
    pub(super) fn whole(bias: &'a [f32], epilogue: Epilogue) -> Self {
        Finish {
            bias,
            epilogue,
            first: true,
            last: true,
        }
    }

    /// For the inputs `first..first + depth` of `k`.
    pub(super) fn block(self, first: usize, depth: usize, k: usize) -> Self {
        Finish {
            first: first == 0,
            last: first + depth == k,
            ..self
        }
    }

    /// Writes the sums of the outputs `column..` to `out`, as many as `columns` says (all lanes, if more).
    ///
    /// # Safety
    /// `out` must be readable and writable for `min(columns, LANES)` elements, and the bias (unless empty) must have
    /// `column + min(columns, LANES)`.
    #[inline(always)]
    pub(super) unsafe fn write<S: Simd>(
        self,
        simd: S,
        sums: S::F,
        column: usize,
        columns: usize,
        out: *mut f32,
    ) {
        let count = columns.min(S::LANES);
        let mut value = sums;
        if !self.first || self.epilogue == Epilogue::Add {
            // SAFETY: readable for `count` by the caller's promise.
            value = simd.add(value, unsafe { load(simd, out, count) });
        }
        if self.first && !self.bias.is_empty() {
            // SAFETY: the bias reaches that far by the caller's promise.
            value = simd.add(value, unsafe {
                load(simd, self.bias.as_ptr().add(column), count)
            });
        }
        if self.last && self.epilogue == Epilogue::Gelu {
            value = gelu_tanh(simd, value);
        }
        if count == S::LANES {
            // SAFETY: writable for `count` by the caller's promise.
            unsafe { simd.store_ptr(out, value) }
        } else {
            // SAFETY: as above.
            unsafe { simd.store_part_ptr(out, count, value) }
        }
    }
}

/// # Safety
/// `source` must be readable for `count <= LANES` elements.
#[inline(always)]
unsafe fn load<S: Simd>(simd: S, source: *const f32, count: usize) -> S::F {
    if count == S::LANES {
        // SAFETY: by the caller's promise.
        unsafe { simd.load_ptr(source) }
    } else {
        // SAFETY: by the caller's promise.
        unsafe { simd.load_part_ptr(source, count, 0.0) }
    }
}
