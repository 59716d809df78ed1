//! Writes sums from registers to the output: adds the bias and partial sums of earlier blocks, applies the epilogue.

use super::Epilogue;
use crate::simd::{Simd, gelu_tanh};

/// Parameters of writing the sums over one block of inputs.
#[derive(Clone, Copy)]
pub(super) struct Finish<'a> {
    /// `[N]`, or empty.
    pub(super) bias: &'a [f32],
    pub(super) epilogue: Epilogue,
    /// True for the first inputs: the output contains no sums yet.
    pub(super) first: bool,
    /// True for the last inputs.
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

    /// Writes a panel's two registers of sums to `out`, but at most `columns` outputs, without the activation; `column`
    /// is the index of the first.
    ///
    /// # Safety
    /// `out` must be readable and writable for `min(columns, 2 * LANES)` elements, and the bias (unless empty) must
    /// have that many from `column` on.
    #[inline(always)]
    pub(super) unsafe fn write<S: Simd>(
        self,
        simd: S,
        sums: [S::F; 2],
        column: usize,
        columns: usize,
        out: *mut f32,
    ) {
        let add_out = !self.first || self.epilogue == Epilogue::Add;
        let add_bias = self.first && !self.bias.is_empty();
        let bias = self.bias.as_ptr().wrapping_add(column);
        for half in 0..2 {
            let (at, count) = part::<S>(half, columns);
            let out = out.wrapping_add(at);
            let mut value = sums[half];
            // SAFETY: `count` elements from `at` on are within `columns`; output and bias are good for those by the
            // caller's contract.
            unsafe {
                if add_out {
                    value = simd.add(value, load(simd, out, count));
                }
                if add_bias {
                    value = simd.add(value, load(simd, bias.wrapping_add(at), count));
                }
                store(simd, out, count, value);
            }
        }
    }

    /// Returns true if [`Finish::activate`] has to follow [`Finish::write`].
    #[inline(always)]
    pub(super) fn activates(self) -> bool {
        self.last && self.epilogue == Epilogue::Gelu
    }

    /// Applies the activation to the output of [`Finish::write`]. It is a separate step, so that the sums of a whole
    /// tile do not stay in registers during it; the output is still in the L1 cache.
    ///
    /// # Safety
    /// As [`Finish::write`].
    #[inline(always)]
    pub(super) unsafe fn activate<S: Simd>(self, simd: S, columns: usize, out: *mut f32) {
        for half in 0..2 {
            let (at, count) = part::<S>(half, columns);
            let out = out.wrapping_add(at);
            // SAFETY: as in `write`.
            unsafe { store(simd, out, count, gelu_tanh(simd, load(simd, out, count))) };
        }
    }
}

/// Offset of register `half` of a panel in the output, and the number of its lanes to write.
#[inline(always)]
fn part<S: Simd>(half: usize, columns: usize) -> (usize, usize) {
    let at = half * S::LANES;
    (at, columns.saturating_sub(at).min(S::LANES))
}

/// # Safety
/// `source` must be readable for `count <= LANES` elements.
#[inline(always)]
unsafe fn load<S: Simd>(simd: S, source: *const f32, count: usize) -> S::F {
    if count == S::LANES {
        // SAFETY: by the caller's contract.
        unsafe { simd.load_ptr(source) }
    } else {
        // SAFETY: by the caller's contract.
        unsafe { simd.load_part_ptr(source, count, 0.0) }
    }
}

/// # Safety
/// `target` must be writable for `count <= LANES` elements.
#[inline(always)]
unsafe fn store<S: Simd>(simd: S, target: *mut f32, count: usize, value: S::F) {
    if count == S::LANES {
        // SAFETY: by the caller's contract.
        unsafe { simd.store_ptr(target, value) }
    } else {
        // SAFETY: by the caller's contract.
        unsafe { simd.store_part_ptr(target, count, value) }
    }
}
